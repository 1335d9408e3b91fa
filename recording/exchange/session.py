"""A kept ECG as one table: its frames, of all epochs, on one axis of samples, with what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np

from media_server.ecg.descriptor import Descriptor
from media_server.ecg.frame import Frame, decode_frame
from media_server.ecg.spans import Span, Spans
from recording.ecg.frame_log import FILE_SUFFIX, envelopes
from recording.exchange.absent import Marks, marked, stretches
from recording.exchange.errors import Unwritable
from recording.exchange.recorded import MAX_VALUES, Annotation, Recorded

LEAD_OFF: Final = "lead-off"
"""Code of the annotations that tell from where on an electrode had no contact; ``text`` names the lead."""
LEAD_ON: Final = "lead-on"
_SOURCE: Final = "lianzhen"


def kept_frames(folder: Path) -> Iterator[bytes]:
    """Yields the whole frames in a folder of a FrameLog, as they came, without changing anything there.

    Raises OSError.
    """
    for path in sorted(folder.glob("*" + FILE_SUFFIX)):
        content = path.read_bytes()
        for envelope in envelopes(content):
            yield content[envelope.start : envelope.end]


def session_of(frames: Iterable[bytes], descriptor: Descriptor) -> Recorded:
    """Returns all that is kept from the first sample on.

    Each epoch begins where the gateway's clock says, but not before the end of the one before. What
    electrodes without contact brought stays as the device sent it, and is told by annotations. Raises
    Unwritable: nothing is kept, frames of another number of leads, or more than fits into a file.
    """
    taken = sorted(
        (decode_frame(content)[0] for content in frames), key=lambda frame: (frame.epoch, frame.first_sample)
    )
    if not taken:
        raise Unwritable("ecg_export_empty")
    leads = len(descriptor.leads)
    if any(frame.samples.shape[1] != leads for frame in taken):
        raise Unwritable("ecg_export_leads_differ")
    offsets = _offsets(taken, descriptor.rate_hz)
    count = max(frame.end_sample + offsets[frame.epoch] for frame in taken)
    if count * leads > MAX_VALUES:
        raise Unwritable("ecg_export_too_long")
    samples = np.zeros((count, leads), np.int32)
    off = np.zeros((count, leads), np.bool_)
    here = Spans()
    for frame in taken:
        start, end = frame.first_sample + offsets[frame.epoch], frame.end_sample + offsets[frame.epoch]
        samples[start:end] = frame.samples
        off[start:end] = [bool(frame.lead_off >> lead & 1) for lead in range(leads)]
        here.add(start, end)
    samples.setflags(write=False)
    return Recorded(
        descriptor=descriptor,
        samples=samples,
        missing=tuple(here.missing(0, count)),
        lead_missing=((),) * leads,
        started_us=taken[0].taken_us,
        annotations=tuple(_contacts(off, descriptor.leads)),
    )


def cut(whole: Recorded, start: int, end: int) -> Recorded:
    """The rows from ``start`` to before ``end`` alone, as a recording of its own.

    Raises Unwritable: they are not all within the recording, or none.
    """
    if not 0 <= start < end <= len(whole.samples):
        raise Unwritable("ecg_export_out_of_range")
    later_us = start * 1_000_000 // whole.descriptor.rate_hz
    return replace(
        whole,
        samples=whole.samples[start:end],
        missing=_within(whole.missing, start, end),
        lead_missing=tuple(_within(spans, start, end) for spans in whole.lead_missing),
        started_us=None if whole.started_us is None else whole.started_us + later_us,
        annotations=tuple(
            replace(note, at=None if note.at is None else note.at - start)
            for note in whole.annotations
            if note.at is None or start <= note.at < end
        ),
    )


def absent_of(recorded: Recorded) -> Marks:
    """Which values of the table are missing, a column a lead."""
    count = len(recorded.samples)
    every = marked(count, recorded.missing)
    return np.column_stack([every | marked(count, spans) for spans in recorded.lead_missing])


def _offsets(taken: Sequence[Frame], rate_hz: int) -> dict[int, int]:
    """For each epoch, what its sample numbers become rows with."""
    began_us = taken[0].taken_us
    found: dict[int, int] = {}
    end = 0
    for frame in taken:
        if frame.epoch not in found:
            place = max(end, (frame.taken_us - began_us) * rate_hz // 1_000_000)
            found[frame.epoch] = place - frame.first_sample
        end = max(end, frame.end_sample + found[frame.epoch])
    return found


def _within(spans: Iterable[Span], start: int, end: int) -> tuple[Span, ...]:
    return tuple(
        Span(max(span.start, start) - start, min(span.end, end) - start)
        for span in spans
        if span.start < end and span.end > start
    )


def _contacts(off: Marks, leads: Sequence[str]) -> list[Annotation]:
    found = [
        Annotation(at, code, lead, _SOURCE)
        for column, lead in zip(off.T, leads, strict=True)
        for span in stretches(column)
        for at, code in ((span.start, LEAD_OFF), (span.end, LEAD_ON))
        if at < len(off)
    ]
    return sorted(found, key=lambda note: note.at or 0)
