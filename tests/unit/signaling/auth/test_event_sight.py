"""Who is told of which events of the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recording.audit.act import Act
from recording.audit.chain import chain, genesis
from signaling.auth.event_sight import LedgerEvent, event_of_act, event_of_line, sees
from signaling.auth.policy import CLINICIANS
from signaling.auth.rights import NOBODY, Role
from tests.support.api import device, person

_EVENT = LedgerEvent(7, 1, "recording.started", "pe_other", "specialist", "", {"room": "r"})


def _kind(kind: str, **subject: str) -> LedgerEvent:
    return replace(_EVENT, kind=kind, subject=subject)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AUDITOR])
def test_who_watches_is_told_everything(role: Role) -> None:
    for kind in ("recording.started", "session.opened", "trace.viewed", "breakglass.used"):
        assert sees(person(role), _kind(kind, patient="pt_a"))


def test_the_administrator_is_told_of_the_service_and_never_of_a_patient() -> None:
    assert sees(person(Role.ADMINISTRATOR), _kind("device.revoked", device="dv_a"))
    assert not sees(person(Role.ADMINISTRATOR), _kind("device.revoked", patient="pt_a"))
    assert not sees(person(Role.ADMINISTRATOR), _kind("recording.started"))


@pytest.mark.parametrize("role", sorted(CLINICIANS))
def test_who_cares_is_told_of_care(role: Role) -> None:
    assert sees(person(role), _kind("consent.granted", patient="pt_a"))
    assert not sees(person(role), _kind("account.locked"))
    assert not sees(person(role), _kind("breakglass.used", patient="pt_a"))
    assert sees(person(role), replace(_kind("breakglass.used", patient="pt_a"), actor="pe_a"))


def test_a_device_is_told_of_its_own_doings() -> None:
    assert sees(device(), replace(_EVENT, device="dv_a"))
    assert sees(device(), replace(_EVENT, actor="dv_a"))
    assert not sees(device(), replace(_EVENT, device="dv_a", subject={"patient": "pt_a"}))
    assert not sees(device(), _EVENT)


@given(word=st.sampled_from(["session", "recording", "trace", "patient"]))
def test_nobody_and_who_is_two_things_at_once_are_told_nothing(word: str) -> None:
    event = _kind(f"{word}.changed")
    assert not sees(NOBODY, event)
    assert not sees(person(Role.ADMINISTRATOR, Role.AUDITOR), event)
    assert not sees(person(), event)


def test_an_act_and_its_stored_line_tell_the_same_and_no_more_than_ids() -> None:
    act = Act(
        "in_a", "consent.granted", "pe_a", 5, "specialist", "dv_a", subject={"patient": "pt_a"},
        after={"state": "granted"}, personal={"reason": "胸闷"},
    )  # fmt: skip
    chained = chain(genesis("in_a"), act, new_salt=lambda: bytes(16))
    told = event_of_act(chained.sequence, act)
    assert told == event_of_line(chained.line)
    assert told.message() == {
        "type": "event",
        "sequence": 1,
        "at_ms": 5,
        "kind": "consent.granted",
        "actor": "pe_a",
        "actor_role": "specialist",
        "subject": {"patient": "pt_a"},
    }
