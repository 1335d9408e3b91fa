"""What the server itself knows of what one person received: what it sent, and what reports say was lost.

For clients that say nothing of themselves. Frames, freezes and made-up sound are not among it: only a
receiver knows those.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from media_server.ids import TrackNumber, TrackSid
from media_server.rooms import TrackKind
from signaling.reception.line import Reception, Source

_HELD_BACK = "nothing"
"""The core's word for a picture that a link is not granted (``outputs[…].grant``)."""


class SentTally:
    """Counts between two beats what was sent to one person."""

    def __init__(self) -> None:
        self._counted: dict[int, tuple[int, int]] = {}

    def receive_stats(
        self,
        stats: Mapping[str, Any],
        *,
        peers: Collection[int],
        tracks: Mapping[TrackNumber, tuple[TrackSid, TrackKind]],
        span_ms: int,
    ) -> Reception:
        """Takes the core's figures and returns what was sent since the last call; ``tracks`` are those of the
        room.
        """
        counted: dict[int, tuple[int, int]] = {}
        packets = lost = sent_bytes = voices = pictures = paused = 0
        largest = (0, 0, TrackSid(""))
        for number, output in stats.get("outputs", {}).items():
            known = tracks.get(output.get("track"))
            # What its client has turned off is not missing.
            if output.get("peer") not in peers or known is None or output["is_paused"]:
                continue
            sid, kind = known
            counted[number] = (output["packets"], output["bytes"])
            before_packets, before_bytes = self._counted.get(number, (0, 0))
            sent = output["packets"] - before_packets
            packets += sent
            sent_bytes += output["bytes"] - before_bytes
            lost += round((output["fraction_lost"] or 0.0) * sent)
            if kind is TrackKind.AUDIO:
                voices += 1
                continue
            pictures += 1
            paused += output["grant"] == _HELD_BACK
            layer = _layer(stats, output)
            largest = max(largest, (layer.get("width", 0), layer.get("height", 0), sid))
        self._counted = counted
        round_trips = [stats.get("peers", {}).get(peer, {}).get("rtt_ms") for peer in peers]
        round_trip_ms = max((each for each in round_trips if each is not None), default=None)
        return Reception(
            source=Source.SERVER,
            span_ms=span_ms,
            pictures=pictures,
            paused=paused,
            picture=largest[2],
            width=largest[0],
            height=largest[1],
            voices=voices,
            packets=packets - lost,
            lost=lost,
            round_trip_ms=None if round_trip_ms is None else round(round_trip_ms),
            sent_bytes=sent_bytes,
        )


def _layer(stats: Mapping[str, Any], output: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the layer that is being sent looks like; nothing where none is."""
    layers = stats.get("tracks", {}).get(output["track"], {}).get("layers", {})
    layer: Mapping[str, Any] = layers.get(output["layer"], {})
    return layer
