"""Tells each page what its link carries by the server's estimate: every 2.5 s, as lossy data.

A page sees loss and delay where they arrive; that more would be sent if the link carried it only the server
knows. Told are those whose page tells of itself, so that no other client is sent what it cannot read:

    topic lianzhen.link    {"rung": 0 … 4, "carries_kbps": n or null, "wants_kbps": n, "paused": pictures}
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson

from media_server.ids import ParticipantSid
from media_server.plans import ChannelKind
from media_server.rooms.link_rung import Carried, rung_of
from signaling.livekit.data_packets import server_packet
from signaling.livekit.session import ParticipantSession
from signaling.room_host import RoomHost

TOPIC: Final = "lianzhen.link"
_BITS_PER_KBIT: Final = 1_000


class LinkWords:
    """The teller. Called on the loop thread."""

    def __init__(self, host: RoomHost) -> None:
        self._host = host
        self._rungs: dict[ParticipantSid, int] = {}
        self._held: Counter[int] = Counter()

    def rung(self, sid: ParticipantSid) -> int:
        """Returns on which rung somebody's link stood at the last look."""
        return self._rungs.get(sid, 0)

    def stats(self) -> Mapping[str, int]:
        """How many links stand on which rung, and how many pictures they hold back, at the last look."""
        on = Counter(self._rungs.values())
        return {f"rung_{rung}": on[rung] for rung in range(5)} | {"pictures_held_back": self._held.total()}

    def look(self, stats: Mapping[str, Any], is_told: Callable[[ParticipantSid], bool]) -> None:
        """Looks at every link by the core's figures of now, and tells those who are to be told."""
        self._held = Counter(
            output["peer"] for output in stats.get("outputs", {}).values() if output.get("grant") == "nothing"
        )
        rungs: dict[ParticipantSid, int] = {}
        for _room, participant, session in self._host.seats():
            found = _way_down(stats, session)
            if found is None:
                continue
            number, link = found
            rung = rungs[participant.sid] = rung_of(link)
            if is_told(participant.sid):
                word = {
                    "rung": rung,
                    "carries_kbps": (
                        None if link.estimate_bps is None else link.estimate_bps // _BITS_PER_KBIT
                    ),
                    "wants_kbps": link.wanted_bps // _BITS_PER_KBIT,
                    "paused": self._held[number],
                }
                packet = server_packet(orjson.dumps(word), topic=TOPIC, nonce=b"", destinations=())
                session.send_data(ChannelKind.LOSSY, packet)
        self._rungs = rungs


def _way_down(stats: Mapping[str, Any], session: ParticipantSession) -> tuple[int, Carried] | None:
    """The connection by which somebody receives, and what it carries: of two, only that one wants."""
    peers = stats.get("peers", {})
    links = [
        (number, Carried(peer.get("estimate_bps"), peer.get("wanted_bps", 0), peer.get("allotted_bps", 0)))
        for number in session.peers()
        if (peer := peers.get(number)) is not None
    ]
    return max(links, key=lambda each: each[1].wanted_bps, default=None)
