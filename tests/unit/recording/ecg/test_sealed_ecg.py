"""An ECG sealed and checked: what is changed in its folder, byte by byte, is found and named."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Frame, decode_frame, encode_frame, read_envelope
from recording.canonical import canonical_json
from recording.ecg.ecg_manifest import LedgerHead, is_ecg_manifest, parse_ecg_manifest
from recording.ecg.ecg_sealing import SealRequest, is_sealed, seal_ecg
from recording.ecg.frame_log import FrameLog
from recording.manifest import Malformed, sign_manifest
from recording.signing import Ed25519Signer
from recording.verdict import Fault, Verdict
from recording.verify import verify_folder

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
SIGNER = Ed25519Signer(KEY)
DEVICE = Descriptor(500, 2_500, ("I", "II"), 50, 150, 0, "Box", Source.DEVICE, 0)
REQUEST = SealRequest("ecg_1", DEVICE, LedgerHead(count=7, head="ab"), 1_795_323_907_000)
FLIPPED_BYTES = 300


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files of frames with a hole in the first, an epoch of its own in the second, and vital signs."""
    folder = tmp_path / "ecg_1"
    log = FrameLog(folder)
    random.seed(5)
    for epoch, first, taken_us in ((0, 100, 1), (0, 120, 40_000), (0, 650, 1_100_000), (1, 0, 20_000_000)):
        samples = np.array([[random.randrange(-500, 500), place] for place in range(20)], np.int32)
        content = encode_frame(Frame(1, epoch, first, taken_us, samples))
        log.append(content, read_envelope(content))
    log.close()
    (folder / "vitals.jsonl").write_bytes(b'{"code":"hr"}\n')
    assert seal_ecg(folder, REQUEST, SIGNER)
    return folder


def verified(folder: Path) -> Verdict:
    return verify_folder(folder, KEY.public_key())


def test_an_untouched_ecg_is_sound_and_its_gaps_are_known(folder: Path) -> None:
    verdict = verified(folder)
    assert verdict.is_sound and verdict.recording == "ecg_1"
    assert (verdict.integrity.segments, verdict.integrity.signature) == (3, "valid")
    (gap,) = verdict.completeness.known_gaps
    assert (gap.track, gap.from_ms, gap.to_ms, gap.cause) == ("epoch 0", 80, 1_100, "not_sent")


def test_the_manifest_says_what_there_is_and_where_the_ledger_stood(folder: Path) -> None:
    manifest = parse_ecg_manifest((folder / "manifest.json").read_bytes())
    assert [(each.epoch, each.first, each.end, each.first_taken_us) for each in manifest.epochs] == [
        (0, 100, 670, 1),
        (1, 0, 20, 20_000_000),
    ]
    assert [(each.first, each.end) for each in manifest.epochs[0].gaps] == [(140, 650)]
    assert [each.file for each in manifest.files] == ["000001.e1", "000002.e1", "vitals.jsonl"]
    assert (manifest.ledger.count, manifest.ledger.head) == (7, "ab")
    assert manifest.descriptor["leads"] == ["I", "II"]
    assert is_ecg_manifest((folder / "manifest.json").read_bytes())


def test_another_whole_frame_in_the_place_of_one_is_found(folder: Path) -> None:
    frames = folder / "000002.e1"
    frame, _ = decode_frame(frames.read_bytes())
    frames.write_bytes(encode_frame(replace(frame, taken_us=frame.taken_us + 1)))
    # As long as it was, and whole: only its hash tells.
    assert verified(folder).integrity.fault == Fault("000002.e1", 0, "segment_altered")


def test_an_ecg_is_sealed_once(folder: Path) -> None:
    before = (folder / "manifest.json").read_bytes()
    (folder / "000001.e1").write_bytes(b"something else")
    assert is_sealed(folder) and not seal_ecg(folder, REQUEST, SIGNER)
    assert (folder / "manifest.json").read_bytes() == before
    assert verified(folder).integrity.verdict == "altered"


