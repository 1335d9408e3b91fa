"""The house's rules that a machine can check: imports, first lines, names, addresses, exports, links."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SHIPPED_PACKAGES = ("media_server", "clients/gateway", "signaling", "recording")
PYTHON_FOLDERS = (*SHIPPED_PACKAGES, "load_tests", "tests")
RUST_FOLDER = REPOSITORY / "media_server" / "core"
WEB_FOLDER = REPOSITORY / "clients" / "web"
_MADE_FOLDERS = {"target", "node_modules", "dist", "__pycache__", ".venv", "out", ".hypothesis"}

# Names that say nothing about what is inside (style.md 3).
BANNED_STEMS = {
    "utils",
    "util",
    "common",
    "helper",
    "helpers",
    "manager",
    "managers",
    "misc",
    "tools",
    "shared",
}

# Identifiers that look like addresses but are names of a standard; nobody ever asks these hosts for anything.
_NAMES_NOT_ADDRESSES = (
    "http://www.w3.org/",
    "http://www.webrtc.org/experiments/rtp-hdrext/",
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    # FHIR's, DICOM's, LOINC's and UCUM's code systems.
    "http://terminology.hl7.org/CodeSystem/",
    "http://hl7.org/fhir/",
    "http://dicom.nema.org/resources/ontology/DCM",
    "http://loinc.org",
    "http://unitsofmeasure.org",
    "http://unitsofmeasure.org",
)
_OWN_HOSTS = re.compile(r"https?://($|localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|[{$<*…]|%s)")


def files(folder: Path, *suffixes: str) -> Iterator[Path]:
    """Files of ours below a folder, without what builds make."""
    for path in sorted(folder.rglob("*")):
        is_made = _MADE_FOLDERS.intersection(path.relative_to(REPOSITORY).parts)
        if path.suffix in suffixes and path.is_file() and not is_made:
            yield path


def python_files(*folders: str) -> list[Path]:
    """Our Python files below these folders of the repository."""
    return [path for folder in folders for path in files(REPOSITORY / folder, ".py")]


def name_of(path: Path) -> str:
    """A path as a test's id."""
    return str(path.relative_to(REPOSITORY))


def test_imports_go_down_only() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_python_file_says_its_idea_in_its_first_line() -> None:
    silent = []
    for path in python_files(*PYTHON_FOLDERS):
        source = path.read_text()
        is_bare_package = path.name == "__init__.py" and not source.strip()
        if not is_bare_package and not source.startswith(('"""', 'r"""')):
            silent.append(name_of(path))
    assert silent == []


def test_every_rust_file_says_its_idea_in_its_first_line() -> None:
    assert [name_of(p) for p in files(RUST_FOLDER, ".rs") if not p.read_text().startswith("//! ")] == []


def test_every_page_source_says_its_idea_in_its_first_line() -> None:
    sources = files(WEB_FOLDER / "src", ".ts", ".tsx", ".css")
    assert [name_of(p) for p in sources if not p.read_text().startswith(("// ", "/* ", "/** "))] == []


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    sources = [
        *python_files(*PYTHON_FOLDERS),
        *files(RUST_FOLDER, ".rs"),
        *files(WEB_FOLDER / "src", ".ts", ".tsx"),
    ]
    bad = [
        name_of(path)
        for path in sources
        if BANNED_STEMS.intersection(Path(part).stem for part in path.relative_to(REPOSITORY).parts)
    ]
    assert bad == []


def test_shipped_code_names_no_outside_host() -> None:
    shipped = [
        *python_files(*SHIPPED_PACKAGES),
        *files(RUST_FOLDER, ".rs", ".pyi"),
        *files(WEB_FOLDER / "src", ".ts", ".tsx", ".css", ".html", ".svg", ".json"),
        *WEB_FOLDER.glob("*.html"),
    ]
    found = []
    for path in shipped:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            for address in re.findall(r"(?:https?|wss?|stuns?|turns?)://?[^\s\"'`)>]+", line):
                if not address.startswith(_NAMES_NOT_ADDRESSES) and not _OWN_HOSTS.match(address):
                    found.append(f"{name_of(path)}:{number}: {address}")
    assert found == []


@pytest.mark.parametrize("package", SHIPPED_PACKAGES)
def test_exports_exist_and_are_sorted(package: str) -> None:
    for init in sorted((REPOSITORY / package).rglob("__init__.py")):
        if _MADE_FOLDERS.intersection(init.relative_to(REPOSITORY).parts) or "core" in init.parts:
            continue
        name = ".".join(init.parent.relative_to(REPOSITORY).parts)
        module = importlib.import_module(name)
        exported = getattr(module, "__all__", ())
        missing = [entry for entry in exported if not hasattr(module, entry)]
        assert missing == [], name
        assert len(set(exported)) == len(exported), name


def test_every_module_can_be_imported() -> None:
    """Also those that nothing imports yet, and in an order in which a cycle between packages would show."""
    names = [
        ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")
        for path in python_files(*reversed(SHIPPED_PACKAGES))
        if "core" not in path.relative_to(REPOSITORY).parts
    ]
    script = "import sys, importlib\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-c", script, *names], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]


def documents() -> list[Path]:
    """Every Markdown file of ours."""
    return [path for path in files(REPOSITORY, ".md") if ".git" not in path.parts]


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_links_in_documents_lead_somewhere(path: Path) -> None:
    broken = []
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:", "#")):
            continue
        if not (path.parent / target.split("#")[0]).exists():
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", documents(), ids=name_of)
def test_make_targets_named_in_documents_exist(path: Path) -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", path.read_text()))
    assert named <= targets


def test_tests_do_not_sleep_to_synchronise() -> None:
    """A sleep under 0.1 s may poll in a loop; a longer one paces or samples, and says so in its own line."""
    sleeps = []
    for path in python_files("tests"):
        if path.is_relative_to(REPOSITORY / "tests" / "support"):
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if re.search(r"\bsleep\((?!0(\.0\d*)?\))", line) and "#" not in line:
                sleeps.append(f"{name_of(path)}:{number}")
    assert [entry for entry in sleeps if not entry.startswith("tests/architecture/")] == []
