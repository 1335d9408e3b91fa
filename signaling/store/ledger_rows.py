"""Chained acts as rows of the tables event, personal_field and chain, and a chain's row as its head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import RowMapping, text

from recording.audit.chain import ChainedAct, ChainHead
from recording.audit.merkle import HASH_BYTES

Row = dict[str, Any]

EVENT_COLUMNS: Final = (
    "institution",
    "sequence",
    "at_ms",
    "kind",
    "actor",
    "patient",
    "case_id",
    "line",
    "hash",
)
PERSONAL_COLUMNS: Final = ("institution", "sequence", "name", "patient", "salt", "value")
"""What ``event_row`` and ``personal_rows`` fill in."""

UPSERT_CHAIN: Final = text(
    "INSERT INTO chain (institution, size, head, frontier) VALUES (:institution, :size, :head, :frontier)"
    " ON CONFLICT (institution) DO UPDATE"
    " SET size = excluded.size, head = excluded.head, frontier = excluded.frontier"
)
"""Both databases take this form; SQLAlchemy has it only in each dialect's own words."""


def event_row(chained: ChainedAct) -> Row:
    """Returns the row of ``event``; patient and case are columns so that the trace can be searched by
    them.
    """
    act = chained.act
    return {
        "institution": act.institution,
        "sequence": chained.sequence,
        "at_ms": act.at_ms,
        "kind": act.kind,
        "actor": act.actor,
        "patient": act.subject.get("patient", ""),
        "case_id": act.subject.get("case", ""),
        "line": chained.line,
        "hash": chained.hash,
    }


def personal_rows(chained: ChainedAct) -> list[Row]:
    """Returns the rows of ``personal_field``; the patient is named so that an erasure finds them."""
    return [
        {
            "institution": chained.act.institution,
            "sequence": chained.sequence,
            "name": personal.name,
            "patient": chained.act.subject.get("patient", ""),
            "salt": personal.salt,
            "value": personal.value,
        }
        for personal in chained.personal
    ]


def chain_rows(heads: Mapping[str, ChainHead], institutions: Iterable[str]) -> list[Row]:
    """Returns the rows of ``chain`` for these institutions."""
    return [
        {
            "institution": institution,
            "size": heads[institution].size,
            "head": heads[institution].head,
            "frontier": b"".join(heads[institution].frontier),
        }
        for institution in institutions
    ]


def head_of(row: RowMapping) -> ChainHead:
    """Returns the head that a row of ``chain`` holds."""
    frontier = bytes(row["frontier"])
    hashes = tuple(frontier[at : at + HASH_BYTES] for at in range(0, len(frontier), HASH_BYTES))
    return ChainHead(int(row["size"]), bytes(row["head"]), hashes)
