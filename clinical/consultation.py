"""A remote consultation from the first word to the closed case: its states, its acts, and which act leads
where.

    state         meaning                                              a person can
    drafted       being written                                        send or cancel it
    invited       sent; nobody rings yet (booked, offline, queued)     have it taken, cancel it
    ringing       someone is being called, line after line             take, pass on, decline, cancel it
    declined      everyone who was called said no, with a reason     call again, hand elsewhere, cancel it
    timed_out     nobody answered within the whole chain               call again, hand elsewhere, cancel it
    accepted      taken by a specialist who is not there yet           enter, hand it elsewhere, cancel it
    active        both sides are there (offline: it was opened)        sign, hand it elsewhere, cancel it
    signed        the opinion is signed                                acknowledge it
    acknowledged  the treating side has read and decided               close it
    closed        done
    cancelled     ended without an opinion, with a reason

A closed tab, a lost link or a host who leaves changes no state: people come back. From every state that is no
end a person can lead the case on or end it, so that none is stuck.

What is not in TRANSITIONS is refused and changes nothing. Codes of ConsultationRefused:
``consultation_state``
(the act is not possible now), ``consultation_incomplete`` (a mandated field is missing; ``missing`` names
them), ``consultation_consent_missing``, ``consultation_reason_missing``, ``consultation_taken`` (another has
accepted), ``consultation_not_called`` (who accepts or declines is not being called).

Sources: 远程医疗服务管理规范（试行）2018 for the fields and the reasoned refusal; domain.md §2.2, §5.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clinical.errors import ConsultationRefused


class ConsultationState(StrEnum):
    """Where a case stands."""

    DRAFTED = "drafted"
    INVITED = "invited"
    RINGING = "ringing"
    DECLINED = "declined"
    TIMED_OUT = "timed_out"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    SIGNED = "signed"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class ConsultationAct(StrEnum):
    """What can happen to a case."""

    AMEND = "amend"
    """The inviting side writes the request."""
    INVITE = "invite"
    """The inviting side sends it: booked, offline, or to be called at once."""
    RING = "ring"
    """The duty line is called (at once after sending, at the booked time, or again after no answer)."""
    RING_ON = "ring_on"
    """The next line is called as well, or the one who declined hands over to it."""
    DECLINE = "decline"
    """The last one who was called said no, with a reason."""
    TIME_OUT = "time_out"
    """The whole chain passed without an answer."""
    ACCEPT = "accept"
    """One of those called, or a specialist from the work list, takes it."""
    MEET = "meet"
    """Both sides are in the room; offline: the specialist opens it."""
    TRANSFER = "transfer"
    """To another specialist, with a reason: they are called in turn."""
    SIGN = "sign"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"
    CANCEL = "cancel"


_S, _A = ConsultationState, ConsultationAct

TRANSITIONS: Final[Mapping[tuple[ConsultationState, ConsultationAct], ConsultationState]] = {
    (_S.DRAFTED, _A.AMEND): _S.DRAFTED,
    (_S.DRAFTED, _A.INVITE): _S.INVITED,
    (_S.DRAFTED, _A.CANCEL): _S.CANCELLED,
    (_S.INVITED, _A.RING): _S.RINGING,
    (_S.INVITED, _A.ACCEPT): _S.ACCEPTED,
    (_S.INVITED, _A.CANCEL): _S.CANCELLED,
    (_S.RINGING, _A.RING_ON): _S.RINGING,
    (_S.RINGING, _A.DECLINE): _S.DECLINED,
    (_S.RINGING, _A.TIME_OUT): _S.TIMED_OUT,
    (_S.RINGING, _A.ACCEPT): _S.ACCEPTED,
    (_S.RINGING, _A.CANCEL): _S.CANCELLED,
    (_S.DECLINED, _A.RING): _S.RINGING,
    (_S.DECLINED, _A.TRANSFER): _S.RINGING,
    (_S.DECLINED, _A.CANCEL): _S.CANCELLED,
    (_S.TIMED_OUT, _A.RING): _S.RINGING,
    (_S.TIMED_OUT, _A.TRANSFER): _S.RINGING,
    (_S.TIMED_OUT, _A.CANCEL): _S.CANCELLED,
    (_S.ACCEPTED, _A.MEET): _S.ACTIVE,
    (_S.ACCEPTED, _A.TRANSFER): _S.RINGING,
    (_S.ACCEPTED, _A.CANCEL): _S.CANCELLED,
    (_S.ACTIVE, _A.TRANSFER): _S.RINGING,
    (_S.ACTIVE, _A.SIGN): _S.SIGNED,
    (_S.ACTIVE, _A.CANCEL): _S.CANCELLED,
    (_S.SIGNED, _A.ACKNOWLEDGE): _S.ACKNOWLEDGED,
    (_S.ACKNOWLEDGED, _A.CLOSE): _S.CLOSED,
}

ENDS: Final = frozenset({ConsultationState.CLOSED, ConsultationState.CANCELLED})
"""Nothing leads out of these."""
BEFORE_ACCEPTANCE: Final = frozenset({_S.DRAFTED, _S.INVITED, _S.RINGING, _S.DECLINED, _S.TIMED_OUT})
IN_THE_ROOM: Final = frozenset({_S.ACCEPTED, _S.ACTIVE, _S.SIGNED})
"""While these hold, the parties may enter the case's room."""


class ConsultationKind(StrEnum):
    """在线 or 离线 interaction."""

    LIVE = "live"
    OFFLINE = "offline"
    """Store and forward: the same case without a room."""


class Urgency(StrEnum):
    """In the order of the queue."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    ROUTINE = "routine"


class DeclineReason(StrEnum):
    """Why somebody who was called cannot take it; the law asks for a reason."""

    IN_SURGERY = "in_surgery"
    WITH_PATIENT = "with_patient"
    NOT_MY_FIELD = "not_my_field"
    EQUIPMENT = "equipment"
    OTHER = "other"
    """With a note."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the inviting side asks. ``wanted_at_ms`` None: now."""

    kind: ConsultationKind
    urgency: Urgency
    specialty: str
    wanted_title: str
    reason: str
    purpose: str
    summary: str
    wanted_at_ms: int | None = None


MANDATED: Final = ("reason", "purpose", "summary", "specialty", "wanted_title")
"""Fields the law asks for on an invitation; its time is ``wanted_at_ms``, which always says something."""


def next_state(state: ConsultationState, act: ConsultationAct) -> ConsultationState:
    """Returns where the act leads. Raises ConsultationRefused(consultation_state)."""
    following = TRANSITIONS.get((state, act))
    if following is None:
        raise ConsultationRefused("consultation_state")
    return following


def possible_acts(state: ConsultationState) -> frozenset[ConsultationAct]:
    """Returns the acts that lead on from a state."""
    return frozenset(act for (before, act) in TRANSITIONS if before is state)


def check_complete(request: Request) -> None:
    """Raises ConsultationRefused(consultation_incomplete) where a mandated field is empty."""
    missing = tuple(name for name in MANDATED if not getattr(request, name).strip())
    if missing:
        raise ConsultationRefused("consultation_incomplete", missing=missing)
