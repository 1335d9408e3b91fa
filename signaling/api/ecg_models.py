"""What the API takes and gives about ECGs.

GET  /ecg/gateways            the gateways of the caller's institution, and what they are connected to
POST /ecgs                    asks a gateway for an ECG
GET  /ecgs?box=&case=         work: what goes on, waits or is incomplete · mine: asked for by the caller ·
                              past: ended and complete · all, where none is named
GET  /ecgs/{id}/frames        stored samples as whole frames (docs/ECG_FORMAT.md)
GET  /ecgs/{id}/stretches     which samples are stored, and which of them came late
GET  /ecgs/{id}/live          the same as they come, by WebSocket (ecg_live.py)
GET  /ecg/uplink              the gateway's WebSocket (ecg_uplink.py)
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from clinical.consultation import Urgency
from signaling.api.route import Model
from signaling.ecg.ecg_lists import EcgBox
from signaling.ecg.ecg_state import EcgState

MAX_COUNT: Final = 2**53 - 1
MAX_REASON_CHARACTERS: Final = 500
"""Of giving up the rest of an ECG: a sentence or two."""
Id = Annotated[str, Field(min_length=1, max_length=40)]
MaybeId = Annotated[str, Field(max_length=40)]
Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]


class NewEcg(Model):
    """Whose ECG, and from which gateway: null where the institution has exactly one connected."""

    patient: Id
    device: Id | None = None
    case: Id | None = None
    urgency: Urgency


class EcgQuery(Model):
    """Which list, of which case, and from where on."""

    box: EcgBox = "all"
    case: MaybeId = ""
    cursor: Annotated[str, Field(max_length=80)] = ""


class FramesQuery(Model):
    """Which samples of an epoch, from ``start`` (inside) to ``end`` (not): at most a minute."""

    epoch: Annotated[int, Field(ge=0, le=65_535)] = 0
    start: Count
    end: Count


class VitalsQuery(Model):
    """Of which time, on the gateway's clock."""

    from_us: Count = 0
    to_us: Count = MAX_COUNT


class EcgPatient(Model):
    """Whose it is; "" and null once erased."""

    id: str
    name: str
    sex: str
    birth_year: int | None


class EcgEpoch(Model):
    """From the first sample that is kept of an epoch to the one after its last."""

    epoch: int
    first: int
    end: int
    first_taken_us: int


class EcgMissing(Model):
    """Samples of an epoch that are not here. ``from_us``: when the first was taken; 0: unknown."""

    epoch: int
    first: int
    end: int
    from_us: int


class EcgGivenUp(Model):
    """That somebody declared lost what was missing then: ``missing_ms`` of what was known to exist."""

    at_ms: int
    by: str
    by_name: str
    reason: str
    missing_ms: int


class EcgGivingUp(Model):
    """Why what is missing is not waited for any longer."""

    reason: Annotated[str, Field(min_length=1, max_length=MAX_REASON_CHARACTERS, pattern=r"\S")]


class EcgReportShown(Model):
    """How far its report is."""

    state: str
    author_name: str
    signed_at_ms: int | None
    fingerprint: str


class EcgCriticalShown(Model):
    """How far its critical value is, where it was marked."""

    state: str


class EcgView(Model):
    """One ECG, as the caller sees it. ``allowed``: what they may do now. Times are 0 before they are."""

    id: str
    serial: str
    state: EcgState
    is_complete: bool
    missing_ms: int
    patient: EcgPatient
    case: str
    institution: str
    institution_name: str
    device: str
    device_name: str
    source: str
    """device, replay, simulator or import; "" before the device has said."""
    is_simulated: bool
    is_diagnostic: bool
    """False: for monitoring only (仅供监护), or not known yet."""
    descriptor: dict[str, Any] | None
    urgency: Urgency
    started_at_ms: int
    ended_at_ms: int
    created_at_ms: int
    duration_ms: int
    epochs: list[EcgEpoch]
    gap_count: int
    late_ms: int
    missing: list[EcgMissing]
    """What is known to be missing, the longest 100 stretches of it, in order."""
    is_end_known: bool
    """Whether the gateway has said what there will ever be; else more than that may be missing."""
    give_up_from_ms: int
    """From when on the rest can be declared lost, if the gateway stays away; 0 where nothing is to be."""
    given_up: EcgGivenUp | None
    report: EcgReportShown | None
    critical: EcgCriticalShown | None
    allowed: list[str]


class EcgList(Model):
    """One page of ECGs, the latest first."""

    ecgs: list[EcgView]
    next: str | None = None


class SelfTestShown(Model):
    """What the gateway's test pulse showed."""

    is_ok: bool
    pulse_uv: int
    pulse_ms: int


class GatewayShown(Model):
    """A gateway; what it is connected to is known while it is connected itself."""

    device: str
    name: str
    is_connected: bool
    model: str
    source: str
    rate_hz: int
    leads: list[str]
    selftest: SelfTestShown | None


class GatewayList(Model):
    """The institution's gateways, by name."""

    gateways: list[GatewayShown]


class EpochStretches(Model):
    """Samples of an epoch: what is stored, and what of that came late; each [first, end), in order."""

    epoch: int
    first_taken_us: int
    """Of the first that is stored, on the gateway's clock."""
    stored: list[tuple[int, int]]
    late: list[tuple[int, int]]


class StretchList(Model):
    """What is stored of an ECG, by epoch."""

    epochs: list[EpochStretches]


class VitalShown(Model):
    """One value of a vital sign."""

    t_us: int
    code: str
    value: float
    unit: str
    validity: Literal["valid", "questionable", "invalid"]
    source: Literal["device", "counted", "simulated"]


class VitalList(Model):
    """By their time."""

    vitals: list[VitalShown]
