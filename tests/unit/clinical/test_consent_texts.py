"""The texts in force, and those that must never change again."""

from __future__ import annotations

import pytest

from clinical.consent import ConsentPurpose, sha256_of
from clinical.consent_texts import ConsentText, current_texts, find_text

IN_USE = {
    # Once shown to a patient, a text stays as it was: a changed hash here is a new issue, not a new number.
    "consultation 2026-11/zh": "72305508c1e7f21af6e252a1195207e823d48b90b03a917596c0fa74e1db6106",
    "consultation 2026-11/en": "ac215e8995664e7e3b3fd6554fc9822710c749e0170884eb9d12870035394640",
    "recording 2026-11/zh": "f2f6f56698eead82db777f7ec3b4aa927657c3943d646da2b119966364ebb08a",
    "recording 2026-11/en": "add73c7e7403046135b6ae707fc170534a0c9ca4c7ade93b64eff643dfa2efb2",
    "sharing 2026-11/zh": "2c2f50546813ae6a7dd1afeaeda9141a057e4abe6e3ceb874ce7e552f9727cbb",
    "sharing 2026-11/en": "4b091e2452efb720c411771a3b916d837736a9246f1d44bdc07a17fbb6b76281",
    "teaching 2026-11/zh": "3df37e349096477bc86fb765f129e542c725e9b86419c14d3156d7f73e73050e",
    "teaching 2026-11/en": "eedf8f35c47bba3d0b13001913c11965e2a7b2be2e234495111563d6cd4da940",
}


def test_every_purpose_has_a_text_in_both_languages_chinese_first() -> None:
    assert [(text.purpose, text.language) for text in current_texts()] == [
        (purpose, language) for purpose in ConsentPurpose for language in ("zh", "en")
    ]


@pytest.mark.parametrize("text", current_texts(), ids=lambda text: f"{text.purpose}-{text.language}")
def test_a_text_in_use_is_unchanged(text: ConsentText) -> None:
    assert IN_USE[f"{text.purpose} {text.version}"] == text.sha256 == sha256_of(text.text)


def test_a_text_is_found_by_purpose_and_version() -> None:
    found = find_text(ConsentPurpose.RECORDING, "2026-11/zh")
    assert found is not None
    assert found.title == "录音录像"
    assert "会诊照常进行" in found.text


@pytest.mark.parametrize("version", ["", "2026-11", "2026-11/fr", "1999-01/zh"])
def test_another_version_is_none(version: str) -> None:
    assert find_text(ConsentPurpose.RECORDING, version) is None
