"""What signing in, second factors, passwords and the first administrator take and give."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from signaling.api.route import Model
from signaling.auth.rights import Role

MAX_LOGIN_CHARACTERS: Final = 64
"""The column's width."""
MAX_PASSWORD_CHARACTERS: Final = 256
"""A sentence of a poem fits; hashing what is longer only costs the server time."""
MAX_CODE_CHARACTERS: Final = 64
"""A one-time code has 26 characters; blanks between its groups are allowed."""

Login = Annotated[str, Field(min_length=1, max_length=MAX_LOGIN_CHARACTERS)]
# Blanks around it are dropped, when it is set and when it is given: they come from pasting.
Password = Annotated[
    str,
    Field(min_length=1, max_length=MAX_PASSWORD_CHARACTERS),
    Field(json_schema_extra={"format": "password"}),
]
OneTimeCode = Annotated[str, Field(min_length=1, max_length=MAX_CODE_CHARACTERS)]
SecondFactor = Literal["none", "totp", "passkey", "needed"]
InstitutionKind = Literal["hospital", "township_clinic", "ambulance_station"]


class SignIn(Model):
    """Login and password."""

    account: Login
    password: Password


class AccountView(Model):
    """Who is signed in. ``identity`` is who they are in rooms; ``role`` the first of ``roles``."""

    account: str
    identity: str
    name: str
    place: str
    """Institution and specialty, as people say it."""
    role: str
    may_record: bool
    person: str
    institution: str
    institution_name: str
    roles: list[Role]
    assurance: Literal["password", "two_factors"]
    second_factor: SecondFactor
    """none: nothing more is asked. totp, passkey: enrolled; to be given while assurance is password.
    needed: none is enrolled and one must be, before anything else can be done."""
    second_factors: list[Literal["totp", "passkey"]]
    """All that are enrolled."""
    idle_after_s: int
    """After how many seconds without a request the session ends."""
    ends_at_ms: int
    """When it ends at the latest."""


class SessionAnswer(Model):
    """A session."""

    account: AccountView


class SecondFactorProof(Model):
    """Exactly one of a code from the authenticator app and an answer of a passkey (WebAuthn, as JSON)."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")] | None = None
    passkey: dict[str, Any] | None = None


class TotpOffer(Model):
    """A fresh secret, shown once: as text and as the otpauth URI that a QR code holds."""

    secret: str
    uri: str


class TotpConfirmation(Model):
    """The first code made with the offered secret."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]


class PasskeyPurpose(Model):
    """add: to enrol a new one; give: to prove oneself by an enrolled one."""

    purpose: Literal["add", "give"]


class PasskeyOptions(Model):
    """What navigator.credentials takes, in WebAuthn's JSON form (parseCreationOptionsFromJSON)."""

    options: dict[str, Any]


class NewPasskey(Model):
    """What navigator.credentials.create gave, in WebAuthn's JSON form, and what its owner calls it."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    credential: dict[str, Any]


class PasskeyView(Model):
    """An enrolled passkey. ``id`` is its credential id in base64url."""

    id: str
    name: str
    added_at_ms: int


class PasskeyList(Model):
    """The caller's own passkeys."""

    passkeys: list[PasskeyView]
    next: str | None = None


class PasskeyAdded(Model):
    """The new passkey, and the session as it is now."""

    passkey: PasskeyView
    account: AccountView


class PasswordChange(Model):
    """The password so far and the new one. Every other session of the account ends."""

    password: Password
    new_password: Password


class CodeToLookAt(Model):
    """A one-time code."""

    code: OneTimeCode


class Activation(Model):
    """A one-time code from the administrator, and the password chosen."""

    code: OneTimeCode
    password: Password


class ActivationAnswer(Model):
    """The login that the code was for; now sign in with it."""

    login: str


class OidcOffer(Model):
    """Whether the hospital's own sign-in is offered. ``issuer_host`` names where the browser will go."""

    is_offered: bool
    issuer_host: str = ""


class OidcDeparture(Model):
    """Where to send the browser now; it comes back to /api/v1/session/oidc/return by itself."""

    url: str


class OidcReturn(Model):
    """What the identity provider sends the browser back with (RFC 6749 §4.1.2); more is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    state: Annotated[str, Field(max_length=200)] = ""
    code: Annotated[str, Field(max_length=4000)] = ""
    error: Annotated[str, Field(max_length=200)] = ""
    iss: Annotated[str, Field(max_length=500)] = ""


class NewInstitution(Model):
    """An institution. ``code`` is the registered one (机构代码)."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    kind: InstitutionKind


class FirstAdministrator(Model):
    """The one-time code, who becomes administrator, and their institution where it is not there yet."""

    code: OneTimeCode
    institution: NewInstitution | None = None
    name: Annotated[str, Field(min_length=1, max_length=100)]
    login: Login
    password: Password


class FoundingView(Model):
    """What a first administrator's code is for: an institution that is there, or one to be named too."""

    needs_institution: bool
    institution_name: str


class DemoAccount(Model):
    """One account of the demo with its public password."""

    account: str
    name: str
    place: str
    password: str


class DemoAccounts(Model):
    """The demo's accounts."""

    accounts: list[DemoAccount]
