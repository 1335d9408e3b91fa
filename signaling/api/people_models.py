"""What the pages of institutions and people take and give."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from signaling.api.route import Model
from signaling.api.session_models import InstitutionKind, Login
from signaling.auth.rights import Role

Name = Annotated[str, Field(min_length=1, max_length=100)]
Word = Annotated[str, Field(max_length=60)]
LicenceKind = Literal["physician", "nurse", "technician"]
PageSize = Annotated[int, Field(ge=1, le=200)]
TimeMs = Annotated[int, Field(ge=0, le=253_402_300_799_999)]
"""Until the end of the year 9999."""


class InstitutionView(Model):
    """An institution. Its code is shown to its own people only; "" to others."""

    id: str
    code: str
    name: str
    kind: InstitutionKind
    state: Literal["active", "ended"]
    created_at_ms: int


class InstitutionList(Model):
    """Every institution of this service: whom one can consult."""

    institutions: list[InstitutionView]
    next: str | None = None


class InstitutionCreated(Model):
    """A new institution, and the code by which its first administrator makes their account, shown once."""

    institution: InstitutionView
    code: str
    page: str
    """The page to open, below this server's address: /#/first?code=…"""
    expires_at_ms: int


class InstitutionChange(Model):
    """What is to change; what is left out stays."""

    name: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    kind: InstitutionKind | None = None


class LicenceView(Model):
    """A licence to practise."""

    id: str
    number: str
    kind: LicenceKind
    valid_until_ms: int
    state: Literal["active", "expired", "ended"]


class NewLicence(Model):
    """A licence to add. The number is unique in this service."""

    number: Annotated[str, Field(min_length=1, max_length=60)]
    kind: LicenceKind
    valid_until_ms: TimeMs


class AccountState(Model):
    """A person's account, as an administrator sees it."""

    login: str
    state: Literal["waiting", "active", "locked"]
    """waiting: no password set yet."""
    second_factors: list[Literal["totp", "passkey"]]
    is_linked: bool
    """Linked to the hospital's own sign-in."""


class PersonView(Model):
    """Someone who works at an institution."""

    id: str
    institution: str
    name: str
    title: str
    specialty: str
    phone: str
    state: Literal["active", "ended"]
    """ended: suspended."""
    roles: list[Role]
    licences: list[LicenceView]
    account: AccountState | None
    created_at_ms: int


class PersonList(Model):
    """People of the caller's institution, by id; ``next`` is the ``after`` of the next page."""

    people: list[PersonView]
    next: str | None


class PeopleQuery(Model):
    """Which people: by role, by state, by a part of the name."""

    role: Role | None = None
    state: Literal["active", "ended"] | None = None
    name: Annotated[str, Field(max_length=100)] = ""
    after: Annotated[str, Field(max_length=40)] = ""
    limit: PageSize = 100


class NewPerson(Model):
    """Someone new at the caller's institution."""

    name: Name
    title: Word = ""
    specialty: Word = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    roles: Annotated[list[Role], Field(max_length=8, default_factory=list)]


class PersonChange(Model):
    """What is to change; what is left out stays."""

    name: Name | None = None
    title: Word | None = None
    specialty: Word | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None


class RoleChange(Model):
    """All roles the person has from now on. Administrator and auditor are never one person."""

    roles: Annotated[list[Role], Field(max_length=8)]


class NewAccount(Model):
    """The login to give; it cannot be changed later: it is who they are in rooms and recordings."""

    login: Login


class AccountCode(Model):
    """A one-time code with which the person sets their password, shown once."""

    login: str
    code: str
    page: str
    """The page to open, below this server's address: /#/activate?code=…"""
    expires_at_ms: int


class OidcLink(Model):
    """Who the person is at the hospital's identity provider: the ``sub`` it gives. "" ends the link."""

    subject: Annotated[str, Field(max_length=200)]


class Suspension(Model):
    """Why; kept as a personal field beside the ledger."""

    reason: Annotated[str, Field(max_length=200)] = ""
