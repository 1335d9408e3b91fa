"""ECGs to be written: a real one, and the same with holes, electrodes off and notes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from media_server.ecg.frame import Frame, encode_frame
from media_server.ecg.spans import Span
from recording.exchange.absent import marked
from recording.exchange.reading import read_recording
from recording.exchange.recorded import Annotation, Recorded
from tests.support.ecg_files import PTB_DICOM, one_file

HOLES = (Span(100, 150), Span(1_200, 2_700))
STARTED_US = 1_795_323_907_250_000
"""2026-11-22 13:05:07.25 in China."""


def whole_ecg() -> Recorded:
    """Ten seconds of PTB s0010: 12 leads, 500 Hz, 2.5 µV."""
    return replace(read_recording(one_file(PTB_DICOM)), started_us=STARTED_US)


def holed_ecg() -> Recorded:
    """The same with a hole inside a second, and one of three seconds; notes inside and outside of them."""
    whole = whole_ecg()
    gone = marked(len(whole.samples), HOLES)[:, None]
    notes = (
        Annotation(200, "lead-off", "V1", "lianzhen"),
        Annotation(2_000, "", "in the hole", "lianzhen"),
        Annotation(2_999, "N", "", "lianzhen"),
        Annotation(None, "", "导联说明", "lianzhen"),
    )
    return replace(
        whole, samples=np.where(gone, 0, whole.samples).astype(np.int32), missing=HOLES, annotations=notes
    )


def frames_of(recorded: Recorded, *, size: int = 20, epoch: int = 0, lead_off: int = 0) -> list[bytes]:
    """The ECG as a gateway sends it, less the frames of which something is missing."""
    gone = marked(len(recorded.samples), recorded.missing)
    period_us = 1_000_000 / recorded.descriptor.rate_hz
    began_us = recorded.started_us or 0
    return [
        encode_frame(
            Frame(
                stream=1,
                epoch=epoch,
                first_sample=start,
                taken_us=began_us + round(start * period_us),
                samples=recorded.samples[start : start + size],
                lead_off=lead_off,
            )
        )
        for start in range(0, len(recorded.samples), size)
        if not gone[start : start + size].any()
    ]
