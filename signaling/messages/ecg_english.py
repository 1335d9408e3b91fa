"""What the pages of ECGs say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ECG_ENGLISH: Final[Mapping[str, str]] = {
    "api.ecg_gateway_unknown": "This institution has no such ECG gateway",
    "api.ecg_gateway_away": "The ECG gateway is not connected; check its power and its network",
    "api.ecg_gateway_unclear": "Several ECG gateways are connected; please choose one",
    "api.ecg_gateway_busy": "This ECG gateway is recording another ECG; stop that one first",
    "api.ecg_not_a_gateway": "This device is no ECG gateway",
    "api.ecg_case_unfit": (
        "The ECG cannot belong to this consultation: it is of another patient or institution, or is over"
    ),
    "api.ecg_state": "This ECG has been stopped already",
    "api.ecg_not_missing": "Nothing of this ECG is waited for: it is complete, or the rest was declared lost",
    "api.ecg_gateway_recent": (
        "The gateway may still bring the rest; that is declared lost {minutes} minutes after its last sign"
    ),
    "api.ecg_range_wrong": "At most {limit_s} seconds of an ECG can be read at once",
}
