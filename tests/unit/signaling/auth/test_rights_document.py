"""docs/RIGHTS.md and GET /rights tell the table as it is."""

from __future__ import annotations

from signaling.api.rights_pages import rights_table
from signaling.auth.policy import RULES
from signaling.auth.rights import Action
from signaling.auth.rights_document import DOCUMENT, rights_document


def test_the_document_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == rights_document(), (
        "run .venv/bin/python -m signaling.auth.rights_document"
    )


def test_the_document_has_a_row_for_every_rule_in_both_languages() -> None:
    text = rights_document()
    for action in Action:
        rows = sum(rule.action is action for rule in RULES)
        assert text.count(f"`{action}` |") == 2 * rows
    assert text.index("权限表") < text.index("Table of rights")


def test_the_api_tells_every_rule_and_every_word() -> None:
    table = rights_table()
    told = [
        (rule.action, rule.roles and frozenset(rule.roles), frozenset(rule.relations), frozenset(rule.states))
        for rule in table.rules
    ]
    assert told == [(rule.action, rule.roles, rule.relations, rule.states) for rule in RULES]
    assert {word.name for word in table.actions} == set(Action)
    assert {word.name for word in table.groups} == {word.group for word in table.actions}
    assert all(word.title.zh and word.title.en for word in table.groups)
    assert all(word.title.zh and word.title.en for word in table.actions)
