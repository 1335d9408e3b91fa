"""ECGs brought in as files and handed out as files, over HTTP: whose, by whom, with every sample."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest

from media_server.ecg.descriptor import Source
from media_server.ecg.frame import FrameFlag, read_envelope
from recording.exchange.civil_time import CHINA
from recording.exchange.reading import read_recording
from recording.exchange.recorded import Recorded
from recording.exchange.wfdb_writer import write_wfdb
from recording.verdict import Fault
from recording.verify import verify_folder
from signaling.api import ecg_file_pages
from signaling.auth.rights import Caller
from signaling.ecg.ecgs import find_ecg
from signaling.store.store import StoreUnavailable, StoreUncertain
from tests.support.consult_world import CLINIC, HOSPITAL, LI, PATIENT, STRANGER, WANG
from tests.support.ecg_exports import HOLES, holed_ecg, whole_ecg
from tests.support.ecg_files import MORTARA, PTB_DICOM, PTB_EDF, one_file, wfdb_record
from tests.support.ecg_world import SIGNING_KEY, EcgWorld, ecg_world, measured
from tests.support.scp_files import scp_of

FILES = {
    "wfdb": wfdb_record("mitdb_100"),
    "edf": one_file(PTB_EDF),
    "dicom": one_file(MORTARA),
    "scp": {"a.scp": scp_of(read_recording(one_file(PTB_DICOM)).samples, order=2, is_packed=True)},
}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[EcgWorld]:
    async with ecg_world(tmp_path) as served:
        yield served


def form(kind: str, files: Mapping[str, bytes], **more: Any) -> dict[str, Any]:
    coded = [
        {"name": name, "content_base64": base64.b64encode(content).decode()}
        for name, content in files.items()
    ]
    return {"patient": PATIENT, "urgency": "routine", "format": kind, "files": coded, **more}


async def bring(world: EcgWorld, kind: str, files: Mapping[str, bytes], **more: Any) -> Any:
    answer = await world.ask(LI, "POST", "/ecgs/import", form(kind, files, **more))
    assert answer.status == 201, answer.body
    return answer.body


async def fetch(world: EcgWorld, ecg: str, caller: Caller = LI, **query: Any) -> tuple[str, bytes]:
    url, headers = f"{world.api.url}/ecgs/{ecg}/export", world.api.header(caller)
    async with world.api.session.get(url, params=query, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        return answer.headers["Content-Disposition"], await answer.read()


async def refused(world: EcgWorld, ecg: str, caller: Caller = LI, **query: Any) -> str:
    url, headers = f"{world.api.url}/ecgs/{ecg}/export", world.api.header(caller)
    async with world.api.session.get(url, params=query, headers=headers) as answer:
        assert answer.status >= 400
        return str((await answer.json(content_type=None))["code"])


def sha256_of(recorded: Recorded) -> str:
    return hashlib.sha256(recorded.samples.astype("<i4").tobytes()).hexdigest()


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("kind", list(FILES))
async def test_a_file_becomes_an_ecg_with_every_sample(world: EcgWorld, kind: str) -> None:
    source = read_recording(FILES[kind])
    ecg = await bring(world, kind, FILES[kind])
    assert (ecg["state"], ecg["is_complete"], ecg["source"], ecg["missing_ms"]) == (
        "ended",
        True,
        "import",
        0,
    )
    assert ecg["descriptor"]["leads"] == list(source.descriptor.leads)
    assert ecg["is_diagnostic"] is source.descriptor.is_diagnostic
    assert ecg["started_at_ms"] == (source.started_us or 0) // 1_000
    _, archive = await fetch(world, ecg["id"], format="wfdb")
    assert sha256_of(read_recording(unpacked(archive))) == sha256_of(source)
    (act,) = [act for act in await world.consult.acts(CLINIC) if act["kind"] == "ecg.imported"]
    assert act["after"]["format"] == kind and len(act["after"]["files_sha256"]) == 64


async def test_what_was_made_stays_so_when_it_is_handed_out_and_brought_in_again(world: EcgWorld) -> None:
    made = replace(whole_ecg(), descriptor=replace(whole_ecg().descriptor, source=Source.SIMULATOR))
    ecg = await bring(world, "wfdb", write_wfdb("made", made, CHINA))
    for kind in ("wfdb", "edf", "dicom"):
        assert (ecg["source"], ecg["is_simulated"]) == ("import", True)
        assert "MADE" not in ecg["descriptor"]["model"]
        frames = await world.stored_frames(ecg["id"])
        assert all(read_envelope(frame).flags & FrameFlag.SIMULATED for frame in frames)
        _, content = await fetch(world, ecg["id"], format=kind)
        ecg = await bring(world, kind, unpacked(content) if kind == "wfdb" else {"a": content})
    assert ecg["is_simulated"]


async def test_more_files_than_wait_in_memory_are_sent_away(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, read = threading.Event(), ecg_file_pages._read

    def read_slowly(*given: Any) -> Any:
        held.wait()
        return read(*given)

    monkeypatch.setattr(ecg_file_pages, "_read", read_slowly)
    body = form("edf", FILES["edf"])
    asked = [asyncio.create_task(world.ask(LI, "POST", "/ecgs/import", body)) for _ in range(4)]
    done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
    (refused,) = done
    answer = refused.result()
    assert (answer.status, answer.code, len(waiting)) == (503, "ecg_import_busy", 3)
    assert (answer.headers["Retry-After"], answer.body["retry_after_s"]) == ("5", 5)
    held.set()
    assert [answer.status for answer in await asyncio.gather(*waiting)] == [201] * 3
    assert (await world.ask(LI, "POST", "/ecgs/import", body)).status == 201


async def test_holes_of_a_file_stay_holes_in_every_format_that_is_handed_out(world: EcgWorld) -> None:
    source = holed_ecg()
    ecg = await bring(world, "wfdb", write_wfdb("holed", source, CHINA))
    assert ecg["gap_count"] == 1 and ecg["is_complete"]
    for kind in ("wfdb", "edf", "dicom"):
        name, content = await fetch(world, ecg["id"], format=kind)
        files = unpacked(content) if kind == "wfdb" else {"a": content}
        found = read_recording(files)
        assert (found.missing, found.started_us) == (HOLES, source.started_us)
        assert np.array_equal(found.samples, source.samples)
        assert ecg["serial"] in name
    assert (await fetch(world, ecg["id"], format="edf"))[1].find("张".encode()) == -1


async def test_an_ecg_of_a_gateway_is_handed_out_bit_by_bit(world: EcgWorld) -> None:
    recording = measured(12.0)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames(), a_message=5)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    for kind in ("wfdb", "dicom", "edf"):
        _, content = await fetch(world, ecg, format=kind)
        found = read_recording(unpacked(content) if kind == "wfdb" else {"a": content})
        assert np.array_equal(found.samples[: len(recording.samples)], recording.samples)
        assert not found.samples[len(recording.samples) :].any()
    _, strip = await fetch(world, ecg, format="dicom_strip")
    assert np.array_equal(read_recording({"a": strip}).samples, recording.samples[:5_000])
    _, resources = await fetch(world, ecg, format="fhir")
    report, observation = (entry["resource"] for entry in json.loads(resources)["entry"])
    assert report["status"] == "preliminary"
    told = observation["component"][0]["valueSampledData"]["data"].split(" ")
    assert [int(value) for value in told] == recording.samples[:5_000, 0].tolist()
    exported = [act for act in await world.consult.acts(CLINIC) if act["kind"] == "ecg.exported"]
    assert [act["after"]["format"] for act in exported] == ["wfdb", "dicom", "edf", "dicom_strip", "fhir"]


async def test_the_patient_is_named_only_where_that_is_wanted(world: EcgWorld) -> None:
    ecg = await bring(world, "dicom", one_file(PTB_DICOM))
    name = ecg["patient"]["name"]
    assert name
    for kind in ("dicom", "fhir"):
        _, silent = await fetch(world, ecg["id"], format=kind)
        _, named = await fetch(world, ecg["id"], format=kind, with_personal="true")
        assert name.encode() not in silent and PATIENT.encode() not in silent
        assert name.encode() in named and PATIENT.encode() in named


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"format": "edf"}, 415, "ecg_file_kind_unknown"),
        ({"files": [{"name": "a.dcm", "content_base64": "!!!!"}]}, 400, "ecg_file_malformed"),
        ({"files": [{"name": "a", "content_base64": "AAAA"}] * 2}, 400, "ecg_file_part_missing"),
        ({"case": "ca_nowhere"}, 409, "ecg_case_unfit"),
        ({"format": "hl7"}, 400, None),
    ],
)
async def test_what_cannot_be_brought_in_is_refused_and_leaves_nothing(
    world: EcgWorld, change: dict[str, Any], status: int, code: str | None
) -> None:
    answer = await world.ask(LI, "POST", "/ecgs/import", form("dicom", one_file(PTB_DICOM)) | change)
    assert answer.status == status, answer.body
    if code is not None:
        assert answer.body["code"] == code
    listed = await world.ask(LI, "GET", "/ecgs")
    assert listed.body["ecgs"] == []
    folder = world.folder / "ecg"
    assert await asyncio.to_thread(lambda: not folder.exists() or not list(folder.iterdir()))


async def test_a_disk_that_refuses_is_told_and_leaves_nothing(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("recording.ecg.frame_log.FrameLog.append", full)
    answer = await world.ask(LI, "POST", "/ecgs/import", form("dicom", one_file(PTB_DICOM)))
    assert (answer.status, answer.body["code"]) == (503, "store_unavailable")
    assert await asyncio.to_thread(lambda: list((world.folder / "ecg").iterdir())) == []


async def test_strangers_bring_nothing_and_are_handed_nothing(world: EcgWorld) -> None:
    ecg = await bring(world, "dicom", one_file(PTB_DICOM))
    for stranger in (STRANGER, WANG):
        assert await refused(world, ecg["id"], stranger, format="wfdb") == "not_found"
        answer = await world.ask(stranger, "POST", "/ecgs/import", form("dicom", one_file(PTB_DICOM)))
        assert answer.status == 404
    assert not [act for act in await world.consult.acts(HOSPITAL) if act["kind"].startswith("ecg.")]


async def test_what_a_format_does_not_hold_is_refused_by_name(world: EcgWorld, tmp_path: Path) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        waiting = await world.request()
    assert await refused(world, waiting, format="wfdb") == "ecg_export_empty"
    two_leads = await bring(world, "wfdb", wfdb_record("mitdb_100"))
    assert await refused(world, two_leads["id"], format="dicom_strip") == "ecg_export_leads"
    for path in (tmp_path / "ecg" / two_leads["id"]).glob("*.e1"):
        path.write_bytes(b"")
    await world.restart()
    assert await refused(world, two_leads["id"], format="edf") == "ecg_export_empty"
    assert await refused(world, two_leads["id"], format="fhir") == "ecg_export_empty"


async def test_an_imported_ecg_is_sealed_at_once_and_a_changed_byte_is_found(world: EcgWorld) -> None:
    ecg = await bring(world, "dicom", one_file(PTB_DICOM))
    folder = world.folder / "ecg" / ecg["id"]
    verdict = await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())
    assert verdict.is_sound and verdict.recording == ecg["id"]
    (act,) = [act for act in await world.consult.acts(CLINIC) if act["kind"] == "ecg.sealed"]
    manifest = await asyncio.to_thread((folder / "manifest.json").read_bytes)
    assert act["after"]["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    # Reading it afterwards changes nothing.
    await fetch(world, ecg["id"], format="wfdb")
    await world.restart()
    assert (await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())).is_sound
    frames = folder / "000001.e1"
    content = bytearray(await asyncio.to_thread(frames.read_bytes))
    content[50] ^= 1
    await asyncio.to_thread(frames.write_bytes, content)
    altered = await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())
    assert altered.integrity.fault == Fault("000001.e1", 0, "segment_altered")


async def test_an_ecg_of_a_gateway_is_sealed_when_it_is_whole_and_let_go(world: EcgWorld) -> None:
    recording = measured(2.0)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames(), a_message=5)
        await gateway.stored_until(0, 1_000)
        folder = world.folder / "ecg" / ecg
        row = await world.consult.store.read(lambda connection: find_ecg(connection, ecg))
        assert row is not None
        await world.desk.lanes.seal(row)
        assert not (folder / "manifest.json").exists()
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    row = await world.consult.store.read(lambda connection: find_ecg(connection, ecg))
    assert row is not None
    await world.desk.disk.shut(row.id)
    for _ in range(2):
        await world.desk.lanes.seal(row)
    assert (await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())).is_sound
    assert (await world.kinds(ecg)).count("ecg.sealed") == 1


async def test_a_whole_ecg_is_sealed_at_the_latest_when_the_service_ends(world: EcgWorld) -> None:
    recording = measured(1.0)
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
        await gateway.name(ecg)
        await gateway.send(recording.frames(), a_message=5)
        await gateway.ended(ecg, recording)
        await world.becomes(ecg, is_complete=True)
    await world.restart()
    folder = world.folder / "ecg" / ecg
    assert (await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())).is_sound


async def test_a_seal_that_cannot_be_written_leaves_the_ecg_as_it_was(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "full")

    monkeypatch.setattr("recording.ecg.ecg_sealing.write_atomically", full)
    ecg = await bring(world, "dicom", one_file(PTB_DICOM))
    assert not (world.folder / "ecg" / ecg["id"] / "manifest.json").exists()
    assert (await world.show(ecg["id"]))["is_complete"]


async def test_what_a_cart_measured_is_shown_with_its_source(world: EcgWorld) -> None:
    ecg = await bring(world, "dicom", one_file(MORTARA))
    answer = await world.ask(LI, "GET", f"/ecgs/{ecg['id']}/stated")
    measured_by_it = {one["name"]: one for one in answer.body["measurements"]}
    assert measured_by_it["QRS Duration"] == {
        "code": "5.13.5-9",
        "name": "QRS Duration",
        "value": "75",
        "unit": "ms",
        "source": "DICOM Mortara Instrument, Inc. el250",
    }
    assert answer.body["annotations"][0]["text"] == "RITMO SINUSALE"
    assert answer.body["annotations"][0]["at"] is None
    folder = world.folder / "ecg" / ecg["id"]
    assert (await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())).is_sound
    assert (await world.ask(STRANGER, "GET", f"/ecgs/{ecg['id']}/stated")).status == 404
    await asyncio.to_thread((folder / "stated.json").write_bytes, b"{}")
    altered = await asyncio.to_thread(verify_folder, folder, SIGNING_KEY.public_key())
    assert altered.integrity.fault is not None and altered.integrity.fault.file == "stated.json"
    broken = await world.ask(LI, "GET", f"/ecgs/{ecg['id']}/stated")
    assert (broken.status, broken.body["code"]) == (500, "ecg_unreadable")


async def test_a_gateways_ecg_has_nothing_stated(world: EcgWorld) -> None:
    async with world.gateway() as gateway:
        await gateway.greet()
        ecg = await world.request()
    answer = await world.ask(LI, "GET", f"/ecgs/{ecg}/stated")
    assert answer.body == {"measurements": [], "annotations": []}


@pytest.mark.parametrize("fault", [StoreUncertain(), asyncio.CancelledError()])
async def test_frames_stay_where_their_row_may_have_been_stored(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    store = world.consult.store
    write = store.write

    async def stored_unheard(work: Any) -> None:
        await write(work)
        raise fault

    with monkeypatch.context() as patched:
        patched.setattr(store, "write", stored_unheard)
        with contextlib.suppress(aiohttp.ClientError):
            answer = await world.ask(LI, "POST", "/ecgs/import", form("dicom", one_file(PTB_DICOM)))
            assert answer.status == 503
    (folder,) = (world.folder / "ecg").iterdir()
    _, strip = await fetch(world, folder.name, format="dicom_strip")
    assert read_recording({"a": strip}).samples.any()


async def test_frames_go_where_their_row_was_refused(
    world: EcgWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(_: Any) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as patched:
        patched.setattr(world.consult.store, "write", away)
        answer = await world.ask(LI, "POST", "/ecgs/import", form("dicom", one_file(PTB_DICOM)))
    assert answer.status == 503
    assert list((world.folder / "ecg").iterdir()) == []
