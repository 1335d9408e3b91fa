"""Names and passwords for TURN."""

from __future__ import annotations

import pytest

from signaling.turn_tickets import TurnTickets

NOW_S = 1_700_000_000.5


def _opened(port: int = 8443) -> TurnTickets:
    tickets = TurnTickets(b"north")
    tickets.open(port)
    return tickets


def _url(host: str, *, is_secure: bool) -> str:
    (server,) = _opened().servers(host=host, is_secure=is_secure, sid="PA_1", now_s=NOW_S)
    secure, plain = server.urls
    assert plain == secure.replace("turns:", "turn:")
    return secure


def test_a_name_ends_after_five_minutes_and_names_its_seat() -> None:
    (server,) = _opened().servers(host="host", is_secure=True, sid="PA_1", now_s=NOW_S)
    assert server.username == "1700000300:PA_1"


def test_a_password_follows_from_its_name_and_the_secret() -> None:
    # printf %s 1700000300:PA_1 | openssl dgst -sha1 -hmac north -binary | base64
    (server,) = _opened().servers(host="host", is_secure=True, sid="PA_1", now_s=NOW_S)
    assert server.password == "9vbby/+4Sdr27P9/Bcvb8RN8NGg="
    other = TurnTickets()
    other.open(443)
    (theirs,) = other.servers(host="host", is_secure=True, sid="PA_1", now_s=NOW_S)
    assert theirs.username == server.username
    assert theirs.password != server.password


@pytest.mark.parametrize(
    ("host", "is_secure", "url"),
    [
        ("hospital.example", True, "turns:hospital.example:443?transport=tcp"),
        ("hospital.example:9443", True, "turns:hospital.example:9443?transport=tcp"),
        ("hospital.example:8080", False, "turns:hospital.example:8443?transport=tcp"),
        ("[2001:db8::1]:9443", True, "turns:[2001:db8::1]:9443?transport=tcp"),
        ("192.0.2.1", False, "turns:192.0.2.1:8443?transport=tcp"),
    ],
)
def test_turn_is_where_the_client_came_to(host: str, is_secure: bool, url: str) -> None:
    assert _url(host, is_secure=is_secure) == url


@pytest.mark.parametrize("host", ["", "host:port", "[2001:db8::1", ":443"])
def test_without_a_host_there_is_none(host: str) -> None:
    assert _opened().servers(host=host, is_secure=True, sid="PA_1", now_s=NOW_S) == []


def test_before_the_port_is_open_there_is_none() -> None:
    assert TurnTickets().servers(host="host", is_secure=True, sid="PA_1", now_s=NOW_S) == []
