"""Whoever sends nonsense gets a clear answer, and a conversation beside it goes on."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator

import jwt
import pytest

from tests.support.best_of_three import best_of_three
from tests.support.crafted_sdp import bad_offers, good_offer
from tests.support.namespaces import Network
from tests.support.sdk_client import SdkClient, SdkRefused, sdk_client
from tests.support.server import Server, running
from tests.support.signal_client import (
    Refusal,
    SignalClient,
    http_session,
    join_request_query,
    plain_join_request,
    signal_client,
)

# A person notices 100 ms of a blocked loop; five times that, since this machine runs the clients too.
MAX_STALL_S = 0.5


@pytest.fixture
async def bystanders(net: Network, server: Server, room: str) -> AsyncIterator[tuple[SdkClient, SdkClient]]:
    """Two people in a conversation, which is checked again when the test is over: nothing was lost."""
    async with sdk_client(net.clients, "speaker") as speaker, sdk_client(net.clients, "listener") as listener:
        await speaker.run("join", url=server.signal_url, token=server.token("speaker", room))
        await listener.run("join", url=server.signal_url, token=server.token("listener", room))
        await speaker.run("publish", width=320, height=180)
        await listener.wait_for_media("speaker")
        yield speaker, listener
        seen = (await listener.report())["people"]["speaker"]["frames"]
        await listener.wait_for_media("speaker", frames=seen + 15)
        for client in (speaker, listener):
            assert not [
                event for event in client.events if event["event"] in ("reconnecting", "disconnected")
            ]
            left = [e["about"] for e in client.events if e["event"] == "participant_disconnected"]
            assert all(who == ["mallory"] for who in left), left


def _bad_tokens(server: Server, room: str) -> dict[str, tuple[str | None, int]]:
    now = int(time.time())
    claims = {"iss": "harness", "sub": "x", "exp": now + 600, "video": {"room": room, "roomJoin": True}}

    def unsigned() -> str:
        head, body = ({"alg": "none", "typ": "JWT"}, claims)
        parts = [
            base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (head, body)
        ]
        return ".".join(parts) + "."

    good = server.token("x", room)
    return {
        "missing": (None, 401),
        "empty": ("", 401),
        "not a token": ("abc", 401),
        "cut": (good[:-10], 401),
        "expired": (server.token("x", room, ttl_s=-3600), 401),
        "not yet valid": (server.token("x", room, claims={"nbf": now + 3600}), 401),
        "forged with another secret": (server.token("x", room, secret="y" * 40), 401),
        "foreign key": (server.token("x", room, key="elsewhere"), 401),
        "unsigned": (unsigned(), 401),
        "another algorithm": (jwt.encode(claims, server.api_secret.ljust(64, "x"), algorithm="HS512"), 401),
        "without permission to join": (server.token("x", room, roomJoin=False), 401),
        "without identity": (server.token("", room), 400),
        "without room": (server.token("x", ""), 400),
        "over-long identity": (server.token("x" * 2_000, room), 400),
        "over-long room": (server.token("x", "r" * 2_000), 400),
        "over-long name": (server.token("x", room, claims={"name": "n" * 5_000}), 400),
    }


@pytest.mark.parametrize("path", ["/rtc", "/rtc/v1"])
async def test_bad_tokens_are_refused_with_a_reason(
    server: Server, room: str, bystanders: tuple[SdkClient, SdkClient], path: str
) -> None:
    query = {"join_request": join_request_query(plain_join_request())} if path == "/rtc/v1" else {}
    for what, (token, status) in _bad_tokens(server, room).items():
        async with signal_client(server, token, path=path, **query) as answer:
            assert isinstance(answer, Refusal), f"{what}: let in"
            assert answer.status == status, (what, answer)
            assert 3 < len(answer.body) < 500, (what, answer)
            if token:
                assert token not in answer.body, what


async def test_an_sdk_with_an_expired_token_is_told_so(net: Network, server: Server, room: str) -> None:
    async with sdk_client(net.clients, "late") as late:
        with pytest.raises(SdkRefused, match=r"(?i)401|unauthori[sz]ed|token"):
            token = server.token("late", room, ttl_s=-3600)
            await late.run("join", url=server.signal_url, token=token)


async def test_bad_offers_are_refused_and_the_sender_may_offer_again(
    server: Server, room: str, bystanders: tuple[SdkClient, SdkClient]
) -> None:
    async def stalled_s(what: str, sdp: str) -> float:
        async with signal_client(server, server.token("mallory", room)) as client:
            assert isinstance(client, SignalClient), (what, client)
            await client.receive("join")
            began = time.monotonic()
            # Over the limit of a frame the server hangs up while the client is still writing.
            with contextlib.suppress(ConnectionError):
                await client.offer(sdp)
            alive = await client.is_alive()
            stalled = time.monotonic() - began
            if alive:  # else refused by ending the connection: legal, others see somebody leave
                await client.offer(good_offer(), number=2)
                answer = (await client.receive("answer")).answer
                assert answer.id == 2, what
                assert answer.sdp.startswith("v=0"), what
            return stalled

    for what, sdp in bad_offers().items():

        async def measure(attempt: int, what: str = what, sdp: str = sdp) -> float:
            return await stalled_s(what, sdp)

        await best_of_three(f"the server after an offer, {what}", MAX_STALL_S, measure)


async def test_nonsense_on_the_websocket_ends_at_most_its_sender(
    server: Server, room: str, bystanders: tuple[SdkClient, SdkClient]
) -> None:
    nonsense: dict[str, bytes | str] = {
        "empty frame": b"",
        "random": bytes(range(256)) * 4,
        "endless varint": b"\xff" * 64,
        "text": "hello",
        "text that is JSON": '{"no_such_field": 1}',
        "deep JSON": "[" * 100_000,
        "over the limit": b"\x0a" + b"\x00" * (3 << 20),
        "unknown field": b"\xfa\x7f\x03abc",
    }
    for what, frame in nonsense.items():
        async with signal_client(server, server.token("mallory", room)) as client:
            assert isinstance(client, SignalClient), (what, client)
            await client.receive("join")
            with contextlib.suppress(ConnectionError):
                if isinstance(frame, str):
                    await client.socket.send_str(frame)
                else:
                    await client.socket.send_bytes(frame)
            await client.is_alive()
    answer = await asyncio.to_thread(server.request, "GET", "/healthz")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})


async def test_bent_join_requests_are_refused(
    server: Server, room: str, bystanders: tuple[SdkClient, SdkClient]
) -> None:
    wrapped_badly = base64.urlsafe_b64encode(b"\xff" * 40).decode()
    requests = {
        "not base64": "%%%",
        "not protobuf": wrapped_badly,
        "inner not protobuf": join_request_query(b"\xff" * 40),
        "gzip that is none": join_request_query(b"")[:0]
        + base64.urlsafe_b64encode(b"\x08\x01\x12\x04abcd").decode(),
        "bomb of 4 MB": join_request_query(b"\x12\x80\x80\x80\x02" + bytes(4 << 20), compression=1),
    }
    for what, join_request in requests.items():
        before = server.resident_bytes()
        token = server.token("mallory", room)
        async with signal_client(server, token, path="/rtc/v1", join_request=join_request) as answer:
            assert isinstance(answer, Refusal), f"{what}: let in"
            assert answer.status == 400, (what, answer)
            assert len(answer.body) > 3, (what, answer)
        assert server.resident_bytes() - before < 5_000_000, what


async def test_over_long_http_bodies_and_unknown_paths_are_refused(server: Server, room: str) -> None:
    token = server.token("x", room, roomAdmin=True)
    async with http_session(server.network.clients) as session:
        headers = {"Authorization": f"Bearer {token}"}
        twirp = f"{server.http_url}/twirp/livekit.RoomService/ListParticipants"
        async with session.post(
            twirp, data=b"\xff" * 100, headers=headers | {"Content-Type": "application/protobuf"}
        ) as r:
            assert r.status == 400, await r.text()
            assert (await r.json())["code"] in ("invalid_argument", "malformed")
        async with session.post(
            twirp, data=b"{", headers=headers | {"Content-Type": "application/json"}
        ) as r:
            assert r.status == 400, await r.text()
        async with session.post(
            twirp, data=b"x" * (20 << 20), headers=headers | {"Content-Type": "application/json"}
        ) as r:
            assert r.status == 413, r.status
        async with session.post(
            f"{server.http_url}/api/v1/session",
            data=b"\xff\xfe{",
            headers={"Content-Type": "application/json", "Accept-Language": "en"},
        ) as r:
            assert r.status == 400, await r.text()
            assert (await r.json(content_type=None))["detail"] == "The request cannot be read"
        async with session.get(f"{server.http_url}/api/v1/recordings/..%2f..%2fkeys") as r:
            assert r.status in (400, 401, 403, 404), r.status


# ---- settings ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"LIANZHEN_API_SECRET": "<unset>"}, "LIANZHEN_API_SECRET"),
        ({"LIANZHEN_API_SECRET": ""}, "LIANZHEN_API_SECRET"),
        ({"LIANZHEN_API_SECRET": "short"}, "LIANZHEN_API_SECRET"),
        ({"LIANZHEN_API_SECRET": "x" * 31}, "LIANZHEN_API_SECRET"),
        ({"LIANZHEN_API_KEY": "<unset>"}, "LIANZHEN_API_KEY"),
        ({"LIANZHEN_HTTP_PORT": "http"}, "LIANZHEN_HTTP_PORT"),
        ({"LIANZHEN_MEDIA_PORT": "70000"}, "LIANZHEN_MEDIA_PORT"),
        ({"LIANZHEN_MEDIA_ADDRESSES": "not an address"}, "LIANZHEN_MEDIA_ADDRESSES"),
    ],
    ids=lambda value: " ".join(value.values()) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_named_and_nothing_starts(
    net: Network, tmp_path, settings: dict[str, str], named: str
) -> None:
    wrong = Server(
        net, tmp_path / "data", name="wrong-setting", http_port=8092, media_port=7894, settings=settings
    )
    wrong.spawn()
    assert wrong.wait() == 2, wrong.stderr
    _check_clear(wrong, named)
    secret = settings.get("LIANZHEN_API_SECRET", "")
    assert len(secret) < 5 or not any(secret in line for line in wrong.stderr), "the secret is in the message"


def test_a_taken_port_is_named(net: Network, tmp_path, server: Server) -> None:
    for number, ports in enumerate(((server.http_port, 7895), (8093, server.media_port))):
        second = Server(
            net, tmp_path / f"{number}", name="second-server", http_port=ports[0], media_port=ports[1]
        )
        second.spawn()
        assert second.wait() == 1, second.stderr
        _check_clear(second, str(server.http_port if number == 0 else server.media_port))
    third = Server(
        net,
        tmp_path / "third",
        name="third-server",
        http_port=8093,
        media_port=7895,
        ecg_port=server.media_port,
    )
    third.spawn()
    assert third.wait() == 1, third.stderr
    _check_clear(third, "LIANZHEN_ECG_PORT")


def test_an_unwritable_data_folder_is_named(net: Network, tmp_path) -> None:
    # Root may write anywhere but into a file: the parent of the data folder is one.
    (tmp_path / "file").write_text("")
    unwritable = Server(net, tmp_path / "file" / "data", name="unwritable", http_port=8094, media_port=7896)
    unwritable.spawn()
    assert unwritable.wait() in (1, 2), unwritable.stderr
    _check_clear(unwritable, str(tmp_path / "file" / "data"))


def test_the_token_command_prints_a_token_that_opens_the_door(server: Server, room: str) -> None:
    done = server.run_command("token", "--identity", "nurse", "--room", room, "--no-publish", "--ttl", "60")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    claims = jwt.decode(done.stdout.strip(), server.api_secret, algorithms=["HS256"])
    assert (claims["sub"], claims["video"]["room"]) == ("nurse", room)
    assert claims["video"]["canPublish"] is False
    assert 0 < claims["exp"] - time.time() <= 61


def test_commands_without_what_they_need_say_so(server: Server, tmp_path) -> None:
    for arguments in (
        ["token"],
        ["verify"],
        ["verify", str(tmp_path / "none")],
        ["export", str(tmp_path / "none")],
        ["no"],
    ):
        done = server.run_command(*arguments)
        assert done.returncode != 0, arguments
        assert done.stderr.strip() or done.stdout.strip(), arguments
        assert "Traceback" not in done.stderr, (arguments, done.stderr)


def _check_clear(server: Server, named: str) -> None:
    said = "\n".join(server.stderr)
    assert named in said, said
    assert "Traceback" not in said, said
    assert not any(line.startswith("ready ") for line in server.stdout)


async def test_a_server_ends_cleanly_while_people_talk(net: Network, tmp_path, room: str) -> None:
    own_server = Server(net, tmp_path, name="stopping-server", http_port=8095, media_port=7897)
    with running(own_server):
        async with sdk_client(net.clients, "speaker") as speaker:
            await speaker.run("join", url=own_server.signal_url, token=own_server.token("speaker", room))
            await speaker.run("publish", width=320, height=180)
            assert await asyncio.to_thread(own_server.stop) == 0
            await speaker.wait_for_event("reconnecting")


async def test_without_addresses_set_the_machines_own_are_advertised(
    net: Network, tmp_path, room: str
) -> None:
    settings = {"LIANZHEN_MEDIA_ADDRESSES": "<unset>"}
    own_server = Server(
        net, tmp_path, name="default-addresses", http_port=8103, media_port=7905, settings=settings
    )
    with running(own_server):
        async with (
            sdk_client(net.clients, "speaker") as speaker,
            sdk_client(net.clients, "listener") as listener,
        ):
            for client in (speaker, listener):
                token = own_server.token(client.identity, room)
                await client.run("join", url=own_server.signal_url, token=token)
            await speaker.run("publish", width=320, height=180)
            await listener.wait_for_media("speaker")
