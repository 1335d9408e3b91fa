"""What the API takes and gives about devices: creation, enrolment, sign-in by key, revocation.

    POST   /devices               an administrator creates a device and gets its one-time code
    GET    /devices               the institution's devices
    GET    /devices/{id}
    POST   /devices/{id}/code     another code, while the device has not enrolled; the one before is dead
    DELETE /devices/{id}          revokes it: its sessions and its seats in rooms end at once
    POST   /devices/enrol         the device: code + public key + proof that it holds the private key
    POST   /devices/challenge     the device: something fresh to sign
    POST   /devices/session       the device: the signed challenge for a session

What a device signs is UTF-8 text, its parts joined by line feeds (device_keys.py):
``lianzhen device enrolment v1``, code as shown without hyphens, public key, device time; and
``lianzhen device session v1``, device id, challenge, received and sent device time.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from signaling.api.route import Model

DeviceKind: TypeAlias = Literal["kiosk", "ambulance", "gateway"]
KeyAlgorithm: TypeAlias = Literal["ed25519", "ecdsa-p256"]
Milliseconds: TypeAlias = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""Since the Unix epoch, by whichever clock the name says; what a JavaScript number holds exactly."""


class NewDevice(Model):
    """A device to be."""

    name: str = Field(min_length=1, max_length=100)
    kind: DeviceKind


class Clock(Model):
    """A device's clock against the server's: server time = device time + offset_ms, give or take
    error_ms.
    """

    offset_ms: int
    error_ms: int
    is_off: bool
    """True where it is off by more than ten minutes; ``sentence`` then says what to do."""
    sentence: str = ""


class DeviceLine(Model):
    """A device as administrators see it."""

    id: str
    name: str
    kind: DeviceKind
    state: Literal["waiting", "active", "ended"]
    created_at_ms: int
    enrolled_at_ms: int | None = None
    seen_at_ms: int | None = None
    clock_offset_ms: int | None = None
    clock_error_ms: int | None = None
    key_algorithm: str = ""
    key_sha256: str = ""
    """Fingerprint of the public key, hex."""


class DeviceLines(Model):
    """One page of devices, newest first."""

    devices: list[DeviceLine]
    next: str | None = None


class DeviceCode(Model):
    """A device with the code that enrols it. The code is shown this once."""

    device: DeviceLine
    code: str
    """Eight letters and digits with a hyphen in the middle; typed in any case, hyphen or not."""
    code_expires_at_ms: int


class PageQuery(Model):
    """Which page of a list."""

    cursor: str = Field(default="", max_length=80)
    limit: int = Field(default=50, ge=1, le=200)


class Enrolment(Model):
    """Code, key and proof of possession."""

    code: str = Field(min_length=8, max_length=20)
    algorithm: KeyAlgorithm
    public_key: str = Field(min_length=43, max_length=200)
    """base64url without padding: the raw 32 bytes of Ed25519, or SubjectPublicKeyInfo of P-256
    (WebCrypto's exportKey "raw" and "spki")."""
    device_time_ms: Milliseconds
    proof: str = Field(min_length=86, max_length=90)
    """base64url of the 64 bytes of the signature, r || s for P-256 (as WebCrypto gives it)."""


class Enrolled(Model):
    """What a device learns of itself when it has enrolled."""

    device: DeviceLine
    institution: str
    clock: Clock


class ChallengeAsk(Model):
    """Which device wants to sign in."""

    device: str = Field(min_length=3, max_length=40)


class Challenge(Model):
    """Something fresh to sign, once. Unknown devices get one as well."""

    challenge: str
    expires_at_ms: int
    server_time_ms: int


class ChallengeSigned(Model):
    """The signed challenge with two readings of the device's clock: when the challenge came, and now."""

    device: str = Field(min_length=3, max_length=40)
    challenge: str = Field(min_length=20, max_length=200)
    received_at_ms: Milliseconds
    sent_at_ms: Milliseconds
    signature: str = Field(min_length=86, max_length=90)


class DeviceSession(Model):
    """A device's session: ``token`` goes into ``Authorization: Bearer`` of its requests."""

    token: str
    ends_at_ms: int
    device: DeviceLine
    clock: Clock
