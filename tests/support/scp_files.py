"""SCP-ECG files made according to EN 1064, for there is none with a free licence: plain, and packed with the
default Huffman table.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Mapping, Sequence

import numpy as np

from recording.exchange.scp_reader import DEFAULT_TABLE

STANDARD_LEAD_NUMBERS = (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8)


def scp_file(sections: Mapping[int, bytes]) -> bytes:
    """The file with these sections' bodies; all checksums right."""
    numbers = range(max(12, max(sections) + 1))
    head_bytes = 16 + 10 * len(numbers)
    pointers, bodies, at = b"", b"", 6 + head_bytes
    for number in numbers:
        whole = _section(number, sections[number]) if number in sections else b""
        length = head_bytes if number == 0 else len(whole)
        place = 7 if number == 0 else at + 1 if whole else 0
        pointers += struct.pack("<HII", number, length, place)
        bodies += whole
        at += len(whole)
    rest = _section(0, pointers, b"SCPECG") + bodies
    sized = struct.pack("<I", 6 + len(rest)) + rest
    return _checked(sized)


def _section(number: int, body: bytes, reserved: bytes = b"") -> bytes:
    return _checked(struct.pack("<HIBB6s", number, 16 + len(body), 20, 20, reserved) + body)


def _checked(content: bytes) -> bytes:
    return struct.pack("<H", binascii.crc_hqx(content, 0xFFFF)) + content


def tag(number: int, value: bytes) -> bytes:
    return struct.pack("<BH", number, len(value)) + value


def patient_section(*, zone_minutes: int | None = None) -> bytes:
    """Section 1 as a cart writes it, patient and all."""
    device = struct.pack("<HHHBB6s", 0, 0, 7, 0, 255, b"BoxA1\0") + bytes(22)
    body = tag(0, b"Zhang\0") + tag(2, b"ID-77\0") + tag(14, device)
    body += tag(25, struct.pack("<HBB", 2026, 11, 22)) + tag(26, bytes((13, 5, 7)))
    body += tag(27, struct.pack("<H", 5)) + tag(28, struct.pack("<H", 150)) + tag(29, b"\x02")
    if zone_minutes is not None:
        body += tag(34, struct.pack("<hH", zone_minutes, 0) + b"\0")
    return body + b"\xff\0\0"


def leads_section(places: Sequence[tuple[int, int, int]], *, flags: int = 4) -> bytes:
    """Section 3: each lead's first and last sample, and its number."""
    return bytes((len(places), flags)) + b"".join(struct.pack("<IIB", *place) for place in places)


def rhythm_section(
    leads: Sequence[bytes], *, step_nv: int, interval_us: int, order: int = 0, bimodal: int = 0
) -> bytes:
    lengths = struct.pack(f"<{len(leads)}H", *map(len, leads))
    return struct.pack("<HHBB", step_nv, interval_us, order, bimodal) + lengths + b"".join(leads)


def plain(samples: np.ndarray) -> bytes:
    return samples.astype("<i2").tobytes()


def packed(numbers: Sequence[int]) -> bytes:
    """With the default Huffman table, to a whole and even number of bytes."""
    bits = "".join(_code(number) for number in numbers)
    bits += "1" * (-len(bits) % 16)
    return int("0" + bits, 2).to_bytes(len(bits) // 8, "big")


def _code(number: int) -> str:
    if number == 0:
        return "0"
    if abs(number) <= 8:
        return "1" * abs(number) + "0" + ("1" if number < 0 else "0")
    if -128 <= number < 128:
        return "1" * 9 + "0" + f"{number & 0xFF:08b}"
    return "1" * 10 + f"{number & 0xFFFF:016b}"


def differences(samples: np.ndarray, order: int) -> list[int]:
    """The first samples as they are, then first or second differences."""
    if order == 0:
        return [int(value) for value in samples]
    return [int(value) for value in (*samples[:order], *np.diff(samples.astype(np.int64), order))]


def scp_of(
    samples: np.ndarray,
    *,
    step_nv: int = 2_500,
    interval_us: int = 2_000,
    order: int = 0,
    is_packed: bool = False,
    lead_numbers: Sequence[int] = STANDARD_LEAD_NUMBERS,
    more: Mapping[int, bytes] | None = None,
) -> bytes:
    """A whole ECG: one row a sampling instant, one column a lead."""
    leads = [differences(column, order) for column in samples.T]
    coded = [packed(lead) if is_packed else plain(np.array(lead)) for lead in leads]
    sections = {
        1: patient_section(),
        3: leads_section([(1, len(samples), number) for number in lead_numbers]),
        6: rhythm_section(coded, step_nv=step_nv, interval_us=interval_us, order=order),
        **({2: struct.pack("<H", DEFAULT_TABLE)} if is_packed else {}),
        **(more or {}),
    }
    return scp_file(sections)
