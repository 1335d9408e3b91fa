"""What the API tells of the table of rights: GET /rights, for the administrator's page and for anybody."""

from __future__ import annotations

from signaling.api.route import Model
from signaling.auth.rights import Action, Assurance, Relation, Role, State


class Words(Model):
    """A text in both languages."""

    zh: str
    en: str


class RoleWord(Model):
    """A role and what people call it."""

    name: Role
    title: Words


class RelationWord(Model):
    """A relation and what it means."""

    name: Relation
    title: Words


class StateWord(Model):
    """A state and what it means."""

    name: State
    title: Words


class AssuranceWord(Model):
    """An assurance (0 nobody, 1 one factor, 2 two factors) and what it means."""

    level: Assurance
    title: Words


class GroupWord(Model):
    """A kind of subject, and what people call it."""

    name: str
    title: Words


class ActionWord(Model):
    """Something that can be asked for; ``group`` names the kind of subject."""

    name: Action
    group: str
    title: Words


class RuleLine(Model):
    """One row of the table: every combination of its members is allowed, and nothing that no row lists."""

    action: Action
    roles: list[Role] | None
    """null: anybody, also who has not signed in."""
    relations: list[Relation]
    states: list[State]
    assurance: Assurance
    """The least that is asked of the caller."""


class RightsTable(Model):
    """The whole table with its words."""

    roles: list[RoleWord]
    relations: list[RelationWord]
    states: list[StateWord]
    assurances: list[AssuranceWord]
    groups: list[GroupWord]
    actions: list[ActionWord]
    rules: list[RuleLine]
