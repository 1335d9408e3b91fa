"""Reads an ECG file of any of the formats, whichever it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from typing import Final

from recording.exchange.civil_time import CHINA
from recording.exchange.edf_reader import EDF_MAGIC, read_edf
from recording.exchange.errors import Refusal, UnreadableFile
from recording.exchange.recorded import Recorded
from recording.exchange.scp_reader import SCP_MAGIC, SCP_MAGIC_AT, read_scp
from recording.exchange.wfdb_reader import HEADER_SUFFIX, read_wfdb

MAX_FILES: Final = 8
"""Of one recording: a WFDB record of a header, signal files and annotations."""
MAX_FILES_BYTES: Final = 64 * 1024 * 1024
"""Of one recording: twice what MAX_VALUES samples of 8 bits take, half of what 32 bits take."""
DICOM_MAGIC: Final = b"DICM"
DICOM_MAGIC_AT: Final = 128
"""After a preamble that may hold anything (PS3.10 7.1)."""


class Kind(StrEnum):
    """The formats that are read here."""

    WFDB = "wfdb"
    EDF = "edf"
    """EDF, EDF+C and EDF+D."""
    DICOM = "dicom"
    SCP = "scp"
    """SCP-ECG, EN 1064."""


def read_recording(files: Mapping[str, bytes], kind: Kind | None = None, *, zone: tzinfo = CHINA) -> Recorded:
    """Returns what the files hold, given by their names without folder.

    ``kind`` is what the sender says it is; without it the content decides. ``zone`` is of clocks that do not
    name theirs. Raises UnreadableFile, and nothing else for whatever bytes.
    """
    if len(files) > MAX_FILES or sum(map(len, files.values())) > MAX_FILES_BYTES:
        raise UnreadableFile(Refusal.TOO_LARGE, "files")
    found = kind_of(files)
    if found is None or kind not in (None, found):
        raise UnreadableFile(Refusal.KIND_UNKNOWN)
    if found == Kind.WFDB:
        return read_wfdb(files, zone)
    content = _only(files)
    if found == Kind.EDF:
        return read_edf(content, zone)
    if found == Kind.SCP:
        return read_scp(content, zone)
    # The library brings DICOM's whole dictionary with it: only whoever reads such a file waits for that.
    from recording.exchange.dicom_reader import read_dicom

    return read_dicom(content, zone)


def kind_of(files: Mapping[str, bytes]) -> Kind | None:
    """What the files are by name and first bytes, or None."""
    if any(name.endswith(HEADER_SUFFIX) for name in files):
        return Kind.WFDB
    first = next(iter(files.values()), b"")
    if first.startswith(EDF_MAGIC):
        return Kind.EDF
    if first[DICOM_MAGIC_AT:].startswith(DICOM_MAGIC):
        return Kind.DICOM
    if first[SCP_MAGIC_AT:].startswith(SCP_MAGIC):
        return Kind.SCP
    return None


def _only(files: Mapping[str, bytes]) -> bytes:
    if len(files) != 1:
        raise UnreadableFile(Refusal.PART_MISSING, "files")
    return next(iter(files.values()))
