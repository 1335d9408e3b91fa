"""The specialties a hospital can be asked for and the titles a doctor can have: codes, with their words.

The codes are ours and stand in the store, on the wire and in the ledger. The words are those on a hospital's
doors for what 医疗机构诊疗科目名录 (1994, as amended) lists more stiffly, and the grades of 卫生技术人员职务.
What a person's own page says in free words ("心内科") is found again by ``specialty_of_words``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """One name in both languages."""

    zh: str
    en: str


SPECIALTIES: Final[Mapping[str, Words]] = {
    "cardiology": Words("心内科", "Cardiology"),
    "respiratory": Words("呼吸内科", "Respiratory medicine"),
    "neurology": Words("神经内科", "Neurology"),
    "gastroenterology": Words("消化内科", "Gastroenterology"),
    "nephrology": Words("肾内科", "Nephrology"),
    "endocrinology": Words("内分泌科", "Endocrinology"),
    "hematology": Words("血液内科", "Haematology"),
    "rheumatology": Words("风湿免疫科", "Rheumatology"),
    "infectious": Words("感染科", "Infectious diseases"),
    "oncology": Words("肿瘤科", "Oncology"),
    "geriatrics": Words("老年医学科", "Geriatrics"),
    "general_surgery": Words("普外科", "General surgery"),
    "orthopedics": Words("骨科", "Orthopaedics"),
    "neurosurgery": Words("神经外科", "Neurosurgery"),
    "thoracic_surgery": Words("胸外科", "Thoracic surgery"),
    "urology": Words("泌尿外科", "Urology"),
    "burns": Words("烧伤科", "Burns"),
    "obstetrics": Words("妇产科", "Obstetrics and gynaecology"),
    "pediatrics": Words("儿科", "Paediatrics"),
    "ophthalmology": Words("眼科", "Ophthalmology"),
    "ent": Words("耳鼻咽喉科", "Ear, nose and throat"),
    "stomatology": Words("口腔科", "Dentistry"),
    "dermatology": Words("皮肤科", "Dermatology"),
    "psychiatry": Words("精神科", "Psychiatry"),
    "emergency": Words("急诊科", "Emergency medicine"),
    "critical_care": Words("重症医学科", "Critical care"),
    "anesthesiology": Words("麻醉科", "Anaesthesia"),
    "rehabilitation": Words("康复科", "Rehabilitation"),
    "pain": Words("疼痛科", "Pain medicine"),
    "chinese_medicine": Words("中医科", "Chinese medicine"),
    "general_practice": Words("全科", "General practice"),
    "electrocardiography": Words("心电诊断", "ECG reading"),
    "imaging": Words("医学影像科", "Imaging"),
    "ultrasound": Words("超声科", "Ultrasound"),
    "pathology": Words("病理科", "Pathology"),
    "laboratory": Words("检验科", "Laboratory medicine"),
    "pharmacy": Words("临床药学", "Clinical pharmacy"),
}
"""In the order in which a page lists them: the inner medicine, the surgery, the others, the services."""

ANY_TITLE: Final = "any"
TITLES: Final[Mapping[str, Words]] = {
    ANY_TITLE: Words("不限", "Any"),
    "attending": Words("主治医师", "Attending physician"),
    "associate_chief": Words("副主任医师", "Associate chief physician"),
    "chief": Words("主任医师", "Chief physician"),
}
"""What an invitation may wish for, rising. A resident is no wish: an invited doctor has at least three years
of independent practice (远程医疗服务管理规范, 2018)."""


def is_specialty(code: str) -> bool:
    """Whether the code names a specialty."""
    return code in SPECIALTIES


def is_title(code: str) -> bool:
    """Whether the code names a title that can be wished for."""
    return code in TITLES


def specialty_words(code: str) -> Words:
    """Returns the names of a specialty; a code that is not listed (a case kept from an older list) is its own
    name.
    """
    return SPECIALTIES.get(code) or Words(code, code)


def title_words(code: str) -> Words:
    """Returns the names of a title; a code that is not listed is its own name."""
    return TITLES.get(code) or Words(code, code)


def specialty_of_words(words: str) -> str | None:
    """Returns the code of what somebody wrote: a code, or a name in either language, whatever its case and
    the spaces around it; None where nothing is called so.
    """
    return _CODES_BY_WORDS.get(words.strip().casefold())


_CODES_BY_WORDS: Final[Mapping[str, str]] = {
    spelling.casefold(): code
    for code, words in SPECIALTIES.items()
    for spelling in (code, words.zh, words.en)
}
