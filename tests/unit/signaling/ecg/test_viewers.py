"""What one viewer is told: the last minute in pieces, and a sign of life where nothing else is said."""

from __future__ import annotations

from clinical.ids import PersonId
from signaling.auth.rights import Caller
from signaling.ecg.viewers import PIECE_BYTES, SIGN, SIGN_AFTER_S, Viewer, in_pieces
from signaling.tokens import Binding


def _viewer(pushed: list[object]) -> Viewer:
    viewer = Viewer(Caller(person=PersonId("pe_a")), Binding())
    push = viewer.outbox.push

    def noted(message: str | bytes) -> None:
        pushed.append(message)
        push(message)

    viewer.outbox.push = noted  # type: ignore[method-assign]
    return viewer


def test_whole_frames_make_pieces_of_about_one_size() -> None:
    frames = [bytes([number]) * 3_000 for number in range(7)]
    pieces = in_pieces(frames)
    assert b"".join(pieces) == b"".join(frames)
    assert [len(piece) for piece in pieces] == [6_000, 6_000, 6_000, 3_000]
    assert in_pieces([]) == []
    assert in_pieces([bytes(PIECE_BYTES + 1), b"1"]) == [bytes(PIECE_BYTES + 1), b"1"]


def test_a_sign_of_life_comes_only_where_nothing_else_does() -> None:
    pushed: list[object] = []
    viewer = _viewer(pushed)
    for _ in range(SIGN_AFTER_S):
        viewer.tick_second()
    assert pushed == [SIGN]
    for second in range(5):
        viewer.show(b"frame", second)
        viewer.tick_second()
    assert pushed == [SIGN]
    for _ in range(2 * SIGN_AFTER_S):
        viewer.tick_second()
    assert pushed == [SIGN, SIGN, SIGN]
