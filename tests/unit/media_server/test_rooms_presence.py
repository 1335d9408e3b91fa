"""How long a seat is kept (reliability §3.2)."""

from __future__ import annotations

import pytest

from media_server.rooms.presence import Media, Presence, Signal, Verdict

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
        (Signal.SILENT, Media.SILENT, 20, Verdict.LEAVE),
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
    assert presence.verdict(49 * S) is Verdict.STAY


def test_the_same_news_again_changes_no_time() -> None:
    presence = _presence(Signal.SILENT, Media.SILENT)
    presence.receive_media(Media.SILENT, 15 * S)
    presence.receive_signal(Signal.SILENT, 15 * S)
    assert presence.verdict(20 * S) is Verdict.LEAVE


def test_lost_media_stay_lost() -> None:
    presence = _presence(Signal.OPEN, Media.LOST)
    presence.receive_media(Media.HEARD, 1 * S)
    assert presence.media is Media.LOST


def test_silence_is_measured_from_its_beginning() -> None:
    presence = _presence(Signal.OPEN, Media.SILENT, media_s=5)
    assert presence.silent_ns(12 * S) == 7 * S
    presence.receive_media(Media.HEARD, 12 * S)
    assert presence.silent_ns(13 * S) == 0


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
