"""``lianzhen token``: prints a room token and nothing else."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Final

from media_server.ids import ParticipantIdentity, RoomName
from media_server.rooms import Grant
from media_server.rooms.participants import MAX_NAME_CHARACTERS
from signaling.api_keys import ApiKey, kept_key, key_of
from signaling.errors import SettingWrong
from signaling.messages import say_to
from signaling.settings import Settings, read_settings
from signaling.tokens import DEFAULT_TTL_S, ApiRights, Claims, TokenDesk

MAX_TTL_S: Final = 30 * 24 * 3600
"""A token cannot be called back; a month is the longest that anyone should have to wait for it to end."""


def print_token(options: argparse.Namespace) -> int:
    """Prints a token made with the key of the settings or of the data folder. Raises SettingWrong,
    Unavailable."""
    settings = read_settings()
    for text in (options.identity, options.room, options.name or "-"):
        if not text or len(text) > MAX_NAME_CHARACTERS:
            raise SettingWrong("--identity", say_to("token.identity", settings.language))
    key = _key(settings)
    grant = Grant(
        can_publish=not options.no_publish,
        can_publish_data=not options.no_publish,
        can_update_own_metadata=True,
        hidden=options.hidden,
    )
    claims = Claims(
        identity=ParticipantIdentity(options.identity),
        name=options.name or options.identity,
        room=RoomName(options.room),
        may_join=True,
        grant=grant,
        api=ApiRights(
            may_create_rooms=options.admin,
            may_list_rooms=options.admin,
            is_room_admin=options.admin,
            may_record=options.record or options.admin,
        ),
    )
    ttl_s = min(DEFAULT_TTL_S if options.ttl is None else options.ttl, MAX_TTL_S)
    desk = TokenDesk(api_key=key.name, api_secret=key.secret)
    sys.stdout.write(desk.issue(claims, now_s=time.time(), ttl_s=ttl_s) + "\n")
    return 0


def _key(settings: Settings) -> ApiKey:
    if not settings.api_key and not settings.api_secret:
        kept = kept_key(settings.data_dir, settings.language)
        if kept is not None:
            return kept
    return key_of(settings)
