"""How many descriptors are asked for."""

from __future__ import annotations

import resource

import pytest

from signaling.descriptors import WANTED, raise_descriptor_limit, raised_limit

INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1_024, 1 << 20, WANTED),
        (1_024, INFINITE, WANTED),
        (1_024, 4_096, 4_096),
        (1 << 20, 1 << 20, 1 << 20),
        (INFINITE, INFINITE, INFINITE),
    ],
)
def test_it_is_raised_as_far_as_is_wanted_and_permitted(soft: int, hard: int, raised: int) -> None:
    assert raised_limit(soft, hard) == raised


@pytest.mark.parametrize("hard", [1 << 20, 4_096])
def test_the_process_has_it_then(monkeypatch: pytest.MonkeyPatch, hard: int) -> None:
    limits = [(1_024, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, both: limits.append(both))
    assert raise_descriptor_limit() == raise_descriptor_limit() == min(WANTED, hard)
    assert limits == [(1_024, hard), (min(WANTED, hard), hard)]
