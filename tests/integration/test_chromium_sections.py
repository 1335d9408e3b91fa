"""What Chromium makes of our answers and offers, section by section, over the real core on 127.0.0.1.

No LiveKit here: the page does by hand what client SDKs do, so that a fault shows where it is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from media_server.connection import Connection
from media_server.ids import ParticipantSid, TrackSid
from media_server.plans import ChannelKind, MediaKind, PublicationPlan, SubscriptionPlan
from media_server.sfu import Sfu, start_native_cores
from tests.support.listening import KeepingListener, until
from tests.support.waiting import HANG_S

pytestmark = pytest.mark.end_to_end

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--allow-loopback-in-peer-connection",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
)
LAYERS = [
    {"rid": "q", "scaleResolutionDownBy": 4},
    {"rid": "h", "scaleResolutionDownBy": 2},
    {"rid": "f"},
]
PAGE = """
window.streams = []; window.messages = []; window.channels = {}; window.videos = [];
window.listen = (channel) => {
  channels[channel.label] = channel; channel.binaryType = 'arraybuffer';
  channel.onmessage = (event) => messages.push(event.data.byteLength);
};
window.open = () => {
  window.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.ondatachannel = (event) => listen(event.channel);
  pc.ontrack = (event) => {
    streams.push([event.transceiver.mid, event.streams[0].id]);
    const player = document.createElement('video');
    player.autoplay = player.muted = true; player.srcObject = event.streams[0];
    document.body.append(player);
  };
};
window.offer = async (options) => {
  await pc.setLocalDescription(await pc.createOffer(options)); return pc.localDescription.sdp;
};
window.takeAnswer = async (sdp) => {
  await pc.setRemoteDescription({type: 'answer', sdp});
  return Object.fromEntries(pc.getTransceivers().map((t) => [t.mid, t.currentDirection]));
};
window.answer = async (sdp) => {
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription(await pc.createAnswer()); return pc.localDescription.sdp;
};
window.publish = async (sendEncodings) => {
  window.source ??= await navigator.mediaDevices.getUserMedia({video: {width: 960, height: 540}});
  const track = source.getVideoTracks()[0].clone();
  videos.push(pc.addTransceiver(track, {direction: 'sendonly', sendEncodings}));
};
window.receive = (kind) => { pc.addTransceiver(kind, {direction: 'recvonly'}); };
window.frames = async (mid) => {
  let found = {frames: 0, width: 0};
  (await pc.getStats()).forEach((entry) => {
    if (entry.type === 'inbound-rtp' && entry.kind === 'video' && entry.mid === mid)
      found = {frames: entry.framesDecoded, width: entry.frameWidth ?? 0};
  });
  return found;
};
0
"""


class Tab:
    """A page with one peer connection, and our end of it."""

    def __init__(self, sfu: Sfu, page: Page, *, offers: bool = False) -> None:
        self.sfu = sfu
        self.page = page
        self.listener = KeepingListener()
        self.connection: Connection = sfu.open_connection(self.listener, offers=offers)

    async def call(self, expression: str, argument: Any = None) -> Any:
        return await self.page.evaluate(expression, argument)

    async def negotiate(self, options: str = "{}") -> dict[str, str]:
        """The page offers, we answer; returns the direction of every section."""
        answer = self.connection.receive_offer(await self.call(f"offer({options})"))
        directions: dict[str, str] = await self.call("sdp => takeAnswer(sdp)", answer.sdp)
        return directions

    async def be_answered(self) -> None:
        """We offer, the page answers."""
        offer = self.connection.next_offer()
        self.connection.receive_answer(await self.call("sdp => answer(sdp)", offer.sdp))

    async def publish(self, name: str, codec: str = "VP8", layers: object = None) -> SubscriptionPlan:
        plan = PublicationPlan(TrackSid(name), self.sfu.allocate_track(), codec)
        self.listener.plans["video"] = plan
        await self.call("layers => publish(layers)", LAYERS if layers is None else layers)
        await self.negotiate()
        assert self.listener.started[-1].track_sid == plan.track_sid
        kind: MediaKind = "video"
        return SubscriptionPlan(ParticipantSid("PA_p"), plan.track_sid, plan.track, kind)

    async def sees(self, mid: str, *, width: int = 0, more: int = 10) -> None:
        """Waits until ``more`` frames were decoded in a section, the last of them of that width."""
        before = (await self.call("mid => frames(mid)", mid))["frames"]
        latest: dict[str, int] = {}

        async def has_seen() -> bool:
            latest.update(await self.call("mid => frames(mid)", mid))
            return latest["frames"] >= before + more and width in (0, latest["width"])

        await until_async(has_seen)


async def until_async(condition: Any, timeout_s: float = HANG_S) -> None:
    async with asyncio.timeout(timeout_s):
        while not await condition():
            await asyncio.sleep(0.05)


@pytest.fixture
async def sfu() -> AsyncIterator[Sfu]:
    made = Sfu(*start_native_cores("127.0.0.1", 0), addresses=["127.0.0.1"])
    await made.start()
    yield made
    await made.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS], timeout=HANG_S * 1000
        )
        yield launched
        await launched.close()


async def open_tab(sfu: Sfu, browser: Browser, *, offers: bool = False) -> Tab:
    page = await browser.new_page()
    page.set_default_timeout(HANG_S * 1000)
    await page.route("**/*", lambda route: route.fulfill(body="<body></body>", content_type="text/html"))
    await page.goto("http://localhost/")
    await page.evaluate(PAGE)
    await page.evaluate("open()")
    tab = Tab(sfu, page, offers=offers)
    if not offers:
        # The data section goes first, as in LiveKit's clients: where the first section is stopped,
        # Chromium throws the transport of the whole group away.
        await tab.call("listen(pc.createDataChannel('_reliable'))")
        await tab.negotiate()
    return tab


@pytest.mark.parametrize("codec", ["VP8", "H264"])
async def test_simulcast_switches_layers_and_the_preferred_codec_is_sent(
    sfu: Sfu, browser: Browser, codec: str
) -> None:
    publisher, viewer = await open_tab(sfu, browser), await open_tab(sfu, browser)
    wish = await publisher.publish("TR_1", codec)
    assert publisher.listener.started[-1].codec == f"video/{codec}"
    assert publisher.listener.started[-1].rids == ("q", "h", "f")
    viewer.connection.subscribe(wish)
    await viewer.call("receive('video')")
    ((mid, direction),) = [item for item in (await viewer.negotiate()).items() if item[1] == "recvonly"]
    assert direction == "recvonly"
    assert await viewer.call("streams") == [[mid, "PA_p|TR_1"]]
    await viewer.sees(mid)
    for layer, width in (("q", 240), ("f", 960), ("h", 480)):
        viewer.connection.select_layer(wish.track_sid, layer)
        await viewer.sees(mid, width=width)


async def test_a_connection_publishes_simulcast_again_beside_sections_that_receive_nothing(
    sfu: Sfu, browser: Browser
) -> None:
    publisher = await open_tab(sfu, browser)
    for kind in ("audio", "video"):
        await publisher.call("kind => receive(kind)", kind)
    assert list((await publisher.negotiate()).values()) == ["inactive", "inactive"]
    await publisher.publish("TR_1")
    await publisher.publish("TR_2")
    assert [media.track_sid for media in publisher.listener.started] == ["TR_1", "TR_2"]
    assert all(len(media.rids) == 3 for media in publisher.listener.started)


async def test_a_section_carries_one_track_after_another(sfu: Sfu, browser: Browser) -> None:
    publisher, viewer = await open_tab(sfu, browser), await open_tab(sfu, browser)
    first = await publisher.publish("TR_1")
    viewer.connection.subscribe(first)
    await viewer.call("receive('video')")
    await viewer.negotiate()
    (mid,) = viewer.connection.mid_to_track()
    await viewer.sees(mid)

    await publisher.call("videos[0].stop()")
    await publisher.negotiate()
    assert publisher.listener.ended == ["TR_1"]
    viewer.connection.unsubscribe(first.track_sid)
    await viewer.negotiate()
    second = await publisher.publish("TR_2")
    viewer.connection.subscribe(second)
    assert viewer.connection.missing_sections() == (0, 0)
    await viewer.negotiate()
    assert viewer.connection.mid_to_track() == {mid: "TR_2"}
    await viewer.sees(mid)
    assert await viewer.call("streams") == [[mid, "PA_p|TR_1"], [mid, "PA_p|TR_2"]]


async def test_an_ice_restart_keeps_the_picture(sfu: Sfu, browser: Browser) -> None:
    publisher, viewer = await open_tab(sfu, browser), await open_tab(sfu, browser)
    viewer.connection.subscribe(await publisher.publish("TR_1"))
    await viewer.call("receive('video')")
    await viewer.negotiate()
    (mid,) = viewer.connection.mid_to_track()
    await viewer.sees(mid)
    await viewer.negotiate("{iceRestart: true}")
    await publisher.negotiate("{iceRestart: true}")
    await viewer.sees(mid, more=30)
    assert await viewer.call("pc.connectionState") == "connected"


async def test_two_connections_we_offer_and_open_the_channels(sfu: Sfu, browser: Browser) -> None:
    publisher, viewer = await open_tab(sfu, browser), await open_tab(sfu, browser, offers=True)
    await viewer.be_answered()
    await until(lambda: viewer.listener.is_connected)
    await until_async(lambda: viewer.call("Object.keys(channels).length == 2"))
    assert viewer.connection.send_data(ChannelKind.RELIABLE, b"x" * 60_000)
    await until_async(lambda: viewer.call("messages.length == 1"))
    assert await viewer.call("messages") == [60_000]
    await viewer.call("channels._lossy.send(new Uint8Array(7))")
    await until(lambda: viewer.listener.messages)
    assert viewer.listener.messages == [(ChannelKind.LOSSY, bytes(7))]

    wish = await publisher.publish("TR_1", layers=[{}])
    viewer.connection.subscribe(wish)
    await viewer.be_answered()
    (mid,) = viewer.connection.mid_to_track()
    await viewer.sees(mid)
    viewer.connection.unsubscribe(wish.track_sid)
    await viewer.be_answered()
    viewer.connection.subscribe(wish)
    viewer.connection.restart_ice()
    await viewer.be_answered()
    assert viewer.connection.mid_to_track() == {mid: "TR_1"}
    await viewer.sees(mid)
