"""What a source gives: samples as they came from the device, with the device's own count of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from clients.gateway.vital_signs import VitalSign
from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import NO_FLAGS, FrameFlag, Samples


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """Consecutive samples of all leads. They may be one or a second of them: frames are cut later."""

    run: str
    """Names one run of the device's counter: another where it was switched off and on again."""
    first_sample: int
    """By the device's counter."""
    samples: Samples
    lead_off: int = 0
    flags: FrameFlag = NO_FLAGS
    """PACING and SIMULATED; what came late or after a gap is found out here."""
    arrived_us: int | None = None
    """When they came, by the gateway's clock; None: when they are given out."""

    @property
    def end_sample(self) -> int:
        """Number of the first sample after these."""
        return self.first_sample + len(self.samples)


Item: TypeAlias = Chunk | VitalSign


class Source(Protocol):
    """A way in which a device, a file or a simulator speaks. One task uses it; errors are SourceFault."""

    async def open(self) -> Descriptor:
        """Connects and returns what the device says of itself. Raises SourceFault."""

    def items(self) -> AsyncIterator[Item]:
        """Yields what comes, as it comes; ends where there will be no more. Raises SourceFault."""

    async def calibrate(self) -> Chunk | None:
        """Returns half a second with the device's calibration pulse in it; None where it has none. Called
        after ``open`` and before ``items``. Raises SourceFault.
        """

    async def close(self) -> None:
        """Lets go of the device. Closing twice is harmless."""
