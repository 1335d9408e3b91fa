"""Messages, attachments and steps of the ladder: kept, bounded, by their bytes, in both chains as hashes."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from signaling.api.case_file_pages import disposition
from signaling.consult import attachments, messages
from signaling.consult.attachment_files import AttachmentFiles
from signaling.consult.file_types import type_of_bytes
from tests.support.consult_world import (
    CHEN,
    CLINIC,
    HOSPITAL,
    LI,
    STRANGER,
    WANG,
    ConsultWorld,
    consult_world,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
TYPES = {"a.png": (PNG, "image/png"), "a.pdf": (b"%PDF-1.7\n", "application/pdf")}


async def attach(w: ConsultWorld, case: str, caller: Any = LI, **changes: Any) -> Any:
    content = changes.pop("content", PNG)
    body = {
        "kind": "document",
        "name": "心电图.png",
        "media_type": "image/png",
        "content_base64": base64.b64encode(content).decode(),
        **changes,
    }
    return await w.ask(caller, "POST", f"/consultations/{case}/attachments", body)


async def test_a_line_is_in_the_record_and_its_words_in_no_chain(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        path = f"/consultations/{case}/messages"
        written = await w.ask(WANG, "POST", path, {"text": "请再做一次心电图"})
        assert (written.status, written.body["person_name"]) == (201, "Dr pe_wang")
        assert (await w.ask(LI, "GET", path)).body["messages"] == [written.body]
        for institution in (CLINIC, HOSPITAL):
            told = (await w.acts(institution, case))[-1]
            assert (told["kind"], told["after"]["message"]) == ("message.added", written.body["id"])
            assert "心电图" not in str(told)
        assert (await w.ask(STRANGER, "GET", path)).status == 404
        # A colleague of the asked hospital reads the case and is no part of it.
        assert (await w.ask(CHEN, "POST", path, {"text": "x"})).code == "not_permitted"


async def test_a_case_holds_so_many_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "MAX_MESSAGES", 1)
    async with consult_world(tmp_path) as w:
        case = await w.draft()
        path = f"/consultations/{case}/messages"
        assert (await w.ask(LI, "POST", path, {"text": "1"})).status == 201
        assert (await w.ask(LI, "POST", path, {"text": "2"})).code == "consultation_full"


async def test_a_file_comes_back_as_it_was_and_as_nothing_that_runs(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        added = await attach(w, case)
        assert added.status == 201
        digest = hashlib.sha256(PNG).hexdigest()
        assert (added.body["sha256"], added.body["size_bytes"]) == (digest, len(PNG))
        assert (tmp_path / "attachments" / digest[:2] / digest).read_bytes() == PNG
        path = f"{w.api.url}/consultations/{case}/attachments/{added.body['id']}"
        w.api.caller = WANG
        async with w.api.session.get(path) as response:
            assert await response.read() == PNG
            assert response.content_type == "image/png"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert response.headers["Content-Disposition"].startswith("attachment; ")
            assert "sandbox" in response.headers["Content-Security-Policy"]
        for institution in (CLINIC, HOSPITAL):
            told, seen = (await w.acts(institution, case))[-2:]
            assert (told["kind"], told["after"]["sha256"]) == ("attachment.added", digest)
            assert (seen["kind"], seen["actor"]) == ("case.viewed", "pe_wang")
            assert "心电图" not in str(told)
        listed = await w.ask(WANG, "GET", f"/consultations/{case}/attachments")
        assert [one["id"] for one in listed.body["attachments"]] == [added.body["id"]]


async def test_a_file_of_another_case_is_not_there(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        one, other = await w.draft(), await w.draft()
        added = await attach(w, one)
        path = f"/consultations/{other}/attachments/{added.body['id']}"
        assert (await w.ask(LI, "GET", path)).status == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"content": b"<html>", "media_type": "image/png"}, "attachment_type_wrong"),
        ({"content": b"MZ\x90\x00", "media_type": "text/plain"}, "attachment_type_wrong"),
        ({"content": b"<svg/>", "media_type": "image/svg+xml"}, "attachment_type_wrong"),
        ({"content_base64": "%%%%"}, "attachment_unreadable"),
        ({"kind": "still", "content": b"text", "media_type": "text/plain"}, "attachment_kind_wrong"),
        ({"kind": "annotated_still"}, "attachment_kind_wrong"),
        ({"replies_to": "at_1"}, "attachment_kind_wrong"),
        ({"kind": "annotated_still", "replies_to": "at_1"}, "attachment_missing"),
    ],
)
async def test_what_is_not_what_it_says_is_refused(tmp_path: Path, changes: Any, code: str) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.draft()
        assert (await attach(w, case, **changes)).code == code
        assert (await w.ask(LI, "GET", f"/consultations/{case}/attachments")).body["attachments"] == []


async def test_a_still_is_drawn_upon_and_sent_back(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        still = await attach(w, case, kind="still")
        drawn = await attach(
            w, case, WANG, kind="annotated_still", replies_to=still.body["id"], content=PNG + b"1"
        )
        assert (drawn.status, drawn.body["replies_to"]) == (201, still.body["id"])


async def test_who_has_no_part_leaves_no_byte_behind_and_a_case_holds_so_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "MAX_CASE_BYTES", len(PNG) + 10)
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        assert (await attach(w, case, CHEN)).code == "not_permitted"
        assert not (tmp_path / "attachments").exists()
        assert (await attach(w, case)).status == 201
        assert (await attach(w, case, content=PNG + b"1")).code == "attachments_full"


async def test_a_file_that_was_altered_is_not_passed_on(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.draft()
        added = await attach(w, case)
        digest = added.body["sha256"]
        (tmp_path / "attachments" / digest[:2] / digest).write_bytes(b"other")
        path = f"/consultations/{case}/attachments/{added.body['id']}"
        assert (await w.ask(LI, "GET", path)).code == "attachment_altered"


async def test_steps_of_the_ladder_are_events_of_both_sides(tmp_path: Path) -> None:
    async with consult_world(tmp_path) as w:
        case = await w.accepted()
        path = f"/consultations/{case}/ladder"
        body = {"step": 3, "cause": "link", "receiver": "pe_wang"}
        assert (await w.ask(LI, "POST", path, body)).status == 204
        for institution in (CLINIC, HOSPITAL):
            told = (await w.acts(institution, case))[-1]
            assert (told["kind"], told["after"]) == ("qos.step", {"step": 3, "cause": "link"})
            assert told["subject"]["person"] == "pe_wang"
        assert (await w.ask(LI, "POST", path, {**body, "receiver": "pe_chen"})).code == "party_unknown"
        assert (await w.ask(LI, "POST", path, {**body, "step": 6})).status == 400
        assert (await w.ask(LI, "POST", path, {**body, "cause": "张建国"})).status == 400


def test_types_are_told_by_the_bytes() -> None:
    for content, media_type in TYPES.values():
        assert type_of_bytes(content) == media_type
    assert type_of_bytes(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert type_of_bytes("血压 130/80\n".encode()) == "text/plain"
    assert type_of_bytes(b"") is None
    assert type_of_bytes(b"a\x00b") is None
    assert type_of_bytes(b"\xff\xfe\x00") is None


def test_a_name_cannot_end_the_header() -> None:
    header = disposition('心"\r\nX: y/..\\a.png')
    assert header == (
        "attachment; filename=\"____X__y_.._a.png\"; filename*=UTF-8''%E5%BF%83%22%0D%0AX%3A%20y%2F..%5Ca.png"
    )
    assert disposition("..").startswith('attachment; filename="file"')


def test_the_same_bytes_lie_there_once(tmp_path: Path) -> None:
    files = AttachmentFiles(tmp_path)
    digest = files.keep(b"one")
    assert files.keep(b"one") == digest
    assert files.read(digest) == b"one"
    assert [path.name for path in (tmp_path / "attachments").rglob("*") if path.is_file()] == [digest]
    with pytest.raises(OSError):
        files.read("ab" * 32)
