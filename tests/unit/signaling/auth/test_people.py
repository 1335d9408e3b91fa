"""Roles and licences: what may be one person's, and what a licence is worth today."""

from __future__ import annotations

import pytest

from signaling.auth.ids import LicenceId
from signaling.auth.one_time_codes import digest_of_code, normalised
from signaling.auth.people import LicenceRow, role_fault
from signaling.auth.people_accounts import login_fault
from signaling.auth.rights import Role


@pytest.mark.parametrize(
    ("roles", "fault"),
    [
        ((), None),
        ((Role.SPECIALIST, Role.DUTY_EXPERT, Role.SUPERVISOR), None),
        ((Role.ADMINISTRATOR, Role.SPECIALIST), None),
        ((Role.ADMINISTRATOR, Role.AUDITOR), "roles_conflict"),
        ((Role.DEVICE,), "role_not_for_people"),
        ((Role.GUEST, Role.AUDITOR), "role_not_for_people"),
    ],
)
def test_administrator_and_auditor_are_never_one_person(roles: tuple[Role, ...], fault: str | None) -> None:
    assert role_fault(roles) == fault


@pytest.mark.parametrize(
    ("ended_at_ms", "now_ms", "state"),
    [(None, 99, "active"), (None, 100, "expired"), (50, 99, "ended"), (50, 100, "ended")],
)
def test_a_licence_is_active_until_its_day(ended_at_ms: int | None, now_ms: int, state: str) -> None:
    assert LicenceRow(LicenceId("li_1"), "1", "physician", 100, ended_at_ms).state(now_ms) == state


@pytest.mark.parametrize(
    ("login", "is_one"),
    [
        ("zhoulan", True),
        ("zhou.lan-2_x", True),
        ("z", False),
        ("2zhou", False),
        ("Zhou", False),
        ("zhou lan", False),
        ("周岚", False),
        ("../keys", False),
        ("z" * 33, False),
    ],
)
def test_a_login_is_what_may_stand_in_a_file_name(login: str, *, is_one: bool) -> None:
    assert (login_fault(login) is None) is is_one


def test_a_code_is_the_same_with_blanks_hyphens_and_capitals() -> None:
    assert normalised(" RA5G-5 riwet ") == "ra5g5riwet"
    assert digest_of_code("ra5g-5riwet") == digest_of_code("RA5G 5RIWET")
    assert digest_of_code("ra5g5riwet") != digest_of_code("ra5g5riweu")
