"""Writes tests/vectors/ecg/frames.json: what frames are, for every language that reads them."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from media_server.ecg.frame import MAX_COUNT, MAX_VALUE, Frame, FrameFlag, encode_frame

VECTORS = Path(__file__).parents[1] / "vectors/ecg/frames.json"


def main() -> None:
    """Writes the file anew."""
    lines = [json.dumps(entry, separators=(",", ":")) for entry in [*_sound(), *_broken()]]
    VECTORS.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def described(frame: Frame) -> dict[str, Any]:
    """What a frame says, in JSON's values; samples lead after lead."""
    return {
        "stream": frame.stream,
        "epoch": frame.epoch,
        "first_sample": frame.first_sample,
        "taken_us": frame.taken_us,
        "lead_off": frame.lead_off,
        "flags": int(frame.flags),
        "samples": frame.samples.T.tolist(),
    }


def _frame(rows: list[list[int]], **fields: object) -> Frame:
    return replace(Frame(7, 1, 1_000, 1_800_000_000_000_000, np.array(rows, np.int32)), **fields)


def _sound() -> list[dict[str, Any]]:
    wave = np.random.default_rng(1).integers(-400, 400, (20, 12), np.int32).cumsum(axis=0, dtype=np.int32)
    frames = {
        "one sample of one lead": _frame([[-3]]),
        "a lead that does not move": _frame([[5, 1], [5, 2], [5, 3]]),
        "40 ms of twelve leads": replace(_frame([[0]]), samples=wave),
        "sixteen leads": _frame([[lead * row for lead in range(16)] for row in range(5)], lead_off=0xFFFF),
        "the widest steps": _frame([[MAX_VALUE], [-MAX_VALUE], [MAX_VALUE]]),
        "the widest steps beside narrow ones": _frame([[0, MAX_VALUE], [1, -MAX_VALUE], [0, 3]]),
        "all flags": _frame([[1, 2]], flags=FrameFlag(15), lead_off=2),
        "the largest counts": _frame([[1]], first_sample=MAX_COUNT, taken_us=MAX_COUNT, stream=65_535),
    }
    return [{"name": name, "hex": encode_frame(one).hex(), **described(one)} for name, one in frames.items()]


def _broken() -> list[dict[str, Any]]:
    body = encode_frame(_frame([[1, 2], [3, 2], [0, 2]]))[:-4]

    def altered(at: int, value: bytes) -> bytes:
        changed = body[:at] + value + body[at + len(value) :]
        return changed + zlib.crc32(changed).to_bytes(4, "little")

    contents = {
        "nothing": (b"", "frame_truncated"),
        "cut off in its head": (body[:29], "frame_truncated"),
        "cut off in its check": (altered(0, b"")[:-1], "frame_truncated"),
        "widths beyond its end": (altered(38, b"\x20\x20"), "frame_truncated"),
        "foreign": (altered(0, b"\xed"), "frame_foreign"),
        "a later version": (altered(1, b"\x02"), "frame_version_unknown"),
        "another coding": (altered(27, b"\x00"), "frame_version_unknown"),
        "an unknown flag": (altered(2, b"\x10"), "frame_size_wrong"),
        "too large a number": (altered(8, b"\xff" * 8), "frame_size_wrong"),
        "too late a time": (altered(16, b"\xff" * 8), "frame_size_wrong"),
        "no samples": (altered(24, b"\x00\x00"), "frame_size_wrong"),
        "too many samples": (altered(24, b"\xff\xff"), "frame_size_wrong"),
        "no leads": (altered(26, b"\x00"), "frame_size_wrong"),
        "too many leads": (altered(26, b"\x11"), "frame_size_wrong"),
        "a lead off that is none": (altered(28, b"\x04"), "frame_size_wrong"),
        "a first value beyond its range": (altered(30, b"\xff\xff\xff\x7f"), "frame_size_wrong"),
        "too wide a step": (altered(38, b"\x21" + bytes(10)), "frame_size_wrong"),
        "padding that says something": (altered(40, b"\xff"), "frame_size_wrong"),
        "altered": (altered(40, b"\x00")[:-1] + b"\x00", "frame_altered"),
    }
    return [{"name": name, "hex": content.hex(), "code": code} for name, (content, code) in contents.items()]


if __name__ == "__main__":
    main()
