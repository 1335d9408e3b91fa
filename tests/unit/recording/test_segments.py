"""Where a track is cut: 10 s, key frames, formats, fragments."""

from __future__ import annotations

from recording.segments import (
    CutAction,
    OpenSegment,
    PlacedFrame,
    RefuseFrame,
    SealSegment,
    SegmentCutter,
    SegmentFormat,
    WriteFragment,
)

MS = 1_000_000
VP8 = SegmentFormat("VP8", 640, 480)
OPUS = SegmentFormat("opus")


def frame(
    at_ms: int, *, key: bool = False, of: SegmentFormat = VP8, arrival_ms: int | None = None
) -> PlacedFrame:
    return PlacedFrame(
        time_ns=at_ms * MS,
        duration_ns=20 * MS,
        arrival_ns=(at_ms if arrival_ms is None else arrival_ms) * MS,
        is_keyframe=key,
        codec=of.codec,
        format=of if key else None,
        data=b"x",
    )


def told(actions: list[CutAction]) -> list[str]:
    names: list[str] = []
    for action in actions:
        match action:
            case OpenSegment():
                names.append("open" if action.starts_with_keyframe else "open between key frames")
            case WriteFragment():
                names.append(f"write {[one.time_ns // MS for one in action.frames]}")
            case SealSegment():
                names.append("seal")
            case RefuseFrame():
                names.append("refuse")
    return names


def fed(cutter: SegmentCutter, times_ms: range, *, of: SegmentFormat = VP8) -> list[str]:
    return [name for at in times_ms for name in told(cutter.receive_frame(frame(at, key=of is OPUS, of=of)))]


def test_a_segment_opens_with_a_key_frame() -> None:
    cutter = SegmentCutter()
    assert told(cutter.receive_frame(frame(0))) == ["refuse"]
    assert told(cutter.receive_frame(frame(40, key=True))) == ["open"]


def test_a_fragment_holds_less_than_400_ms_of_media() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    assert fed(cutter, range(100, 501, 100)) == ["write [0, 100, 200, 300]"]


def test_a_fragment_is_held_no_longer_than_400_ms() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True, arrival_ms=1_000))
    assert told(cutter.receive_time(1_399 * MS)) == []
    assert told(cutter.receive_time(1_400 * MS)) == ["write [0]"]
    assert told(cutter.receive_time(1_900 * MS)) == []


def test_frames_that_arrive_late_together_do_not_make_one_long_fragment() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True, arrival_ms=0))
    assert told(cutter.receive_frame(frame(20, arrival_ms=400))) == ["write [0]"]


def test_video_is_cut_at_the_first_key_frame_after_ten_seconds() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    assert told(cutter.receive_frame(frame(9_990, key=True))) == ["write [0]"]
    assert told(cutter.receive_frame(frame(10_500))) == ["write [9990]"]
    assert told(cutter.receive_frame(frame(10_600, key=True))) == ["write [10500]", "seal", "open"]


def test_sound_is_cut_at_ten_seconds() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True, of=OPUS))
    assert told(cutter.receive_frame(frame(9_990, key=True, of=OPUS))) == ["write [0]"]
    assert told(cutter.receive_frame(frame(10_000, key=True, of=OPUS))) == ["write [9990]", "seal", "open"]


def test_without_key_frames_video_is_cut_after_a_minute_and_nothing_is_refused() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    assert told(cutter.receive_frame(frame(59_999))) == ["write [0]"]
    assert told(cutter.receive_frame(frame(60_000))) == ["write [59999]", "seal", "open between key frames"]


def test_another_size_needs_another_file() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    smaller = SegmentFormat("VP8", 320, 240)
    assert told(cutter.receive_frame(frame(100, key=True, of=smaller))) == ["write [0]", "seal", "open"]


def test_a_key_frame_of_the_same_format_needs_no_other_file() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    assert told(cutter.receive_frame(frame(100, key=True))) == []


def test_another_codec_is_refused_until_its_key_frame() -> None:
    cutter = SegmentCutter()
    h264 = SegmentFormat("H264", 640, 480, b"sets")
    cutter.receive_frame(frame(0, key=True))
    assert told(cutter.receive_frame(frame(100, of=h264))) == ["write [0]", "seal", "refuse"]
    assert told(cutter.receive_frame(frame(200, key=True, of=h264))) == ["open"]


def test_a_key_frame_that_tells_no_format_starts_nothing() -> None:
    cutter = SegmentCutter()
    untold = PlacedFrame(0, 0, 0, True, "VP8", None, b"x")
    assert told(cutter.receive_frame(untold)) == ["refuse"]


def test_the_end_writes_what_is_held_and_seals_once() -> None:
    cutter = SegmentCutter()
    assert cutter.end() == []
    cutter.receive_frame(frame(0, key=True))
    assert told(cutter.end()) == ["write [0]", "seal"]
    assert cutter.end() == []


def test_the_end_after_the_last_fragment_only_seals() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    cutter.receive_time(400 * MS)
    assert told(cutter.end()) == ["seal"]


def test_an_abandoned_segment_drops_what_is_held_and_waits_for_a_key_frame() -> None:
    cutter = SegmentCutter()
    cutter.receive_frame(frame(0, key=True))
    cutter.abandon()
    assert cutter.receive_time(9_000 * MS) == []
    assert told(cutter.receive_frame(frame(100))) == ["refuse"]
    assert told(cutter.receive_frame(frame(200, key=True))) == ["open"]


class TestKeyframeRequests:
    def test_none_is_wanted_in_a_young_segment_or_for_sound(self) -> None:
        cutter = SegmentCutter()
        assert not cutter.wants_keyframe(0)
        cutter.receive_frame(frame(0, key=True))
        cutter.receive_frame(frame(9_999))
        assert not cutter.wants_keyframe(9_999 * MS)
        sound = SegmentCutter()
        fed(sound, range(0, 10_001, 10_000), of=OPUS)
        assert not sound.wants_keyframe(10_000 * MS)

    def test_one_is_wanted_each_second_from_ten_seconds_on(self) -> None:
        cutter = SegmentCutter()
        cutter.receive_frame(frame(0, key=True))
        cutter.receive_frame(frame(10_000))
        wanted = [at for at in range(10_000, 12_500, 100) if cutter.wants_keyframe(at * MS)]
        assert wanted == [10_000, 11_000, 12_000]
        cutter.receive_frame(frame(12_600, key=True))
        assert not cutter.wants_keyframe(12_600 * MS)

    def test_one_is_wanted_while_frames_are_refused(self) -> None:
        cutter = SegmentCutter()
        cutter.receive_frame(frame(0))
        assert cutter.wants_keyframe(0)
        assert not cutter.wants_keyframe(500 * MS)
        assert cutter.wants_keyframe(1_000 * MS)
