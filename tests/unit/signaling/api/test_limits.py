"""Limits of requests and sockets: closed for login, open for a live call, tables that cannot grow."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from signaling.api.limits import NAMES, Buckets, Limits, Rate
from signaling.api.route import Action, Call, Pace, Refusal, Route
from signaling.auth.rights import NOBODY, Role
from tests.support.api import SettledClock, api_client, person

S = 1_000_000_000
DOCTOR = person(Role.CLINIC_DOCTOR, name="pe_doctor")
OTHER = person(Role.CLINIC_DOCTOR, name="pe_other")


def test_a_bucket_gives_its_burst_and_then_one_at_a_time() -> None:
    buckets = Buckets(Rate(burst=3, refill_ns=S), is_closed=False)
    assert [buckets.take("a", 0) for _ in range(3)] == [0, 0, 0]
    wait_ns = buckets.take("a", 0)
    assert wait_ns is not None and 0 < wait_ns <= S + 1
    assert buckets.take("b", 0) == 0
    assert buckets.take("a", S) == 0
    assert buckets.take("a", S) != 0
    assert [buckets.take("a", 100 * S) for _ in range(4)][:3] == [0, 0, 0]


@pytest.mark.parametrize("start_ns", [0, S - 1, 2**62])
def test_waiting_as_long_as_told_is_enough(start_ns: int) -> None:
    buckets = Buckets(Rate(burst=1, refill_ns=S), is_closed=False)
    assert buckets.take("a", start_ns) == 0
    wait_ns = buckets.take("a", start_ns)
    assert wait_ns
    assert buckets.take("a", start_ns + wait_ns) == 0


def test_an_open_table_forgets_the_longest_unused() -> None:
    buckets = Buckets(Rate(burst=1, refill_ns=S), is_closed=False, max_keys=2)
    for key in ("a", "b", "c"):
        assert buckets.take(key, 0) == 0
    assert len(buckets) == 2
    assert buckets.take("b", 0) != 0
    assert buckets.take("a", 0) == 0


def test_a_closed_table_that_is_full_takes_nobody_new_until_a_bucket_is_full_again() -> None:
    buckets = Buckets(Rate(burst=1, refill_ns=S), is_closed=True, max_keys=2)
    assert [buckets.take(key, 0) for key in ("a", "b")] == [0, 0]
    assert buckets.take("c", S - 1) is None
    assert buckets.take("c", S) == 0
    assert len(buckets) == 2


class Doors:
    """Limits with small rates, and who is in a room."""

    def __init__(self, **rates: Any) -> None:
        self.clock = SettledClock()
        self.present: set[str] = set()
        small = Rate(burst=2, refill_ns=S)
        self.limits = Limits(
            clock=self.clock,
            is_in_room=lambda identity: identity in self.present,
            **{"account": small, "address": small, "login": small, "max_sockets": 2, **rates},
        )

    def ask(self, pace: Pace = Pace.ORDINARY, caller: Any = NOBODY) -> bool:
        """Returns whether it was let through."""
        try:
            self.limits.check(make_mocked_request("GET", "/"), pace, caller, None)
        except Refusal as refusal:
            assert refusal.code == "too_many" and refusal.facts["retry_after_s"] >= 1
            return False
        return True


def test_an_account_is_limited_for_itself_and_not_for_its_address() -> None:
    doors = Doors()
    assert [doors.ask(caller=DOCTOR) for _ in range(3)] == [True, True, False]
    assert doors.ask(caller=OTHER)
    assert doors.limits.counts()["account_refused"] == 1
    doors.clock.advance_ms(1_000)
    assert doors.ask(caller=DOCTOR)


def test_who_has_not_signed_in_is_limited_by_address() -> None:
    doors = Doors()
    assert [doors.ask() for _ in range(3)] == [True, True, False]
    assert doors.limits.counts()["address_refused"] == 1


def test_signing_in_has_its_own_limit_which_being_signed_in_or_in_a_room_does_not_lift() -> None:
    doors = Doors()
    doors.present.add("pe_doctor")
    assert [doors.ask(Pace.LOGIN, DOCTOR) for _ in range(3)] == [True, True, False]
    assert doors.ask(Pace.ORDINARY, DOCTOR)


def test_a_full_table_of_logins_refuses() -> None:
    doors = Doors()
    doors.limits._logins = Buckets(Rate(burst=1, refill_ns=S), is_closed=True, max_keys=1)
    doors.limits._logins.take("elsewhere", doors.clock.monotonic_ns())
    assert not doors.ask(Pace.LOGIN)
    assert doors.limits.counts()["login_table_full"] == 1


def test_whoever_is_in_a_room_is_never_refused_what_belongs_to_it() -> None:
    doors = Doors()
    doors.present.add("pe_doctor")
    assert all(doors.ask(Pace.ROOM, DOCTOR) for _ in range(50))
    assert doors.limits.counts()["room_let_through"] == 48
    assert not doors.ask(Pace.ORDINARY, DOCTOR)
    assert [doors.ask(Pace.ROOM, OTHER) for _ in range(3)] == [True, True, False]


def test_sockets_of_one_address_are_bounded_but_not_for_those_in_a_room() -> None:
    doors = Doors()
    request = make_mocked_request("GET", "/")
    for _ in range(2):
        doors.limits.open_socket(request, "pe_doctor")
    with pytest.raises(Refusal):
        doors.limits.open_socket(request, "pe_doctor")
    with pytest.raises(Refusal):
        doors.limits.open_socket(request, "")
    doors.present.add("pe_doctor")
    doors.limits.open_socket(request, "pe_doctor")
    for _ in range(3):
        doors.limits.close_socket(request)
    doors.limits.open_socket(request, "pe_other")
    counts = doors.limits.counts()
    assert (counts["socket_refused"], counts["socket_let_through"]) == (2, 1)
    assert set(counts) == set(NAMES)


async def test_a_refusal_tells_when_to_come_again_and_in_a_sentence() -> None:
    async def nothing(call: Call) -> None:
        return None

    doors = Doors()
    route = Route("GET", "/one", Action.API_READ, "One.", nothing)
    async with api_client([route], limits=doors.limits) as api:
        for _ in range(2):
            assert (await api.ask("GET", "/one")).status == 204
        answer = await api.ask("GET", "/one")
        assert (answer.status, answer.code, answer.headers["Retry-After"]) == (429, "too_many", "1")
        assert answer.body["detail"] == "请求太多，请稍后再试"
