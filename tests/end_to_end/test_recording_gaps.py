"""Mute, leave and come back while a room is recorded: one file per person keeps the true time line."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time

from tests.support.best_of_three import attempts
from tests.support.namespaces import Network
from tests.support.numbered_video import judge_order, punctual_marks, sound_behind_picture_ms
from tests.support.recorded_conversation import export
from tests.support.recordings import manifest, play
from tests.support.sdk_client import SdkClient, sdk_client
from tests.support.server import Server
from tests.support.waiting import wait_until

FRAMES_PER_SECOND = 15
MAX_SOUND_OFFSET_MS = 40.0
MIN_MARKS = 3
# The file may begin or end within a mark.
SPARE_MARKS = 2
MAX_SENDING_S = 90.0
# From the sender's clock to the time line: encoding, network and the spread of a busy machine.
MAX_TIME_LINE_ERROR_S = 0.15


async def _send_for(client: SdkClient, seconds: float) -> None:
    start = (await client.report())["sent_frames"]
    await wait_until(
        client.report,
        what=f"{seconds} s of pictures",
        accept=lambda report: report["sent_frames"] >= start + seconds * FRAMES_PER_SECOND,
    )


async def _send_in_time(client: SdkClient, seconds: float) -> None:
    """Sends for ``seconds``; on a busy machine until the sender was in time with enough marks to judge by."""
    deadline = time.monotonic() + MAX_SENDING_S
    await _send_for(client, seconds)
    while (
        punctual_marks((await _sent(client))[1], frames_per_second=FRAMES_PER_SECOND)
        < MIN_MARKS + SPARE_MARKS
    ):
        assert time.monotonic() < deadline, "the test's own sender was never in time"
        await _send_for(client, 1)


async def _sent(client: SdkClient) -> tuple[dict[int, float], dict[int, float]]:
    """When each picture was given to the SDK, and how late that was."""
    sent = await client.run("sent")
    at_s, late_s = (
        {int(number): value for number, value in sent[key].items()} for key in ("sent_at_s", "late_s")
    )
    return at_s, late_s


async def test_the_time_line_stays_true_over_mute_and_return(net: Network, server: Server, room: str) -> None:
    for attempt in attempts("the time line"):
        try:
            await _check_the_time_line(net, server, f"{room}-{attempt.number}")
            attempt.tell(True, "true")
        except AssertionError as error:
            attempt.tell(False, str(error))


async def _check_the_time_line(net: Network, server: Server, room: str) -> None:
    async with sdk_client(net.clients, "keeper") as keeper:  # keeps the room open
        await keeper.run("join", url=server.signal_url, token=server.token("keeper", room))
        async with sdk_client(net.clients, "clinic") as clinic:
            await clinic.run("join", url=server.signal_url, token=server.token("clinic", room))
            await clinic.run("publish")
            await keeper.wait_for_media("clinic")
            recording_id = await asyncio.to_thread(server.start_recording, room)
            await _send_for(clinic, 4)
            await clinic.run("mute", name="camera", muted=True)
            muted_at_s = time.monotonic()
            await _send_for(clinic, 3)
            await clinic.run("mute", name="camera", muted=False)
            unmuted_at_s = time.monotonic()
            await _send_in_time(clinic, 4)
            first_sent, first_late = await _sent(clinic)
            await clinic.run("leave")
        async with sdk_client(net.clients, "clinic") as clinic:
            await clinic.run("join", url=server.signal_url, token=server.token("clinic", room), single=False)
            await clinic.run("publish")
            await keeper.wait_for_event(
                "track_subscribed",
                lambda event: sum(e["event"] == "track_subscribed" for e in keeper.events) >= 4,
            )
            await _send_in_time(clinic, 5)
            second_sent, second_late = await _sent(clinic)
            await asyncio.to_thread(server.stop_recording, room)

    folder = server.recording_folder(recording_id)
    facts = manifest(folder)
    cameras = [track for track in facts["tracks"] if track["kind"] == "video"]
    assert len(cameras) == 2, facts["tracks"]
    muted = [gap for gap in cameras[0]["gaps"] if gap["cause"] == "muted"]
    print(f"gaps: {[(track['kind'], track['gaps']) for track in facts['tracks']]}")
    assert len(muted) == 1, cameras[0]["gaps"]
    assert abs((muted[0]["to_ms"] - muted[0]["from_ms"]) / 1000 - (unmuted_at_s - muted_at_s)) < 0.7

    played = play(export(server, folder)["clinic"])
    assert played.errors == 0
    # The numbers begin again with the second stay; a muted camera sends black pictures without a number.
    readable = [index for index, (_, number) in enumerate(played.pictures) if number is not None]
    turn = next(
        after
        for before, after in itertools.pairwise(readable)
        if (played.pictures[after][1] or 0) < (played.pictures[before][1] or 0)
    )
    stays = (played.pictures[:turn], played.pictures[turn:])
    lateness = (first_late, second_late)
    for name, pictures, late_s in zip(("first stay", "second stay"), stays, lateness, strict=True):
        order = judge_order([number for _, number in pictures])
        from_s, to_s = pictures[0][0], pictures[-1][0]
        marks_s = [mark_s for mark_s in played.marks_s if from_s - 0.2 <= mark_s <= to_s + 0.2]
        offsets = sound_behind_picture_ms(
            pictures, marks_s, frames_per_second=FRAMES_PER_SECOND, late_s=late_s
        )
        print(f"{name}: {order}, {len(offsets)} marks, sound behind picture {[round(o) for o in offsets]} ms")
        assert order.reordered == 0, name
        assert len(offsets) >= MIN_MARKS, name
        assert max(abs(offset) for offset in offsets) <= MAX_SOUND_OFFSET_MS, name

    # Place in the file less the time at which the SDK was given the picture: one constant for the whole file.
    errors = [
        at_s - sent[number]
        for pictures, sent in zip(stays, (first_sent, second_sent), strict=True)
        for at_s, number in pictures
        if number in sent
    ]
    middle = statistics.median(errors)
    worst = max(abs(error - middle) for error in errors)
    print(f"time line against the sender's clock: {worst * 1000:.0f} ms off at most, {len(errors)} pictures")
    assert worst <= MAX_TIME_LINE_ERROR_S
