"""Why somebody looks at what is kept of a patient: a word of a fixed list, stated before anything is shown.

GB/T 39725 and the PIPL bind every use of health data to a purpose. A list can be counted and reviewed; the
free text beside it is for the case that the list does not tell enough.
"""

from __future__ import annotations

from enum import StrEnum


class Purpose(StrEnum):
    """The purposes."""

    TREATMENT = "treatment"
    """诊疗: care that is being given or prepared."""
    QUALITY_CONTROL = "quality_control"
    """质控检查."""
    COMPLAINT = "complaint"
    """投诉核查."""
    DISPUTE = "dispute"
    """纠纷、司法调取: a court, an arbitration, an authority asks."""
    AUDIT = "audit"
    """安全审计."""
    PATIENT_REQUEST = "patient_request"
    """患者本人申请: access, copy, correction, erasure (PIPL articles 45 to 47)."""
