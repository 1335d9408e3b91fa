"""Seals ECGs of which nothing more is waited for, and chains the hash of what was signed."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import structlog

from media_server.ecg.spans import Span, Spans
from recording.clock import Clock
from recording.ecg.ecg_manifest import LedgerHead
from recording.ecg.ecg_sealing import GivenUpRest, SealRequest, is_sealed, seal_ecg
from recording.manifest import MANIFEST_FILE
from recording.signing import Signer
from recording.summary import JsonValue
from signaling.auth.rights import NOBODY
from signaling.consult.opinion_acts import sealed_ledger
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg
from signaling.ecg.inventory import holes_of
from signaling.store.store import Store, StoreUnavailable, Unit

_NS_PER_MS = 1_000_000
_log = structlog.get_logger("ecg")


def is_final(ecg: Ecg) -> bool:
    """Whether an ECG has ended, nobody waits for more of it, and there is something."""
    is_settled = ecg.state is EcgState.ENDED and ecg.is_settled
    return is_settled and ecg.descriptor is not None and bool(ecg.extents)


class EcgSealer:
    """``seal`` is called when an ECG's log is closed; it is tried again whenever that happens again."""

    def __init__(self, store: Store, signer: Signer, clock: Clock) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock

    async def seal(self, ecg: Ecg, folder: Path) -> bool:
        """Signs what lies in the folder of a final ECG, once; returns whether it did. What goes wrong is
        logged: the ECG is as it was.
        """
        if not is_final(ecg) or is_sealed(folder):
            return False
        assert ecg.descriptor is not None, "a final ECG has a descriptor"
        try:
            head = await self._store.read(lambda connection: sealed_ledger(connection, ecg.institution))
            ledger = LedgerHead(count=head.size, head=head.head)
            now_ms = self._clock.wall_ns() // _NS_PER_MS
            request = SealRequest(ecg.id, ecg.descriptor, ledger, now_ms, given_up_rest(ecg))
            if not await asyncio.to_thread(seal_ecg, folder, request, self._signer):
                return False
            content = await asyncio.to_thread((folder / MANIFEST_FILE).read_bytes)
            digest = hashlib.sha256(content).hexdigest()

            async def work(unit: Unit) -> None:
                words: dict[str, JsonValue] = {"manifest_sha256": digest}
                if request.given_up is not None:
                    words["was_given_up"] = True
                chain_ecg_act(unit, NOBODY, ecg, await case_of(unit, ecg), "ecg.sealed", after=words)

            await self._store.write(work)
        except (OSError, StoreUnavailable) as error:
            _log.error("ecg_not_sealed", ecg=ecg.id, error=type(error).__name__)
            return False
        return True


def given_up_rest(ecg: Ecg) -> GivenUpRest | None:
    """Returns what the manifest says of a rest that was declared lost and has not come, else None."""
    if ecg.given_up is None or ecg.is_complete:
        return None
    declared = ecg.declared

    def missing(kept: Mapping[int, Spans]) -> Iterator[tuple[int, Span]]:
        between = {epoch: (Span(next(iter(spans)).start, spans.end),) for epoch, spans in kept.items()}
        return holes_of(kept, between if declared is None else declared)

    return GivenUpRest(ecg.given_up.at_ms, is_end_known=declared is not None, missing=missing)
