"""How files name ECG leads, and what is no lead: I and MDC_ECG_LEAD_I and "ECG I" are one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from media_server.ecg.descriptor import STANDARD_LEADS

SCP_LEADS: Final = {
    1: "I",
    2: "II",
    **{2 + number: f"V{number}" for number in range(1, 8)},
    **{8 + number: f"V{number}R" for number in range(2, 8)},
    16: "X",
    17: "Y",
    18: "Z",
    19: "CC5",
    20: "CM5",
    61: "III",
    62: "aVR",
    63: "aVL",
    64: "aVF",
    66: "V8",
    67: "V9",
    68: "V8R",
    69: "V9R",
}
"""EN 1064 table 5; the same after ``5.6.3-9-`` (SCPECG) and after ``2:`` (MDC) are DICOM's CID 3001."""
SCP_NUMBERS: Final = {name: number for number, name in SCP_LEADS.items()}
_MEANINGS: Final = {
    name.upper(): name
    for name in (*STANDARD_LEADS, *SCP_LEADS.values(), "MLI", "MLII", "MLIII", "MCL1", "MCL6", "ECG", "EKG")
} | {"VX": "X", "VY": "Y", "VZ": "Z"}
_PREFIX: Final = re.compile(r"^(?:MDC_ECG_LEAD_|(?:ECG|EKG|LEAD)[ _:-]+)+", re.IGNORECASE)
_OTHER_SIGNALS: Final = re.compile(
    r"^(?:EEG|EMG|EOG|ERG|ERP|MEG|MCG|RESP|THOR|ABD|FLOW|PLETH|PPG|SPO2|SAO2|ABP|ART|PAP|CVP|ICP|BP|NIBP|TEMP"
    r"|CO2|GSR|EDA|ACC|GYRO|SND|SOUND|POSITION|PULSE|EVENT|TRIG|STATUS|MARKER)(?![a-z])",
    re.IGNORECASE,
)
"""What EDF (its standard texts) and monitors' WFDB records hold beside ECG, in volts now and then."""
_ALLOWED: Final = re.compile(r"[^A-Za-z0-9+-]")
_MAX_LEAD_LETTERS: Final = 8


def is_ecg_lead(name: str) -> bool:
    """Whether a signal that is measured in volts is an ECG lead by its name."""
    return _OTHER_SIGNALS.match(name.strip()) is None


def lead_name(name: str) -> str:
    """The lead as we write it; an unknown one keeps its letters."""
    bare = _PREFIX.sub("", name.strip()) or name
    known = _MEANINGS.get(bare.strip().upper())
    return known or _ALLOWED.sub("", bare)[:_MAX_LEAD_LETTERS]


def distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once: an empty one and one that came before get their place's number."""
    found: list[str] = []
    for place, name in enumerate(names, 1):
        kept = name or "ECG"
        if kept in found or not name:
            number = str(place)
            kept = kept[: _MAX_LEAD_LETTERS - len(number) - 1] + "-" + number
        found.append(kept)
    return tuple(found)
