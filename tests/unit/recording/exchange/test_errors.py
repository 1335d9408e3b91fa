"""Refusals as they are told."""

from recording.exchange.errors import Refusal, UnreadableFile


def test_a_refusal_has_its_code_and_names_the_field() -> None:
    refused = UnreadableFile(Refusal.MALFORMED, "gain")
    assert (refused.code, refused.detail, str(refused)) == (
        "ecg_file_malformed",
        "gain",
        "ecg_file_malformed (gain)",
    )
    assert str(UnreadableFile(Refusal.NO_LEADS)) == "ecg_file_no_leads"
