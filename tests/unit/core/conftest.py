"""A running core on a free port of this host, closed after the test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from lianzhen_core import PacketCore


@pytest.fixture
def core() -> Iterator[PacketCore]:
    packet_core = PacketCore(bind_address="127.0.0.1", port=0)
    yield packet_core
    packet_core.close()
