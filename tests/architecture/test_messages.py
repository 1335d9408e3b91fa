"""Everything said to people is said in both languages, in the pages and in the service."""

from __future__ import annotations

import ast
import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_MESSAGES = REPOSITORY / "clients" / "web" / "src" / "messages"


def _keys(path: Path) -> set[str]:
    """Keys of a catalogue: one line each, flat, with dots inside."""
    return set(re.findall(r"^  [\"']?([\w.-]+)[\"']?:", path.read_text(), re.MULTILINE))


def test_both_languages_of_the_pages_have_the_same_messages() -> None:
    chinese, english = _keys(_MESSAGES / "zh_cn.ts"), _keys(_MESSAGES / "en.ts")
    assert len(chinese) > 20, "has the form of the catalogue changed?"
    assert chinese - english == set()
    assert english - chinese == set()


def test_pages_draw_no_chinese_text_of_their_own() -> None:
    """Words stand in the catalogue, or they will be forgotten in the other language."""
    found = []
    for path in sorted((REPOSITORY / "clients" / "web" / "src" / "ui").rglob("*.tsx")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            code = re.sub(r"//.*|/\*.*?\*/", "", line)
            if re.search(r"[\u4e00-\u9fff]", code) and not code.lstrip().startswith("*"):
                found.append(f"{path.name}:{number}: {line.strip()}")
    assert found == []


def test_messages_of_the_service_are_pairs() -> None:
    """Every dict literal of the service that says something in one language says it in the other."""
    lonely = []
    for path in sorted((REPOSITORY / "signaling").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):
                keys = {key.value for key in node.keys if isinstance(key, ast.Constant)}
                if len(keys & {"zh", "en"}) == 1:
                    lonely.append(f"{path.relative_to(REPOSITORY)}:{node.lineno}")
    assert lonely == []
