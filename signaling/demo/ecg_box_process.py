"""The process of the demo's ECG box: `lianzhen gateway run`, until whoever started it is gone."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from clients.gateway.command import gateway


def main() -> int:
    """Plays the recording of the second argument for the gateway whose folder is the first."""
    folder, recording = sys.argv[1:]
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    options = argparse.Namespace(gateway_command="run", data=folder, source=f"loop:{recording}")
    return gateway(options, None)


def _end_with_the_parent() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
