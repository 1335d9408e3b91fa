"""Databases whose callers wait as long as any machine stands still, for all tests but those of these limits.

The service gives a statement 1.5 s and a connection 1 s, since patients wait for it; a virtual machine whose
disk stands still for 2 s would then fail whatever test happens to run.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Final

from signaling.store import engines, sql_store
from tests.support.waiting import HANG_S

_PATIENT: Final = (
    (engines, "BUSY_LIMIT_S", HANG_S),
    (engines, "COMMAND_LIMIT_S", HANG_S),
    (engines, "CONNECT_LIMIT_S", HANG_S),
    (engines, "FORGOTTEN_LIMIT_MS", round(HANG_S * 1000)),
    (sql_store, "CLOSE_LIMIT_S", HANG_S),
)
_AS_SERVED: Final = tuple((module, name, getattr(module, name)) for module, name, _ in _PATIENT)


@contextlib.contextmanager
def patient_databases() -> Iterator[None]:
    """Engines that are made while this is open wait for long."""
    with _limits(_PATIENT):
        yield


@contextlib.contextmanager
def databases_as_served() -> Iterator[None]:
    """Engines that are made while this is open have the limits of the service."""
    with _limits(_AS_SERVED):
        yield


@contextlib.contextmanager
def _limits(wanted: Sequence[tuple[ModuleType, str, float]]) -> Iterator[None]:
    before = [(module, name, getattr(module, name)) for module, name, _ in wanted]
    try:
        for module, name, value in wanted:
            setattr(module, name, value)
        yield
    finally:
        for module, name, value in before:
            setattr(module, name, value)
