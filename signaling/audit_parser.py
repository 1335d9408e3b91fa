"""What the command line takes for ``audit``, ``backup`` and ``restore``."""

from __future__ import annotations

import argparse

from recording.audit.verifier_main import add_trust_options


def add_audit_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds ``audit`` and what follows it."""
    audit = commands.add_parser("audit", help="核对、导出、联署事件账本 / check, export, cosign the ledger")
    acts = audit.add_subparsers(dest="audit_command", required=True, metavar="COMMAND")
    verify = acts.add_parser("verify", help="核对数据文件夹或证据包 / check a data folder or a package")
    verify.add_argument("folder", nargs="?", default="", metavar="FOLDER")
    add_trust_options(verify)
    export = acts.add_parser("export", help="导出证据包 / make an evidence package")
    export.add_argument("folder", metavar="FOLDER")
    export.add_argument("--institution", action="append", default=[], metavar="ID")
    export.add_argument("--with-personal", action="store_true", help="连同个人信息 / personal fields as well")
    stamp = acts.add_parser("stamp", help="请时间戳机构盖章 / have the latest checkpoints time-stamped")
    stamp.add_argument("--url", required=True, help="RFC 3161")
    stamp.add_argument("--authority", action="append", default=[], metavar="FILE", help="根证书 / root (PEM)")
    cosign = acts.add_parser("cosign", help="核对后联署 / check, then cosign the latest checkpoints")
    cosign.add_argument("folder", metavar="FOLDER")
    cosign.add_argument("--name", required=True, help="联署人的名字 / the cosigner's name")
    cosign.add_argument("--state", required=True, metavar="DIR", help="密钥与留存 / key, and notes kept")
    add_trust_options(cosign)


def add_backup_parsers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds ``backup`` and ``restore``."""
    backup = commands.add_parser("backup", help="备份数据库和密钥 / back up database and keys")
    backup.add_argument("file", metavar="FILE")
    restore = commands.add_parser("restore", help="从备份恢复 / restore a backup into an empty place")
    restore.add_argument("file", metavar="FILE")
