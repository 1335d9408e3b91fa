"""The parameter sets in an H.264 access unit in Annex B (ITU-T H.264 §7.3.1, Annex B.1)."""

from __future__ import annotations

import re

_START_CODE = re.compile(rb"\x00\x00\x01")
_SPS, _PPS = 7, 8


def parameter_sets(access_unit: bytes) -> bytes:
    """The SPS and PPS NAL units in ``access_unit``, each with a 4-byte start code; empty where there are
    none.
    """
    found: list[bytes] = []
    starts = [match.end() for match in _START_CODE.finditer(access_unit)]
    for index, start in enumerate(starts):
        if start < len(access_unit) and access_unit[start] & 0x1F in (_SPS, _PPS):
            end = starts[index + 1] - 3 if index + 1 < len(starts) else len(access_unit)
            # A NAL unit never ends in a zero byte; those belong to the next start code (Annex B.1.1).
            found.append(b"\x00\x00\x00\x01" + access_unit[start:end].rstrip(b"\x00"))
    return b"".join(found)
