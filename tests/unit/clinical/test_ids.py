"""Ids say what they name and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from clinical import ids

MAKERS = {
    "in_": ids.new_institution_id,
    "pe_": ids.new_person_id,
    "pt_": ids.new_patient_id,
    "dv_": ids.new_device_id,
    "ca_": ids.new_case_id,
    "co_": ids.new_consent_id,
    "iv_": ids.new_invitation_id,
    "sh_": ids.new_shift_id,
    "sl_": ids.new_slot_id,
}


@pytest.mark.parametrize(("prefix", "new"), MAKERS.items())
def test_an_id_is_a_prefix_and_128_random_bits(prefix: str, new: Callable[[], str]) -> None:
    made = {new() for _ in range(100)}
    assert len(made) == 100
    assert all(one.startswith(prefix) and len(bytes.fromhex(one.removeprefix(prefix))) == 16 for one in made)
