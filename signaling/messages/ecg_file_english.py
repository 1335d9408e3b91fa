"""What the pages of ECGs in files of other systems say in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ECG_FILE_ENGLISH: Final[Mapping[str, str]] = {
    "ecg.info": "Leads {leads}; {rate_hz} samples a second, {resolution_uv} µV a step, {seconds} s",
    "ecg.monitoring_only": "For monitoring only: below 500 Hz, or coarser than 5 µV",
    "ecg.simulated": "Simulated, not measured: what is brought in of it cannot be signed",
    "ecg.began": "Begun {began}",
    "ecg.missing": "{count} stretches are missing, {seconds} s",
    "ecg.left_out": "Signals that were not read: {signals}",
    "ecg.measured": "Measured by the device: {name} {value} {unit} ({source})",
    "ecg.annotations": "{count} annotations",
    "ecg.exists": "{file} is there already and will not be overwritten",
    "ecg.no_file": "{file} cannot be opened: {reason}",
    "api.ecg_import_busy": (
        "Too many ECG files are brought in at once, and nothing of this one was kept; "
        "try again in {retry_after_s} s"
    ),
    "api.ecg_file_kind_unknown": (
        "This is no ECG file of the format chosen; WFDB, EDF+, DICOM and SCP-ECG can be read"
    ),
    "api.ecg_file_part_missing": (
        "A file is missing, or there is one too many; a WFDB record comes with its header and signal files"
    ),
    "api.ecg_file_too_large": "The ECG file is too large",
    "api.ecg_file_truncated": "The ECG file is cut off",
    "api.ecg_file_malformed": "The ECG file cannot be understood ({field})",
    "api.ecg_file_unsupported": "The ECG file is written in a way that is not read here ({field})",
    "api.ecg_file_checksum_wrong": "The checksum of the ECG file is wrong: the file may be damaged",
    "api.ecg_file_rate_unsuitable": (
        "The sampling rate is unsuitable: a whole number of 25 to 32000 a second, the same for all leads"
    ),
    "api.ecg_file_resolution_unsuitable": (
        "The resolution is unsuitable: no voltage, too coarse, or without a common measure"
    ),
    "api.ecg_file_value_unsuitable": "The ECG file holds values that are no numbers or out of range",
    "api.ecg_file_no_leads": "The file holds no ECG lead, or nothing in it",
    "api.ecg_file_too_many_leads": "The file holds more than 16 leads",
    "api.ecg_export_empty": "This ECG has no samples yet: there is nothing to export",
    "api.ecg_export_leads_differ": (
        "The number of leads changes within this ECG: it does not fit into one file"
    ),
    "api.ecg_export_too_long": "This ECG is too long for one file",
    "api.ecg_export_out_of_range": "The part to be exported is not within this ECG",
    "api.ecg_export_value_too_large": "Some values are beyond what this format holds; please use WFDB",
    "api.ecg_export_rate": "This format does not hold this sampling rate; please use WFDB",
    "api.ecg_export_resolution": "This format does not hold this resolution; please use WFDB",
    "api.ecg_export_leads": (
        "A 12-lead DICOM object holds standard leads only; please use the whole DICOM or WFDB"
    ),
}
