"""GET /settings and PUT /settings/{name}: how an institution runs the service."""

from __future__ import annotations

from signaling.api.route import Call, Refusal, Route
from signaling.api.setting_models import SettingChange, SettingLine, SettingList
from signaling.auth.acts import act_of
from signaling.auth.institution_settings import SETTINGS, Setting, choose_setting, chosen_settings
from signaling.auth.rights import Action
from signaling.store.store import Store, Unit


class SettingPages:
    """The handlers of /settings."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def routes(self) -> list[Route]:
        """Returns the routes."""
        return [
            Route(
                "GET",
                "/settings",
                Action.SETTING_READ,
                "The institution's settings with what they may be.",
                self.list,
                answer=SettingList,
            ),
            Route(
                "PUT",
                "/settings/{name}",
                Action.SETTING_CHANGE,
                "Changes one setting.",
                self.change,
                body=SettingChange,
                answer=SettingLine,
                refusals=("setting_value_wrong",),
            ),
        ]

    async def list(self, call: Call) -> SettingList:
        """Lists all settings there are."""
        chosen = await self._store.read(
            lambda connection: chosen_settings(connection, call.caller.institution)
        )
        return SettingList(
            settings=[_line(setting, chosen.get(setting.name, setting.default)) for setting in _ALL]
        )

    async def change(self, call: Call) -> SettingLine:
        """Stores a value; the same value again changes nothing and is no event."""
        setting = SETTINGS.get(call.path["name"])
        if setting is None:
            raise Refusal("not_found")
        value = call.body.value
        if value not in setting.allowed:
            raise Refusal("setting_value_wrong", expected=", ".join(setting.allowed))

        async def work(unit: Unit) -> None:
            before = await choose_setting(unit, call.caller.institution, setting.name, value)
            if before != value:
                act = act_of(
                    call.caller,
                    "setting.changed",
                    unit.now_ms,
                    subject={"setting": setting.name},
                    before={"value": before},
                    after={"value": value},
                )
                unit.record(act)

        await self._store.write(work)
        return _line(setting, value)


_ALL = tuple(SETTINGS.values())


def _line(setting: Setting, value: str) -> SettingLine:
    return SettingLine(name=setting.name, value=value, default=setting.default, allowed=list(setting.allowed))
