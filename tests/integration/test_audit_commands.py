"""The ledger's commands against stores as the service leaves them, SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import update

from recording.audit.act import Act
from recording.audit.checkpoint import parse_signature
from recording.audit.folder_check import verify_database
from recording.audit.request import Request, check
from signaling.command_line import main
from signaling.consult.attachment_files import AttachmentFiles
from signaling.store.database_url import SQLITE_FILE
from signaling.store.store import Unit
from signaling.store.tables import institution, personal_field
from tests.support.stores import open_test_store
from tests.support.time_stamps import make_authority, sender
from tests.support.waiting import HANG_S, wait_until

FIRST_MS = 1_800_000_000_000
HOSPITAL, CLINIC = "in_" + "1" * 32, "in_" + "2" * 32


@pytest.fixture(params=["sqlite", "postgresql"])
def data_dir(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder that a service has written and left; the environment names it."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(folder))
    monkeypatch.setenv("LIANZHEN_LANGUAGE", "en")
    monkeypatch.delenv("LIANZHEN_DATABASE_URL", raising=False)
    url = None
    if request.param == "postgresql":
        running = request.getfixturevalue("cluster")
        url = running.url(running.new_database())
        shown = url.set(drivername="postgresql").render_as_string(hide_password=False)
        monkeypatch.setenv("LIANZHEN_DATABASE_URL", shown)

    async def write() -> None:
        async with open_test_store(folder, url=url) as store:
            running = asyncio.create_task(store.run())

            async def found(unit: Unit) -> None:
                await unit.connection.execute(
                    institution.insert().values(
                        id=HOSPITAL,
                        code="1",
                        name="青山县人民医院",
                        kind="hospital",
                        state="active",
                        created_at_ms=FIRST_MS,
                    )
                )
                for number in range(20):
                    where = HOSPITAL if number % 3 else CLINIC
                    unit.record(
                        Act(
                            where,
                            "mark.added",
                            "pe_1",
                            unit.now_ms,
                            subject={"patient": "pt_1"},
                            after={"number": number},
                            personal={"note": f"备注 {number}"} if number < 10 else {},
                        )
                    )

            await store.write(found)

            async def erase(unit: Unit) -> None:
                await unit.connection.execute(
                    update(personal_field)
                    .where(personal_field.c.institution == HOSPITAL)
                    .values(salt=None, value=None, erased_at_ms=unit.now_ms)
                )
                unit.record(Act(HOSPITAL, "patient.erased", "pe_1", unit.now_ms, subject={"patient": "pt_1"}))

            await store.write(erase)
            await wait_until(
                lambda: (
                    len(list((folder / "checkpoints").glob("*.note"))) == 2 and not store.checkpoint_lag_ms()
                ),
                what="everything is signed",
            )
            running.cancel()

    asyncio.run(write())
    return folder


def test_a_ledger_as_the_service_leaves_it_is_sound(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify"]) == 0
    text = capsys.readouterr().out
    assert text.count("Institution in_") == 2
    assert "6 agree" not in text and "lawfully erased" in text and "Verdict: sound" in text


def test_a_package_of_it_is_sound_and_cosigned(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "package"
    assert main(["audit", "export", str(package), "--with-personal"]) == 0
    fingerprint = capsys.readouterr().out.rpartition("sha256:")[2].strip()
    assert main(["audit", "export", str(package)]) == 2
    # Beside the service that made it its key is known; elsewhere the auditor has to bring it.
    assert main(["audit", "verify", str(package)]) == 0
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(tmp_path / "laptop"))
    assert main(["audit", "verify", str(package)]) == 1
    trust = ["--fingerprint", fingerprint]
    assert main(["audit", "verify", str(package), *trust]) == 0
    capsys.readouterr()
    state = tmp_path / "witness"
    assert main(["audit", "cosign", str(package), "--name", "a b", "--state", str(state), *trust]) == 2
    assert main(["audit", "cosign", str(package), "--name", "w", "--state", str(state), *trust]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("— w ")]
    assert len(lines) == 2 and all(parse_signature(line + "\n") for line in lines)
    assert main(["audit", "cosign", str(package), "--name", "w", "--state", str(state), *trust]) == 0
    assert main(["audit", "verify", str(package), *trust, "--checkpoint", str(state)]) == 0
    events = package / "events" / f"{HOSPITAL}.jsonl"
    events.write_bytes(events.read_bytes()[:-1])
    assert main(["audit", "cosign", str(package), "--name", "w", "--state", str(state), *trust]) == 1
    assert main(["audit", "verify", str(package), *trust]) == 1


def test_one_institution_can_be_exported(data_dir: Path, tmp_path: Path) -> None:
    assert main(["audit", "export", str(tmp_path / "no"), "--institution", "in_none"]) == 2
    assert main(["audit", "export", str(tmp_path / "one"), "--institution", CLINIC]) == 0
    assert [path.stem for path in (tmp_path / "one" / "events").iterdir()] == [CLINIC]


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_backup_is_restored_into_either_database_and_verifies(
    data_dir: Path, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file = tmp_path / "backup.tar"
    attachment = AttachmentFiles(data_dir).keep(b"%PDF-1.7")
    assert main(["backup", str(file)]) == 0
    assert file.stat().st_mode & 0o777 == 0o600
    content = file.read_bytes()
    assert main(["backup", str(file)]) == 2
    assert file.read_bytes() == content
    assert main(["restore", str(file)]) == 2, "nothing is overwritten"
    restored = tmp_path / "restored"
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(restored))
    monkeypatch.delenv("LIANZHEN_DATABASE_URL", raising=False)
    if target == "postgresql":
        running = request.getfixturevalue("cluster")
        url = running.url(running.new_database()).set(drivername="postgresql")
        monkeypatch.setenv("LIANZHEN_DATABASE_URL", url.render_as_string(hide_password=False))
    capsys.readouterr()
    assert main(["restore", str(file)]) == 0, capsys.readouterr()
    assert "21 events" in capsys.readouterr().out
    assert main(["audit", "verify"]) == 0
    assert AttachmentFiles(restored).read(attachment) == b"%PDF-1.7"
    assert main(["restore", str(file)]) == 2
    again = tmp_path / "again.tar"
    assert main(["backup", str(again)]) == 0
    assert (restored / "keys" / "signing.key").read_bytes() == (
        data_dir / "keys" / "signing.key"
    ).read_bytes()


@pytest.mark.parametrize("data_dir", ["sqlite"], indirect=True)
def test_a_backup_of_a_forged_ledger_is_refused(data_dir: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(data_dir / SQLITE_FILE)
    with connection:
        connection.execute("DELETE FROM event WHERE sequence = 3")
    connection.close()
    assert main(["audit", "verify"]) == 1
    assert main(["backup", str(tmp_path / "b.tar")]) == 1
    assert not (tmp_path / "b.tar").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_what_is_no_backup_is_not_restored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHEN_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("LIANZHEN_DATABASE_URL", raising=False)
    assert main(["backup", str(tmp_path / "b.tar")]) == 1
    (tmp_path / "x.tar").write_bytes(b"no tar" * 1000)
    assert main(["restore", str(tmp_path / "x.tar")]) == 2
    assert main(["restore", str(tmp_path / "nowhere.tar")]) == 1
    assert list((tmp_path / "data").iterdir()) == []


async def test_a_ledger_is_sound_while_the_service_adds_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a machine that stands still the service signs later than a check would wait for.
    monkeypatch.setitem(verify_database.__kwdefaults__, "cover_wait_s", HANG_S)
    async with open_test_store(tmp_path) as store:
        signing = asyncio.create_task(store.run())
        stopped = asyncio.Event()

        async def add() -> None:
            while not stopped.is_set():
                await store.record([Act(HOSPITAL, "mark.added", "pe_1", FIRST_MS)] * 20)
                await asyncio.sleep(0.01)

        adding = asyncio.create_task(add())
        await wait_until(lambda: store.stats()["checkpoints"] >= 2, what="some signatures")
        for _ in range(3):
            verdict = await asyncio.to_thread(check, Request(tmp_path))
            assert verdict.is_sound, verdict
        stopped.set()
        await adding
        signing.cancel()


def test_an_authority_stamps_the_latest_checkpoints(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answered = sender(make_authority(tmp_path / "authority"))

    class Authority(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            answer = answered(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Authority)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    root = str(tmp_path / "authority" / "root.pem")
    assert main(["audit", "stamp", "--url", "file:///etc/passwd", "--authority", root]) == 2
    assert main(["audit", "stamp", "--url", url]) == 2
    assert main(["audit", "stamp", "--url", url, "--authority", str(tmp_path / "none.pem")]) == 2
    assert main(["audit", "stamp", "--url", url, "--authority", root]) == 0
    assert "2 checkpoints" in capsys.readouterr().out
    assert main(["audit", "stamp", "--url", url, "--authority", root]) == 0
    assert "0 checkpoints" in capsys.readouterr().out
    server.shutdown()
    server.server_close()
    assert main(["audit", "verify"]) == 0
    assert "1 time stamps were not checked" in capsys.readouterr().out
    assert main(["audit", "verify", "--authority", root]) == 0
    assert capsys.readouterr().out.count("a third party saw this checkpoint") == 2


@pytest.mark.parametrize("data_dir", ["sqlite"], indirect=True)
def test_without_an_authority_nothing_is_stamped(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(make_authority(tmp_path / "authority") / "root.pem")
    assert main(["audit", "stamp", "--url", "http://127.0.0.1:1/", "--authority", root]) == 1
    assert "cannot be reached" in capsys.readouterr().err
