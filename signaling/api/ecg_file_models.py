"""What the API takes about ECGs in files of other systems.

POST /ecgs/import            a file, or the files of a WFDB record, becomes an ECG
GET  /ecgs/{id}/export?format=wfdb|dicom|dicom_strip|edf|fhir
GET  /ecgs/{id}/stated       what an imported file said besides its samples: the device's own measurements
"""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from clinical.consultation import Urgency
from recording.exchange.reading import MAX_FILES, Kind
from signaling.api.ecg_models import Id
from signaling.api.route import Model
from signaling.ecg.ecg_export import ExportFormat

MAX_IMPORT_BYTES: Final = 16 * 1024 * 1024
"""Of all files of one ECG: 12 leads at 500 Hz for twenty minutes."""
MAX_BASE64_CHARACTERS: Final = (MAX_IMPORT_BYTES + 2) // 3 * 4
MAX_IMPORT_BODY_BYTES: Final = MAX_BASE64_CHARACTERS + 8_192


class EcgFile(Model):
    """One file, named as the others of its record name it."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    content_base64: Annotated[str, Field(min_length=1, max_length=MAX_BASE64_CHARACTERS)]


class ImportedEcg(Model):
    """Whose ECG it is. ``format`` is what the files are taken for, and must be."""

    patient: Id
    case: Id | None = None
    urgency: Urgency
    format: Kind
    files: Annotated[list[EcgFile], Field(min_length=1, max_length=MAX_FILES)]


class StatedMeasurement(Model):
    """A number that the device measured of the whole ECG, as it says itself; never ours."""

    code: str
    name: str
    value: str
    unit: str
    source: str


class StatedAnnotation(Model):
    """A mark or a sentence of the file; ``at`` is a sample's number, null for the whole."""

    at: int | None
    code: str
    text: str
    source: str


class StatedList(Model):
    """What an imported file said besides its samples; both empty for an ECG of a gateway."""

    measurements: list[StatedMeasurement]
    annotations: list[StatedAnnotation]


class ExportQuery(Model):
    """As what; and whether the patient is named in it."""

    format: ExportFormat
    with_personal: bool = False
