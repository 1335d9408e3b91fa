"""Whether a consultation is recorded at all: the stricter rule of those who take part."""

from __future__ import annotations

import pytest

from clinical.recording_policy import RecordingPolicy, policy_between

ALWAYS, NEVER = RecordingPolicy.WITH_CONSENT, RecordingPolicy.NEVER


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ((), ALWAYS),
        ((ALWAYS,), ALWAYS),
        ((ALWAYS, ALWAYS), ALWAYS),
        ((NEVER,), NEVER),
        ((ALWAYS, NEVER), NEVER),
        ((NEVER, ALWAYS), NEVER),
    ],
)
def test_the_stricter_rule_holds(chosen: tuple[RecordingPolicy, ...], expected: RecordingPolicy) -> None:
    assert policy_between(chosen) is expected
