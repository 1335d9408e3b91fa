"""Ids of accounts, sessions and licences say what they name; how random they are is clinical/ids.py's."""

from __future__ import annotations

import re

from signaling.auth.ids import new_account_id, new_licence_id, new_session_id


def test_an_id_begins_with_what_it_names_and_comes_once() -> None:
    for prefix, new in (("ac_", new_account_id), ("se_", new_session_id), ("li_", new_licence_id)):
        assert re.fullmatch(prefix + "[0-9a-f]{32}", new())
        assert new() != new()
