"""The bill of materials names what the lock files name, in all three languages."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def _uv() -> str:
    stamp = ROOT / ".setup" / "toolchain"
    path = stamp.read_text().strip() if stamp.exists() else shutil.which("uv")
    if not path:
        pytest.skip("no uv: `make setup` finds or installs it")
    return path


def test_every_language_is_there_with_versions_and_the_licences_of_nearly_all() -> None:
    made = subprocess.run(
        [sys.executable, "deploy/sbom.py", "--uv", _uv()], cwd=ROOT, check=True, stdout=subprocess.PIPE
    )
    parts = {part["purl"]: part for part in json.loads(made.stdout)["components"]}
    names = {purl.rsplit("@", 1)[0] for purl in parts}
    assert {
        "pkg:pypi/aiohttp",
        "pkg:pypi/sqlalchemy",
        "pkg:cargo/aws-lc-rs",
        "pkg:npm/livekit-client",
    } <= names
    # What only tests use is not shipped.
    assert not {"pkg:pypi/pytest", "pkg:npm/vitest"} & names
    assert all(part["version"] for part in parts.values())
    assert sum("licenses" in part for part in parts.values()) > 0.9 * len(parts)
