"""Whatever is changed in a finished recording, `lianzhen verify` finds it and names where."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.recorded_conversation import Conversation
from tests.support.recordings import segments
from tests.support.server import Server


@pytest.fixture
def copy(server: Server, conversation: Conversation, tmp_path: Path) -> Path:
    """The recording to be tampered with, in a data folder of its own beside the true public key."""
    folder = tmp_path / "recordings" / conversation.recording_id
    shutil.copytree(conversation.folder, folder)
    (tmp_path / "keys").mkdir()
    shutil.copy(server.data_dir / "keys" / "signing.pub", tmp_path / "keys" / "signing.pub")
    return folder


def change_a_byte_of_a_segment(folder: Path) -> str:
    """The middle byte of the second segment."""
    victim = segments(folder)[1]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 0x01
    victim.write_bytes(content)
    return victim.name


def append_to_a_segment(folder: Path) -> str:
    """One byte more at the end of the last segment."""
    victim = segments(folder)[-1]
    victim.write_bytes(victim.read_bytes() + b"\0")
    return victim.name


def cut_a_segment(folder: Path) -> str:
    """The last byte of the first segment is gone."""
    victim = segments(folder)[0]
    victim.write_bytes(victim.read_bytes()[:-1])
    return victim.name


def remove_a_segment(folder: Path) -> str:
    """A segment in the middle is gone."""
    victim = segments(folder)[1]
    victim.unlink()
    return victim.name


def exchange_two_segments(folder: Path) -> str:
    """Two segments change names."""
    first, second = segments(folder)[:2]
    first_content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(first_content)
    return first.name


def add_a_segment(folder: Path) -> str:
    """A file that the recorder did not make."""
    first = segments(folder)[0]
    extra = first.with_name(re.sub(r"\d{4,}(?=\.)", "9999", first.name))
    shutil.copy(first, extra)
    return extra.name


def cut_off_the_last_events(folder: Path) -> str:
    """The last two events are gone."""
    events = folder / "events.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    events.write_bytes(b"".join(lines[:-2]))
    return events.name


def swap_two_events(folder: Path) -> str:
    """Two neighbouring events change places."""
    events = folder / "events.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    lines[1], lines[2] = lines[2], lines[1]
    events.write_bytes(b"".join(lines))
    return events.name


def change_an_events_time(folder: Path) -> str:
    """One event happened a millisecond later."""
    events = folder / "events.jsonl"
    lines = events.read_bytes().splitlines(keepends=True)
    entry = json.loads(lines[1])
    lines[1] = lines[1].replace(str(_time_of(entry)).encode(), str(_time_of(entry) + 1).encode(), 1)
    events.write_bytes(b"".join(lines))
    return events.name


def change_the_recordings_time(folder: Path) -> str:
    """The manifest claims another beginning."""
    manifest = folder / "manifest.json"
    started = json.loads(manifest.read_bytes())["started_at_ms"]
    manifest.write_bytes(manifest.read_bytes().replace(str(started).encode(), str(started + 1).encode()))
    return manifest.name


def hide_a_gap_and_sign_again(folder: Path) -> str:
    """Somebody changes the manifest and signs it with a key of their own."""
    manifest = folder / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"title":"', b'"title":"x', 1))
    return _sign_with_a_new_key(folder)


def sign_again_with_another_key(folder: Path) -> str:
    """Nothing is changed but who signed."""
    return _sign_with_a_new_key(folder)


def remove_the_signature(folder: Path) -> str:
    """No signature at all."""
    (folder / "manifest.sig").unlink()
    return "manifest.sig"


def _time_of(entry: dict[str, object]) -> int:
    for name in ("at_ms", "wall_ms", "offset_ms"):
        if isinstance(entry.get(name), int) and entry[name]:
            return int(str(entry[name]))
    raise AssertionError(f"no time in {sorted(entry)}")


def _sign_with_a_new_key(folder: Path) -> str:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    signature = json.loads((folder / "manifest.sig").read_bytes())
    manifest = (folder / "manifest.json").read_bytes()
    signature["manifest_sha256"] = hashlib.sha256(manifest).hexdigest()
    signature["signature"] = base64.b64encode(key.sign(manifest)).decode()
    signature["key"] = hashlib.sha256(public).hexdigest()
    (folder / "manifest.sig").write_bytes(
        json.dumps(signature, sort_keys=True, separators=(",", ":")).encode()
    )
    return "manifest.sig"


TAMPERINGS: list[Callable[[Path], str]] = [
    change_a_byte_of_a_segment,
    append_to_a_segment,
    cut_a_segment,
    remove_a_segment,
    exchange_two_segments,
    add_a_segment,
    cut_off_the_last_events,
    swap_two_events,
    change_an_events_time,
    change_the_recordings_time,
    hide_a_gap_and_sign_again,
    sign_again_with_another_key,
    remove_the_signature,
]


def test_an_untouched_copy_is_sound(server: Server, copy: Path) -> None:
    done = server.run_command("verify", str(copy))
    assert done.returncode == 0, (done.stdout, done.stderr)


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda tamper: tamper.__name__.replace("_", " "))
def test_tampering_is_found_and_named(server: Server, copy: Path, tamper: Callable[[Path], str]) -> None:
    named = tamper(copy)
    done = server.run_command("verify", str(copy))
    said = done.stdout + done.stderr
    print(said)
    assert done.returncode == 1, said
    assert named in said, said
    assert "Traceback" not in said


def test_a_changed_byte_is_placed_within_its_fragment(server: Server, copy: Path) -> None:
    victim = segments(copy)[1]
    changed_at = len(victim.read_bytes()) // 2
    change_a_byte_of_a_segment(copy)
    lines = (copy / "fragments.jsonl").read_bytes().splitlines()
    sizes = next(line["bytes"] for line in map(json.loads, lines) if line["file"] == victim.name)
    starts = [sum(sizes[:number]) for number in range(len(sizes))]
    fragment_start = max(start for start in starts if start <= changed_at)
    said = server.run_command("verify", str(copy)).stdout
    numbers = {int(digits) for digits in re.findall(r"\d+", said.replace(victim.name, "").replace(",", ""))}
    assert numbers & {fragment_start, changed_at}, (fragment_start, changed_at, said)
