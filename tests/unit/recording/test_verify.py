"""The tamper drill, and a thousand single bytes: what is changed in a sealed folder is found and named."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recording.canonical import canonical_json
from recording.event_chain import NewEvent, chain, genesis, parse_event
from recording.manifest import parse_manifest, sign_manifest
from recording.signing import Ed25519Signer
from recording.verify import Fault, Verdict, verify_folder
from tests.unit.recording.conftest import PRIVATE_KEY

MUTATIONS = 1_000


@pytest.fixture
def folder(sealed_folder: Path, tmp_path: Path) -> Path:
    copy = tmp_path / sealed_folder.name
    shutil.copytree(sealed_folder, copy)
    return copy


def verified(folder: Path) -> Verdict:
    return verify_folder(folder, PRIVATE_KEY.public_key())


def segment_names(folder: Path) -> list[str]:
    return [segment.file for track in _manifest(folder).tracks for segment in track.segments]


def _manifest(folder: Path):
    return parse_manifest((folder / "manifest.json").read_bytes())


def rewrite(folder: Path, **changes: object) -> None:
    """Changes the manifest and signs it properly: what only the holder of the key could do."""
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    content = canonical_json(manifest)
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sig").write_bytes(sign_manifest(content, Ed25519Signer(PRIVATE_KEY)))


def test_an_untouched_folder_is_sound(sealed_folder: Path) -> None:
    verdict = verified(sealed_folder)
    assert verdict.is_sound
    assert verdict.recording == "RC_one"
    assert verdict.integrity.segments == len(segment_names(sealed_folder)) == 6
    assert verdict.integrity.signature == "valid"
    assert verdict.completeness.events_to == _manifest(sealed_folder).events.count


class TestTamperDrill:
    def test_one_byte_of_a_segment_is_placed_within_its_fragment(self, folder: Path) -> None:
        name = segment_names(folder)[2]
        content = bytearray((folder / name).read_bytes())
        at = len(content) // 2
        content[at] ^= 1
        (folder / name).write_bytes(content)
        verdict = verified(folder)
        fault = verdict.integrity.fault
        assert (verdict.integrity.verdict, verdict.integrity.segments) == ("altered", 5)
        assert verdict.completeness.verdict == "nothing_missing"
        assert fault is not None
        assert (fault.file, fault.code) == (name, "segment_altered")
        index = {json.loads(line)["file"]: json.loads(line) for line in (folder / "fragments.jsonl").open()}
        starts = [sum(index[name]["bytes"][:number]) for number in range(len(index[name]["bytes"]))]
        assert fault.offset == max(start for start in starts if start <= at)

    def test_a_segment_removed_is_missing_and_the_rest_unaltered(self, folder: Path) -> None:
        name = segment_names(folder)[1]
        (folder / name).unlink()
        verdict = verified(folder)
        assert verdict.integrity.verdict == "unaltered"
        assert verdict.completeness.fault == Fault(name, None, "segment_missing")
        assert not verdict.is_sound

    def test_an_extra_file_is_named(self, folder: Path) -> None:
        (folder / "TR_x-0001.webm").write_bytes(b"x")
        assert verified(folder).integrity.fault == Fault("TR_x-0001.webm", 0, "extra_file")

    def test_last_events_cut_off_are_missing(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        kept = b"".join(path.read_bytes().splitlines(keepends=True)[:-3])
        path.write_bytes(kept)
        verdict = verified(folder)
        assert verdict.integrity.verdict == "unaltered"
        assert verdict.completeness.fault == Fault("events.jsonl", len(kept), "events_cut_off")
        assert verdict.completeness.events_to == _manifest(folder).events.count - 3

    def test_events_swapped_break_the_chain_where_they_were(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        lines[2], lines[3] = lines[3], lines[2]
        path.write_bytes(b"".join(lines))
        verdict = verified(folder)
        assert verdict.integrity.fault == Fault("events.jsonl", len(lines[0] + lines[1]), "chain_broken")

    def test_an_event_taken_out_breaks_the_chain_and_is_missing(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        del lines[2]
        path.write_bytes(b"".join(lines))
        verdict = verified(folder)
        at = len(lines[0] + lines[1])
        assert verdict.integrity.fault == Fault("events.jsonl", at, "chain_broken")
        assert verdict.completeness.fault == Fault("events.jsonl", at, "event_missing")

    def test_an_event_told_twice_breaks_the_chain(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        path.write_bytes(b"".join([*lines[:2], *lines[1:]]))
        verdict = verified(folder)
        assert verdict.integrity.fault == Fault("events.jsonl", len(lines[0] + lines[1]), "chain_broken")
        # The events that follow were not looked at: nobody can say that none is missing.
        assert (verdict.completeness.verdict, verdict.completeness.events_to) == ("unchecked", 2)

    def test_an_events_time_changed_is_found_in_its_line(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        lines[1] = lines[1].replace(b'"at_ms":18', b'"at_ms":17')
        path.write_bytes(b"".join(lines))
        assert verified(folder).integrity.fault == Fault("events.jsonl", len(lines[0]), "event_altered")

    def test_an_event_changed_with_its_hash_breaks_the_chain_after_it(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        lines = path.read_bytes().splitlines(keepends=True)
        old = parse_event(lines[0][:-1])
        changed = NewEvent(old.event.kind, "somebody", 0, old.event.at_ms, old.event.detail)
        lines[0] = chain("RC_one", genesis("RC_one"), changed).line + b"\n"
        path.write_bytes(b"".join(lines))
        assert verified(folder).integrity.fault == Fault("events.jsonl", len(lines[0]), "chain_broken")

    def test_a_whole_chain_rewritten_does_not_end_in_the_signed_head(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        head, lines = genesis("RC_one"), []
        for line in path.read_bytes().splitlines():
            old = parse_event(line).event
            event = chain("RC_one", head, NewEvent(old.kind, "x", old.offset_ms, old.at_ms, old.detail))
            head = event.head
            lines.append(event.line + b"\n")
        path.write_bytes(b"".join(lines))
        assert verified(folder).integrity.fault == Fault("events.jsonl", None, "chain_rewritten")

    def test_another_recordings_events_do_not_fit(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        event = chain("RC_two", genesis("RC_one"), NewEvent("k", "x", 0, 0, {}))
        path.write_bytes(event.line + b"\n")
        assert verified(folder).integrity.fault == Fault("events.jsonl", 0, "chain_broken")

    def test_an_event_added_at_the_end_is_found(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        content = path.read_bytes()
        last = parse_event(content.splitlines()[-1])
        path.write_bytes(content + chain("RC_one", last.head, NewEvent("k", "x", 0, 0, {})).line + b"\n")
        assert verified(folder).integrity.fault == Fault("events.jsonl", len(content), "events_added")

    def test_a_last_line_without_its_end_is_found(self, folder: Path) -> None:
        path = folder / "events.jsonl"
        content = path.read_bytes()[:-1]
        path.write_bytes(content)
        start = content.rindex(b"\n") + 1
        assert verified(folder).integrity.fault == Fault("events.jsonl", start, "event_altered")

    def test_no_events_at_all_are_missing(self, folder: Path) -> None:
        (folder / "events.jsonl").unlink()
        assert verified(folder).completeness.fault == Fault("events.jsonl", None, "events_missing")

    def test_a_segment_shortened_or_lengthened_is_placed_at_its_end(self, folder: Path) -> None:
        first, second = segment_names(folder)[:2]
        content = (folder / first).read_bytes()
        (folder / first).write_bytes(content[:-1])
        assert verified(folder).integrity.fault == Fault(
            first, self.last_fragment_start(folder, first), "segment_shortened"
        )
        (folder / first).write_bytes(content + b"\0")
        assert verified(folder).integrity.fault == Fault(first, len(content), "segment_lengthened")
        (folder / first).write_bytes((folder / second).read_bytes())
        assert verified(folder).integrity.fault == Fault(first, 0, "segment_shortened")

    @staticmethod
    def last_fragment_start(folder: Path, name: str) -> int:
        index = {json.loads(line)["file"]: json.loads(line) for line in (folder / "fragments.jsonl").open()}
        return sum(index[name]["bytes"][:-1])

    def test_the_manifest_edited_is_named(self, folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_bytes(path.read_bytes().replace(b'"title":"', b'"title":"x'))
        verdict = verified(folder)
        assert verdict.integrity.fault == Fault("manifest.json", 0, "manifest_altered")
        assert verdict.integrity.signature == "invalid"
        assert verdict.completeness.verdict == "unchecked"

    def test_the_manifest_spaced_differently_is_named_where_it_differs(self, folder: Path) -> None:
        path = folder / "manifest.json"
        path.write_bytes(path.read_bytes().replace(b'"duration_ms":', b'"duration_ms": '))
        assert verified(folder).integrity.fault == Fault("manifest.json", 15, "manifest_malformed")

    def test_a_manifest_signed_again_with_another_key_is_of_an_unknown_key(self, folder: Path) -> None:
        other = Ed25519Signer(Ed25519PrivateKey.generate())
        manifest = (folder / "manifest.json").read_bytes().replace(b'"title":"', b'"title":"x')
        (folder / "manifest.json").write_bytes(manifest)
        (folder / "manifest.sig").write_bytes(sign_manifest(manifest, other))
        verdict = verified(folder)
        assert verdict.integrity.verdict == "altered"
        assert verdict.integrity.signature == "unknown_key"
        assert verdict.integrity.fault == Fault("manifest.sig", 0, "unknown_key")

    def test_another_keys_signature_under_the_trusted_name_is_invalid(self, folder: Path) -> None:
        path = folder / "manifest.sig"
        fields = json.loads(path.read_bytes())
        forged = Ed25519PrivateKey.generate().sign((folder / "manifest.json").read_bytes())
        path.write_bytes(canonical_json(fields | {"signature": base64.b64encode(forged).decode()}))
        assert verified(folder).integrity.fault == Fault("manifest.sig", 0, "signature_altered")

    @pytest.mark.parametrize(
        "changes",
        [{"key": "sha256:" + "00" * 32}, {"suite": "none"}, {"manifest_sha256": "00" * 32}],
        ids=["key", "suite", "hash"],
    )
    def test_a_true_signature_with_false_words_around_it_is_altered(
        self, folder: Path, changes: dict[str, str]
    ) -> None:
        path = folder / "manifest.sig"
        path.write_bytes(canonical_json(json.loads(path.read_bytes()) | changes))
        assert verified(folder).integrity.fault == Fault("manifest.sig", 0, "signature_altered")

    def test_no_signature_is_named(self, folder: Path) -> None:
        (folder / "manifest.sig").unlink()
        verdict = verified(folder)
        assert verdict.integrity.fault == Fault("manifest.sig", None, "signature_missing")
        assert (verdict.integrity.verdict, verdict.completeness.verdict) == ("altered", "unchecked")

    def test_a_sidecar_changed_or_missing_is_named(self, folder: Path) -> None:
        path = folder / "fragments.jsonl"
        content = path.read_bytes()
        path.write_bytes(content[:9] + b"x" + content[10:])
        fault = verified(folder).integrity.fault
        assert fault is not None
        assert (fault.file, fault.code) == ("fragments.jsonl", "fragments_altered")
        path.unlink()
        assert verified(folder).completeness.fault == Fault("fragments.jsonl", None, "fragments_missing")

    def test_without_the_sidecar_a_changed_segment_is_still_found(self, folder: Path) -> None:
        name = segment_names(folder)[0]
        (folder / "fragments.jsonl").unlink()
        content = bytearray((folder / name).read_bytes())
        content[500] ^= 1
        (folder / name).write_bytes(content)
        assert verified(folder).integrity.fault == Fault(name, 0, "segment_altered")

    def test_of_two_faults_the_first_is_named(self, folder: Path) -> None:
        first, second = segment_names(folder)[:2]
        for name in (first, second):
            (folder / name).write_bytes(b"x" * (folder / name).stat().st_size)
        for name in segment_names(folder)[3:5]:
            (folder / name).unlink()
        verdict = verified(folder)
        assert verdict.integrity.fault == Fault(first, 0, "segment_altered")
        assert verdict.completeness.fault == Fault(segment_names(folder)[3], None, "segment_missing")


class TestSignedByTheTrustedKey:
    """What only a faulty recorder could sign."""

    def test_a_hole_that_no_gap_explains_spoils_completeness(self, folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        removed = manifest["tracks"][0]["segments"].pop(0)
        (folder / removed["file"]).unlink()
        rewrite(folder, tracks=manifest["tracks"])
        fault = verified(folder).completeness.fault
        assert fault is not None
        assert fault.code == "unexplained_hole"

    def test_a_hole_at_the_end_spoils_completeness(self, folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        manifest["tracks"][1]["to_ms"] += 5_000
        rewrite(folder, tracks=manifest["tracks"])
        fault = verified(folder).completeness.fault
        assert fault is not None
        assert (fault.file, fault.code) == (manifest["tracks"][1]["segments"][-1]["file"], "unexplained_hole")

    def test_a_gap_with_a_cause_does_not(self, folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        track = manifest["tracks"][0]
        removed = track["segments"].pop(0)
        (folder / removed["file"]).unlink()
        gap = {"from_ms": 0, "to_ms": removed["to_ms"], "cause": "disk_full", "lost_packets": 0}
        track["gaps"].append(gap)
        rewrite(folder, tracks=manifest["tracks"])
        verdict = verified(folder)
        assert verdict.is_sound
        assert [(known.track, known.cause) for known in verdict.completeness.known_gaps] == [
            (track["track"], "disk_full")
        ]

    @pytest.mark.parametrize("changes", [{"key": "sha256:" + "00" * 32}, {"suite": "sm2-sm3"}])
    def test_a_manifest_that_names_another_key_is_refused(
        self, folder: Path, changes: dict[str, str]
    ) -> None:
        rewrite(folder, **changes)
        assert verified(folder).integrity.fault == Fault("manifest.json", 0, "manifest_names_another_key")

    def test_a_file_name_that_leads_elsewhere_is_malformed(self, folder: Path) -> None:
        manifest = json.loads((folder / "manifest.json").read_bytes())
        manifest["tracks"][0]["segments"][0]["file"] = "../../etc/passwd"
        rewrite(folder, tracks=manifest["tracks"])
        assert verified(folder).integrity.fault == Fault("manifest.json", 0, "manifest_malformed")


class TestOddFolders:
    def test_no_folder_and_an_empty_one_have_no_manifest(self, tmp_path: Path) -> None:
        for folder in (tmp_path, tmp_path / "absent"):
            verdict = verified(folder)
            assert verdict.integrity.fault == Fault("manifest.json", None, "manifest_missing")
            assert (verdict.integrity.verdict, verdict.completeness.verdict) == ("unchecked", "unchecked")

    def test_an_open_recording_is_not_sealed(self, tmp_path: Path) -> None:
        (tmp_path / "journal.jsonl").write_bytes(b"")
        assert verified(tmp_path).integrity.fault == Fault("manifest.json", None, "not_sealed")

    def test_links_pipes_and_folders_are_no_segments(self, folder: Path) -> None:
        name = segment_names(folder)[0]
        path = folder / name
        shutil.move(path, folder.parent / "elsewhere")
        path.symlink_to(folder.parent / "elsewhere")
        assert verified(folder).integrity.fault == Fault(name, None, "not_a_readable_file")
        path.unlink()
        os.mkfifo(path)
        assert verified(folder).integrity.fault == Fault(name, None, "not_a_readable_file")
        path.unlink()
        path.mkdir()
        assert verified(folder).integrity.fault == Fault(name, None, "not_a_readable_file")

    def test_a_name_that_is_no_unicode_is_named(self, folder: Path) -> None:
        (folder / os.fsdecode(b"\xff\xfe")).write_bytes(b"")
        fault = verified(folder).integrity.fault
        assert fault is not None
        assert fault.code == "extra_file"
        fault.file.encode()

    @settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(
        name=st.sampled_from(["manifest.json", "manifest.sig", "events.jsonl", "fragments.jsonl"]),
        content=st.binary(max_size=200)
        | st.sampled_from([b"{}", b"[]", b'{"a":1}', b"[" * 50_000, b"null", b"\n\n", b'"x"']),
    )
    def test_garbage_in_any_file_gives_a_verdict_and_never_a_sound_one(
        self, sealed_folder: Path, tmp_path: Path, name: str, content: bytes
    ) -> None:
        folder = tmp_path / "garbage"
        if not folder.exists():
            shutil.copytree(sealed_folder, folder)
        (folder / name).write_bytes(content)
        verdict = verified(folder)
        (folder / name).write_bytes((sealed_folder / name).read_bytes())
        assert not verdict.is_sound
        fault = verdict.integrity.fault or verdict.completeness.fault
        assert fault is not None
        assert fault.file == name


def test_a_thousand_single_bytes_are_all_found_in_the_file_they_were_changed_in(folder: Path) -> None:
    random_ = random.Random(20261109)
    names = sorted(path.name for path in folder.iterdir())
    contents = {name: (folder / name).read_bytes() for name in names}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    for _ in range(MUTATIONS):
        name = random_.choice(names)
        content = bytearray(contents[name])
        at = random_.randrange(len(content))
        match random_.randrange(3):
            case 0:
                content[at] ^= random_.randrange(1, 256)
            case 1:
                del content[at]
            case _:
                content.insert(at, random_.randrange(256))
        if hashlib.sha256(content).hexdigest() == hashes[name]:
            continue
        (folder / name).write_bytes(content)
        verdict = verified(folder)
        (folder / name).write_bytes(contents[name])
        assert not verdict.is_sound, (name, at)
        fault = verdict.integrity.fault or verdict.completeness.fault
        assert fault is not None
        assert fault.file == name, (name, at, fault)
        assert fault.offset is None or fault.offset <= len(content), (name, at, fault)
        if name.startswith("TR_") or name == "events.jsonl":
            assert fault.offset is not None and fault.offset <= at, (name, at, fault)
    assert verified(folder).is_sound
