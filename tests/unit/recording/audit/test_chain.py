"""The chain of acts: golden bytes, canonical form as rfc8785 writes it, and what may not stand in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from recording.audit.act import Act, DeviceTime, MediaPosition
from recording.audit.chain import (
    MAX_DEPTH,
    ChainHead,
    chain,
    genesis,
)
from recording.audit.commitments import commitment
from recording.audit.lines import MAX_LINE_BYTES
from recording.audit.merkle import frontier_root, leaf_hash, tree_root
from recording.errors import MisuseError
from tests.support.cpu_time import least_cpu_s
from tests.unit.recording.audit.acts import FULL_ACT, INSTITUTION, chained, counted_salts, plain_act


def line_of(act: Act) -> bytes:
    return chain(genesis(act.institution), act, new_salt=counted_salts()).line


def test_a_chain_begins_with_the_hash_of_its_institution() -> None:
    assert genesis("in_1") == ChainHead(0, hashlib.sha256(b"lianzhen-ledger-1\nin_1").digest(), ())
    assert genesis("in_1") != genesis("in_2")


def test_an_events_line_is_these_bytes_for_ever() -> None:
    event = chain(genesis(INSTITUTION), FULL_ACT, new_salt=counted_salts())
    reason = hashlib.sha256((1).to_bytes(16, "big") + "复查心电图".encode()).hexdigest()
    name = hashlib.sha256((2).to_bytes(16, "big") + "王某某".encode()).hexdigest()
    assert event.line.decode() == (
        '{"actor":"pe_1","actor_role":"clinic_doctor","after":{"count":3,"is_emergency":false,'
        '"purposes":["recording",{"of":1}],"state":"granted"},"at_ms":1800000000000,"before":{"state":null},'
        '"device":"dv_1","device_time":{"at_ms":1799999999900,"error_ms":5,"offset_ms":100},'
        f'"institution":"{INSTITUTION}","kind":"consent.granted",'
        '"media":{"position_ms":1500,"recording":"RC_one"},'
        f'"personal":{{"name":"{name}","reason":"{reason}"}},"previous":"{genesis(INSTITUTION).head.hex()}",'
        '"sequence":1,"subject":{"case":"ca_1","patient":"pt_1","room":"会诊一室"},"v":1}'
    )
    assert event.hash == hashlib.sha256(event.line).digest()
    assert [(field.name, field.value) for field in event.personal] == [
        ("reason", "复查心电图"),
        ("name", "王某某"),
    ]
    assert commitment(event.personal[0].salt, event.personal[0].value) == reason


def test_an_act_without_device_or_media_says_nothing_of_them() -> None:
    fields = json.loads(line_of(plain_act(1)))
    assert not {"device", "device_time", "media"} & set(fields)
    assert fields["subject"] == fields["before"] == fields["personal"] == {}


def test_each_event_names_the_hash_of_the_one_before_and_the_tree_grows_with_the_chain() -> None:
    events = chained([plain_act(number) for number in range(1, 40)])
    leaves: list[bytes] = []
    previous = genesis(INSTITUTION).head
    for number, event in enumerate(events, 1):
        fields = json.loads(event.line)
        assert (fields["sequence"], fields["previous"]) == (number, previous.hex())
        previous = event.hash
        leaves.append(leaf_hash(event.hash))
        assert (event.sequence, event.head.size, event.head.head) == (number, number, event.hash)
        assert frontier_root(event.head.frontier) == tree_root(leaves)


def test_the_same_personal_value_is_never_committed_to_twice_alike() -> None:
    first, second = chained([plain_act(3), plain_act(3)])
    assert json.loads(first.line)["personal"] != json.loads(second.line)["personal"]


KEYS = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,12}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
ACTS = st.builds(
    Act,
    institution=st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True),
    kind=st.from_regex(r"[a-z_]{1,10}\.[a-z_]{1,10}", fullmatch=True),
    actor=TEXT.filter(bool),
    at_ms=NUMBERS,
    actor_role=TEXT,
    device=TEXT,
    device_time=st.none() | st.builds(DeviceTime, NUMBERS, NUMBERS, NUMBERS),
    subject=st.dictionaries(KEYS, TEXT, max_size=3),
    before=st.dictionaries(KEYS, VALUES, max_size=3),
    after=st.dictionaries(KEYS, VALUES, max_size=3),
    media=st.none() | st.builds(MediaPosition, TEXT, NUMBERS),
    personal=st.dictionaries(KEYS, TEXT, max_size=3),
)


@given(ACTS)
def test_every_line_is_the_canonical_json_of_rfc_8785(act: Act) -> None:
    line = line_of(act)
    assert rfc8785.dumps(json.loads(line)) == line


class Role(StrEnum):
    DOCTOR = "clinic_doctor"


def test_a_word_of_a_list_stands_as_itself() -> None:
    assert json.loads(line_of(replace(FULL_ACT, after={"role": Role.DOCTOR})))["after"] == {
        "role": "clinic_doctor"
    }


def nested(depth: int) -> Mapping[str, Any]:
    return {"a": nested(depth - 1)} if depth else {}


WRONG: list[dict[str, Any]] = [
    {"after": {"x": 1.5}},
    {"after": {"x": [0.0]}},
    {"after": {"x": b"bytes"}},
    {"after": {"x": (1, 2)}},
    {"after": {"x": 2**53}},
    {"after": {"x": -(2**53)}},
    {"after": {"x": "\ud800"}},
    {"after": {"": 1}},
    {"after": {"键": 1}},
    {"after": {1: 1}},
    {"after": {"k" * 41: 1}},
    {"after": {"x": "长" * MAX_LINE_BYTES}},
    {"before": nested(MAX_DEPTH)},
    {"before": {"x": [[[[[[[[[1]]]]]]]]]}},
    {"at_ms": 1.0},
    {"at_ms": True},
    {"device_time": DeviceTime(1, 2, 2**60)},
    {"media": MediaPosition("r" * 257, 1)},
    {"media": MediaPosition("r", 2**60)},
    {"institution": ""},
    {"institution": "../etc"},
    {"institution": "a" * 41},
    {"kind": "consent"},
    {"kind": "Consent.granted"},
    {"kind": "a." + "b" * 60},
    {"actor": ""},
    {"actor": "a" * 41},
    {"actor": 7},
    {"actor": "a\0"},
    {"actor_role": "r" * 41},
    {"device": "d" * 41},
    {"subject": {"patient": "p" * 41}},
    {"subject": {"room": "r" * 257}},
    {"subject": {"a b": "x"}},
    {"personal": {"note": "x" * 10_001}},
    {"personal": {"note": "x\0"}},
    {"personal": {"note": "\udfff"}},
    {"personal": {"note": 1}},
    {"personal": {"a note": "x"}},
]


@pytest.mark.parametrize("change", WRONG, ids=lambda change: f"{change!r:.50}")
def test_what_cannot_stand_in_the_chain_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(MisuseError):
        chain(genesis(INSTITUTION), replace(FULL_ACT, **change), new_salt=counted_salts())


def test_a_name_that_is_no_institutions_has_no_chain() -> None:
    with pytest.raises(MisuseError):
        genesis("a/b")


def test_a_thousand_acts_are_chained_in_a_blink() -> None:
    # The claim is 20,000/s; this only sees a change that makes it many times slower, on any machine.
    assert least_cpu_s(lambda: chained([FULL_ACT] * 1000)) < 0.5
