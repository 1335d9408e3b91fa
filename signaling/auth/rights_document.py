"""The table of rights as people read it: docs/RIGHTS.md, in Chinese first, made from the table itself.

python -m signaling.auth.rights_document      writes docs/RIGHTS.md
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Final

from signaling.auth.policy import RULES
from signaling.auth.rights import Relation, Role, Rule, State
from signaling.messages import Language, say

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs" / "RIGHTS.md"
_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
_DUTIES: Final = ("clinician", "supervisor", "administrator", "auditor", "device", "apart")
_COLUMNS: Final = ("action", "roles", "relations", "states", "assurance")


def rights_document() -> str:
    """Returns the document, Markdown."""
    return "\n".join(line for language in _LANGUAGES for line in _part(language)) + "\n"


def _part(language: Language) -> list[str]:
    def words(key: str) -> str:
        return say(f"rights.{key}", language)

    lines = [f"# {words('page.title')}", "", words("page.intro"), ""]
    lines += [words("page.answers"), "", words("page.generated"), ""]
    lines += [f"## {words('page.duties')}", "", *[f"- {words(f'page.duty.{duty}')}" for duty in _DUTIES], ""]
    lines += [f"## {words('page.words')}", ""]
    lines += [f"- {words(f'relation.{each}')}: {words(f'page.relation.{each}')}" for each in Relation]
    lines += [f"- {words(f'state.{each}')}: {words(f'page.state.{each}')}" for each in State]
    lines += ["", f"## {words('page.table')}", ""]
    for group, rules in groupby(RULES, key=lambda rule: rule.action.group):
        lines += [f"### {words(f'group.{group}')}", ""]
        lines += [_row(words(f"page.column.{column}") for column in _COLUMNS), _row("---" for _ in _COLUMNS)]
        lines += [_rule_row(rule, language) for rule in rules] + [""]
    return lines


def _rule_row(rule: Rule, language: Language) -> str:
    def titles(kind: str, order: Iterable[StrEnum], members: frozenset[StrEnum]) -> str:
        comma = "、" if language == "zh" else ", "
        return comma.join(say(f"rights.{kind}.{each}", language) for each in order if each in members)

    roles = say("rights.role.anybody", language)
    if rule.roles is not None:
        roles = titles("role", Role, frozenset(rule.roles))
    relations = titles("relation", Relation, frozenset(rule.relations))
    if rule.relations == frozenset(Relation):
        relations = say("rights.relation.any", language)
    return _row(
        (
            f"{say(f'rights.action.{rule.action}', language)} `{rule.action}`",
            roles,
            relations,
            titles("state", State, frozenset(rule.states)),
            say(f"rights.assurance.{rule.assurance.value}", language),
        )
    )


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    DOCUMENT.write_text(rights_document(), encoding="utf-8")
