"""The pages of identity, served."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.identity import IdentityApi, identity_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[IdentityApi]:
    async with identity_api(tmp_path) as api:
        yield api
