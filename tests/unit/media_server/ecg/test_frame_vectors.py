"""The frames that every language reads alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from media_server.ecg.errors import MalformedFrame
from media_server.ecg.frame import decode_frame, encode_frame
from tests.support.ecg_vectors import VECTORS, described

ENTRIES: list[dict[str, Any]] = json.loads(VECTORS.read_text())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["name"])
def test_a_frame_is_what_the_vector_says(entry: dict[str, Any]) -> None:
    content = bytes.fromhex(entry["hex"])
    if "code" in entry:
        with pytest.raises(MalformedFrame) as refusal:
            decode_frame(content)
        assert refusal.value.code == entry["code"]
        return
    frame, end = decode_frame(content)
    assert end == len(content)
    assert {"name": entry["name"], "hex": encode_frame(frame).hex(), **described(frame)} == entry
