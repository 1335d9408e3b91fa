"""What the API takes and gives about the self-tests of kiosks.

POST /devices/selftest   notes one: by the device itself at night, or by who stands before it
GET  /devices/selftest   the last one: of the device that asks, else of the caller's institution
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from signaling.api.route import Model

Part: TypeAlias = Literal["ok", "failed", "missing"]
"""How one part did; ``missing``: there is none, or nothing to compare it with."""
OffsetMs: TypeAlias = Annotated[int, Field(ge=-(2**53 - 1), le=2**53 - 1)]
"""What a JavaScript number holds exactly."""


class NewSelfTest(Model):
    """One self-test. ``clock_offset_ms`` is server time minus the device's, None where nobody knows."""

    camera: Part
    microphone: Part
    speaker: Part
    network: Part
    clock: Part
    clock_offset_ms: OffsetMs | None = None


class SelfTestView(NewSelfTest):
    """A self-test that was noted. ``device`` is "" where no enrolled device was named."""

    is_ok: bool
    at_ms: int
    device: str


class LastSelfTest(Model):
    """The last one; None where there has been none. ``server_now_ms`` is what a device compares its clock
    with."""

    selftest: SelfTestView | None
    server_now_ms: int
