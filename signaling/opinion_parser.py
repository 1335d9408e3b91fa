"""The arguments of ``lianzhen opinion``."""

from __future__ import annotations

from typing import Any


def add_opinion_parser(commands: Any) -> None:
    """Adds ``opinion`` to the command line."""
    opinion = commands.add_parser("opinion", help="核对会诊意见 / check a consultation's signed opinion")
    verbs = opinion.add_subparsers(dest="opinion_command", required=True, metavar="COMMAND")
    verify = verbs.add_parser("verify", help="核对 FHIR 文件里的意见 / check the opinion in a FHIR file")
    verify.add_argument("file", metavar="FILE")
    verify.add_argument("--key", required=True, metavar="FILE", help="可信的公钥 / the trusted public key")
