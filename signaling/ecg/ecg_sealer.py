"""Seals ECGs of which nothing more will come, and chains the hash of what was signed."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import structlog

from recording.clock import Clock
from recording.ecg.ecg_manifest import LedgerHead
from recording.ecg.ecg_sealing import SealRequest, is_sealed, seal_ecg
from recording.manifest import MANIFEST_FILE
from recording.signing import Signer
from signaling.auth.rights import NOBODY
from signaling.consult.opinion_acts import sealed_ledger
from signaling.ecg.ecg_chain import case_of, chain_ecg_act
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import Ecg
from signaling.store.store import Store, StoreUnavailable, Unit

_NS_PER_MS = 1_000_000
_log = structlog.get_logger("ecg")


def is_final(ecg: Ecg) -> bool:
    """Whether an ECG has ended with everything that there will ever be, and there is something."""
    is_whole = ecg.state is EcgState.ENDED and ecg.is_complete
    return is_whole and ecg.descriptor is not None and bool(ecg.extents)


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
            request = SealRequest(ecg.id, ecg.descriptor, ledger, self._clock.wall_ns() // _NS_PER_MS)
            if not await asyncio.to_thread(seal_ecg, folder, request, self._signer):
                return False
            content = await asyncio.to_thread((folder / MANIFEST_FILE).read_bytes)
            digest = hashlib.sha256(content).hexdigest()

            async def work(unit: Unit) -> None:
                words = {"manifest_sha256": digest}
                chain_ecg_act(unit, NOBODY, ecg, await case_of(unit, ecg), "ecg.sealed", after=words)

            await self._store.write(work)
        except (OSError, StoreUnavailable) as error:
            _log.error("ecg_not_sealed", ecg=ecg.id, error=type(error).__name__)
            return False
        return True
