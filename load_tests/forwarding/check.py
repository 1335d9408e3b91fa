"""The STUN check by which a generator or sink makes its address known to the core."""

from __future__ import annotations

import socket

from aioice import stun

from load_tests.forwarding.core_process import PeerSecrets

ANSWER_TIMEOUT_S = 5.0


def validate_address(connected: socket.socket, secrets: PeerSecrets) -> None:
    """Sends a binding request over a connected socket and waits for its answer. TimeoutError without one."""
    request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    request.attributes["USERNAME"] = f"{secrets.ufrag}:load"
    request.attributes["PRIORITY"] = 1_853_824_767
    request.attributes["ICE-CONTROLLING"] = 1
    request.attributes["USE-CANDIDATE"] = None
    request.add_message_integrity(secrets.password.encode())
    connected.settimeout(ANSWER_TIMEOUT_S)
    connected.send(bytes(request))
    while connected.recv(2_048)[0] > 3:
        pass
