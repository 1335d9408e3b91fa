"""``lianzhen ecg info`` and ``lianzhen ecg export``: ECG files of other systems, without a service."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from media_server.ecg.descriptor import Source
from recording.exchange.civil_time import CHINA, from_unix_us
from recording.exchange.dicom_writer import DicomContext, write_dicom_session, write_dicom_strip
from recording.exchange.edf_writer import write_edf
from recording.exchange.errors import ExchangeError
from recording.exchange.loading import recording_at
from recording.exchange.recorded import Recorded
from recording.exchange.session import cut
from recording.exchange.subject import NOBODY
from recording.exchange.wfdb_writer import write_wfdb
from recording.files import create_atomically, make_private_folder
from signaling.errors import SettingWrong, Unavailable
from signaling.messages import CATALOGUES, Language, say, say_to
from signaling.settings import chosen_language

STRIP_S: Final = 10
_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def ecg(options: argparse.Namespace) -> int:
    """Runs one verb. Raises SettingWrong: there is no such path; Unavailable: it cannot be read, or does not
    fit into the format.
    """
    source = Path(options.source)
    language = chosen_language()
    try:
        recorded = recording_at(source, CHINA)
        if options.ecg_command == "info":
            for each in CATALOGUES if language is None else (language,):
                sys.stdout.write("".join(f"{line}\n" for line in info_lines(recorded, each)))
            return 0
        files = written(recorded, options.format, name_of(source), time.time_ns() // 1_000)
        for path in _put(Path(options.out), files):
            sys.stdout.write(say_to("export.done", language, file=path) + "\n")
    except ExchangeError as refused:
        sentence = say_to(f"api.{refused.code}", language, field=refused.detail)
        raise Unavailable(refused.code, f"{sentence} [{refused.code}]") from None
    except FileExistsError as error:
        raise Unavailable("ecg_exists", say_to("ecg.exists", language, file=error.filename)) from None
    except OSError as error:
        raise SettingWrong(
            "SOURCE", say_to("ecg.no_file", language, file=source, reason=error.strerror)
        ) from None
    return 0


def info_lines(recorded: Recorded, language: Language) -> list[str]:
    """Returns what a file holds, as lines of text; nothing in it names the patient."""
    described = recorded.descriptor
    count, rate_hz = len(recorded.samples), described.rate_hz
    lines = [
        say(
            "ecg.info",
            language,
            leads=" ".join(described.leads),
            rate_hz=rate_hz,
            resolution_uv=f"{described.resolution_nv / 1_000:g}",
            seconds=f"{count / rate_hz:.1f}",
        )
    ]
    if described.source is Source.SIMULATOR:
        lines.append(say("ecg.simulated", language))
    if not described.is_diagnostic:
        lines.append(say("ecg.monitoring_only", language))
    if recorded.started_us is not None:
        began = from_unix_us(recorded.started_us, CHINA).isoformat(sep=" ", timespec="milliseconds")
        lines.append(say("ecg.began", language, began=began))
    gone = sum(span.length for span in recorded.missing)
    if gone:
        missing = {"count": len(recorded.missing), "seconds": f"{gone / rate_hz:.3f}"}
        lines.append(say("ecg.missing", language, **missing))
    if recorded.left_out:
        lines.append(say("ecg.left_out", language, signals=" ".join(recorded.left_out)))
    for measured in recorded.measurements:
        words = {"name": measured.name, "value": measured.value, "unit": measured.unit}
        lines.append("  " + say("ecg.measured", language, source=measured.source, **words))
    lines.append(say("ecg.annotations", language, count=len(recorded.annotations)))
    return lines


def written(recorded: Recorded, wanted: str, name: str, now_us: int) -> Mapping[str, bytes]:
    """Returns the files of a format by name. Raises Unwritable."""
    if wanted == "wfdb":
        return write_wfdb(name, recorded, CHINA)
    if wanted == "edf":
        return {f"{name}.edf": write_edf(recorded, NOBODY, CHINA)}
    context = DicomContext(name, NOBODY, "", CHINA, now_us)
    if wanted == "dicom":
        return {f"{name}.dcm": write_dicom_session(recorded, context)}
    end = min(len(recorded.samples), STRIP_S * recorded.descriptor.rate_hz)
    return {f"{name}-strip.dcm": write_dicom_strip(cut(recorded, 0, end), context)}


def name_of(source: Path) -> str:
    """Returns what the files are called: the source's own name, as far as every format takes its letters."""
    stem = source.resolve().stem
    return "".join(letter if letter in _NAME else "_" for letter in stem) or "ecg"


def _put(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    make_private_folder(folder)
    for name, content in files.items():
        create_atomically(folder / name, content)
    return [folder / name for name in files]
