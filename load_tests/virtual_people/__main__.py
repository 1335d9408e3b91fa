"""Starts the demo with its two virtual specialists, and stays until Ctrl+C."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from pathlib import Path
from typing import Final

from load_tests.virtual_people.expert import VirtualExpert
from signaling.auth.demo_people import DEMO_PASSWORD

EXPERTS: Final = ("wangmin", "chenzhiyuan")
"""Cardiology and respiratory medicine, first line (signaling/demo/duty.py)."""
_READY: Final = "ready "
WORDS: Final = """
虚拟人在线：王敏（心内科）、陈志远（呼吸内科）。画面和声音都标明是虚拟的。
打开这里打印的 https 地址，后面加 /kiosk，用“周岚”登录，选患者，请求会诊：
约 6 秒后有人接，约半分钟后签发意见。
Virtual people are on duty. Open the printed https address with /kiosk behind it, sign in as 周岚 (zhoulan),
choose a patient and ask for a consultation: somebody answers after 6 s and signs half a minute later.
"""


async def main() -> int:
    """Returns the service's exit code."""
    program = Path(sys.executable).with_name("lianzhen")
    service = await asyncio.create_subprocess_exec(program, "demo", stdout=asyncio.subprocess.PIPE)
    assert service.stdout is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, service.terminate)
    people: list[asyncio.Task[None]] = []
    async for line in service.stdout:
        text = line.decode(errors="replace")
        sys.stdout.write(text)
        sys.stdout.flush()
        if text.startswith(_READY) and not people:
            url = text.split()[1]
            experts = [VirtualExpert(url, login, DEMO_PASSWORD) for login in EXPERTS]
            people = [asyncio.create_task(expert.run()) for expert in experts]
            sys.stdout.write(WORDS)
            sys.stdout.flush()
    for one in people:
        one.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await one
    return await service.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
