"""``lianzhen opinion verify FILE``: the signed opinion in a bundle that was handed out, without a service."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from recording.errors import UnusableKey
from recording.keys import load_public_key
from signaling.consult.bundle_check import BundleVerdict, NoSignedOpinion, check_bundle
from signaling.consult.opinion_paper import clock
from signaling.errors import SettingWrong
from signaling.messages import CATALOGUES, Language, say, say_to
from signaling.settings import chosen_language

EXIT_SOUND: Final = 0
EXIT_UNSOUND: Final = 1


def verify_opinion(options: argparse.Namespace) -> int:
    """Prints the verdict; returns 0 only for an unaltered opinion. Raises SettingWrong."""
    language = chosen_language()
    path, public_key = Path(options.file), _public_key(options.key, language)
    try:
        verdict = check_bundle(json.loads(path.read_bytes()), public_key)
    except (OSError, ValueError, RecursionError, NoSignedOpinion):
        raise SettingWrong("FILE", say_to("opinion.no_file", language, file=path)) from None
    languages: Iterable[Language] = CATALOGUES if language is None else (language,)
    for each in languages:
        sys.stdout.write("".join(f"{line}\n" for line in verdict_lines(verdict, each)))
    return EXIT_UNSOUND if verdict.faults else EXIT_SOUND


def verdict_lines(verdict: BundleVerdict, language: Language) -> list[str]:
    """Returns the verdict as lines of text: first whether it is unaltered, then what does not fit, then
    what it is about."""
    seal = verdict.seal
    lines = [say("verify.altered" if verdict.faults else "verify.unaltered", language)]
    lines += [f"  {say(f'opinion.fault_{fault.value}', language)}" for fault in verdict.faults]
    if seal is not None:
        facts = {"serial": seal.serial, "author": seal.author, "licence": seal.licence}
        lines.append(say("opinion.about", language, at=clock(seal.signed_at_ms), **facts))
    lines.append(say("opinion.fingerprint", language, fingerprint=verdict.fingerprint))
    return lines


def _public_key(named: str, language: Language | None) -> Ed25519PublicKey:
    try:
        return load_public_key(Path(named))
    except (OSError, UnusableKey):
        raise SettingWrong("--key", say_to("verify.key_bad", language, file=named)) from None
