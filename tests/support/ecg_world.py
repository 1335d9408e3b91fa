"""ECGs served in process over a real store and real files, with a double of a gateway and of a viewer.

async with ecg_world(tmp_path) as w:
    ecg = await w.ask(LI, "POST", "/ecgs", {"patient": PATIENT, "device": GATEWAY, "urgency": "routine"})
    async with w.gateway() as gateway: ...
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clinical.ids import DeviceId, InstitutionId
from media_server.ecg.frame import Frame, FrameFlag, decode_frame, encode_frame, read_envelope, with_flags
from recording.signing import Ed25519Signer
from signaling.api.ecg_file_pages import EcgFilePages
from signaling.api.ecg_live import EcgLive
from signaling.api.ecg_pages import EcgLooks, EcgPages
from signaling.api.ecg_uplink import EcgUplink
from signaling.auth.revocation import Revocations
from signaling.auth.revoked import RevokedTokens
from signaling.auth.rights import Assurance, Caller, Role
from signaling.ecg.ecg_desk import EcgDesk
from signaling.ecg.ecg_sealer import EcgSealer
from signaling.ecg.room_frames import FrameSender
from signaling.store import tables as t
from tests.support.api import Answer, ApiClient, SettledClock, api_client
from tests.support.consult_world import CLINIC, LI, PATIENT, ConsultWorld, consult_world
from tests.support.waiting import wait_until

SIGNING_KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
GATEWAY: Final = "dv_gateway"
OTHER_GATEWAY: Final = "dv_other_gateway"
DATAGRAM_PORT: Final = 7883
"""Told to gateways; nobody listens there: a test gives datagrams to the desk itself."""
RATE_HZ: Final = 500
FRAME_SAMPLES: Final = 20
LEADS: Final = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
START_US: Final = 1_763_700_000_000_000
DESCRIPTOR: Final[dict[str, Any]] = {
    "rate_hz": RATE_HZ,
    "resolution_nv": 2_500,
    "leads": list(LEADS),
    "band_low_mhz": 50,
    "band_high_hz": 150,
    "notch_hz": 0,
    "model": "double",
    "source": "replay",
    "latency_ms": 0,
}


def gateway_caller(device: str = GATEWAY, institution: str = CLINIC) -> Caller:
    """An enrolled gateway, signed in by its key."""
    return Caller(
        institution=InstitutionId(institution),
        device=DeviceId(device),
        roles=frozenset({Role.DEVICE}),
        assurance=Assurance.PASSWORD,
        name=device,
        login=device,
        session=f"se_{device}",
    )


@dataclass
class Recording:
    """What a device measured: samples of all leads, and the frames that carry them."""

    samples: npt.NDArray[np.int32]
    stream: int = 1
    epoch: int = 0
    first: int = 0

    @property
    def end(self) -> int:
        """The number after the last sample."""
        return self.first + len(self.samples)

    def frames(self) -> list[bytes]:
        """All of it, 40 ms each."""
        return [
            encode_frame(
                Frame(
                    self.stream,
                    self.epoch,
                    self.first + at,
                    START_US + (self.first + at) * 1_000_000 // RATE_HZ,
                    self.samples[at : at + FRAME_SAMPLES],
                )
            )
            for at in range(0, len(self.samples), FRAME_SAMPLES)
        ]


def measured(seconds: float, *, seed: int = 1, epoch: int = 0, first: int = 0) -> Recording:
    """Something with the steps of an ECG, different for each seed."""
    noise = np.random.default_rng(seed).integers(-40, 41, (round(seconds * RATE_HZ), len(LEADS)), np.int32)
    return Recording(noise.cumsum(axis=0, dtype=np.int32), epoch=epoch, first=first)


def sha256_of_samples(frames: Iterable[bytes]) -> str:
    """Of what frames hold, each sample once and in order, gaps left out."""
    rows: dict[tuple[int, int], bytes] = {}
    for content in frames:
        frame, _ = decode_frame(content)
        for number, row in enumerate(frame.samples):
            rows[frame.epoch, frame.first_sample + number] = row.astype("<i4").tobytes()
    return hashlib.sha256(b"".join(rows[key] for key in sorted(rows))).hexdigest()


def sha256_of_recordings(*recordings: Recording) -> str:
    """Of what was measured."""
    return hashlib.sha256(b"".join(one.samples.astype("<i4").tobytes() for one in recordings)).hexdigest()


def late(frame: bytes) -> bytes:
    """The frame as it is sent when it fills a gap."""
    return with_flags(frame, FrameFlag.LATE)


@dataclass
class Line:
    """A WebSocket whose words and frames are kept as they come."""

    socket: aiohttp.ClientWebSocketResponse
    words: list[dict[str, Any]] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    async def read(self) -> None:
        """Reads until the end."""
        async for message in self.socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self.words.append(json.loads(message.data))
            elif message.type is aiohttp.WSMsgType.BINARY:
                self.frames += split_frames(message.data)

    async def word(self, kind: str, *, count: int = 1, **facts: Any) -> dict[str, Any]:
        """The ``count``-th word of that kind with these facts."""

        def found() -> list[dict[str, Any]]:
            return [
                word
                for word in self.words
                if word["type"] == kind and all(word.get(name) == fact for name, fact in facts.items())
            ]

        await wait_until(lambda: len(found()) >= count, what=f"{count} × {kind} {facts} of {self.words[-5:]}")
        return found()[count - 1]

    async def say(self, **word: Any) -> None:
        """Sends a word."""
        await self.socket.send_str(json.dumps(word))


class GatewayLine(Line):
    """A gateway's connection."""

    async def greet(self, *running: str) -> None:
        """Says hello and hears welcome."""
        await self.say(type="hello", protocol=1, model="double", descriptor=DESCRIPTOR, running=list(running))
        await self.word("welcome")

    async def name(
        self, ecg: str, *, stream: int = 1, epoch: int = 0, first: int | None = 0
    ) -> dict[str, Any]:
        """Names a stream; returns what the server has of it."""
        before = sum(word["type"] == "have" for word in self.words)
        await self.say(type="stream", ecg=ecg, stream=stream, epoch=epoch, descriptor=DESCRIPTOR, first=first)
        return await self.word("have", count=before + 1)

    async def send(self, frames: Sequence[bytes], *, a_message: int = 1) -> None:
        """Sends frames."""
        for at in range(0, len(frames), a_message):
            await self.socket.send_bytes(b"".join(frames[at : at + a_message]))

    async def ended(self, ecg: str, *recordings: Recording) -> None:
        """Says what there will ever be."""
        epochs = {str(one.epoch): [one.first, one.end] for one in recordings}
        await self.say(type="ended", ecg=ecg, epochs=epochs)

    async def stored_until(self, epoch: int, until: int) -> None:
        """Returns when everything below is acknowledged."""
        await self.word("stored", epoch=epoch, until=until)


