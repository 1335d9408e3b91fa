"""The network, the shared server and the media files of the end-to-end tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.support import recorded_conversation
from tests.support.namespaces import Network, network, reason_to_skip
from tests.support.numbered_video import Painter, write_wav, write_y4m
from tests.support.server import LIANZHEN, Server, running
from tests.support.waiting import HANG_S

# Browsers and service share the machine's processors: that a page comes to it is what matters.
expect.set_options(timeout=HANG_S * 1000)

_rooms = itertools.count(1)

# Pictures in the repeating file: judge_order's modulus for what Chromium publishes.
FILE_FRAMES = 300
FILE_FRAMES_PER_SECOND = 15


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks every test of this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.end_to_end)


@pytest.fixture(scope="session")
def net() -> Iterator[Network]:
    """Namespaces of the whole run; skips where they cannot be made."""
    reason = reason_to_skip()
    if reason is not None:
        pytest.skip(reason)
    with network() as made:
        yield made


@pytest.fixture(scope="session")
def server(net: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server that tests share, each in a room of its own. It must end by itself, with code 0."""
    assert LIANZHEN.exists(), f"{LIANZHEN} is missing: run `make setup`"
    with running(Server(net, tmp_path_factory.mktemp("shared-server"), name="shared-server")) as started:
        yield started
        assert started.stop() == 0


@pytest.fixture
def room() -> str:
    """A room name that no other test uses."""
    return f"room-{next(_rooms)}"


@pytest.fixture(scope="session")
def numbered_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 s of numbered pictures, 640x360, soft texture."""
    path = tmp_path_factory.mktemp("media") / "numbered.y4m"
    write_y4m(path, Painter(640, 360), frames=FILE_FRAMES, frames_per_second=FILE_FRAMES_PER_SECOND)
    return path


@pytest.fixture(scope="session")
def hard_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2 s of numbered pictures, 1280x720, texture that fills every bit a codec is given."""
    path = tmp_path_factory.mktemp("media") / "hard.y4m"
    write_y4m(path, Painter(1280, 720, is_hard=True), frames=60, frames_per_second=30)
    return path


@pytest.fixture(scope="session")
def marked_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """20 s of sound with a mark at every second."""
    path = tmp_path_factory.mktemp("media") / "marked.wav"
    write_wav(path, seconds=20)
    return path


@pytest.fixture(scope="session")
def conversation(
    net: Network, server: Server, numbered_file: Path, marked_file: Path
) -> recorded_conversation.Conversation:
    """A recorded conversation of 25 s between a page and an SDK client, watched by one of each."""
    return recorded_conversation.record(
        net, server, room="recorded", seconds=25, video=numbered_file, sound=marked_file
    )
