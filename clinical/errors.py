"""What clinical rules refuse, told by a stable code.

ClinicalRefusal
├── ConsentRefused          a consent that is not one, or an answer that does not follow from the last one
├── ConsultationRefused     an act of a consultation that is not possible, or not yet
├── CriticalValueRefused    an act on a critical value that is not possible
├── EcgReportRefused        an ECG report that cannot be written, signed or reviewed so
├── OpinionRefused          an opinion that cannot be signed yet, or an answer to it that contradicts itself
└── RosterRefused           a shift, a phone or a slot that cannot be
"""

# ruff: noqa: N818  (the shapes NotPermitted, Unavailable … are named so in every package)

from __future__ import annotations


class ClinicalRefusal(Exception):
    """Base of everything this package refuses on purpose; ``code`` is stable and fit for the wire."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class ConsentRefused(ClinicalRefusal):
    """See consent.py for the codes; nothing has changed."""


class ConsultationRefused(ClinicalRefusal):
    """See consultation.py for the codes; nothing has changed. ``missing`` names the fields that are empty."""

    def __init__(self, code: str, *, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        super().__init__(code)


class CriticalValueRefused(ClinicalRefusal):
    """See critical_value.py for the codes; nothing has changed."""


class EcgReportRefused(ClinicalRefusal):
    """See ecg_report.py for the codes; nothing has changed. ``missing`` names the gates that are shut."""

    def __init__(self, code: str, *, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        super().__init__(code)


class OpinionRefused(ClinicalRefusal):
    """See opinion.py and adoption.py for the codes; nothing has changed. ``missing`` names the gates that are
    shut."""

    def __init__(self, code: str, *, missing: tuple[str, ...] = ()) -> None:
        self.missing = missing
        super().__init__(code)


class RosterRefused(ClinicalRefusal):
    """See duty.py for the codes; nothing has changed."""
