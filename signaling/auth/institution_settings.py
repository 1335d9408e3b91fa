"""What an institution's administrator may set, and to which values: the table, and its rows in the store.

A value that stands in the store and cannot be chosen (the demo seeds one) holds until somebody chooses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from clinical.ids import InstitutionId
from clinical.recording_policy import RecordingPolicy
from signaling.auth.accounts import SECOND_FACTOR_SETTING
from signaling.store.store import Unit
from signaling.store.tables import institution_setting

RECORDING_POLICY_SETTING: Final = "recording_policy"
"""Whether consultations in which the institution takes part are recorded where the patient allows it."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting: what it is while nobody has chosen, and what can be chosen."""

    name: str
    default: str
    allowed: tuple[str, ...]


SETTINGS: Final[Mapping[str, Setting]] = {
    setting.name: setting
    for setting in (
        # One factor alone is for the demo (GB/T 22239 §8.1.4.1 asks for two): nobody can choose it here.
        Setting(SECOND_FACTOR_SETTING, "required", ("required",)),
        Setting(
            RECORDING_POLICY_SETTING, RecordingPolicy.WITH_CONSENT.value, tuple(map(str, RecordingPolicy))
        ),
    )
}


async def chosen_settings(connection: AsyncConnection, institution: InstitutionId) -> dict[str, str]:
    """Returns the values that were chosen, by name; of settings there are now."""
    c = institution_setting.c
    rows = await connection.execute(select(c.name, c.value).where(c.institution == institution))
    return {row.name: row.value for row in rows if row.name in SETTINGS}


async def recording_policies(
    connection: AsyncConnection, institutions: Iterable[str]
) -> list[RecordingPolicy]:
    """Returns what institutions have chosen for recordings, of those that have chosen."""
    c = institution_setting.c
    query = select(c.value).where(c.institution.in_(list(institutions)), c.name == RECORDING_POLICY_SETTING)
    return [RecordingPolicy(value) for value in (await connection.execute(query)).scalars()]


async def choose_setting(unit: Unit, institution: InstitutionId, name: str, value: str) -> str:
    """Stores a value and returns the one before; whoever calls records the act."""
    before = (await chosen_settings(unit.connection, institution)).get(name, SETTINGS[name].default)
    c = institution_setting.c
    await unit.connection.execute(
        delete(institution_setting).where(c.institution == institution, c.name == name)
    )
    await unit.connection.execute(
        insert(institution_setting).values(institution=institution, name=name, value=value)
    )
    return before
