"""A vital sign is a number of a known kind."""

from __future__ import annotations

import math

import pytest

from clients.gateway.errors import SourceFault
from clients.gateway.vital_signs import UNITS, Origin, Validity, measured


@pytest.mark.parametrize("code", UNITS)
def test_each_kind_has_its_unit(code: str) -> None:
    value = measured(1, code, 36.6, validity=Validity.VALID, source=Origin.DEVICE)
    assert (value.code, value.unit) == (code, UNITS[code])


@pytest.mark.parametrize(
    ("code", "value", "fault"),
    [
        ("MDC_ANYTHING", 1.0, "vital_unknown"),
        ("MDC_TEMP", math.nan, "vital_no_number"),
        ("MDC_TEMP", math.inf, "vital_no_number"),
    ],
)
def test_what_is_none_is_refused(code: str, value: float, fault: str) -> None:
    with pytest.raises(SourceFault) as refused:
        measured(1, code, value, validity=Validity.VALID, source=Origin.DEVICE)
    assert refused.value.code == fault
