"""The arguments of ``lianzhen ecg``."""

from __future__ import annotations

from typing import Any

FORMATS = ("wfdb", "edf", "dicom", "dicom_strip")


def add_ecg_parser(commands: Any) -> None:
    """Adds ``ecg`` to the command line."""
    ecg = commands.add_parser("ecg", help="心电文件 / ECG files of other systems")
    verbs = ecg.add_subparsers(dest="ecg_command", required=True, metavar="COMMAND")
    source_help = (
        "心电文件、WFDB 头文件或已封存的心电文件夹 / an ECG file, a WFDB header, or a sealed ECG's folder"
    )
    info = verbs.add_parser("info", help="看文件里有什么 / tell what a file holds")
    info.add_argument("source", metavar="SOURCE", help=source_help)
    export = verbs.add_parser("export", help="写成另一种格式 / write it in another format")
    export.add_argument("source", metavar="SOURCE", help=source_help)
    export.add_argument("--format", required=True, choices=FORMATS)
    export.add_argument("--out", default=".", metavar="DIR", help="写到哪里 / where to")
