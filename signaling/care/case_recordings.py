"""What a withdrawn consent asks of whoever records: end it, now. A case's room is known by its case."""

from __future__ import annotations

from typing import Protocol

from clinical.ids import CaseId, PatientId
from signaling.auth.rights import Caller


class RecordingStopper(Protocol):
    """Ends the recording of a case's call (signaling/consult/case_rooms.py)."""

    async def stop(self, patient: PatientId, case: CaseId, caller: Caller) -> bool:
        """Ends the recording that is going on there; returns whether there was one."""
