"""Live frames that gateways send by datagrams as well: shown at once, and nothing else is done with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from media_server.ecg.datagram import MAX_NUMBER
from media_server.ecg.frame import MAX_MESSAGE_FRAMES, Envelope
from signaling.ecg import uplink_messages as say
from signaling.ecg.datagram_keys import DatagramKeys
from signaling.ecg.gateways import Gateway
from signaling.ecg.lane import Lane
from signaling.ecg.lanes import Lanes
from signaling.ecg.showing import Showing


class DatagramIntake:
    """Of all gateways. ``port`` is where they may send to, 0 for nowhere."""

    def __init__(self, lanes: Lanes, showing: Showing, port: int) -> None:
        self._lanes = lanes
        self._counts = lanes.counts
        self._showing = showing
        self._port = port
        self._keys: DatagramKeys[Gateway] = DatagramKeys()

    def stats(self) -> Mapping[str, int]:
        """Returns counters for /metrics."""
        return self._keys.stats()

    def receive(self, datagram: bytes) -> bool:
        """Shows what is new in a datagram of a gateway to whom watches, and does nothing else with it: it is
        not stored, not acknowledged, and counts for nothing. Returns whether it was one.
        """
        opened = self._keys.open(datagram)
        if opened is None:
            return False
        gateway, content = opened
        if gateway.outbox.close_code:
            return True
        now_ns = self._lanes.clock.monotonic_ns()
        found, refusal = gateway.uplink.read_frames(content)
        self._counts.frames_ahead_refused += bool(refusal)
        if found:
            gateway.datagrams.receive_frame(found[0][1].taken_us, now_ns)
        # The newest is the first; they are shown in the order in which they were taken.
        for ecg, envelope in reversed(found[:MAX_MESSAGE_FRAMES]):
            lane = self._lanes.find(ecg)
            if lane is None or lane.gateway is not gateway:
                self._counts.frames_ahead_refused += 1
                continue
            self._show_ahead(lane, content, envelope, now_ns)
        return True

    def _show_ahead(self, lane: Lane, content: bytes, envelope: Envelope, now_ns: int) -> None:
        code = lane.stream.refusal_of_ahead(envelope)
        if not code and lane.ahead.receive(envelope, content[envelope.start : envelope.end]):
            self._counts.frames_ahead += 1
            lane.ahead_ns = now_ns
            self._showing.show(lane, content, [envelope], now_ns, is_whole=False)
        elif code in ("", "frame_known"):
            self._counts.frames_ahead_known += 1
        else:
            self._counts.frames_ahead_refused += 1

    def offer(self, gateway: Gateway) -> None:
        """Tells a gateway where it may send datagrams, and with which key."""
        if self._port:
            key = gateway.key = self._keys.issue(gateway)
            gateway.outbox.push(say.datagrams(self._port, key.id, key.secret, MAX_NUMBER))

    def end_key(self, gateway: Gateway) -> None:
        """Takes no more datagrams of a connection."""
        if gateway.key is not None:
            self._keys.revoke(gateway.key)
            gateway.key = None

    def tell_heard(self, gateways: Iterable[Gateway]) -> None:
        """Tells each gateway, once a second, what of its datagrams came and whether somebody watches."""
        sent: dict[Gateway, list[Lane]] = {each: [] for each in gateways if each.key is not None}
        for lane in self._lanes.all():
            if lane.gateway is not None and lane.gateway in sent:
                sent[lane.gateway].append(lane)
        for gateway, lanes in sent.items():
            assert gateway.key is not None, "those without one were left out"
            window, is_watched = gateway.key.window, any(lane.viewers for lane in lanes)
            report = gateway.datagrams.tick_second(window.highest, window.came, is_watched=is_watched)
            if report is not None:
                behind_ms = max((lane.behind_ms for lane in lanes), default=0)
                number, came, delay_us, _ = report
                gateway.outbox.push(say.heard(number, came, delay_us, behind_ms, is_watched=is_watched))
