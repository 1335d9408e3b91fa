"""The life of an ECG: asked for, recording, ended; and what may happen to it in each.

Whether it is *complete* is another question: samples that were under way when the link broke, or when
somebody pressed stop, arrive afterwards, so an ended ECG still takes frames. It is complete once its gateway
has said what there will ever be and all of that is stored (stream.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class EcgState(StrEnum):
    """What is true of an ECG."""

    WAITING = "waiting"
    """Its gateway was asked to begin, and no sample has come."""
    RECORDING = "recording"
    """Samples have come, and more will."""
    ENDED = "ended"
    """Nothing is measured any more; what was measured may still arrive."""


class EcgAct(StrEnum):
    """What happens to an ECG."""

    SAMPLES = "samples"
    """Its first samples of a connection came."""
    STOP = "stop"
    """Somebody stopped it."""
    END = "end"
    """Its gateway said what there will ever be."""


_S, _A = EcgState, EcgAct
TRANSITIONS: Final[Mapping[EcgState, Mapping[EcgAct, EcgState]]] = {
    _S.WAITING: {_A.SAMPLES: _S.RECORDING, _A.STOP: _S.ENDED, _A.END: _S.ENDED},
    _S.RECORDING: {_A.SAMPLES: _S.RECORDING, _A.STOP: _S.ENDED, _A.END: _S.ENDED},
    _S.ENDED: {_A.SAMPLES: _S.ENDED, _A.END: _S.ENDED},
}
"""State and act give the next state; what is not here is refused."""


def next_state(state: EcgState, act: EcgAct) -> EcgState | None:
    """Returns the state after the act, None where the act is refused and changes nothing."""
    return TRANSITIONS[state].get(act)
