"""Five days of the demo: what happens when, as moments in order. Decided here, without a store.

Times are those of China (UTC+8). A moment is a thing that one person or device does; the scenes of a day run
into each other, and each institution's chain gets its own in order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeAlias

from clinical.consent import ConsentPurpose, GivenBy, How
from clinical.ids import CaseId, new_case_id
from recording.summary import JsonValue
from signaling.auth.demo_people import DEMO_PEOPLE
from signaling.demo.case_deeds import acknowledge, ask, meet, send, sign, take, take_back, write
from signaling.demo.cast import DAY_MS, DEVICES, PATIENTS, DemoDevice, DemoPatient
from signaling.demo.consultations import CONSULTATIONS, UNANSWERED, Consultation, Unanswered
from signaling.demo.stage import Stage
from signaling.roster.hospital_time import day_began_ms

DAYS: Final = len(CONSULTATIONS)
_HOUR_MS: Final = 3_600_000
_MINUTE_MS: Final = 60_000
_AMBULANCE: Final = DEVICES[2]
_CREW: Final = "liuyang"
_ON_DUTY: Final = "wangmin"
_BASIC: Final = (ConsentPurpose.CONSULTATION, ConsentPurpose.RECORDING)
_NOTHING: Final[Mapping[str, JsonValue]] = {}
_NO_WORDS: Final[Mapping[str, str]] = {}

Deed: TypeAlias = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Moment:
    """What is done at a time."""

    at_ms: int
    deed: Deed


@dataclass(frozen=True, slots=True)
class _Scene:
    """A case from its first moment on, with the devices its people hold."""

    start_ms: int
    patient: DemoPatient
    case: CaseId
    devices: Mapping[str, DemoDevice]

    def act(
        self,
        after_s: float,
        login: str,
        kind: str,
        after: Mapping[str, JsonValue] = _NOTHING,
        *,
        before: Mapping[str, JsonValue] = _NOTHING,
        personal: Mapping[str, str] = _NO_WORDS,
    ) -> Moment:
        """Returns the moment at which somebody does something for the patient."""

        async def deed(stage: Stage) -> None:
            stage.tell(
                login,
                kind,
                subject={"patient": stage.patient(login, self.patient), "case": self.case},
                before=before,
                after=after,
                personal=personal,
                on=self.devices.get(login),
            )

        return self.do(after_s, deed)

    def do(self, after_s: float, deed: Deed) -> Moment:
        """Returns the moment of a deed."""
        return Moment(self.start_ms + int(after_s * 1000), deed)


def first_day_ms(now_ms: int) -> int:
    """Returns the beginning of the story's first day: the last ends before today, in China."""
    return day_began_ms(now_ms) - DAYS * DAY_MS


def half_days(first_ms: int) -> Iterator[Sequence[Moment]]:
    """Yields the story's moments in order, half a day at a time."""
    for day in range(DAYS):
        begins_ms = first_ms + day * DAY_MS
        moments = sorted(_day(day, begins_ms), key=lambda moment: moment.at_ms)
        noon_ms = begins_ms + 12 * _HOUR_MS
        yield [moment for moment in moments if moment.at_ms < noon_ms]
        yield [moment for moment in moments if moment.at_ms >= noon_ms]


def _day(day: int, begins_ms: int) -> Iterator[Moment]:
    yield from _night(begins_ms)
    yield from _shift(day, begins_ms)
    for consultation in CONSULTATIONS[day]:
        yield from _consult(begins_ms, consultation)
    for request in UNANSWERED[day]:
        yield from _ask(begins_ms, request)
    if day in (1, 3):
        yield from _chest_pain(begins_ms + 14 * _HOUR_MS, PATIENTS[8 if day == 1 else 9])
    if day in (2, 4):
        yield from _quality_control(begins_ms + 16 * _HOUR_MS)


def _night(begins_ms: int) -> Iterator[Moment]:
    for number, device in enumerate(DEVICES[:2]):
        yield Moment(begins_ms + 3 * _HOUR_MS + number * _MINUTE_MS, partial(_test_itself, device=device))


