"""Every forgery of a ledger and of its checkpoints is found, with one older checkpoint in the auditor's hand.

A few thousand in each run; LIANZHEN_MUTATIONS=1000000 tries a million. A walk that is split finds the same.
"""

from __future__ import annotations

import collections
import functools
import os
from dataclasses import replace
from random import Random
from typing import Final

import pytest

from recording.audit.notes_check import Trust
from recording.audit.suites import ED25519, PublicKey
from tests.unit.recording.audit.memory_ledger import SIGNER, anchor_of, made, verified
from tests.unit.recording.audit.mutations import MUTATIONS, mutated

TRIES: Final = int(os.environ.get("LIANZHEN_MUTATIONS", "4000"))
SEED: Final = int(os.environ.get("LIANZHEN_SEED", "3"))
ANCHOR_SIZE: Final = 8
STRETCHES: Final = (1, 2, 4, 8)
"""Events of a stretch: a fault lies before, on and after every seam."""
LEDGER: Final = made(13, [3, 8, 11, 13])


# The same signature over the same text is checked once: most forgeries leave most notes as they are.
REMEMBERED: Final = replace(ED25519, is_signed=functools.lru_cache(100_000)(ED25519.is_signed))
TRUST: Final = Trust((PublicKey(REMEMBERED, SIGNER.public_key),))


@pytest.mark.parametrize("form", ["data_folder", "package"])
@pytest.mark.timeout(3600)
def test_every_forgery_is_found(form: str) -> None:
    sound = LEDGER if form == "data_folder" else LEDGER.as_package()
    anchors = [anchor_of(LEDGER, ANCHOR_SIZE)]
    assert verified(sound, anchors, TRUST).is_sound
    random = Random(SEED)
    found: collections.Counter[str] = collections.Counter()
    for number in range(TRIES // 2):
        name, forged = mutated(sound, random, ANCHOR_SIZE)
        verdict = verified(forged, anchors, TRUST)
        split = verified(forged, anchors, TRUST, stretch_events=STRETCHES[number % len(STRETCHES)])
        assert split == verdict, f"{name}, number {number} of seed {SEED}, is another when split"
        assert not verdict.is_sound, f"{name}, number {number} of seed {SEED}"
        assert verdict.integrity_fault or verdict.completeness_fault
        found[name] += 1
    assert len(found) == len(set(MUTATIONS)) - (0 if form == "data_folder" else 2)
