"""Every control in docs/EVIDENCE.md names an automated test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLAUSES = (
    *(f"8.1.4.{row}" for row in ("1", "2", "3", "4-5", "6", "7-8", "9", "10", "11")),
    "8.1.2-3",
    "8.1.5",
)
"""The rows of design/reliability.md §4."""
ASVS_RULES = (
    "V17.1.1",
    "V17.1.2",
    *(f"V17.2.{number}" for number in range(1, 9)),
    "V17.3.1",
    "V17.3.2",
)


def _rows() -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for line in (ROOT / "docs" / "EVIDENCE.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.match(r"V?\d+\.\d", cells[0]):
            assert cells[0] not in rows, f"{cells[0]} stands twice"
            rows[cells[0]] = re.findall(r"`([^`]+)`", cells[2])
    return rows


def _tests_of(path: Path) -> set[str]:
    text = path.read_text()
    if path.suffix == ".rs":
        return set(re.findall(r"#\[test\]\s+fn (\w+)", text))
    functions = (
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_row_of_both_tables_is_there() -> None:
    assert sorted(_rows()) == sorted((*CLAUSES, *ASVS_RULES))


def test_every_row_names_tests_that_exist() -> None:
    missing = []
    for row, names in _rows().items():
        if not names:
            missing.append(f"{row}: no test")
        for name in names:
            path, _, test = name.partition("::")
            file = ROOT / path
            if not file.is_file() or test not in _tests_of(file):
                missing.append(f"{row}: {name}")
    assert missing == []
