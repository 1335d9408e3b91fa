"""By which way a gateway's frames came first: its WebSocket, or the datagrams beside it."""

from __future__ import annotations

from tests.support.server import Server

_WAYS = ("frames", "frames_ahead", "datagrams_opened", "frames_ahead_known", "frames_ahead_refused")


def ways_of(server: Server) -> str:
    """What a server has counted since its start, as a sentence. Blocks."""
    told = server.metrics()
    count = {name: int(told[f'lianzhen_ecg_total{{what="{name}"}}']) for name in _WAYS}
    return (
        f"of {count['frames']} frames of the gateway's WebSocket {count['frames_ahead']} were shown before "
        f"it brought them, out of {count['datagrams_opened']} datagrams; {count['frames_ahead_known']} "
        f"repeats and late ones, {count['frames_ahead_refused']} refused"
    )
