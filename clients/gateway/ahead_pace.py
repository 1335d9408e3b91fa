"""Whether live frames also go as datagrams beside the WebSocket, and with how many repeats: by what the
server tells of them each second.

The WebSocket comes first: datagrams that would crowd it out cease. A line that loses packets is no such line,
it is what they are for: TCP stands still for a lost packet, and datagrams go on. What tells the two apart is
the way itself: on a narrow line the quickest datagram of a second is slow, since it waits behind others, much
is lost, and the WebSocket falls behind: two of the three::

    OFF      offered        → TRYING
    TRYING   heard          → FLOWING   repeats by what is lost
             nothing heard  → RESTING   UDP is blocked: minutes, an hour in the end
    FLOWING  narrow, silent → RESTING   ten seconds, twice as long whenever that was too soon
    RESTING  rested         → TRYING
    any      left           → OFF       with the connection, or the key's last number

Nothing goes while nobody watches: on a mobile line it is paid for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from media_server.ecg.repeats import Repeats

FIRST_US: Final = 5_000_000
"""Without a word of those that went: it comes each second, and a lost packet may hold the WebSocket up."""
SILENT_US: Final = 4_000_000
"""The same once they have been heard; the WebSocket's way back may stand still for as long as it does."""
QUEUE_US: Final = 400_000
"""That the quickest waits longer than usual: ten frames lie before it."""
SOME_QUEUE_US: Final = 150_000
"""One of three signs: it waits behind others."""
BEHIND_MS: Final = 1_000
"""The second: by itself it is TCP's repair of a loss."""
MUCH_LOST: Final = 0.2
"""The third: a line that drops what it cannot carry."""
FAR_BEHIND_MS: Final = 5_000
"""Whatever the reason: the record comes first."""
USUAL_US: Final = 60_000_000
"""Of so long the quickest is what a way takes that nobody else is on."""
REST_US: Final = 10_000_000
MOST_REST_US: Final = 320_000_000
STEADY_US: Final = 60_000_000
"""After flowing for so long the next rest is a short one again."""
BLOCKED_US: Final = 300_000_000
MOST_BLOCKED_US: Final = 3_600_000_000


class PaceState(Enum):
    """What is true of the datagrams."""

    OFF = "none are taken"
    TRYING = "some go, and nobody has said that they come"
    FLOWING = "they come"
    RESTING = "none go for a while"


class PaceEvent(Enum):
    """What happens to them."""

    OFFERED = "offered"
    HEARD = "heard"
    UNHEARD = "nothing heard"
    NARROW = "narrow"
    RESTED = "rested"
    LEFT = "left"


_O, _T, _F, _R = PaceState
_E = PaceEvent
_TRANSITIONS: Final[Mapping[PaceState, Mapping[PaceEvent, PaceState]]] = {
    _O: {_E.OFFERED: _T, _E.LEFT: _O},
    _T: {_E.OFFERED: _T, _E.HEARD: _F, _E.UNHEARD: _R, _E.LEFT: _O},
    _F: {_E.OFFERED: _T, _E.HEARD: _F, _E.UNHEARD: _R, _E.NARROW: _R, _E.LEFT: _O},
    _R: {_E.OFFERED: _T, _E.HEARD: _R, _E.RESTED: _T, _E.LEFT: _O},
}


class Heard(NamedTuple):
    """What the server says came: the highest number, how many in all, how long the quickest of the last
    second was under way (plus a constant), how far the WebSocket is behind them, and whether anybody watches.
    """

    number: int
    came: int
    delay_us: int
    behind_ms: int
    is_watched: bool


class AheadPace:
    """Of one gateway, over all its connections. Times are the gateway's clock in microseconds."""

    def __init__(self) -> None:
        self.state = PaceState.OFF
        self._is_watched = False
        self._repeats = Repeats(0.0)
        self._number = self._came = 0
        self._since_us = 0
        """Of the state."""
        self._heard_us = 0
        self._rest_us = REST_US
        self._blocked_us = BLOCKED_US
        self._until_us = 0
        self._quickest: deque[tuple[int, int]] = deque()

    @property
    def repeats(self) -> int:
        """How many frames go again with each."""
        return self._repeats.count

    def receive_offer(self, now_us: int) -> None:
        """The server takes datagrams, with a new key."""
        self._step(PaceEvent.OFFERED, now_us)
        self._number = self._came = 0
        self._is_watched = False
        self._repeats = Repeats(0.0)
        self._quickest.clear()

    def leave(self) -> None:
        """The connection is gone, or the key is used up."""
        self._step(PaceEvent.LEFT, self._since_us)

    def receive_heard(self, heard: Heard, now_us: int) -> None:
        """Takes what the server tells."""
        if heard.is_watched and not self._is_watched:
            self._heard_us = now_us
            if self.state is PaceState.TRYING:
                self._since_us = now_us
        self._is_watched = heard.is_watched
        went, came = heard.number - self._number, heard.came - self._came
        if went <= 0:
            return
        self._number, self._came = heard.number, heard.came
        if self.state not in (PaceState.TRYING, PaceState.FLOWING):
            return
        self._heard_us = now_us
        if self.state is PaceState.TRYING:
            self._step(PaceEvent.HEARD, now_us)
            self._blocked_us = BLOCKED_US
        # What came late makes up for what was thought lost before.
        lost = min(max(0, went - came), went)
        self._repeats.receive_loss(lost, went)
        if self._is_narrow(heard, lost / went, now_us):
            self._rest(PaceEvent.NARROW, now_us)

    def may_send(self, now_us: int) -> bool:
        """Whether a frame goes as a datagram now."""
        if not self._is_watched:
            return False
        if self.state is PaceState.TRYING and now_us - self._since_us > FIRST_US:
            self._step(PaceEvent.UNHEARD, now_us)
            self._until_us = now_us + self._blocked_us
            self._blocked_us = min(2 * self._blocked_us, MOST_BLOCKED_US)
        elif self.state is PaceState.FLOWING and now_us - self._heard_us > SILENT_US:
            self._rest(PaceEvent.UNHEARD, now_us)
        elif self.state is PaceState.RESTING and now_us >= self._until_us:
            self._step(PaceEvent.RESTED, now_us)
        return self.state in (PaceState.TRYING, PaceState.FLOWING)

    def _is_narrow(self, heard: Heard, loss: float, now_us: int) -> bool:
        while self._quickest and now_us - self._quickest[0][0] > USUAL_US:
            self._quickest.popleft()
        self._quickest.append((now_us, heard.delay_us))
        queue_us = heard.delay_us - min(delay_us for _, delay_us in self._quickest)
        signs = (heard.behind_ms >= BEHIND_MS, queue_us >= SOME_QUEUE_US, loss >= MUCH_LOST)
        return sum(signs) > 1 or queue_us >= QUEUE_US or heard.behind_ms >= FAR_BEHIND_MS

    def _rest(self, event: PaceEvent, now_us: int) -> None:
        if now_us - self._since_us >= STEADY_US:
            self._rest_us = REST_US
        self._step(event, now_us)
        self._until_us = now_us + self._rest_us
        self._rest_us = min(2 * self._rest_us, MOST_REST_US)

    def _step(self, event: PaceEvent, now_us: int) -> None:
        self.state = _TRANSITIONS[self.state][event]
        self._since_us = now_us