async def _test_itself(stage: Stage, device: DemoDevice) -> None:
    stage.tell_by(device, "device.selftest.ok", {"checks": 6})


def _shift(day: int, begins_ms: int) -> Iterator[Moment]:
    opened: Mapping[str, JsonValue] = {"by": "password", "assurance": 2}
    wrong: Mapping[str, JsonValue] = {"code": "password_wrong"}
    if day == 2:
        at_ms = begins_ms + 8 * _HOUR_MS - 20_000
        yield Moment(at_ms, partial(_of_oneself, login="zhoulan", kind="session.refused", after=wrong))
    for number, person in enumerate(DEMO_PEOPLE):
        opens_ms = begins_ms + 8 * _HOUR_MS + number * 3 * _MINUTE_MS + day * 17_000
        closes_ms = begins_ms + 17 * _HOUR_MS + number * 2 * _MINUTE_MS
        who = partial(_of_oneself, login=person.login)
        yield Moment(opens_ms, partial(who, kind="session.opened", after=opened))
        yield Moment(closes_ms, partial(who, kind="session.closed", after=_NOTHING))


async def _of_oneself(stage: Stage, login: str, kind: str, after: Mapping[str, JsonValue]) -> None:
    stage.tell(login, kind, subject={"person": stage.people[login].person}, after=after)


def _consult(begins_ms: int, c: Consultation) -> Iterator[Moment]:
    start_ms = begins_ms + int(c.hour * _HOUR_MS)
    scene = _Scene(start_ms, c.patient, new_case_id(), {c.doctor: c.kiosk})
    granted = tuple(purpose for purpose in ConsentPurpose if purpose not in c.declined)

    async def answers(stage: Stage) -> None:
        patient = stage.patient(c.doctor, c.patient)
        await stage.answer(c.doctor, patient, scene.case, granted=granted, declined=c.declined)

    care: Mapping[str, JsonValue] = {"purpose": "treatment"}
    yield scene.act(0, c.doctor, "patient.viewed", care)
    yield scene.do(15, ask(c.doctor, c.kiosk, c.patient, scene.case, c.request))
    yield scene.do(30, answers)
    yield scene.do(40, send(c.doctor, c.kiosk, scene.case))
    yield scene.do(52, take(c.expert, scene.case))
    yield scene.act(53, c.doctor, "participant.joined")
    yield scene.act(54, c.expert, "participant.joined")
    yield scene.do(54.1, meet(scene.case))
    yield scene.act(70, c.expert, "patient.viewed", care)
    if c.request.specialty == "cardiology":
        caliper: Mapping[str, JsonValue] = {"lead": "V3", "from_sample": 40_112, "to_sample": 40_236}
        yield scene.act(75, c.doctor, "ecg.started", {"leads": 12, "rate_hz": 500})
        yield scene.act(150, c.expert, "annotation.added", caliper)
    if c.link_falls:
        yield scene.act(185, c.doctor, "qos.step", {"step": "L3"}, before={"step": "L0"})
        yield scene.act(220, c.doctor, "participant.lost", {"cause": "link"})
        yield scene.act(222.7, c.doctor, "participant.resumed")
        yield scene.act(243, c.doctor, "qos.step", {"step": "L1"}, before={"step": "L3"})
    yield scene.do(285, write(c.expert, scene.case, c.opinion))
    yield scene.do(300, sign(c.expert, scene.case))
    yield scene.do(320, acknowledge(c.doctor, c.kiosk, scene.case, c.answers))
    yield scene.act(326, c.expert, "participant.left", {"cause": "left"})
    yield scene.act(328, c.doctor, "participant.left", {"cause": "left"})


