"""What the server and the command line say to people, in Chinese and English, by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from signaling.messages.audit_chinese import AUDIT_CHINESE
from signaling.messages.audit_english import AUDIT_ENGLISH
from signaling.messages.care_chinese import CARE_CHINESE
from signaling.messages.care_english import CARE_ENGLISH
from signaling.messages.chinese import CHINESE
from signaling.messages.consult_chinese import CONSULT_CHINESE
from signaling.messages.consult_english import CONSULT_ENGLISH
from signaling.messages.ecg_chinese import ECG_CHINESE
from signaling.messages.ecg_english import ECG_ENGLISH
from signaling.messages.ecg_file_chinese import ECG_FILE_CHINESE
from signaling.messages.ecg_file_english import ECG_FILE_ENGLISH
from signaling.messages.ecg_report_chinese import ECG_REPORT_CHINESE
from signaling.messages.ecg_report_english import ECG_REPORT_ENGLISH
from signaling.messages.english import ENGLISH
from signaling.messages.opinion_chinese import OPINION_CHINESE
from signaling.messages.opinion_english import OPINION_ENGLISH
from signaling.messages.roster_chinese import ROSTER_CHINESE
from signaling.messages.roster_english import ROSTER_ENGLISH

Language: TypeAlias = Literal["zh", "en"]
CATALOGUES: Final[Mapping[Language, Mapping[str, str]]] = {
    "zh": {
        **CHINESE,
        **AUDIT_CHINESE,
        **CARE_CHINESE,
        **CONSULT_CHINESE,
        **ECG_CHINESE,
        **ECG_FILE_CHINESE,
        **ECG_REPORT_CHINESE,
        **OPINION_CHINESE,
        **ROSTER_CHINESE,
    },
    "en": {
        **ENGLISH,
        **AUDIT_ENGLISH,
        **CARE_ENGLISH,
        **CONSULT_ENGLISH,
        **ECG_ENGLISH,
        **ECG_FILE_ENGLISH,
        **ECG_REPORT_ENGLISH,
        **OPINION_ENGLISH,
        **ROSTER_ENGLISH,
    },
}


def say(key: str, language: Language, **facts: object) -> str:
    """Returns the text of a key with its facts filled in."""
    return CATALOGUES[language][key].format(**facts)


def say_to(key: str, language: Language | None, **facts: object) -> str:
    """Returns the text in the chosen language; in both, Chinese first, where none was chosen."""
    if language is not None:
        return say(key, language, **facts)
    return f"{say(key, 'zh', **facts)} / {say(key, 'en', **facts)}"
