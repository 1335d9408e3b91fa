"""An ECG sealed and checked: what is changed in its folder, byte by byte, is found and named."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from media_server.ecg.descriptor import Descriptor, Source
from media_server.ecg.frame import Frame, decode_frame, encode_frame, read_envelope
from media_server.ecg.spans import Span, Spans
from recording.canonical import canonical_json
from recording.ecg.ecg_manifest import LedgerHead, is_ecg_manifest, parse_ecg_manifest
from recording.ecg.ecg_sealing import GivenUpRest, SealRequest, is_sealed, is_whole, seal_ecg, set_aside
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


def lost(kept: Mapping[int, Spans]) -> Iterable[tuple[int, Span]]:
    """Of the hole in epoch 0 all but its first ten samples; of epoch 2, of which nothing came, everything."""
    assert [list(kept[epoch]) for epoch in kept] == [[(100, 140), (650, 670)], [(0, 20)]]
    return [(0, Span(150, 650)), (2, Span(0, 500))]


GIVEN_UP = REQUEST._replace(given_up=GivenUpRest(1_795_323_900_000, is_end_known=False, missing=lost))


@pytest.fixture
def given_up(folder: Path) -> Path:
    """The same, sealed as one whose rest was declared lost."""
    for name in ("manifest.json", "manifest.sig"):
        (folder / name).unlink()
    assert seal_ecg(folder, GIVEN_UP, SIGNER)
    return folder


def append(folder: Path, first: int, *, epoch: int = 0) -> None:
    """A frame that comes later."""
    log = FrameLog(folder)
    content = encode_frame(Frame(1, epoch, first, 30_000_000, np.ones((20, 2), np.int32)))
    log.append(content, read_envelope(content))
    log.close()


def test_a_lost_rest_is_a_known_gap_with_its_cause(given_up: Path) -> None:
    manifest = parse_ecg_manifest((given_up / "manifest.json").read_bytes())
    assert manifest.lost is not None
    assert (manifest.lost.declared_at_ms, manifest.lost.is_end_known) == (1_795_323_900_000, False)
    verdict = verified(given_up)
    assert verdict.is_sound
    assert [(gap.track, gap.from_ms, gap.to_ms, gap.cause) for gap in verdict.completeness.known_gaps] == [
        ("epoch 0", 80, 100, "not_sent"),
        ("epoch 0", 100, 1_100, "declared_lost"),
        ("epoch 1", 40, 40, "end_unknown"),
        ("epoch 2", 0, 1_000, "declared_lost"),
    ]


def test_of_an_ecg_that_was_not_given_up_the_manifest_says_nothing_of_that(folder: Path) -> None:
    assert b"lost" not in (folder / "manifest.json").read_bytes()
    assert is_whole(folder)


def test_an_end_that_is_known_is_no_gap(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    rest = GivenUpRest(1, is_end_known=True, missing=lambda _: [])
    assert seal_ecg(folder, REQUEST._replace(given_up=rest), SIGNER)
    assert [gap.cause for gap in verified(folder).completeness.known_gaps] == ["not_sent"]


def test_what_comes_after_all_is_sealed_together_with_the_first_seal(given_up: Path) -> None:
    assert is_sealed(given_up) and not is_whole(given_up)
    for number, first in enumerate((150, 170), 1):
        former = (given_up / "manifest.json").read_bytes()
        set_aside(given_up)
        set_aside(given_up)
        assert not is_sealed(given_up) and not is_whole(given_up)
        fault = verified(given_up).integrity.fault
        assert fault is not None and fault.code == "manifest_missing"
        append(given_up, first)
        with (given_up / "vitals.jsonl").open("ab") as vitals:
            vitals.write(b'{"code":"rr"}\n')
        assert seal_ecg(given_up, REQUEST, SIGNER)
        assert (given_up / f"manifest-{number:04d}.json").read_bytes() == former
        assert verified(given_up).is_sound
    manifest = parse_ecg_manifest((given_up / "manifest.json").read_bytes())
    assert [each.file for each in manifest.files if each.file.startswith("manifest")] == [
        "manifest-0001.json",
        "manifest-0001.sig",
        "manifest-0002.json",
        "manifest-0002.sig",
    ]


def test_what_was_changed_between_two_seals_is_found_by_the_first(given_up: Path) -> None:
    frames, content = given_up / "000001.e1", (given_up / "000001.e1").read_bytes()
    second = read_envelope(content).end
    set_aside(given_up)
    frames.write_bytes(content[: second + 40] + bytes([content[second + 40] ^ 1]) + content[second + 41 :])
    append(given_up, 150)
    assert seal_ecg(given_up, REQUEST, SIGNER)
    assert verified(given_up).integrity.fault == Fault("000001.e1", second, "segment_altered")


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("manifest-0001.json", b"{}", Fault("manifest-0001.json", 0, "manifest_malformed")),
        ("manifest-0001.sig", b"{", Fault("manifest-0001.sig", 1, "signature_malformed")),
        ("manifest-0001.sig", None, Fault("manifest-0001.sig", None, "signature_missing")),
        ("vitals.jsonl", None, Fault("vitals.jsonl", 0, "segment_altered")),
    ],
)
def test_a_first_seal_that_was_spoilt_before_the_second_is_named(
    given_up: Path, name: str, content: bytes | None, fault: Fault
) -> None:
    set_aside(given_up)
    (given_up / name).unlink()
    if content is not None:
        (given_up / name).write_bytes(content)
    assert seal_ecg(given_up, REQUEST, SIGNER)
    assert verified(given_up).integrity.fault == fault


def test_a_seal_without_its_signature_is_set_aside_as_it_is(given_up: Path) -> None:
    (given_up / "manifest.sig").unlink()
    set_aside(given_up)
    assert not (given_up / "manifest-0001.sig").exists()
    assert (given_up / "manifest-0001.json").exists()


def test_a_manifest_that_is_none_counts_as_whole(folder: Path) -> None:
    (folder / "manifest.json").write_bytes(b"something else")
    assert is_whole(folder)
