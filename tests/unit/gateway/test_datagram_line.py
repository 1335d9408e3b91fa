"""The socket of a gateway's datagrams: what cannot go does no harm."""

from __future__ import annotations

import socket

import pytest

from clients.gateway.datagram_line import UdpLine


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_it_sends_to_where_the_websocket_goes(family: socket.AddressFamily, host: str) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as other:
        other.bind((host, 0))
        other.settimeout(30)
        line = UdpLine(host, other.getsockname()[1])
        line.send(b"datagram")
        assert other.recv(100) == b"datagram"
        line.close()
        line.close()


def test_a_port_where_nobody_listens_and_a_closed_line_do_no_harm() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = UdpLine("127.0.0.1", port)
    for _ in range(3):
        line.send(b"datagram")
    line.close()
    line.send(b"datagram")


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(OSError):
        UdpLine("no address", 7883)
