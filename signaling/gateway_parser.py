"""The arguments of ``lianzhen gateway``."""

from __future__ import annotations

from typing import Any

DATA = "var/gateway"
SOURCE_HELP = (
    "信号源 / the source: simulator, replay:FILE, loop:FILE, serial:DEVICE@BAUD, tcp:HOST:PORT, listen:PORT, "
    "mllp:PORT, bluetooth:ADDRESS"
)


def add_gateway_parser(commands: Any) -> None:
    """Adds ``gateway`` to the command line."""
    gateway = commands.add_parser("gateway", help="心电网关 / the gateway beside an ECG device")
    verbs = gateway.add_subparsers(dest="gateway_command", required=True, metavar="COMMAND")
    enrol = verbs.add_parser("enrol", help="用登记码登记本机 / enrol this machine with a code")
    enrol.add_argument("--server", required=True, metavar="URL", help="服务器地址 / https://<host>:<port>")
    enrol.add_argument("--code", required=True, help="管理员给的登记码 / the code an administrator gave")
    enrol.add_argument("--ca", default="", metavar="FILE", help="可信的证书 / certificate to trust (PEM)")
    enrol.add_argument("--data", default=DATA, metavar="DIR", help="数据目录 / data folder")
    run = verbs.add_parser("run", help="采集并上传 / read the device and send")
    run.add_argument("--source", required=True, help=SOURCE_HELP)
    run.add_argument("--data", default=DATA, metavar="DIR", help="数据目录 / data folder")
    selftest = verbs.add_parser("selftest", help="用定标脉冲自检 / test with the calibration pulse")
    selftest.add_argument("--source", required=True, help=SOURCE_HELP)
