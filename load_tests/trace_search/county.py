"""A county hospital's three years as acts: few people do much, few kinds are most, patients come and come
again. The same every time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Final

from recording.audit.act import Act, DeviceTime

INSTITUTION: Final = "in_" + "7" * 32
FIRST_MS: Final = 1_700_000_000_000
SPAN_MS: Final = 3 * 365 * 86_400_000
PEOPLE: Final = 200
PATIENTS: Final = 20_000
_FAMILY: Final = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红梅建国志海"
KINDS: Final = (
    *("participant.joined", "participant.left", "track.published", "track.ended", "qos.step"),
    *("annotation.added", "patient.viewed", "session.opened", "session.closed", "consent.granted"),
    *("request.created", "invitation.sent", "invitation.accepted", "opinion.signed", "recording.started"),
    *("timepoint.recorded", "consent.declined", "trace.searched", "trace.viewed", "consent.withdrawn"),
    *("breakglass.used", "breakglass.reviewed", "patient.erased", "licence.added", "device.revoked"),
)
"""From the most frequent to the rarest: each some quarter rarer than the one before."""
_KIND_WEIGHTS: Final = tuple(accumulate(0.75**number for number in range(len(KINDS))))
_PERSON_WEIGHTS: Final = tuple(accumulate(1 / (number + 1) for number in range(PEOPLE)))
_WITH_PATIENT: Final = 0.8
_PERSONAL_EVERY: Final = 10


def name_of(number: int) -> str:
    """Returns the name of a patient or person: three characters, shared by a few."""
    family, rest = number % len(_FAMILY), number // len(_FAMILY)
    return _FAMILY[family] + _GIVEN[rest % len(_GIVEN)] + _GIVEN[rest // len(_GIVEN) % len(_GIVEN)]


def person_id(number: int) -> str:
    """Returns a person's id."""
    return f"pe_{number:032x}"


def patient_id(number: int) -> str:
    """Returns a patient's id."""
    return f"pt_{number:032x}"


def card_number(number: int) -> str:
    """Returns a patient's card number."""
    return f"QS3301{number:010}"


def acts(count: int) -> Iterator[Act]:
    """Yields the acts in order."""
    chance = random.Random(20_261_122)
    for number in range(count):
        at_ms = FIRST_MS + SPAN_MS * number // count
        (kind,) = chance.choices(KINDS, cum_weights=_KIND_WEIGHTS)
        (person,) = chance.choices(range(PEOPLE), cum_weights=_PERSON_WEIGHTS)
        subject = {}
        if chance.random() < _WITH_PATIENT:
            # The square makes some patients' events thousands, and most one's a dozen.
            patient = int(chance.random() ** 2 * PATIENTS)
            subject = {"patient": patient_id(patient), "case": f"ca_{number // 40:032x}"}
        yield Act(
            institution=INSTITUTION,
            kind=kind,
            actor=person_id(person),
            actor_role="specialist",
            at_ms=at_ms,
            device_time=DeviceTime(at_ms - 42, 42, 9) if number % 3 == 0 else None,
            subject=subject,
            before={"state": "open"},
            after={"state": "marked", "count": number % 7},
            personal={"note": f"备注 {number}"} if number % _PERSONAL_EVERY == 0 else {},
        )


def people_rows() -> Sequence[dict[str, Any]]:
    """Returns the rows of the people."""
    return [
        {
            "id": person_id(number),
            "institution": INSTITUTION,
            "name": name_of(number * 7),
            "title": "",
            "specialty": "",
            "phone": "",
            "state": "active",
            "created_at_ms": FIRST_MS,
        }
        for number in range(PEOPLE)
    ]


def patient_rows() -> Sequence[dict[str, Any]]:
    """Returns the rows of the patients."""
    return [
        {
            "id": patient_id(number),
            "institution": INSTITUTION,
            "name": name_of(number),
            "card_number": card_number(number),
            "sex": "unknown",
            "birth_year": 1950 + number % 60,
            "state": "active",
            "created_at_ms": FIRST_MS,
        }
        for number in range(PATIENTS)
    ]


def searches(count: int) -> Sequence[tuple[str, dict[str, Any]]]:
    """Returns what people look for: the shape's name, and what a search takes."""
    chance = random.Random(4)
    day_ms = 86_400_000
    bodies = []
    for number in range(count):
        patient, person = int(chance.random() ** 2 * PATIENTS), chance.randrange(PEOPLE)
        from_ms = FIRST_MS + int(chance.random() * (SPAN_MS - 30 * day_ms))
        month = {"from_ms": from_ms, "to_ms": from_ms + 30 * day_ms}
        rare, common = chance.choice(KINDS[18:]), chance.choice(KINDS[:6])
        deep = f"{from_ms}.{10**9}"
        shapes: dict[str, dict[str, Any]] = {
            "card": {"patient": card_number(patient)},
            "name": {"patient": name_of(patient)},
            "patient, kinds": {"patient": patient_id(patient), "kinds": [rare, common]},
            "patient, month": {"patient": name_of(patient), **month},
            "busy patient, rare kind": {"patient": patient_id(0), "kinds": [KINDS[-1]]},
            "person": {"person": person_id(person)},
            "person's name, month": {"person": name_of(person * 7), **month},
            "busy person, rare kinds": {"person": person_id(0), "kinds": list(KINDS[20:])},
            "person, common kind, deep": {"person": person_id(person % 5), "kinds": [common], "cursor": deep},
            "person and patient": {"person": person_id(person), "patient": name_of(patient)},
            "rare kind": {"kinds": [rare]},
            "all kinds, month": {"kinds": list(KINDS[:20]), **month},
            "month": month,
            "newest": {},
            "deep": {"cursor": deep},
            "case": {"case": f"ca_{chance.randrange(1000):032x}"},
            "nobody": {"patient": "欧阳不在"},
        }
        shape = list(shapes)[number % len(shapes)]
        bodies.append((shape, {"purpose": "quality_control", **shapes[shape]}))
    return bodies
