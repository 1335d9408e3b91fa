"""Signed-in browsers."""

from __future__ import annotations

from signaling import browser_sessions
from signaling.accounts import demo_accounts
from signaling.browser_sessions import MAX_AGE_S, BrowserSessions

ZHOU = demo_accounts()[0]
NS = 1_000_000_000


def test_a_cookie_signs_in_until_it_is_old_or_closed() -> None:
    sessions = BrowserSessions()
    value, other = sessions.open(ZHOU, 0), sessions.open(ZHOU, 0)
    assert value != other and len(value) >= 43
    assert sessions.find(value, MAX_AGE_S * NS - 1) is ZHOU
    assert sessions.find(value, MAX_AGE_S * NS) is None
    assert sessions.find(value, 0) is None
    sessions.close(other)
    assert sessions.find(other, 0) is None
    sessions.close("never there")


def test_the_oldest_are_signed_out_when_there_are_too_many(monkeypatch) -> None:
    monkeypatch.setattr(browser_sessions, "MAX_SESSIONS", 2)
    sessions = BrowserSessions()
    values = [sessions.open(ZHOU, 0) for _ in range(3)]
    assert [sessions.find(value, 0) for value in values] == [None, ZHOU, ZHOU]
