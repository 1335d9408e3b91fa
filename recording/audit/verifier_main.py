"""The program in a package: ``python3 verify.pyz`` checks the folder it lies in, offline, without a service.

It needs Python 3.11 and nothing else; with the ``cryptography`` package it is faster.
"""

from __future__ import annotations

import argparse
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from recording.audit.report import report_lines
from recording.audit.request import BadRequest, Request, check
from recording.audit.suites import IS_FAST

EXIT_SOUND: Final = 0
EXIT_UNSOUND: Final = 1
EXIT_WRONG: Final = 2


def main(archive: Path, arguments: Sequence[str]) -> int:
    """Runs the program; ``archive`` is the file it lies in. Returns the exit code."""
    with zipfile.ZipFile(archive) as content:
        catalogues: dict[str, dict[str, str]] = json.loads(content.read("sentences.json"))
    options = _options(archive, arguments)
    languages = [options.language] if options.language else sorted(catalogues, reverse=True)
    try:
        verdict = check(
            Request(
                Path(options.folder),
                keys=tuple(map(Path, options.key)),
                fingerprint=options.fingerprint,
                checkpoints=tuple(map(Path, options.checkpoint)),
                cosigners=tuple(map(Path, options.cosigner)),
                authorities=tuple(map(Path, options.authority)),
            )
        )
    except BadRequest as wrong:
        for language in languages:
            sys.stderr.write(catalogues[language][wrong.key].format(**wrong.facts) + "\n")
        return EXIT_WRONG
    for language in languages:
        lines = report_lines(verdict, catalogues[language])
        if not IS_FAST:
            lines.append(catalogues[language]["audit.slow"])
        sys.stdout.write("".join(f"{line}\n" for line in lines))
    return EXIT_SOUND if verdict.is_sound else EXIT_UNSOUND


def _options(archive: Path, arguments: Sequence[str]) -> Any:
    parser = argparse.ArgumentParser(prog="verify.pyz", description="核对证据包 / check an evidence package")
    parser.add_argument("folder", nargs="?", default=str(archive.parent), metavar="FOLDER")
    add_trust_options(parser)
    parser.add_argument("--language", choices=("zh", "en"), default="")
    return parser.parse_args(arguments)


def add_trust_options(parser: argparse.ArgumentParser) -> None:
    """Adds what an auditor can bring: the same for this program and for ``lianzhen audit verify``."""
    add = parser.add_argument
    add("--key", action="append", default=[], metavar="FILE", help="可信的公钥 / the trusted public key")
    add("--fingerprint", default="", metavar="sha256:…", help="公钥的指纹 / the key's fingerprint")
    add(
        "--checkpoint",
        action="append",
        default=[],
        metavar="FILE",
        help="早先的检查点 / an older one",
    )
    add("--cosigner", action="append", default=[], metavar="FILE", help="联署人的公钥 / a cosigner's key")
    add("--authority", action="append", default=[], metavar="FILE", help="时间戳根证书 / a stamp root (PEM)")


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main(Path(sys.argv[0]).resolve(), sys.argv[1:]))
