"""Which tracks are live, and who hears of an end."""

import pytest

from media_server.errors import MisuseError
from media_server.ids import TrackNumber
from media_server.tracks import LiveTracks

ONE, TWO = TrackNumber(1), TrackNumber(2)


def test_a_track_is_live_between_begin_and_end() -> None:
    tracks = LiveTracks()
    assert not tracks.is_live(ONE)
    tracks.begin(ONE)
    assert tracks.is_live(ONE)
    assert tracks.end(ONE)
    assert not tracks.is_live(ONE)


def test_a_number_in_use_is_misuse() -> None:
    tracks = LiveTracks()
    tracks.begin(ONE)
    with pytest.raises(MisuseError):
        tracks.begin(ONE)


def test_watchers_hear_every_end_once_until_they_stop_watching() -> None:
    tracks, heard = LiveTracks(), list[TrackNumber]()
    tracks.watch(heard.append)
    tracks.begin(ONE)
    tracks.begin(TWO)
    tracks.end(ONE)
    assert not tracks.end(ONE)
    tracks.unwatch(heard.append)
    tracks.unwatch(heard.append)
    tracks.end(TWO)
    assert heard == [ONE]


def test_a_watcher_may_stop_watching_while_it_hears() -> None:
    tracks, heard = LiveTracks(), list[int]()

    def once(track: TrackNumber) -> None:
        heard.append(track)
        tracks.unwatch(once)

    tracks.watch(once)
    tracks.watch(heard.append)
    tracks.begin(ONE)
    tracks.end(ONE)
    assert heard == [1, 1]
