"""How long a seat is kept (reliability §3.2)."""

from __future__ import annotations

import pytest

from media_server.rooms.presence import Media, Presence, Signal, Verdict

MS = 1_000_000
S = 1_000_000_000


def _presence(signal: Signal, media: Media, signal_s: int = 0, media_s: int = 0) -> Presence:
    presence = Presence(0)
    presence.receive_media(media, media_s * S)
    presence.receive_signal(signal, signal_s * S)
    return presence


@pytest.mark.parametrize(
    ("signal", "media", "kept_s", "verdict"),
    [
        (Signal.CLOSED, Media.SILENT, 6, Verdict.LEAVE),
        (Signal.CLOSED, Media.NEVER, 6, Verdict.LEAVE),
        (Signal.CLOSED, Media.HEARD, 130, Verdict.LEAVE),
        (Signal.SILENT, Media.SILENT, 130, Verdict.LEAVE),
        (Signal.SILENT, Media.HEARD, 130, Verdict.LEAVE),
        (Signal.OPEN, Media.LOST, 3, Verdict.REJOIN),
    ],
)
def test_a_seat_is_kept_for_its_time_and_no_longer(
    signal: Signal, media: Media, kept_s: int, verdict: Verdict
) -> None:
    presence = _presence(signal, media)
    assert presence.verdict(kept_s * S - 1) is Verdict.STAY
    assert presence.verdict(kept_s * S) is verdict


@pytest.mark.parametrize("media", [Media.NEVER, Media.HEARD, Media.SILENT])
def test_while_signalling_lives_nobody_is_sent_away(media: Media) -> None:
    assert _presence(Signal.OPEN, media).verdict(10_000 * S) is Verdict.STAY


@pytest.mark.parametrize("signal", [Signal.CLOSED, Signal.SILENT])
def test_with_both_lines_gone_for_good_the_seat_is_empty_at_once(signal: Signal) -> None:
    assert _presence(signal, Media.LOST).verdict(0) is Verdict.LEAVE


def test_the_time_counts_from_the_loss_of_the_second_line() -> None:
    presence = _presence(Signal.CLOSED, Media.SILENT, signal_s=10, media_s=12)
    assert presence.verdict(17 * S) is Verdict.STAY
    assert presence.verdict(18 * S) is Verdict.LEAVE


def test_a_closed_tab_is_gone_within_ten_seconds() -> None:
    presence = Presence(0)
    presence.receive_media(Media.HEARD, 0)
    presence.receive_signal(Signal.CLOSED, 100 * S)
    # The core reports three seconds of silence and since when.
    presence.receive_media(Media.SILENT, 100 * S)
    assert presence.verdict(110 * S) is Verdict.LEAVE


def test_being_heard_again_starts_anew() -> None:
    presence = _presence(Signal.SILENT, Media.SILENT)
    presence.receive_media(Media.HEARD, 19 * S)
    presence.receive_media(Media.SILENT, 30 * S)
    assert presence.verdict(159 * S) is Verdict.STAY


def test_the_same_news_again_changes_no_time() -> None:
    presence = _presence(Signal.SILENT, Media.SILENT)
    presence.receive_media(Media.SILENT, 15 * S)
    presence.receive_signal(Signal.SILENT, 15 * S)
    assert presence.verdict(130 * S) is Verdict.LEAVE


def test_lost_media_stay_lost() -> None:
    presence = _presence(Signal.OPEN, Media.LOST)
    presence.receive_media(Media.HEARD, 1 * S)
    assert presence.media is Media.LOST


def test_silence_is_measured_from_its_beginning() -> None:
    presence = _presence(Signal.OPEN, Media.SILENT, media_s=5)
    assert presence.silent_ns(12 * S) == 7 * S
    presence.receive_media(Media.HEARD, 12 * S)
    assert presence.silent_ns(13 * S) == 0


def test_an_outage_of_two_minutes_loses_no_seat() -> None:
    presence = Presence(0)
    presence.receive_media(Media.HEARD, 0)
    presence.receive_media(Media.SILENT, 1 * S)
    presence.receive_signal(Signal.SILENT, 7 * S)
    assert presence.verdict(125 * S) is Verdict.STAY


@pytest.mark.parametrize(
    ("signal", "media", "absent_after_ms"),
    [
        (Signal.CLOSED, Media.SILENT, 1_500),
        (Signal.CLOSED, Media.NEVER, 1_500),
        (Signal.CLOSED, Media.LOST, 1_500),
        (Signal.SILENT, Media.SILENT, 9_000),
        (Signal.SILENT, Media.NEVER, 9_000),
    ],
)
def test_whose_two_lines_are_gone_is_absent_long_before_the_seat_is_given_up(
    signal: Signal, media: Media, absent_after_ms: int
) -> None:
    presence = _presence(signal, media)
    assert not presence.is_absent(absent_after_ms * MS - 1)
    assert presence.is_absent(absent_after_ms * MS)


@pytest.mark.parametrize(
    ("signal", "media"),
    [(Signal.OPEN, Media.SILENT), (Signal.OPEN, Media.LOST), (Signal.CLOSED, Media.HEARD)],
)
def test_one_line_that_lives_keeps_a_person_present(signal: Signal, media: Media) -> None:
    assert not _presence(signal, media).is_absent(10_000 * S)


def test_a_closed_tab_is_absent_within_two_seconds() -> None:
    presence = Presence(0)
    presence.receive_media(Media.HEARD, 0)
    assert not presence.is_listened_for(100 * S)
    presence.receive_signal(Signal.CLOSED, 100 * S)
    assert presence.is_listened_for(100 * S)
    presence.receive_quiet(1_000 * MS, 101 * S)
    assert presence.media is Media.HEARD
    presence.receive_quiet(1_250 * MS, 101_250 * MS)
    assert (presence.media, presence.silent_ns(102 * S)) == (Media.SILENT, 2 * S)
    assert presence.is_absent(101_500 * MS)


def test_a_restarted_proxy_makes_nobody_absent() -> None:
    presence = _presence(Signal.CLOSED, Media.HEARD)
    presence.receive_quiet(1_300 * MS, 1_300 * MS)
    presence.receive_quiet(20 * MS, 1_400 * MS)
    assert presence.media is Media.HEARD
    assert not presence.is_absent(60 * S)
    assert presence.is_listened_for(4 * S) and not presence.is_listened_for(5 * S)


@pytest.mark.parametrize(
    ("signal", "media", "is_lost"),
    [
        (Signal.OPEN, Media.NEVER, False),
        (Signal.OPEN, Media.HEARD, False),
        (Signal.OPEN, Media.SILENT, True),
        (Signal.OPEN, Media.LOST, True),
        (Signal.CLOSED, Media.NEVER, True),
        (Signal.CLOSED, Media.HEARD, False),
        (Signal.SILENT, Media.SILENT, True),
    ],
)
def test_a_link_is_lost_when_the_person_cannot_be_heard(signal: Signal, media: Media, is_lost: bool) -> None:
    assert _presence(signal, media).is_link_lost() is is_lost
