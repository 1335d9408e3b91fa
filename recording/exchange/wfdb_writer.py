"""Writes a WFDB record: header, one signal file, and the annotations where there are any.

Missing samples have the format's own number for that, which every reader takes for nothing. WFDB has no place
for the patient but its comments: none is written.
"""

from __future__ import annotations

from datetime import tzinfo
from fractions import Fraction

import numpy as np

from media_server.ecg.descriptor import Source
from recording.exchange.civil_time import from_unix_us
from recording.exchange.edf_texts import decimal
from recording.exchange.recorded import Recorded
from recording.exchange.session import absent_of
from recording.exchange.simulated import SIMULATED_TEXT
from recording.exchange.wfdb_annotations import format_wfdb_annotations
from recording.exchange.wfdb_signals import MISSING, Numbers


def write_wfdb(name: str, recorded: Recorded, zone: tzinfo) -> dict[str, bytes]:
    """Returns the files by name; ``zone`` is that of the header's clock, which names none.

    Samples are stored in format 16, or in 32 where one does not fit into it; none changes.
    """
    largest = max(int(recorded.samples.max()), -int(recorded.samples.min()))
    coding = 16 if largest < -MISSING[16] else 32
    stored = np.where(absent_of(recorded), MISSING[coding], recorded.samples)
    files = {
        f"{name}.hea": _header(name, recorded, zone, coding, stored),
        f"{name}.dat": stored.astype("<i2" if coding == 16 else "<i4").tobytes(),
    }
    if recorded.annotations:
        files[f"{name}.atr"] = format_wfdb_annotations(recorded.annotations)
    return files


def _header(name: str, recorded: Recorded, zone: tzinfo, coding: int, stored: Numbers) -> bytes:
    described = recorded.descriptor
    count, leads = stored.shape
    record = f"{name} {leads} {described.rate_hz} {count}"
    if recorded.started_us is not None:
        record += from_unix_us(recorded.started_us, zone).strftime(" %H:%M:%S.%f %d/%m/%Y")
    gain = decimal(Fraction(1_000_000, described.resolution_nv)).decode()
    lines = [record]
    for place, lead in enumerate(described.leads):
        column = stored[:, place]
        checksum = (int(column.sum(dtype=np.int64)) + 2**15) % 2**16 - 2**15
        lines.append(f"{name}.dat {coding} {gain}(0)/mV {coding} 0 {column[0]} {checksum} 0 {lead}")
    lines.append(f"# band {described.band_low_mhz / 1000:g}-{described.band_high_hz} Hz")
    if described.notch_hz:
        lines.append(f"# notch {described.notch_hz} Hz")
    if described.model:
        lines.append(f"# device {described.model}")
    if described.source is Source.SIMULATOR:
        lines.append(f"# {SIMULATED_TEXT}")
    return ("\n".join(lines) + "\n").encode()
