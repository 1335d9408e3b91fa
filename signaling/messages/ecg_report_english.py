"""What the pages of ECG reports and critical values say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ECG_REPORT_ENGLISH: Final[Mapping[str, str]] = {
    "api.ecg_report_missing": "This ECG has no signed report yet",
    "api.ecg_report_state": "That cannot be done with the report now; please reload",
    "api.ecg_report_changed": (
        "The report was changed elsewhere (draft {revision}); please reload before you save or sign"
    ),
    "api.ecg_report_altered": (
        "The report or the samples are not what was signed, and no report is given out any "
        "more; please tell quality control"
    ),
    "api.ecg_report_incomplete": (
        "The report cannot be signed yet: mark strips, fill in conclusion, blanks and critical value, and "
        "wait until the ECG is complete"
    ),
    "api.ecg_report_strip_wrong": (
        "A marked strip is wrong: each has 10 seconds or more, and there are at most 50"
    ),
    "api.ecg_report_statement_unknown": "A statement is not in the catalogue, or was chosen twice",
    "api.ecg_report_too_long": (
        "The report is too long: findings and conclusion 8000 characters each, 30 statements, "
        "500 characters for a reason"
    ),
    "api.ecg_report_reason_missing": "Please give the reason",
    "api.ecg_report_same_person": "Nobody reviews their own report; please ask another physician",
    "api.ecg_unreadable": "The samples cannot be read now; please try again later",
    "api.critical_value_calling": "This ECG is marked as a critical value already and is calling",
    "api.critical_value_ended": "The critical value was heard already, or taken back",
    "api.critical_value_own": "Who marked a critical value cannot confirm it for the treating side",
    "api.critical_value_name_missing": "Please write who took the call, 64 characters at most",
    "api.critical_value_reason_missing": (
        "Please give the reason for taking it back, 500 characters at most"
    ),
    "api.critical_value_not_marker": "Only who marked a critical value can take it back",
}
