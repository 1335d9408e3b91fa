"""What may happen to an ECG in each state."""

from __future__ import annotations

import pytest

from signaling.ecg.ecg_state import TRANSITIONS, EcgAct, EcgState, next_state

S, A = EcgState, EcgAct


@pytest.mark.parametrize(
    ("state", "act", "after"),
    [
        (S.WAITING, A.SAMPLES, S.RECORDING),
        (S.WAITING, A.STOP, S.ENDED),
        (S.WAITING, A.END, S.ENDED),
        (S.RECORDING, A.SAMPLES, S.RECORDING),
        (S.RECORDING, A.STOP, S.ENDED),
        (S.RECORDING, A.END, S.ENDED),
        (S.ENDED, A.SAMPLES, S.ENDED),
        (S.ENDED, A.STOP, None),
        (S.ENDED, A.END, S.ENDED),
    ],
)
def test_every_state_and_act(state: EcgState, act: EcgAct, after: EcgState | None) -> None:
    assert next_state(state, act) is after


def test_the_table_has_every_state() -> None:
    assert set(TRANSITIONS) == set(EcgState)
