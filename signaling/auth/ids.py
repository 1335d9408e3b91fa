"""The names of what only signaling knows of a person: account, session, licence. Random, and not secret."""

from __future__ import annotations

import secrets
from typing import Final, NewType

AccountId = NewType("AccountId", str)
"""How one person signs in. ``ac_`` and random letters."""
SessionId = NewType("SessionId", str)
"""One signed-in browser or device; not its secret. ``se_``."""
LicenceId = NewType("LicenceId", str)
"""One licence of one person. ``li_``."""

_ID_BYTES: Final = 16
"""As clinical/ids.py."""


def new_account_id() -> AccountId:
    """Returns a fresh id."""
    return AccountId("ac_" + secrets.token_hex(_ID_BYTES))


def new_session_id() -> SessionId:
    """Returns a fresh id."""
    return SessionId("se_" + secrets.token_hex(_ID_BYTES))


def new_licence_id() -> LicenceId:
    """Returns a fresh id."""
    return LicenceId("li_" + secrets.token_hex(_ID_BYTES))
