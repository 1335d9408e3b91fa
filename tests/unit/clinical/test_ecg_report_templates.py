"""The forms that a reader may take: all in both languages, none that could be signed as it is."""

from __future__ import annotations

from itertools import groupby

from clinical.ecg_report_templates import TEMPLATES, template_of
from clinical.ecg_statements import unknown_codes
from clinical.opinion import BLANK


def test_every_form_has_blanks_that_keep_it_from_being_signed() -> None:
    for template in TEMPLATES:
        assert BLANK in template.findings_zh
        assert template.findings_zh.count(BLANK) == template.findings_en.count(BLANK), template.code
        assert bool(template.conclusion_zh) == bool(template.conclusion_en)
        assert (template.title("zh"), template.title("en")) == (template.title_zh, template.title_en)


def test_every_statement_that_a_form_begins_with_is_in_the_catalogue() -> None:
    for template in TEMPLATES:
        assert unknown_codes(template.statements) == ()


def test_a_form_is_found_by_its_code() -> None:
    codes = [template.code for template in TEMPLATES]
    assert [len(list(same)) for _, same in groupby(sorted(codes))] == [1] * len(TEMPLATES)
    assert template_of("normal") in TEMPLATES
    assert template_of("none") is None
