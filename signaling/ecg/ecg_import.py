"""Takes an ECG in that came as a file: its frames first, then its row with the event that tells of it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from clinical.consultation import Urgency
from clinical.ids import EcgId, InstitutionId, PatientId
from media_server.ecg.frame import read_envelope
from recording.ecg.ecg_manifest import STATED_FILE
from recording.ecg.frame_log import FrameLog
from recording.exchange.reading import Kind
from recording.exchange.recorded import Recorded
from recording.files import write_atomically
from signaling.auth.rights import Caller
from signaling.ecg.ecg_acts import fitting_case
from signaling.ecg.ecg_chain import chain_ecg_act
from signaling.ecg.ecg_state import EcgState
from signaling.ecg.ecgs import IMPORTED, Ecg, insert_ecg
from signaling.ecg.file_frames import FileInventory
from signaling.ecg.inventory import declared_of
from signaling.store.store import Unit


@dataclass(frozen=True, slots=True)
class Imported:
    """An ECG read from files. ``sha256`` is of the files as they came."""

    id: EcgId
    kind: Kind
    recorded: Recorded
    inventory: FileInventory
    sha256: str


async def import_ecg(
    unit: Unit,
    caller: Caller,
    imported: Imported,
    *,
    patient: PatientId,
    institution: InstitutionId,
    case_id: str,
    urgency: Urgency,
) -> Ecg:
    """Stores an ECG of a file; it has ended and is complete. Refusal: ecg_case_unfit."""
    case = await fitting_case(unit, case_id, institution, patient)
    recorded, inventory = imported.recorded, imported.inventory
    described = recorded.descriptor
    is_dated = recorded.started_us is not None
    started_at_ms = inventory.extent.first_taken_us // 1_000
    ecg = await insert_ecg(
        unit,
        Ecg(
            id=imported.id,
            serial="",
            institution=institution,
            patient=patient,
            case=case_id,
            device="",
            person=caller.person,
            urgency=urgency,
            source=IMPORTED,
            descriptor=described,
            state=EcgState.ENDED,
            created_at_ms=unit.now_ms,
            # A file that does not say when it was taken is not dated by us.
            started_at_ms=started_at_ms if is_dated else None,
            ended_at_ms=started_at_ms + inventory.duration_ms if is_dated else None,
            extents=(inventory.extent,),
            declared={0: declared_of(inventory.present)},
            is_complete=True,
            gap_count=inventory.gap_count,
        ),
    )
    chain_ecg_act(
        unit,
        caller,
        ecg,
        case,
        "ecg.imported",
        after={
            "format": imported.kind.value,
            "files_sha256": imported.sha256,
            "leads": len(described.leads),
            "rate_hz": described.rate_hz,
            "resolution_nv": described.resolution_nv,
            "is_diagnostic": described.is_diagnostic,
            "duration_ms": inventory.duration_ms,
            "gap_count": inventory.gap_count,
        },
    )
    return ecg


def write_frames(folder: Path, frames: Iterable[bytes], stated: bytes) -> None:
    """Puts frames on disk into a folder of their own, and beside them what the file said; all or none. Raises
    OSError.
    """
    try:
        log = FrameLog(folder)
        with contextlib.closing(log):
            for frame in frames:
                log.append(frame, read_envelope(frame))
        write_atomically(folder / STATED_FILE, stated)
    except OSError:
        forget_frames(folder)
        raise


def forget_frames(folder: Path) -> None:
    """Takes away what ``write_frames`` has put there."""
    shutil.rmtree(folder, ignore_errors=True)
