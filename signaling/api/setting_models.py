"""What the API takes and gives about an institution's settings.

GET /settings          every setting, also those that were never changed
PUT /settings/{name}   changes one
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from signaling.api.route import Model


class SettingLine(Model):
    """A setting of the institution. ``allowed`` are the values that PUT takes."""

    name: str
    value: str
    default: str
    allowed: list[str]


class SettingList(Model):
    """All settings there are, in the order in which they are shown."""

    settings: list[SettingLine]
    next: str | None = None


class SettingChange(Model):
    """The new value: one of those the setting allows."""

    value: Annotated[str, Field(min_length=1, max_length=200)]
