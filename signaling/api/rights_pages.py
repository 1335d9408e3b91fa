"""GET /rights: the table of rights with its words, for the administrator's page and whoever wants to know."""

from __future__ import annotations

from typing import Final

from signaling.api.rights_models import (
    ActionWord,
    AssuranceWord,
    GroupWord,
    RelationWord,
    RightsTable,
    RoleWord,
    RuleLine,
    StateWord,
    Words,
)
from signaling.api.route import Call, Route
from signaling.auth.policy import RULES
from signaling.auth.rights import Action, Assurance, Relation, Role, State
from signaling.messages import say


class RightsPages:
    """The handler of /rights."""

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/rights",
                Action.API_READ,
                "The table of rights: who may do what, and nothing else.",
                _rights,
                answer=RightsTable,
            )
        ]


def rights_table() -> RightsTable:
    """Returns the table as the API tells it."""
    return RightsTable(
        roles=[RoleWord(name=role, title=_words(f"role.{role}")) for role in Role],
        relations=[RelationWord(name=each, title=_words(f"relation.{each}")) for each in Relation],
        states=[StateWord(name=state, title=_words(f"state.{state}")) for state in State],
        assurances=[AssuranceWord(level=each, title=_words(f"assurance.{each.value}")) for each in Assurance],
        groups=[
            GroupWord(name=group, title=_words(f"group.{group}"))
            for group in dict.fromkeys(action.group for action in Action)
        ],
        actions=[
            ActionWord(name=action, group=action.group, title=_words(f"action.{action}")) for action in Action
        ],
        rules=[
            RuleLine(
                action=rule.action,
                roles=None if rule.roles is None else [role for role in Role if role in rule.roles],
                relations=[each for each in Relation if each in rule.relations],
                states=[state for state in State if state in rule.states],
                assurance=rule.assurance,
            )
            for rule in RULES
        ],
    )


def _words(key: str) -> Words:
    return Words(zh=say(f"rights.{key}", "zh"), en=say(f"rights.{key}", "en"))


_TABLE: Final = rights_table()


async def _rights(_: Call) -> RightsTable:
    return _TABLE
