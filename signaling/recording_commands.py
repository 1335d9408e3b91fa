"""``lianzhen verify`` and ``lianzhen export``: what can be done with a recording's folder, without a
server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recording.errors import BadRecording, RecordingError, UnusableKey
from recording.export import export_folder
from recording.keys import load_public_key, trusted_key_path
from recording.verify import Fault, Verdict, verify_folder
from signaling.errors import SettingWrong, Unavailable
from signaling.messages import CATALOGUES, Language, say, say_to
from signaling.settings import chosen_language

EXIT_SOUND: Final = 0
EXIT_UNSOUND: Final = 1
MAX_GAPS_SHOWN: Final = 50


def verify(options: argparse.Namespace) -> int:
    """Prints both verdicts; returns 0 only for a recording that is unaltered and whole. Raises
    SettingWrong."""
    folder = _folder(options)
    language = chosen_language()
    verdict = verify_folder(folder, _public_key(options, folder, language))
    languages: Iterable[Language] = CATALOGUES if language is None else (language,)
    for each in languages:
        sys.stdout.write("".join(f"{line}\n" for line in verdict_text(verdict, each)))
    return EXIT_SOUND if verdict.is_sound else EXIT_UNSOUND


def export(options: argparse.Namespace) -> int:
    """Makes one playable file for each participant. Raises SettingWrong, Unavailable."""
    folder = _folder(options)
    language = chosen_language()
    out = Path(options.out) if options.out else Path.cwd() / f"{folder.resolve().name}-export"
    try:
        exported = export_folder(folder, out)
    except BadRecording as error:
        raise Unavailable(error.code, say_to("export.refused", language, reason=error.fault)) from None
    except (RecordingError, OSError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Unavailable("export_failed", say_to("export.refused", language, reason=reason)) from None
    if not exported:
        raise Unavailable("export_empty", say_to("export.nothing", language))
    for file in exported:
        sys.stdout.write(say_to("export.done", language, file=file.path) + "\n")
    return 0


def verdict_text(verdict: Verdict, language: Language) -> list[str]:
    """Returns the two verdicts as lines of text, each with its first fault and what it rests on."""
    integrity, completeness = verdict.integrity, verdict.completeness
    unaltered = [
        say(f"verify.{integrity.verdict}", language),
        say("verify.segments", language, count=integrity.segments),
        say(f"verify.signature_{integrity.signature}", language),
    ]
    whole = [say(f"verify.{completeness.verdict}", language)]
    if completeness.events_to:
        events = {"first": completeness.events_from, "last": completeness.events_to}
        whole.append(say("verify.events", language, **events))
    gaps = completeness.known_gaps
    if completeness.verdict != "unchecked":
        whole.append(say("verify.gaps" if gaps else "verify.no_gaps", language, count=len(gaps)))
    separator, colon = ("，", "：") if language == "zh" else (", ", ": ")
    lines = [say("verify.integrity", language) + colon + separator.join(unaltered)]
    lines += _fault_line(integrity.fault, language)
    lines.append(say("verify.completeness", language) + colon + separator.join(whole))
    lines += _fault_line(completeness.fault, language)
    for gap in gaps[:MAX_GAPS_SHOWN]:
        span = {"from_s": f"{gap.from_ms / 1000:.1f}", "to_s": f"{gap.to_ms / 1000:.1f}"}
        lines.append("  " + say("verify.gap", language, cause=gap.cause, who=gap.identity, **span))
    return lines


def _fault_line(fault: Fault | None, language: Language) -> list[str]:
    if fault is None:
        return []
    key = "verify.fault_file" if fault.offset is None else "verify.fault"
    return ["  " + say(key, language, file=fault.file, offset=fault.offset, code=fault.code)]


def _folder(options: argparse.Namespace) -> Path:
    folder = Path(options.folder)
    if not folder.is_dir():
        raise SettingWrong("FOLDER", say_to("verify.no_folder", chosen_language(), folder=folder))
    return folder


def _public_key(options: argparse.Namespace, folder: Path, language: Language | None) -> Ed25519PublicKey:
    path = Path(options.key) if options.key else trusted_key_path(folder)
    try:
        return load_public_key(path)
    except UnusableKey:
        raise SettingWrong("--key", say_to("verify.key_bad", language, file=path)) from None
    except OSError:
        raise SettingWrong("--key", say_to("verify.no_key", language)) from None
