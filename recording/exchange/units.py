"""The units of voltage as files spell them; a signal in another one is no ECG."""

from __future__ import annotations

from typing import Final

NV_PER_UNIT: Final = {"nV": 1, "uV": 1_000, "µV": 1_000, "μV": 1_000, "mV": 1_000_000, "V": 1_000_000_000}
"""Both Greek letters: the micro sign and the small mu."""