def split_frames(content: bytes) -> list[bytes]:
    """The frames of a message."""
    found, offset = [], 0
    while offset < len(content):
        envelope = read_envelope(content, offset)
        found.append(content[offset : envelope.end])
        offset = envelope.end
    return found


def missing(have: dict[str, Any], recording: Recording) -> list[bytes]:
    """The frames that an inventory lacks, oldest first, marked late."""
    kept = have["epochs"].get(str(recording.epoch), [])

    def is_kept(content: bytes) -> bool:
        envelope = read_envelope(content)
        return any(a <= envelope.first_sample and envelope.end_sample <= b for a, b in kept)

    return [late(content) for content in recording.frames() if not is_kept(content)]


@dataclass
class RoomDouble(FrameSender):
    """In the place of the rooms' data channels: what went out, and to whom."""

    sent: list[tuple[str, str, list[bytes], list[str]]] = field(default_factory=list)

    def send(self, case: str, ecg: str, frames: bytes, identities: Sequence[str]) -> None:
        self.sent.append((case, ecg, split_frames(frames), list(identities)))


@dataclass
class EcgWorld:
    """The service's part that deals with ECGs. ``restart`` begins it anew over the same store and files."""

    consult: ConsultWorld
    folder: Path
    api: ApiClient
    desk: EcgDesk
    room: RoomDouble
    live: EcgLive
    _running: contextlib.AsyncExitStack

    async def ask(self, caller: Caller, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """One request of somebody."""
        return await self.api.ask(method, path, body, caller=caller, **more)

    async def request(self, caller: Caller = LI, **more: Any) -> str:
        """Asks the gateway for an ECG; returns its id."""
        body = {"patient": PATIENT, "device": GATEWAY, "urgency": "urgent", **more}
        answer = await self.ask(caller, "POST", "/ecgs", body)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    async def brought(self) -> str:
        """A second of an ECG, complete, whose gateway is away; its id."""
        recording = measured(1)
        async with self.gateway() as gateway:
            await gateway.greet()
            ecg = await self.request()
            await gateway.name(ecg)
            await gateway.send(recording.frames())
            await gateway.ended(ecg, recording)
            await self.becomes(ecg, is_complete=True)
        await self.gateway_gone()
        return ecg

    async def show(self, ecg: str, caller: Caller = LI) -> Any:
        """The ECG as somebody sees it."""
        answer = await self.ask(caller, "GET", f"/ecgs/{ecg}")
        assert answer.status == 200, answer.body
        return answer.body

    async def becomes(self, ecg: str, **facts: Any) -> Any:
        """The ECG once its row says so."""

        async def read() -> Any:
            return await self.show(ecg)

        return await wait_until(
            read,
            what=f"{ecg} to be {facts}",
            accept=lambda seen: all(seen[name] == fact for name, fact in facts.items()),
        )

    async def gateway_gone(self) -> None:
        """Returns when the service knows that the gateway is away."""
        await wait_until(lambda: self.desk.gateway_of(GATEWAY) is None, what="the gateway to be away")

    async def rows_written(self) -> None:
        """Returns when the rows say what the lanes know."""
        # A row that is just being written is due no more, and keeps its lane.
        await wait_until(
            lambda: not any(lane.is_due or lane.readers for lane in self.desk.in_hand()),
            what="the rows to be up to date",
        )

    def let_go(self) -> None:
        """Lets a minute pass in which nobody needs what is open."""
        self.desk.tick(is_second=True)
        self.consult.clock.advance_ms(61_000)
        self.desk.tick(is_second=True)

    async def kinds(self, ecg: str, institution: str = CLINIC) -> list[str]:
        """The kinds of an ECG's events, without those of who looked at it."""
        acts = await self.consult.acts(institution)
        return [
            act["kind"] for act in acts if act["subject"].get("ecg") == ecg and act["kind"] != "ecg.viewed"
        ]

    async def stored_sha256(self, ecg: str) -> str:
        """Of all stored samples."""
        return sha256_of_samples(await self.stored_frames(ecg))

    async def stored_frames(self, ecg: str) -> list[bytes]:
        """All that are stored, read over HTTP a minute at a time."""
        view = await self.show(ecg)
        frames: list[bytes] = []
        for epoch in view["epochs"]:
            for start in range(epoch["first"], epoch["end"], 60 * RATE_HZ):
                query = {
                    "epoch": epoch["epoch"],
                    "start": start,
                    "end": min(start + 60 * RATE_HZ, epoch["end"]),
                }
                frames += split_frames(await self._bytes(f"/ecgs/{ecg}/frames", query))
        return frames

    async def _bytes(self, path: str, query: dict[str, Any]) -> bytes:
        async with self.api.session.get(
            f"{self.api.url}{path}", params=query, headers=self.api.header(LI)
        ) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.read()

    @asynccontextmanager
    async def gateway(self, caller: Caller | None = None) -> AsyncIterator[GatewayLine]:
        """A gateway's connection."""
        async with self._line("/ecg/uplink", caller or gateway_caller(), GatewayLine) as line:
            assert isinstance(line, GatewayLine)
            yield line

    @asynccontextmanager
    async def viewer(self, ecg: str, caller: Caller = LI) -> AsyncIterator[Line]:
        """A page that watches."""
        async with self._line(f"/ecgs/{ecg}/live", caller, Line) as line:
            yield line

    @asynccontextmanager
    async def _line(self, path: str, caller: Caller, kind: type[Line]) -> AsyncIterator[Line]:
        async with self.api.session.ws_connect(
            f"{self.api.url}{path}", headers=self.api.header(caller), max_msg_size=0
        ) as socket:
            line = kind(socket)
            reading = asyncio.create_task(line.read())
            try:
                yield line
            finally:
                reading.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await reading

    async def restart(self, *, is_killed: bool = False) -> None:
        """Ends the service's part and begins it anew. ``is_killed``: without a goodbye to anything."""
        if is_killed:
            self.desk.close = _nothing  # type: ignore[method-assign]
        await self._running.aclose()
        await self.begin()

    async def begin(self) -> None:
        """Begins it."""
        self._running = contextlib.AsyncExitStack()
        served = _served(self.consult, self.folder, self.room)
        self.api, self.desk, self.live = await self._running.enter_async_context(served)

    async def end(self) -> None:
        """Ends it."""
        await self._running.aclose()


async def _nothing() -> None:
    return None


@asynccontextmanager
async def ecg_world(folder: Path, *, clock: SettledClock | None = None) -> AsyncIterator[EcgWorld]:
    """Serves ECGs of a township clinic with two gateways."""
    async with consult_world(folder, clock=clock) as consult:
        await consult.put(
            t.device,
            *(
                {"id": name, "institution": CLINIC, "name": name, "kind": kind, "state": "active"}
                | {"created_at_ms": 0}
                for name, kind in ((GATEWAY, "gateway"), (OTHER_GATEWAY, "gateway"), ("dv_kiosk", "kiosk"))
            ),
        )
        running = contextlib.AsyncExitStack()
        room = RoomDouble()
        api, desk, live = await running.enter_async_context(_served(consult, folder, room))
        world = EcgWorld(consult, folder, api, desk, room, live, running)
        try:
            yield world
        finally:
            await world.end()


@asynccontextmanager
async def _served(
    consult: ConsultWorld, folder: Path, sender: RoomDouble
) -> AsyncIterator[tuple[ApiClient, EcgDesk, EcgLive]]:
    sealer = EcgSealer(consult.store, Ed25519Signer(SIGNING_KEY), consult.clock)
    desk = EcgDesk(
        consult.store, consult.clock, folder, sealer=sealer, sender=sender, datagram_port=DATAGRAM_PORT
    )
    looks = EcgLooks(consult.store)
    revocations = Revocations(store=consult.store, tokens=RevokedTokens(), places=[desk], clock=consult.clock)
    consult.store.follow(revocations.receive_acts)
    live = EcgLive(consult.store, desk, looks, consult.clock, is_revoked=revocations.is_revoked)
    pages = [
        *EcgPages(consult.store, desk, looks).routes(),
        *EcgFilePages(consult.store, desk, looks, consult.clock).routes(),
        *EcgUplink(consult.store, desk).routes(),
        *live.routes(),
    ]
    running = asyncio.create_task(desk.run())
    async with api_client(pages, clock=consult.clock) as api:
        try:
            yield api, desk, live
        finally:
            await desk.close()
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