def test_an_ecg_without_vital_signs_or_samples_is_sealed_as_well(tmp_path: Path) -> None:
    assert seal_ecg(tmp_path, REQUEST, SIGNER)
    verdict = verified(tmp_path)
    assert verdict.is_sound and verdict.integrity.segments == 0


def test_a_log_that_is_opened_and_closed_again_leaves_the_seal_sound(folder: Path) -> None:
    FrameLog(folder).close()
    assert verified(folder).is_sound


def test_each_of_many_single_bytes_is_missed(folder: Path) -> None:
    source = random.Random(7)
    paths = sorted(folder.iterdir())
    for _ in range(FLIPPED_BYTES):
        path = source.choice(paths)
        content = path.read_bytes()
        at = source.randrange(len(content))
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << source.randrange(8)]) + content[at + 1 :])
        verdict = verified(folder)
        assert not verdict.is_sound, (path.name, at)
        named = verdict.integrity.fault
        assert named is not None and named.file in (path.name, "manifest.json")
        path.write_bytes(content)
    assert verified(folder).is_sound


def test_files_that_are_longer_shorter_gone_or_too_many_are_named(folder: Path) -> None:
    frames = folder / "000001.e1"
    content = frames.read_bytes()
    frames.write_bytes(content + b"x")
    assert verified(folder).integrity.fault == Fault("000001.e1", len(content), "segment_lengthened")
    frames.write_bytes(content[:-1])
    assert verified(folder).integrity.fault == Fault("000001.e1", len(content) - 1, "segment_shortened")
    frames.unlink()
    verdict = verified(folder)
    assert verdict.integrity.verdict == "unaltered" and verdict.integrity.segments == 2
    assert verdict.completeness.fault == Fault("000001.e1", None, "segment_missing")
    frames.mkdir()
    assert verified(folder).integrity.fault == Fault("000001.e1", None, "not_a_readable_file")
    frames.rmdir()
    frames.write_bytes(content)
    (folder / "000003.e1").write_bytes(content)
    assert verified(folder).integrity.fault == Fault("000003.e1", 0, "extra_file")


def test_the_first_frame_that_is_not_as_it_was_is_named_by_its_place(folder: Path) -> None:
    frames = folder / "000001.e1"
    content = bytearray(frames.read_bytes())
    second = read_envelope(bytes(content)).end
    content[second + 40] ^= 1
    frames.write_bytes(content)
    assert verified(folder).integrity.fault == Fault("000001.e1", second, "segment_altered")


def test_frames_exchanged_between_files_are_found(folder: Path) -> None:
    first, second = folder / "000001.e1", folder / "000002.e1"
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])
    assert verified(folder).integrity.verdict == "altered"


def test_another_key_is_not_trusted(folder: Path) -> None:
    stranger = Ed25519PrivateKey.from_private_bytes(bytes(32))
    manifest = (folder / "manifest.json").read_bytes()
    (folder / "manifest.sig").write_bytes(sign_manifest(manifest, Ed25519Signer(stranger)))
    verdict = verified(folder)
    assert (verdict.integrity.signature, verdict.completeness.verdict) == ("unknown_key", "unchecked")


def rewritten(folder: Path, **changes: object) -> Verdict:
    manifest = json.loads((folder / "manifest.json").read_bytes()) | changes
    (folder / "manifest.json").write_bytes(canonical_json(manifest))
    return verified(folder)


def test_a_manifest_that_is_none_is_refused(folder: Path) -> None:
    malformed = Fault("manifest.json", 0, "manifest_malformed")
    assert rewritten(folder, descriptor={}).integrity.fault == malformed
    assert rewritten(folder, files=[{"file": "../x"}]).integrity.fault == malformed
    (folder / "manifest.json").write_bytes(b'{"format":"lianzhen-ecg/1" }')
    assert verified(folder).integrity.fault == Fault("manifest.json", 26, "manifest_malformed")
    with pytest.raises(Malformed):
        parse_ecg_manifest(b"{}")
