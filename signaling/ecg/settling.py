"""Brings the row and the ledger of an ECG up to what has come of it, in one unit of work.

It is repeated until the store has taken it, so that no sample waits for the store; a second run adds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from clinical.ids import DeviceId, EcgId
from media_server.ecg.descriptor import Descriptor
from recording.summary import JsonValue
from signaling.auth.rights import NOBODY, Caller, Role
from signaling.consult.cases import Case
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_state import EcgAct, EcgState, next_state
from signaling.ecg.ecgs import Ecg, lock_ecg, store_ecg
from signaling.ecg.given_up import MissingStretch
from signaling.ecg.inventory import Declared, EpochExtent
from signaling.ecg.stream import GapFilled, GapFound
from signaling.store.store import Unit


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an ECG has come. ``news`` are the gaps found and filled since the last time."""

    descriptor: Descriptor | None
    extents: tuple[EpochExtent, ...]
    declared: Declared | None
    is_complete: bool
    missing_ms: int
    gap_count: int
    late_ms: int
    missing: tuple[MissingStretch, ...]
    heard_at_ms: int
    news: Sequence[GapFound | GapFilled] = ()


async def settle(unit: Unit, ecg_id: EcgId, progress: Progress) -> Ecg | None:
    """Returns the ECG as it stands then, None where there is none any more."""
    before = await lock_ecg(unit, ecg_id)
    if before is None:
        return None
    case = await case_of(unit, before)
    after = _described(before, progress, unit.now_ms)
    device = _device_of(before)
    if after.state is not before.state and before.state is EcgState.WAITING and after.extents:
        chain_ecg_act(unit, device, after, case, "ecg.started", after=_device_words(progress.descriptor))
    for news in progress.news:
        _chain_news(unit, after, case, news, progress)
    if after.state is EcgState.ENDED and before.state is not EcgState.ENDED:
        chain_ecg_act(unit, device, after, case, "ecg.ended", after=ending_words(after, "gateway"))
    if after.is_complete and not before.is_complete:
        words: dict[str, JsonValue] = {"duration_ms": after.duration_ms, "late_ms": after.late_ms}
        if after.given_up is not None:
            words["was_given_up"] = True
        chain_ecg_act(unit, NOBODY, after, case, "ecg.completed", after=words)
    return await store_ecg(unit, after)


def ending_words(ecg: Ecg, cause: str) -> dict[str, JsonValue]:
    """Returns what the ledger says of an end: ``gateway``, ``stopped`` or ``given_up``."""
    return {"cause": cause, "duration_ms": ecg.duration_ms, "missing_ms": ecg.missing_ms}


def _described(ecg: Ecg, progress: Progress, now_ms: int) -> Ecg:
    state = ecg.state
    if progress.extents:
        state = next_state(state, EcgAct.SAMPLES) or state
    if progress.declared is not None:
        state = next_state(state, EcgAct.END) or state
    described = progress.descriptor or ecg.descriptor
    return replace(
        ecg,
        state=state,
        descriptor=described,
        source=ecg.source if described is None else ecg.source or described.source.value,
        extents=progress.extents,
        declared=progress.declared,
        is_complete=progress.is_complete,
        missing_ms=progress.missing_ms,
        gap_count=progress.gap_count,
        late_ms=progress.late_ms,
        missing=progress.missing,
        heard_at_ms=max(ecg.heard_at_ms, progress.heard_at_ms),
        started_at_ms=ecg.started_at_ms or (now_ms if progress.extents else None),
        ended_at_ms=ecg.ended_at_ms or (now_ms if state is EcgState.ENDED else None),
    )


def _chain_news(
    unit: Unit, ecg: Ecg, case: Case | None, news: GapFound | GapFilled, progress: Progress
) -> None:
    kind = "ecg.gap" if isinstance(news, GapFound) else "ecg.backfilled"
    rate_hz = 0 if progress.descriptor is None else progress.descriptor.rate_hz
    words: dict[str, JsonValue] = {
        "epoch": news.epoch,
        "first_sample": news.span.start,
        "samples": news.span.length,
        "missing_ms": news.span.length * 1000 // rate_hz if rate_hz else 0,
    }
    chain_ecg_act(unit, NOBODY, ecg, case, kind, after=words)


def _device_words(descriptor: Descriptor | None) -> dict[str, JsonValue]:
    if descriptor is None:
        return {}
    return {
        "leads": len(descriptor.leads),
        "rate_hz": descriptor.rate_hz,
        "resolution_nv": descriptor.resolution_nv,
        "source": descriptor.source.value,
        "is_diagnostic": descriptor.is_diagnostic,
    }


def _device_of(ecg: Ecg) -> Caller:
    return Caller(institution=ecg.institution, device=DeviceId(ecg.device), roles=frozenset({Role.DEVICE}))
