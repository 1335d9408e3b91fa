"""Forms to fill in: headings only, never a finding or a diagnosis of the software's own."""

from __future__ import annotations

import re

import pytest

from clinical.opinion import BLANK, Gate, Standing, check_length, shut_gates
from clinical.opinion_templates import TEMPLATES, Language, Template, template_of, templates_for
from clinical.specialties import SPECIALTIES

READY = Standing(is_taken_by_author=True, has_valid_licence=True, is_patient_known=True)
CLAIMS = re.compile(
    r"疑似|考虑|诊断为|可能|符合|提示|排除|正常范围|suspect|likely|consistent|suggest|diagnos|rule out",
    re.IGNORECASE,
)
"""The words in which a finding or a diagnosis is claimed."""


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.code)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_template_asks_and_never_answers(template: Template, language: Language) -> None:
    content = template.content(language)
    for line in (*content.findings.split("\n"), *content.advice):
        heading, _, rest = line.replace("：", ":").partition(":")
        assert (bool(heading), rest.strip()) == (True, BLANK), line
        assert not CLAIMS.search(line), line
    assert (content.critical_value, content.template) == (None, template.code)
    assert shut_gates(content, READY) == (Gate.BLANKS, Gate.CRITICAL_VALUE)
    check_length(content)
    assert template.title(language)


def test_the_two_languages_ask_for_the_same() -> None:
    for template in TEMPLATES:
        assert template.findings_zh.count(BLANK) == template.findings_en.count(BLANK), template.code
        assert len(template.advice_zh) == len(template.advice_en)


def test_codes_are_found() -> None:
    assert len({template.code for template in TEMPLATES}) == len(TEMPLATES)
    assert all(template_of(template.code) is template for template in TEMPLATES)
    assert all(template.specialty in ("", *SPECIALTIES) for template in TEMPLATES)
    assert template_of("nothing") is None


@pytest.mark.parametrize(
    ("specialty", "reason", "expected"),
    [
        (
            "cardiology",
            "胸闷 2 小时",
            ["chest_pain", "palpitations", "blood_pressure", "general", "follow_up"],
        ),
        ("cardiology", "BLOOD PRESSURE up", ["blood_pressure", "chest_pain", "palpitations"]),
        ("cardiology", "", ["chest_pain", "palpitations", "blood_pressure"]),
        ("respiratory", "胸闷", ["cough_breath", "general", "follow_up"]),
        ("burns", "烫伤", ["general", "follow_up"]),
    ],
)
def test_the_reason_chooses_what_is_offered_first(specialty: str, reason: str, expected: list[str]) -> None:
    offered = [template.code for template in templates_for(specialty, reason)]
    assert offered[: len(expected)] == expected
