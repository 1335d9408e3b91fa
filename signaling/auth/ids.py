"""The names of what only signaling knows of a person: account, session, licence. Random, and not secret."""

from __future__ import annotations

from typing import NewType

from clinical.ids import random_id

AccountId = NewType("AccountId", str)
"""How one person signs in. ``ac_`` and random letters."""
SessionId = NewType("SessionId", str)
"""One signed-in browser or device; not its secret. ``se_``."""
LicenceId = NewType("LicenceId", str)
"""One licence of one person. ``li_``."""


def new_account_id() -> AccountId:
    """Returns a fresh id."""
    return AccountId(random_id("ac_"))


def new_session_id() -> SessionId:
    """Returns a fresh id."""
    return SessionId(random_id("se_"))


def new_licence_id() -> LicenceId:
    """Returns a fresh id."""
    return LicenceId(random_id("li_"))
