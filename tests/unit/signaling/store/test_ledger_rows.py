"""Rows of the ledger's tables: what is searched by has a column, and a head comes back as it was."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import RowMapping

from recording.audit.chain import ChainedAct, chain, genesis
from signaling.store.ledger_rows import chain_rows, event_row, head_of, personal_rows
from tests.support.ledgers import act


def chained(**fields: Any) -> ChainedAct:
    return chain(genesis("in_a"), act(**fields), new_salt=lambda: b"s" * 16)


def test_patient_and_case_are_columns() -> None:
    row = event_row(chained(subject={"patient": "pt_1", "case": "ca_1", "room": "east"}))
    assert (row["patient"], row["case_id"], row["sequence"], row["institution"]) == (
        "pt_1",
        "ca_1",
        1,
        "in_a",
    )
    row = event_row(chained())
    assert (row["patient"], row["case_id"]) == ("", "")


def test_the_row_holds_the_event_itself() -> None:
    one = chained(kind="media.ended", actor="pe_1", at_ms=7)
    row = event_row(one)
    assert (row["line"], row["hash"]) == (one.line, one.hash)
    assert (row["kind"], row["actor"], row["at_ms"]) == ("media.ended", "pe_1", 7)


def test_each_personal_field_has_a_row_that_names_its_patient() -> None:
    rows = personal_rows(chained(subject={"patient": "pt_1"}, personal={"name": "甲", "note": "乙"}))
    assert [(row["name"], row["value"], row["salt"], row["patient"]) for row in rows] == [
        ("name", "甲", b"s" * 16, "pt_1"),
        ("note", "乙", b"s" * 16, "pt_1"),
    ]
    assert personal_rows(chained()) == []
    assert personal_rows(chained(personal={"name": "甲"}))[0]["patient"] == ""


def test_a_head_comes_back_as_it_was() -> None:
    head = genesis("in_a")
    for _ in range(70):
        (row,) = chain_rows({"in_a": head, "in_b": genesis("in_b")}, ["in_a"])
        assert row["institution"] == "in_a"
        assert head_of(cast(RowMapping, row)) == head
        head = chain(head, act(), new_salt=bytes).head
