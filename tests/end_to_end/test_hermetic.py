"""Nobody outside is asked for anything, and nothing that belongs to people reaches the logs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tests.support.chromium import chromium, foreign_hosts
from tests.support.namespaces import Network
from tests.support.recorded_conversation import Conversation
from tests.support.sdk_client import sdk_client
from tests.support.server import Server, running


async def test_a_session_asks_no_foreign_host_and_logs_no_personal_data(
    net: Network, tmp_path: Path, numbered_file: Path, marked_file: Path
) -> None:
    """From the start to the stop of a server, with page, SDK, data and a recording between."""
    sent_before = net.server.packets_into_sink()
    own_server = Server(
        net,
        tmp_path,
        name="private-server",
        http_port=8098,
        media_port=7901,
        settings={"LIANZHEN_LOG_LEVEL": "debug"},
    )
    room, identity, said = "room-Kanarienvogel", "person-Kanarienvogel", "text-Kanarienvogel"
    tokens = []
    with running(own_server):
        async with (
            chromium(net.clients, video=numbered_file, sound=marked_file) as browser,
            sdk_client(net.clients, "clinic") as clinic,
        ):
            page = await browser.harness_page(identity)
            tokens += [own_server.token(identity, room, claims={"name": "name-Kanarienvogel"})]
            tokens += [own_server.token("clinic", room)]
            await page.join(own_server.signal_url, tokens[0])
            await clinic.run("join", url=own_server.signal_url, token=tokens[1], single=False)
            await asyncio.gather(page.publish(), clinic.run("publish"))
            await asyncio.gather(page.wait_for_media("clinic"), clinic.wait_for_media(identity))
            await page.call("sendData", said, True, "topic-Kanarienvogel")
            await clinic.wait_for_event("data", lambda event: event["text"] == said)
            await asyncio.to_thread(own_server.start_recording, room)
            frames = (await clinic.report())["people"][identity]["frames"]
            await clinic.wait_for_media(identity, frames=frames + 15)
            await asyncio.to_thread(own_server.stop_recording, room)
            sdp = await page.page.evaluate("peerConnections().map((pc) => pc.localDescription.sdp).join()")
            metrics = (await asyncio.to_thread(own_server.request, "GET", "/metrics")).body.decode()
            assert foreign_hosts(page.requests, {"localhost", net.server.address}) == set()
        assert own_server.stop() == 0
    assert net.server.packets_into_sink() == sent_before, "the server tried to reach another host"

    logged = "\n".join([*own_server.stdout, *own_server.stderr])
    assert len(own_server.stderr) > 3, "nothing was logged: the test would prove nothing"
    secrets = {*tokens, own_server.api_secret, *re.findall(r"a=ice-pwd:(\S+)", sdp)}
    for secret in secrets:
        assert secret not in logged
        assert secret not in metrics
    assert "Kanarienvogel" not in logged, [line for line in logged.splitlines() if "Kanarienvogel" in line]
    assert "Kanarienvogel" not in metrics
    ready = next(line for line in own_server.stdout if line.startswith("ready "))
    assert net.clients.address not in logged.replace(ready, "")
    assert "a=candidate" not in logged
    assert "Traceback" not in logged, logged[-3000:]


def test_the_shared_server_has_asked_no_foreign_host(net: Network, conversation: Conversation) -> None:
    """Every end-to-end test so far ran beside this counter."""
    assert net.server.packets_into_sink() == 0