def _ask(begins_ms: int, u: Unanswered) -> Iterator[Moment]:
    start_ms = begins_ms + int(u.hour * _HOUR_MS)
    scene = _Scene(start_ms, u.patient, new_case_id(), {u.doctor: u.kiosk})

    async def answers(stage: Stage) -> None:
        patient = stage.patient(u.doctor, u.patient)
        await stage.answer(u.doctor, patient, scene.case, granted=_BASIC, declined=(ConsentPurpose.TEACHING,))

    yield scene.do(0, ask(u.doctor, u.kiosk, u.patient, scene.case, u.request))
    yield scene.do(20, answers)
    if u.cancelled:
        yield scene.do(40, take_back(u.doctor, u.kiosk, scene.case, u.cancelled))
    else:
        yield scene.do(40, send(u.doctor, u.kiosk, scene.case))


def _chest_pain(start_ms: int, patient: DemoPatient) -> Iterator[Moment]:
    scene = _Scene(start_ms, patient, new_case_id(), {_CREW: _AMBULANCE})

    async def nobody_can_be_asked(stage: Stage) -> None:
        known = stage.patient(_CREW, patient)
        await stage.answer(
            _CREW, known, scene.case, granted=_BASIC, how=How.EMERGENCY, given_by=GivenBy.NOBODY
        )

    async def the_family_answers(stage: Stage) -> None:
        await stage.answer(
            _CREW,
            stage.patient(_CREW, patient),
            scene.case,
            granted=_BASIC,
            declined=(ConsentPurpose.TEACHING,),
            how=How.VOICE,
            given_by=GivenBy.RELATIVE,
            giver_name=f"{patient.name[0]}家属",
        )

    def timepoint(after_s: float, login: str, name: str, source: str) -> Moment:
        return scene.act(after_s, login, "timepoint.recorded", {"name": name, "source": source})

    yield timepoint(0, _CREW, "first_medical_contact", "tap")
    yield scene.act(60, _CREW, "alert.sent", {"centre": "chest_pain"})
    yield scene.do(70, nobody_can_be_asked)
    yield scene.act(75, _ON_DUTY, "alert.acknowledged", {"waited_s": 15})
    yield timepoint(370, _CREW, "first_ecg", "device")
    yield timepoint(540, _ON_DUTY, "ecg_diagnosis", "tap")
    yield scene.act(550, _ON_DUTY, "cathlab.activated")
    yield scene.do(780, the_family_answers)
    yield scene.act(1_140, _CREW, "participant.lost", {"cause": "link"})
    yield scene.act(1_250, _CREW, "participant.resumed")
    yield scene.act(1_252, _CREW, "event.late", {"kind": "timepoint.recorded", "delay_ms": 80_000})
    yield timepoint(2_390, _CREW, "door", "geofence")
    yield timepoint(3_910, _ON_DUTY, "balloon", "tap")
    yield scene.act(4_600, _ON_DUTY, "handover.signed")


def _quality_control(start_ms: int) -> Iterator[Moment]:
    for number, patient in enumerate(PATIENTS[:2]):
        at_ms = start_ms + number * 5 * _MINUTE_MS
        yield Moment(at_ms, partial(_search, patient=patient))
        yield Moment(at_ms + 40_000, partial(_look, patient=patient))
    yield Moment(start_ms + 20 * _MINUTE_MS, _audit)


async def _search(stage: Stage, patient: DemoPatient) -> None:
    found = stage.patient("qianhui", patient)
    after: Mapping[str, JsonValue] = {"purpose": "quality_control", "found": 9, "patients": [found]}
    note = {"purpose_note": "月度质控抽查"}
    stage.tell("qianhui", "trace.searched", subject={"patient": found}, after=after, personal=note)


async def _look(stage: Stage, patient: DemoPatient) -> None:
    found = stage.patient("qianhui", patient)
    after = {"purpose": "quality_control", "kind": "opinion.signed"}
    stage.tell("qianhui", "trace.viewed", subject={"patient": found}, after=after)


async def _audit(stage: Stage) -> None:
    kinds: list[JsonValue] = ["session.opened", "session.refused"]
    stage.tell("hejing", "trace.searched", after={"purpose": "audit", "found": 50, "kinds": kinds})
