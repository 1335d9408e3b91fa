"""A client's address changes in the middle of a call: media moves on within the same DTLS session."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

from tests.support.chromium import chromium
from tests.support.namespaces import Network, network
from tests.support.sdk_client import sdk_client
from tests.support.server import Server, running


def _ip(net: Network, *args: str) -> None:
    subprocess.run(net.clients.command(*args), check=True, capture_output=True)


async def test_media_follows_a_client_to_its_new_address(
    net: Network, tmp_path: Path, room: str, numbered_file: Path, marked_file: Path
) -> None:
    # A network of its own (``net`` has answered whether one can be made): everybody in it loses the address.
    with network() as own_net:
        # The first address of an interface takes the others with it unless told otherwise.
        _ip(own_net, "sysctl", "-qw", "net.ipv4.conf.all.promote_secondaries=1")
        server = Server(own_net, tmp_path, name="roaming-server")
        with running(server):
            async with (
                chromium(own_net.clients, video=numbered_file, sound=marked_file) as browser,
                sdk_client(own_net.server, "specialist") as specialist,  # sits where the address stays
            ):
                ambulance = await browser.harness_page("ambulance")
                await ambulance.join(server.signal_url, server.token("ambulance", room))
                token = server.token("specialist", room)
                await specialist.run("join", url=server.signal_url, token=token)
                await asyncio.gather(ambulance.publish(), specialist.run("publish"))
                await asyncio.gather(
                    ambulance.wait_for_media("specialist"), specialist.wait_for_media("ambulance")
                )
                connections = await ambulance.call("connections")
                sid = await ambulance.page.evaluate("state.room.localParticipant.sid")

                loop = asyncio.get_running_loop()
                address = own_net.clients.address
                await asyncio.to_thread(_ip, own_net, "ip", "addr", "del", f"{address}/24", "dev", "wire")
                lost_at = loop.time()
                frames = (await specialist.report())["people"]["ambulance"]["frames"]
                await specialist.wait_for_media("ambulance", frames=frames + 5)
                back_s = loop.time() - lost_at
                decoded = sum(entry["decoded"] for entry in (await ambulance.stats())["inbound"])
                await ambulance.wait_for_media("specialist", pictures=decoded + 5)
                print(
                    f"address change: media back after {back_s:.1f} s up, {loop.time() - lost_at:.1f} s down"
                )

                await ambulance.wait_for_room_event("reconnected")
                assert await ambulance.page.evaluate("state.room.localParticipant.sid") == sid
                assert await ambulance.call("connections") == connections
                gone = [e for e in specialist.events if e["event"] == "participant_disconnected"]
                assert gone == []
