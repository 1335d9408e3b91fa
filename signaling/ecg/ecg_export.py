"""An ECG as files for other systems: which samples go into which format, under what name."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from clinical.ecg_report import Strip
from recording.exchange.civil_time import CHINA
from recording.exchange.dicom_writer import (
    DicomContext,
    write_dicom_session,
    write_dicom_strip,
)
from recording.exchange.edf_writer import write_edf
from recording.exchange.fhir_writer import FhirContext, FhirReport, write_fhir
from recording.exchange.recorded import Annotation, Recorded
from recording.exchange.session import cut
from recording.exchange.subject import Subject
from recording.exchange.wfdb_writer import write_wfdb
from signaling.ecg.ecgs import Ecg

GIVEN_UP_CODE: Final = "given-up"
"""Of the annotation that tells of it."""
STRIP_S: Final = 10
"""Of a 12-lead object, and of what goes where nobody has marked a strip."""
_OLD_DOS_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""In every archive, so that the same ECG gives the same bytes."""


class ExportFormat(StrEnum):
    """What can be had."""

    WFDB = "wfdb"
    """The whole session, as an archive of its files."""
    DICOM = "dicom"
    """The whole session as General ECG."""
    DICOM_STRIP = "dicom_strip"
    """12-lead ECG: each strip that the signed report rests on, else the first ten seconds."""
    EDF = "edf"
    FHIR = "fhir"
    """The first strip, with what was signed."""


WHOLE: Final = frozenset({ExportFormat.WFDB, ExportFormat.DICOM, ExportFormat.EDF})
"""Formats that take the whole session; the others take strips."""


@dataclass(frozen=True, slots=True)
class Exported:
    """One file to be handed out."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class ExportContext:
    """What is said beside the samples. ``subject`` is empty unless the caller wants the patient named."""

    ecg: str
    serial: str
    subject: Subject
    institution: str
    report: FhirReport
    written_us: int


def strips_to_read(marked: Sequence[Strip], first: Strip) -> list[Strip]:
    """Returns the strips of ten seconds or less that the marked ones make; ``first`` is the beginning of the
    ECG, which is cut to ten seconds where none is marked.
    """
    found: list[Strip] = []
    for strip in marked or [_cut_to_strip(first)]:
        step = STRIP_S * strip.rate_hz
        for start in range(strip.first_sample, strip.end_sample, step):
            end = min(start + step, strip.end_sample)
            found.append(Strip(strip.epoch, start, end, strip.rate_hz))
    return found


def part_of(recorded: Recorded, first_sample: int, strip: Strip) -> Recorded:
    """Returns a strip of what was read for it: ``first_sample`` is the number of its first row."""
    start = max(0, strip.first_sample - first_sample)
    return cut(recorded, start, min(len(recorded.samples), strip.end_sample - first_sample))


def with_given_up(session: Recorded, ecg: Ecg) -> Recorded:
    """Returns the session with a word at its end where the rest was declared lost and has not come: gaps are
    gaps by themselves, what may follow the last sample is not seen otherwise.
    """
    return _noted(session, lost_rest(ecg), len(session.samples) - 1)


def with_given_up_of(part: Recorded, strip: Strip, ecg: Ecg) -> Recorded:
    """Returns what is here of a strip, with a word that the rest of its ECG was declared lost and has not
    come, and how much is missing of the strip itself.
    """
    here = len(part.samples) - sum(span.length for span in part.missing)
    gone_ms = (strip.end_sample - strip.first_sample - here) * 1000 // strip.rate_hz
    said = lost_rest(ecg)
    return _noted(part, said and f"{said}; {gone_ms} ms missing of this part", None)


def lost_rest(ecg: Ecg) -> str:
    """Returns what files say of a rest that was declared lost and has not come, "" of every other ECG."""
    if ecg.given_up is None or ecg.is_complete:
        return ""
    at = datetime.fromtimestamp(ecg.given_up.at_ms / 1000, CHINA).isoformat(timespec="seconds")
    end = "end known" if ecg.declared is not None else "more may follow"
    return f"rest of the ECG declared lost {at}; missing {ecg.missing_ms} ms; {end}"


def _noted(recorded: Recorded, text: str, at: int | None) -> Recorded:
    if not text:
        return recorded
    note = Annotation(at, GIVEN_UP_CODE, text, "lianzhen")
    return replace(recorded, annotations=(*recorded.annotations, note))


def export_session(recorded: Recorded, wanted: ExportFormat, context: ExportContext) -> Exported:
    """Returns the whole session in one of WHOLE. Raises Unwritable."""
    if wanted is ExportFormat.WFDB:
        name = context.serial.replace("-", "_")
        files = write_wfdb(name, recorded, CHINA)
        return Exported(f"{context.serial}-wfdb.zip", "application/zip", _archive(files))
    if wanted is ExportFormat.EDF:
        content = write_edf(recorded, context.subject, CHINA)
        return Exported(f"{context.serial}.edf", "application/octet-stream", content)
    content = write_dicom_session(recorded, _dicom(context))
    return Exported(f"{context.serial}.dcm", "application/dicom", content)


def export_strips(strips: Sequence[Recorded], wanted: ExportFormat, context: ExportContext) -> Exported:
    """Returns strips, at least one, in a format that is not of WHOLE. Raises Unwritable."""
    if wanted is ExportFormat.FHIR:
        about = FhirContext(context.ecg, context.subject, CHINA, context.report, _lost_words(strips[0]))
        return Exported(f"{context.serial}.json", "application/fhir+json", write_fhir(strips[0], about))
    files = {
        f"{context.serial}-{number:02}.dcm": write_dicom_strip(strip, _dicom(context))
        for number, strip in enumerate(strips, 1)
    }
    if len(files) == 1:
        ((name, content),) = files.items()
        return Exported(name, "application/dicom", content)
    return Exported(f"{context.serial}-dicom.zip", "application/zip", _archive(files))


def _lost_words(strip: Recorded) -> str:
    said = next((note.text for note in strip.annotations if note.code == GIVEN_UP_CODE), "")
    return said and f"此心电的其余数据已声明缺失 · {said}"


def _cut_to_strip(first: Strip) -> Strip:
    end = min(first.end_sample, first.first_sample + STRIP_S * first.rate_hz)
    return Strip(first.epoch, first.first_sample, end, first.rate_hz)


def _dicom(context: ExportContext) -> DicomContext:
    return DicomContext(context.ecg, context.subject, context.institution, CHINA, context.written_us)


def _archive(files: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _OLD_DOS_TIME), content, zipfile.ZIP_DEFLATED)
    return file.getvalue()
