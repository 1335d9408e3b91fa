"""What the demo's doctors do with a case: by the code that serves the pages, at the time of the stage.

Each returns what a moment of the story does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeAlias

from clinical.adoption import ItemAnswer, adoption_of
from clinical.consultation import Request
from clinical.ids import CaseId
from clinical.opinion import Content
from signaling.api.route import Refusal
from signaling.auth.demo_people import HOSPITAL
from signaling.auth.rights import Caller
from signaling.consult.case_answers import accept_case, meet_case
from signaling.consult.case_requests import cancel_case, create_case, invite
from signaling.consult.opinion_acts import acknowledge_opinion, save_draft, sign_opinion
from signaling.demo.cast import DemoDevice, DemoPatient
from signaling.demo.stage import Stage
from signaling.store.store import Unit

Deed: TypeAlias = Callable[[Stage], Awaitable[None]]
PASSWORD_FACTOR: Final = "password"  # noqa: S105
"""What the demo's people sign with: their accounts have no second factor."""


def ask(login: str, kiosk: DemoDevice, patient: DemoPatient, case: CaseId, request: Request) -> Deed:
    """A request is written at a kiosk."""

    async def deed(stage: Stage) -> None:
        caller = _at(stage, login, kiosk)
        await create_case(
            stage.unit,
            caller,
            case_id=case,
            patient=stage.patient(login, patient),
            institution=caller.institution,
            hospital=stage.places[HOSPITAL.code],
            request=request,
        )

    return deed


def send(login: str, kiosk: DemoDevice, case: CaseId) -> Deed:
    """It is sent; where it is wanted now, those on duty are called."""

    async def deed(stage: Stage) -> None:
        await invite(stage.unit, _at(stage, login, kiosk), case)

    return deed


def take(login: str, case: CaseId) -> Deed:
    """An expert takes it."""

    async def deed(stage: Stage) -> None:
        await accept_case(stage.unit, stage.people[login], case)

    return deed


def meet(case: CaseId) -> Deed:
    """Both sides are in its room."""

    async def deed(stage: Stage) -> None:
        await meet_case(stage.unit, case)

    return deed


def write(login: str, case: CaseId, content: Content) -> Deed:
    """The expert writes the opinion."""

    async def deed(stage: Stage) -> None:
        await save_draft(stage.unit, stage.people[login], case, content, read_version=0)

    return deed


def sign(login: str, case: CaseId) -> Deed:
    """The expert signs it."""

    async def deed(stage: Stage) -> None:
        done = await sign_opinion(
            stage.unit,
            stage.people[login],
            case,
            read_version=None,
            factor=PASSWORD_FACTOR,
            prove=_proven,
            signer=stage.signer,
        )
        assert not isinstance(done, Refusal), "nothing in the demo's story is refused"

    return deed


def acknowledge(login: str, kiosk: DemoDevice, case: CaseId, answers: tuple[ItemAnswer, ...]) -> Deed:
    """The clinic decides about each advice, and the case is closed."""

    async def deed(stage: Stage) -> None:
        await acknowledge_opinion(stage.unit, _at(stage, login, kiosk), case, adoption_of(answers), answers)

    return deed


def take_back(login: str, kiosk: DemoDevice, case: CaseId, note: str) -> Deed:
    """Who asked does not need it any more."""

    async def deed(stage: Stage) -> None:
        await cancel_case(stage.unit, _at(stage, login, kiosk), case, reason="other", note=note)

    return deed


def _at(stage: Stage, login: str, kiosk: DemoDevice) -> Caller:
    return replace(stage.people[login], device=stage.devices[kiosk.name])


async def _proven(_: Unit) -> Refusal | None:
    return None
