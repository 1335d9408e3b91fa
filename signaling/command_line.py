"""The ``lianzhen`` command: serve, demo, token, verify, export, audit, opinion, backup, restore, gateway,
ecg.

Exit codes: 0 fine, 1 refused, 2 wrong setting or usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Final

from signaling.audit_parser import add_audit_parser, add_backup_parsers
from signaling.ecg_parser import add_ecg_parser
from signaling.errors import SettingWrong, Unavailable
from signaling.gateway_parser import add_gateway_parser
from signaling.messages import say_to
from signaling.opinion_parser import add_opinion_parser
from signaling.settings import chosen_language, read_settings, require_secret

EXIT_OK: Final = 0
EXIT_REFUSED: Final = 1
EXIT_WRONG: Final = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code; every refusal is one sentence on stderr."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = _COMMANDS[options.command]
    try:
        return command(options)
    except SettingWrong as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_WRONG
    except Unavailable as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_REFUSED
    except BrokenPipeError:
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return EXIT_OK


def _serve(options: argparse.Namespace) -> int:
    # First, for the rest takes seconds to import: whoever wrote a wrong setting hears so at once.
    settings = read_settings()
    if options.command != "demo":
        require_secret(settings)
    # Imported here: token and verify must not need the native core.
    try:
        from signaling.serving import serve
    except ImportError as error:
        if error.name == "lianzhen_core":
            raise Unavailable("core_missing", say_to("start.core_missing", chosen_language())) from None
        raise
    return serve(settings, is_demo=options.command == "demo")


def _demo(options: argparse.Namespace) -> int:
    if not options.seed_only:
        return _serve(options)
    from signaling.demo.command import seed_only

    return seed_only()


def _token(options: argparse.Namespace) -> int:
    from signaling.token_command import print_token

    return print_token(options)


def _verify(options: argparse.Namespace) -> int:
    from signaling.recording_commands import verify

    return verify(options)


def _export(options: argparse.Namespace) -> int:
    from signaling.recording_commands import export

    return export(options)


def _audit(options: argparse.Namespace) -> int:
    from signaling.audit_commands import audit

    return audit(options)


def _opinion(options: argparse.Namespace) -> int:
    from signaling.opinion_command import verify_opinion

    return verify_opinion(options)


def _backup(options: argparse.Namespace) -> int:
    from signaling.backup_commands import backup

    return backup(options)


def _restore(options: argparse.Namespace) -> int:
    from signaling.backup_commands import restore

    return restore(options)


def _gateway(options: argparse.Namespace) -> int:
    # Imported here: the service runs without the gateway, and the gateway's machine without the service.
    from clients.gateway.command import gateway

    return gateway(options, chosen_language())


def _ecg(options: argparse.Namespace) -> int:
    from signaling.ecg_command import ecg

    return ecg(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lianzhen", description="联诊 Lianzhen: rooms for county medical communities"
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("serve", help="启动服务 / start the service (settings: LIANZHEN_…)")
    demo = commands.add_parser("demo", help="带演示账号启动 / start with demo accounts and a key of its own")
    demo.add_argument("--seed-only", action="store_true", help="只写入数据 / fill the data folder and exit")
    token = commands.add_parser("token", help="打印一个进房凭证 / print a room token")
    token.add_argument("--identity", required=True)
    token.add_argument("--room", required=True)
    token.add_argument("--name", default="")
    token.add_argument("--no-publish", action="store_true", help="只看只听 / may only watch and listen")
    token.add_argument("--hidden", action="store_true", help="不在名单上 / not in the roster")
    token.add_argument("--record", action="store_true", help="可以录制 / may record")
    token.add_argument("--admin", action="store_true", help="可以管理 / may administer the room")
    token.add_argument("--ttl", type=int, default=None, metavar="SECONDS")
    verify = commands.add_parser("verify", help="核对一份录像 / check a recording (0 sound, 1 not, 2 usage)")
    verify.add_argument("folder", metavar="FOLDER")
    verify.add_argument("--key", default="", metavar="FILE", help="可信的公钥 / the trusted public key")
    export = commands.add_parser("export", help="导出可播放的文件 / make playable files")
    export.add_argument("folder", metavar="FOLDER")
    export.add_argument("--out", default="", metavar="DIR")
    add_audit_parser(commands)
    add_opinion_parser(commands)
    add_backup_parsers(commands)
    add_gateway_parser(commands)
    add_ecg_parser(commands)
    return parser


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "serve": _serve,
    "demo": _demo,
    "token": _token,
    "verify": _verify,
    "export": _export,
    "audit": _audit,
    "opinion": _opinion,
    "backup": _backup,
    "restore": _restore,
    "gateway": _gateway,
    "ecg": _ecg,
}

if __name__ == "__main__":
    sys.exit(main())
