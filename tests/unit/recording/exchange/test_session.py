"""Kept frames as one table: epochs, holes, electrodes, and parts of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Frame, encode_frame, read_envelope
from media_server.ecg.spans import Span
from recording.ecg.frame_log import FrameLog
from recording.exchange import session
from recording.exchange.errors import Unwritable
from recording.exchange.recorded import Annotation
from recording.exchange.session import absent_of, cut, kept_frames, session_of

DEVICE = Descriptor(500, 2_500, ("I", "II"), 50, 150, 0, "Box", Source.DEVICE, 0)


def frame(first: int, *values: int, epoch: int = 0, taken_us: int = 0, lead_off: int = 0) -> bytes:
    samples = np.array([[value, -value] for value in values], np.int32)
    return encode_frame(Frame(1, epoch, first, taken_us or 1_000_000 + first * 2_000, samples, lead_off))


def refusal(*frames: bytes) -> str:
    with pytest.raises(Unwritable) as refused:
        session_of(frames, DEVICE)
    return refused.value.code


def test_frames_in_whatever_order_are_one_table_that_begins_with_the_first() -> None:
    found = session_of([frame(107, 5, 6), frame(100, 1, 2, 3), frame(102, 3, 4)], DEVICE)
    assert found.samples[:, 0].tolist() == [1, 2, 3, 4, 0, 0, 0, 5, 6]
    assert (found.missing, found.lead_missing) == ((Span(4, 7),), ((), ()))
    assert found.started_us == 1_200_000
    assert not found.samples.flags.writeable


def test_a_new_epoch_begins_where_the_clock_says_but_never_before_the_last_ends() -> None:
    later = frame(0, 7, epoch=1, taken_us=1_020_000)
    found = session_of([frame(0, 1, 2), later], DEVICE)
    assert (found.samples[:, 0].tolist(), found.missing) == ([1, 2] + [0] * 8 + [7], (Span(2, 10),))
    early = frame(0, 7, epoch=1, taken_us=5)
    assert session_of([frame(0, 1, 2), early], DEVICE).samples[:, 0].tolist() == [1, 2, 7]


def test_electrodes_without_contact_are_told_and_their_samples_are_kept() -> None:
    found = session_of(
        [frame(0, 1), frame(1, 2, 3, lead_off=2), frame(3, 4), frame(4, 5, lead_off=3)], DEVICE
    )
    assert found.samples[:, 1].tolist() == [-1, -2, -3, -4, -5]
    assert [(note.at, note.code, note.text) for note in found.annotations] == [
        (1, "lead-off", "II"),
        (3, "lead-on", "II"),
        (4, "lead-off", "I"),
        (4, "lead-off", "II"),
    ]


def test_what_cannot_be_one_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert refusal() == "ecg_export_empty"
    other = encode_frame(Frame(1, 0, 0, 0, np.zeros((1, 3), np.int32)))
    assert refusal(frame(0, 1), other) == "ecg_export_leads_differ"
    far = frame(0, 7, epoch=1, taken_us=2**53 - 1)
    assert refusal(frame(0, 1), far) == "ecg_export_too_long"
    monkeypatch.setattr(session, "MAX_VALUES", 3)
    assert refusal(frame(0, 1, 2)) == "ecg_export_too_long"


def test_the_frames_of_a_log_are_read_without_touching_it(tmp_path: Path) -> None:
    log = FrameLog(tmp_path)
    contents = [frame(0, 1, taken_us=1), frame(1, 2, taken_us=20_000_000)]
    for content in contents:
        log.append(content, read_envelope(content))
    torn = tmp_path / "000002.e1"
    torn.write_bytes(torn.read_bytes() + b"torn")
    assert list(kept_frames(tmp_path)) == contents
    assert torn.read_bytes().endswith(b"torn")
    log.close()


def test_a_part_is_a_recording_of_its_own() -> None:
    whole = session_of([frame(0, 1, 2), frame(4, 5, 6, 7, 8)], DEVICE)
    notes = (Annotation(3, "a", "", ""), Annotation(6, "b", "", ""), Annotation(None, "c", "", ""))
    whole = replace(whole, lead_missing=((Span(5, 7),), ()), annotations=notes)
    part = cut(whole, 3, 6)
    assert part.samples[:, 0].tolist() == [0, 5, 6]
    assert (part.missing, part.lead_missing) == ((Span(0, 1),), ((Span(2, 3),), ()))
    assert part.started_us == 1_006_000
    assert [(note.at, note.code) for note in part.annotations] == [(0, "a"), (None, "c")]
    assert absent_of(part).tolist() == [[True, True], [False, False], [True, False]]
    assert cut(replace(whole, started_us=None), 0, 1).started_us is None
    for start, end in ((3, 3), (-1, 2), (0, 9)):
        with pytest.raises(Unwritable, match="out_of_range"):
            cut(whole, start, end)
