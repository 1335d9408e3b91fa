"""What clinical rules refuse, told by a stable code.

ClinicalRefusal
└── ConsentRefused   a consent that is not one, or an answer that does not follow from the last one
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
