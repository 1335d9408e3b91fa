"""Break-glass: what counts as a reason, and by when it is judged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from signaling.auth.breakglass import due_at_ms, is_reason, new_breakglass_id

CHINA = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    "text",
    [
        "cardiac arrest, alone",
        "患者室颤无人会诊",
        "急性心梗 STEMI 转运",
        "STEMI 转运 now",
        "needs help now!!",
    ],
)
def test_a_reason_says_something(text: str) -> None:
    assert is_reason(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "help",
        "help help help",
        "Help HELP help",
        "...",
        "! ? .",
        "急",
        "急救患者",
        "急急急急急急急急",
    ],
)
def test_what_says_nothing_is_none(text: str) -> None:
    assert not is_reason(text)


@pytest.mark.parametrize("hour", [0, 8, 23])
def test_it_is_due_by_the_end_of_the_next_day_in_china(hour: int) -> None:
    used = datetime(2026, 11, 22, hour, 59, tzinfo=CHINA)
    due = datetime.fromtimestamp(due_at_ms(int(used.timestamp() * 1000)) / 1000, tz=UTC)
    assert due.astimezone(CHINA) == datetime(2026, 11, 24, 0, 0, tzinfo=CHINA)


def test_uses_are_named_at_random() -> None:
    assert new_breakglass_id() != new_breakglass_id()
    assert len(new_breakglass_id()) <= 40
