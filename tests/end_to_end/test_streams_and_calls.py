"""Text streams and remote calls pass between a page and the SDK through a server that does not know them."""

from __future__ import annotations

import pytest

from tests.support.chromium import chromium
from tests.support.namespaces import Network
from tests.support.sdk_client import sdk_client
from tests.support.server import Server
from tests.support.waiting import wait_until

pytestmark = pytest.mark.beside

LETTER = "x" * 200_000  # many times a data channel's message


@pytest.mark.parametrize("single", [True, False], ids=["single connection", "two connections"])
async def test_letters_and_calls_pass_both_ways(
    net: Network, server: Server, room: str, single: bool
) -> None:
    async with chromium(net.clients) as browser, sdk_client(net.clients, "clinic") as clinic:
        ambulance = await browser.harness_page("ambulance")
        await ambulance.join(server.signal_url, server.token("ambulance", room), single=single)
        await clinic.run("join", url=server.signal_url, token=server.token("clinic", room), single=single)
        await ambulance.call("answerCalls")
        await clinic.run("answer_calls")

        called = await clinic.run("call", identity="ambulance", method="length", payload="y" * 10_000)
        assert called["answer"] == "10000"
        assert await ambulance.call("callOther", "clinic", "length", "y" * 10_000) == "10000"

        await clinic.run("letter", text=LETTER)
        await wait_until(
            lambda: ambulance.state("data"),
            what="the letter at the ambulance",
            accept=lambda data: [one["from"] for one in data if one["text"] == LETTER] == ["clinic"],
        )
        await ambulance.call("sendLetter", LETTER)
        letter = await clinic.wait_for_event("letter")
        assert (letter["length"], letter["from"], letter["is_whole"]) == (len(LETTER), "ambulance", True)
