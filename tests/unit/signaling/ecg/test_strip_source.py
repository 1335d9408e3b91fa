"""A strip's samples out of frames: what is taken of each, what is missing, and what nobody has signed."""

from __future__ import annotations

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clinical.ecg_report import Report, Strip
from clinical.ids import EcgId
from media_server.ecg.descriptor import STANDARD_LEADS
from media_server.ecg.frame import Frame, encode_frame
from media_server.ecg.spans import Span
from signaling.ecg.report_rows import KeptReport
from signaling.ecg.report_verdict import faults_of
from signaling.ecg.strip_sheet import sheets_of
from signaling.ecg.strip_source import Piece, assembled, pieces


def _frame(first: int, *values: int) -> bytes:
    return encode_frame(Frame(1, 0, first, 0, np.array([[value] for value in values], np.int32)))


def test_frames_are_cut_to_what_is_asked_for() -> None:
    piece = assembled([_frame(8, 1, 2, 3), _frame(12, 4, 5), _frame(90, 9)], 1, 10, 14)
    assert piece.samples[:, 0].tolist() == [3, 0, 4, 5]
    assert (piece.missing, piece.missing_samples) == ((Span(11, 12),), 1)


def test_a_frame_of_other_leads_is_refused() -> None:
    with pytest.raises(ValueError, match="other leads"):
        assembled([_frame(0, 1, 2)], 3, 0, 2)


def test_a_strip_is_read_in_pieces() -> None:
    assert list(pieces(Strip(0, 100, 350, 10), 10)) == [(100, 200), (200, 300), (300, 350)]


def test_a_hole_is_hatched_only_where_it_is() -> None:
    piece = Piece(0, np.zeros((5_000, 12), np.int32), (Span(100, 200),))
    (sheet,) = sheets_of(piece, STANDARD_LEADS, 500, 2_500)
    assert len(sheet.hatches) == 4  # three leads of the first column, and the rhythm


def test_what_is_not_signed_cannot_be_checked() -> None:
    key = Ed25519PrivateKey.generate().public_key()
    with pytest.raises(ValueError, match="not signed"):
        faults_of(None, KeptReport(EcgId("ec_1"), Report()), key, read=(), ledgers={})  # type: ignore[arg-type]
