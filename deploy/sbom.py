"""The bill of materials: every package that is shipped, in all three languages, as CycloneDX 1.5.

`make sbom` writes it. Versions and hashes come from the lock files, licences from the packages themselves.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CORE = ROOT / "media_server" / "core" / "Cargo.toml"
WEB = ROOT / "clients" / "web"
_KEPT = ("type", "name", "version", "purl", "licenses", "hashes")
"""What is kept of a component: download addresses differ from machine to machine and prove nothing."""


def main() -> None:
    """Prints the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uv", default="uv", help="the uv program")
    options = parser.parse_args()
    found = {part["purl"]: part for part in (*_python(options.uv), *_rust(), *_web())}
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": "lianzhen", "version": _own_version()}},
        "components": [found[purl] for purl in sorted(found)],
    }
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def _python(uv: str) -> Iterator[dict[str, Any]]:
    exported = _json_of(
        uv, "export", "--quiet", "--frozen", "--no-dev", "--format", "cyclonedx1.5", folder=ROOT
    )
    for part in exported["components"]:
        if "purl" not in part:
            continue
        for reference in part.get("externalReferences", ()):
            part.setdefault("hashes", []).extend(reference.get("hashes", ()))
        licence = _python_licence(part["name"])
        if licence:
            part["licenses"] = [{"license": {"name": licence}}]
        yield _kept(part)


def _python_licence(name: str) -> str:
    try:
        about = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
    named = about.get("License-Expression") or ""
    classifiers = (
        line.rsplit(" :: ", 1)[-1] for line in about.get_all("Classifier") or () if "License" in line
    )
    return named or ", ".join(classifiers)


def _rust() -> Iterator[dict[str, Any]]:
    described = _json_of(
        "cargo", "metadata", "--format-version", "1", "--locked", "--manifest-path", str(CORE)
    )
    packages = {package["id"]: package for package in described["packages"]}
    edges = {node["id"]: node["deps"] for node in described["resolve"]["nodes"]}
    waiting, shipped = list(described["workspace_members"]), set()
    while waiting:
        package = waiting.pop()
        if package not in shipped:
            shipped.add(package)
            # What only builds or tests is not shipped.
            waiting += [edge["pkg"] for edge in edges[package] if _is_shipped(edge)]
    for package in (packages[one] for one in shipped if packages[one]["source"]):
        part = {
            "type": "library",
            "name": package["name"],
            "version": package["version"],
            "purl": f"pkg:cargo/{package['name']}@{package['version']}",
        }
        if package["license"]:
            part["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
        yield part


def _is_shipped(edge: dict[str, Any]) -> bool:
    return any(kind["kind"] is None for kind in edge["dep_kinds"])


def _web() -> Iterator[dict[str, Any]]:
    listed = _json_of("npm", "sbom", "--sbom-format", "cyclonedx", "--omit", "dev", folder=WEB)
    yield from (_kept(part) for part in listed["components"])


def _kept(part: dict[str, Any]) -> dict[str, Any]:
    return {name: part[name] for name in _KEPT if part.get(name)}


def _json_of(*command: str, folder: Path = ROOT) -> Any:
    return json.loads(subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE).stdout)


def _own_version() -> str:
    return importlib.metadata.version("lianzhen")


if __name__ == "__main__":
    main()
