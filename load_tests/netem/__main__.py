"""Joins two network namespaces by an emulated link, until the end of a command or of the input.

    python -m load_tests.netem --list
    python -m load_tests.netem --profile township_4g --probe 200
    python -m load_tests.netem --profile L3 -- curl http://10.78.0.1:8080/

A command runs in the right namespace. Without one, each line of input names the profile from then on.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from load_tests.netem.emulation import Side
from load_tests.netem.link import Link, reason_to_skip_link
from load_tests.netem.probe import probe
from load_tests.netem.profiles import PRESETS

_PROBE_EVERY_MS = 20.0


def main() -> int:
    """Returns the command's exit code, 0 without one, 2 where the machine does not allow links."""
    parser = argparse.ArgumentParser(
        prog="python -m load_tests.netem",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--profile", choices=PRESETS, default="clean", metavar="NAME")
    parser.add_argument("--seed", type=int, default=1, help="the same seed loses the same packets")
    parser.add_argument("--probe", type=int, default=0, metavar="PACKETS", help="each way, then end")
    parser.add_argument("--list", action="store_true", help="the profiles there are, then end")
    parser.add_argument("command", nargs="*", help="after --, with what it needs")
    options = parser.parse_args()
    if options.list:
        print("\n".join(PRESETS))
        return 0
    reason = reason_to_skip_link()
    if reason is not None:
        print(reason, file=sys.stderr)
        return 2
    with Link(PRESETS[options.profile], seed=options.seed) as link:
        if options.probe:
            for name, sender, receiver in (("up", link.right, link.left), ("down", link.left, link.right)):
                print(f"{name}: {probe(sender, receiver, packets=options.probe, every_ms=_PROBE_EVERY_MS)}")
            return 0
        code = (
            subprocess.run(link.right.command(*options.command), check=False).returncode
            if options.command
            else _steer(link)
        )
        for side in Side:
            print(f"from the {side.value}: {link.counts(side)}", file=sys.stderr)
    return code


def _steer(link: Link) -> int:
    for side, namespace in (("left", link.left), ("right", link.right)):
        print(f"{side}: {namespace.address}, {' '.join(namespace.command('sh'))}", flush=True)
    for line in sys.stdin:
        name = line.strip()
        if name in PRESETS:
            link.set(PRESETS[name])
        print(f"now {name}" if name in PRESETS else f"there is no profile {name!r}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
