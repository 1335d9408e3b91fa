"""Data folders and packages on disk: sound ones, forged ones by the hundred, damaged and unreadable ones."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from recording.audit.checkpoint import BadNote, SignedNote, cosignature, parse_note
from recording.audit.data_folder import CHECKPOINTS_FOLDER, DATABASE_FILE, DataFolder
from recording.audit.folder_check import verify_data_folder, verify_database, verify_package
from recording.audit.package import verifier, write_package
from recording.audit.package_layout import CONTENTS_FILE, KEYS_FOLDER, VERIFIER_FILE, files_in
from recording.audit.report import report_lines
from recording.audit.request import BadRequest, Request, check
from recording.audit.stretches import Split
from recording.audit.suites import ED25519, PublicKey
from recording.audit.verdict import LedgerVerdict
from recording.signing import Ed25519Signer
from signaling.messages import CATALOGUES
from tests.unit.recording.audit.acts import INSTITUTION
from tests.unit.recording.audit.folders import TABLES, fill, opened, write_folder
from tests.unit.recording.audit.memory_ledger import SIGNER, TRUST, anchor_of, in_this_process, made
from tests.unit.recording.audit.mutations import mutated

SOUND: Final = made(13, [3, 8, 11, 13])
OLDER: Final = {"older.note": anchor_of(SOUND, 8).note.text().encode()}
WITNESS: Final = Ed25519Signer(Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
FORGERIES: Final = max(100, int(os.environ.get("LIANZHEN_MUTATIONS", "0")) // 1000)
"""On disk each takes a hundred times as long as in memory, through the same code."""
FLIPS: Final = FORGERIES + FORGERIES // 2
SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    language: {key: text for key, text in catalogue.items() if key.startswith("audit.")}
    for language, catalogue in CATALOGUES.items()
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "data", SOUND)
    return tmp_path / "data"


def exported(folder: Path, to: Path, *, with_personal: bool = True) -> Path:
    with DataFolder(folder / DATABASE_FILE, folder / CHECKPOINTS_FOLDER) as source:
        write_package(
            to,
            source,
            data_dir=folder,
            signer=SIGNER,
            sentences=SENTENCES,
            with_personal=with_personal,
        )
    return to


def codes(verdict: LedgerVerdict) -> set[str]:
    faults = [verdict.fault] + [
        fault for each in verdict.institutions for fault in (each.integrity_fault, each.completeness_fault)
    ]
    return {fault.code for fault in faults if fault is not None}


def test_a_data_folder_is_checked_while_it_lies_there(folder: Path) -> None:
    verdict = verify_data_folder(folder, TRUST, OLDER)
    assert verdict.is_sound, codes(verdict)
    assert verdict.institutions[0].personal == 4


def test_every_forgery_of_a_database_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(5)
    database = write_folder(tmp_path / "data", SOUND)
    note = tmp_path / "data" / CHECKPOINTS_FOLDER / f"{INSTITUTION}.note"
    found = 0
    while found < FORGERIES:
        name, forged = mutated(SOUND, random, 8)
        try:
            with opened(database) as connection:
                for table in ("event", "personal_field", "checkpoint", "chain"):
                    connection.execute(f"DELETE FROM {table}")
                fill(connection, forged)
        except sqlite3.IntegrityError:
            continue  # two rows of one place: no table of ours takes that
        note.unlink(missing_ok=True)
        if isinstance(forged.latest, bytes):
            note.write_bytes(forged.latest)
        if _as_rows(database) == _as_rows_of(SOUND) and forged.latest == SOUND.latest:
            continue  # what differs in memory is the same in SQL, such as the order of rows
        verdict = verify_database(database, note.parent, TRUST, OLDER, cover_wait_s=0.0)
        assert not verdict.is_sound, name
        assert verdict == split_verdict(database), name
        found += 1


def split_verdict(database: Path, stretch_events: int = 4) -> LedgerVerdict:
    """As the walk of a long ledger would have it."""
    notes = database.parent / CHECKPOINTS_FOLDER
    split = Split(in_this_process, stretch_events)
    return verify_database(database, notes, TRUST, OLDER, cover_wait_s=0.0, split=split)


def _as_rows(database: Path) -> list[object]:
    with opened(database) as connection:
        return [
            sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
            for table in ("event", "personal_field", "checkpoint", "chain")
        ]


def _as_rows_of(ledger: object) -> list[object]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(TABLES)
    fill(connection, ledger)  # type: ignore[arg-type]
    rows: list[object] = [
        sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for table in ("event", "personal_field", "checkpoint", "chain")
    ]
    connection.close()
    return rows


def test_a_flipped_byte_anywhere_in_the_file_never_ends_the_check(folder: Path) -> None:
    random = Random(7)
    content = (folder / DATABASE_FILE).read_bytes()
    for _ in range(FLIPS):
        bent = bytearray(content)
        bent[random.randrange(len(bent))] ^= 1 << random.randrange(8)
        (folder / DATABASE_FILE).write_bytes(bent)
        verdict = verify_database(
            folder / DATABASE_FILE, folder / CHECKPOINTS_FOLDER, TRUST, OLDER, cover_wait_s=0.0
        )
        assert verdict == split_verdict(folder / DATABASE_FILE)
        for language in ("zh", "en"):
            assert report_lines(verdict, SENTENCES[language])


def test_a_message_about_damage_that_is_no_text_is_damage(folder: Path) -> None:
    content = (folder / DATABASE_FILE).read_bytes()
    (folder / DATABASE_FILE).write_bytes(
        content.replace(b"CREATE TABLE chain (inst", b"CREATE TABLE chain \xff\xfe(in")
    )
    assert codes(verify_data_folder(folder, TRUST, {})) == {"database_damaged"}


def test_what_is_no_database_is_damaged(folder: Path) -> None:
    for content in (b"", b"x" * 10_000, (folder / DATABASE_FILE).read_bytes()[:5_000]):
        (folder / DATABASE_FILE).write_bytes(content)
        assert codes(verify_data_folder(folder, TRUST, {})) & {"database_damaged", "row_unreadable"}


def test_text_that_is_no_text_is_named_by_its_row(folder: Path) -> None:
    with opened(folder / DATABASE_FILE) as connection:
        connection.execute("UPDATE event SET kind = CAST(x'ff' AS TEXT) WHERE sequence = 4")
    (institution,) = verify_data_folder(folder, TRUST, {}).institutions
    assert institution.integrity_fault is not None
    assert (institution.integrity_fault.code, institution.integrity_fault.row) == ("row_unreadable", 4)


def test_personal_text_that_is_no_text_is_named(folder: Path) -> None:
    with opened(folder / DATABASE_FILE) as connection:
        connection.execute("UPDATE personal_field SET value = CAST(x'ff' AS TEXT) WHERE value IS NOT NULL")
    assert "row_unreadable" in codes(verify_data_folder(folder, TRUST, {}))


def test_a_folder_that_nobody_can_write_is_read(folder: Path) -> None:
    with opened(folder / DATABASE_FILE) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    before = sorted(folder.iterdir())
    assert verify_data_folder(folder, TRUST, {}).is_sound
    assert sorted(folder.iterdir()) == before


def test_rows_that_lie_in_another_order_on_the_disk_are_the_same_ledger(folder: Path) -> None:
    with opened(folder / DATABASE_FILE) as connection:
        connection.execute("UPDATE event SET rowid = rowid + 100 WHERE sequence = 4")
    assert verify_data_folder(folder, TRUST, OLDER).is_sound


def test_a_note_that_was_set_aside_speaks_against_the_database(tmp_path: Path) -> None:
    shorter = made(8, [3, 8])
    write_folder(tmp_path / "data", shorter)
    assert verify_data_folder(tmp_path / "data", TRUST, {}).is_sound
    kept = tmp_path / "data" / CHECKPOINTS_FOLDER / f"{INSTITUTION}.13.note"
    assert SOUND.latest is not None
    kept.write_bytes(SOUND.latest)
    assert codes(verify_data_folder(tmp_path / "data", TRUST, {})) == {"events_cut_off"}


def test_a_note_of_an_institution_whose_rows_are_gone_speaks_for_it(folder: Path) -> None:
    with opened(folder / DATABASE_FILE) as connection:
        for table in ("event", "personal_field", "checkpoint", "chain"):
            connection.execute(f"DELETE FROM {table}")
    assert "events_cut_off" in codes(verify_data_folder(folder, TRUST, {}))


def test_a_running_service_has_the_time_to_sign_what_it_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = replace(SOUND, checkpoints=SOUND.checkpoints[:3])
    database = write_folder(tmp_path / "data", behind)

    def sign(_pause_s: float) -> None:
        with opened(database) as connection:
            note, size, at_ms = SOUND.checkpoints[3]
            connection.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?)", (INSTITUTION, size, at_ms, note))

    # The service signs in the pause between the check's first look and its second.
    waiting = SimpleNamespace(monotonic=lambda: 0.0, sleep=sign)
    monkeypatch.setattr("recording.audit.data_folder.time", waiting)
    assert verify_data_folder(tmp_path / "data", TRUST, {}).is_sound


def test_a_service_that_does_not_sign_leaves_its_tail_unproven(tmp_path: Path) -> None:
    behind = replace(SOUND, checkpoints=SOUND.checkpoints[:3], latest=SOUND.checkpoints[2][0].encode())
    database = write_folder(tmp_path / "data", behind)
    notes = tmp_path / "data" / CHECKPOINTS_FOLDER
    verdict = verify_database(database, notes, TRUST, {}, cover_wait_s=0.2)
    assert codes(verdict) == {"no_checkpoint_covers"}


# ---- packages


def test_a_package_is_sound_by_a_key_that_was_given_and_not_by_its_own(folder: Path, tmp_path: Path) -> None:
    package = exported(folder, tmp_path / "package")
    assert not check(Request(package)).is_sound
    assert check(Request(package, fingerprint=SIGNER.key_fingerprint)).is_sound
    assert check(Request(package, fingerprint=SIGNER.key_fingerprint.upper()[7:])).is_sound
    assert check(Request(package, keys=(folder / KEYS_FOLDER / "signing.pub",))).is_sound
    (institution,) = check(Request(package)).institutions
    assert (institution.personal, institution.tombstones) == (4, 8)
    without = exported(folder, tmp_path / "without", with_personal=False)
    assert check(Request(without, fingerprint=SIGNER.key_fingerprint)).is_sound
    assert not (without / "personal").exists()


def test_a_package_ends_at_the_last_checkpoint(tmp_path: Path) -> None:
    behind = replace(SOUND, checkpoints=SOUND.checkpoints[:3], latest=SOUND.checkpoints[2][0].encode())
    write_folder(tmp_path / "data", behind)
    with DataFolder(tmp_path / "data" / DATABASE_FILE, None, cover_wait_s=0.0) as source:
        write_package(
            tmp_path / "package",
            source,
            data_dir=tmp_path / "data",
            signer=SIGNER,
            sentences=SENTENCES,
            with_personal=True,
        )
    verdict = verify_package(tmp_path / "package", TRUST, OLDER)
    assert verdict.is_sound and verdict.institutions[0].events == 11


def test_every_forgery_of_a_packages_files_is_found(folder: Path, tmp_path: Path) -> None:
    package = exported(folder, tmp_path / "package")
    assert verify_package(package, TRUST, OLDER).is_sound
    random = Random(11)
    names = files_in(package)
    for _ in range(FORGERIES):
        name = random.choice(names)
        content = (package / name).read_bytes()
        forged = _forged(content, random)
        (package / name).unlink()
        if forged is not None:
            (package / name).write_bytes(forged)
        verdict = verify_package(package, TRUST, OLDER)
        assert forged == content or not verdict.is_sound, name
        assert report_lines(verdict, SENTENCES["zh"])
        (package / name).write_bytes(content)
    assert verify_package(package, TRUST, OLDER).is_sound


def test_a_forgery_with_a_list_of_contents_to_match_is_found_in_the_ledger(
    folder: Path, tmp_path: Path
) -> None:
    # The forger has the signing key, and the auditor an older checkpoint.
    random = Random(13)
    for number in range(FORGERIES // 3):
        _, forged = mutated(SOUND.as_package(), random, 8)
        package = tmp_path / str(number)
        try:
            write_package(package, forged, data_dir=folder, signer=SIGNER, sentences={}, with_personal=True)
        except BadNote:
            continue
        verdict = verify_package(package, TRUST, OLDER)
        # What the exporter leaves out, as no checkpoint covers it, is no forgery any more.
        assert not verdict.is_sound or _is_as_signed(package), number


def _is_as_signed(package: Path) -> bool:
    lines = (package / "events" / f"{INSTITUTION}.jsonl").read_bytes().splitlines()
    return lines == [row[0] for row in SOUND.events[: len(lines)]] and len(lines) >= 8


def _forged(content: bytes, random: Random) -> bytes | None:
    bent = bytearray(content)
    at = random.randrange(len(bent))
    lines = content.splitlines(keepends=True)
    match random.randrange(6):
        case 0:
            bent[at] ^= 1 << random.randrange(8)
        case 1:
            del bent[at:]
        case 2:
            bent.insert(at, random.randrange(256))
        case 3:
            return None
        case 4:
            del lines[random.randrange(len(lines))]
            return b"".join(lines)
        case 5:
            random.shuffle(lines)
            return b"".join(lines)
    return bytes(bent)


def test_a_file_that_was_added_is_named(folder: Path, tmp_path: Path) -> None:
    package = exported(folder, tmp_path / "package")
    (package / ".DS_Store").write_bytes(b"a desktop's own")
    assert verify_package(package, TRUST, {}).is_sound
    (package / "events" / "in_other.jsonl").write_bytes(b"")
    verdict = verify_package(package, TRUST, {})
    assert verdict.fault is not None
    assert (verdict.fault.file, verdict.fault.code) == ("events/in_other.jsonl", "file_added")


def test_a_list_of_contents_must_be_there_and_signed(folder: Path, tmp_path: Path) -> None:
    package = exported(folder, tmp_path / "package")
    content = (package / CONTENTS_FILE).read_text()
    head, _, line = content.rpartition("\n\n")
    for changed, code in (
        (None, "contents_missing"),
        (head, "contents_malformed"),
        (head + "\nx\n\n" + line, "contents_malformed"),
        (head.partition("\n")[2] + "\n\n" + line, "contents_unsigned"),
        (head + "\n\n" + line.replace("lianzhen/package", "lianzhen/other"), "contents_malformed"),
        (content.encode() + b"\xff", "contents_malformed"),
        (b"\xff\n\n" + line.encode(), "contents_malformed"),
        (head + "\n" + head.splitlines()[0] + "\n\n" + line, "contents_malformed"),
    ):
        (package / CONTENTS_FILE).unlink()
        if changed is not None:
            encoded = changed if isinstance(changed, bytes) else changed.encode()
            (package / CONTENTS_FILE).write_bytes(encoded)
        fault = verify_package(package, TRUST, {}).fault
        assert fault is not None and fault.code == code
        (package / CONTENTS_FILE).write_text(content)


def test_a_cosignature_travels_with_the_package(tmp_path: Path) -> None:
    checkpoint = parse_note(SOUND.checkpoints[3][0].encode()).checkpoint
    line = cosignature(checkpoint, "witness", WITNESS, at_s=1_800_000_100)
    folder = tmp_path / "data"
    write_folder(folder, replace(SOUND, cosignatures=((13, "witness", line.line()),)))
    (folder / KEYS_FOLDER / "cosigners").mkdir()
    pem = PublicKey(ED25519, WITNESS.public_key).pem()
    (folder / KEYS_FOLDER / "cosigners" / "witness.pub").write_bytes(pem)
    package = exported(folder, tmp_path / "package")
    (institution,) = check(Request(package, fingerprint=SIGNER.key_fingerprint)).institutions
    assert institution.cosignatures == 1 and institution.proven is not None
    assert institution.proven.cosigners == ("witness",)
    note = parse_note((package / CHECKPOINTS_FOLDER / f"{INSTITUTION}.note").read_bytes())
    assert note == SignedNote(checkpoint, (*note.signatures[:1], line))


def test_manifests_of_recordings_are_in_the_package(folder: Path, tmp_path: Path) -> None:
    recording = folder / "recordings" / "RC_one"
    recording.mkdir(parents=True)
    (recording / "manifest.json").write_bytes(b"{}")
    (recording / "manifest.sig").write_bytes(b"{}")
    package = exported(folder, tmp_path / "package")
    assert (package / "manifests" / "RC_one" / "manifest.json").read_bytes() == b"{}"
    assert verify_package(package, TRUST, {}).is_sound


def test_a_package_is_never_written_over_another(folder: Path, tmp_path: Path) -> None:
    exported(folder, tmp_path / "package")
    with pytest.raises(FileExistsError):
        exported(folder, tmp_path / "package")


# ---- the program in the package


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with nothing but its standard library."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, capture_output=True)
    return folder / "bin" / "python"


@pytest.mark.parametrize("python", ["bare", "own"])
def test_the_verifier_in_the_package_runs_on_plain_python(
    folder: Path, tmp_path: Path, python: str, bare_python: Path
) -> None:
    package = exported(folder, tmp_path / "package")
    program = bare_python if python == "bare" else Path(sys.executable)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [program, "-I", package / VERIFIER_FILE, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env={}, cwd="/", check=False)

    sound = run("--fingerprint", SIGNER.key_fingerprint, "--language", "en")
    assert (sound.returncode, sound.stderr) == (0, ""), sound.stdout
    assert "Verdict: sound" in sound.stdout
    assert ("slow way" in sound.stdout) == (python == "bare")
    own_word = run()
    assert own_word.returncode == 1 and "不足为凭" in own_word.stdout
    assert run("--fingerprint", "sha256:00").returncode == 2
    events = package / "events" / f"{INSTITUTION}.jsonl"
    events.write_bytes(events.read_bytes().replace(b'"number":10', b'"number":11'))
    forged = run("--fingerprint", SIGNER.key_fingerprint, "--language", "zh")
    assert forged.returncode == 1
    assert "chain_broken" in forged.stdout and "第 11 行" in forged.stdout


def test_the_same_verifier_is_the_same_bytes() -> None:
    assert verifier(SENTENCES) == verifier(SENTENCES)


# ---- what an auditor can get wrong


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda folder: Request(folder / "nowhere"), "audit.no_folder"),
        (lambda folder: Request(folder, keys=(folder / "nowhere",)), "audit.unreadable"),
        (lambda folder: Request(folder, keys=(folder / DATABASE_FILE,)), "audit.key_bad"),
        (lambda folder: Request(folder, fingerprint="sha256:00"), "audit.fingerprint_differs"),
        (lambda folder: Request(folder, checkpoints=(folder / "nowhere",)), "audit.unreadable"),
        (
            lambda folder: Request(folder, authorities=(folder / KEYS_FOLDER / "signing.pub",)),
            "audit.authority_bad",
        ),
    ],
)
def test_a_wrong_request_is_refused_with_its_sentence(
    folder: Path, change: Callable[[Path], Request], key: str
) -> None:
    with pytest.raises(BadRequest) as wrong:
        check(change(folder))
    assert wrong.value.key == key
    for language in ("zh", "en"):
        assert SENTENCES[language][key].format(**wrong.value.facts)


def test_older_checkpoints_can_be_given_as_a_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    for name, content in OLDER.items():
        (tmp_path / "kept" / name).write_bytes(content)
    assert check(Request(folder, checkpoints=(tmp_path / "kept",))).is_sound
    (tmp_path / "kept" / "bad.note").write_bytes(b"x")
    assert codes(check(Request(folder, checkpoints=(tmp_path / "kept",)))) == {"checkpoint_malformed"}


def test_every_fault_has_a_sentence_in_both_languages() -> None:
    folder = Path(__file__).parents[4] / "recording" / "audit"
    used = set()
    for name in (
        "walk",
        "stretch",
        "notes_check",
        "personal_check",
        "package_layout",
        "folder_check",
        "verify",
    ):
        text = (folder / f"{name}.py").read_text()
        used |= {word for word in text.split('"') if f"audit.code.{word}" in SENTENCES["zh"]}
    codes_of = {
        language: {key for key in sentences if key.startswith("audit.code.")}
        for language, sentences in SENTENCES.items()
    }
    assert codes_of["zh"] == codes_of["en"] == {f"audit.code.{code}" for code in used}
    assert json.dumps(SENTENCES)
