"""What every folder of tests shares: a PostgreSQL, patience with a machine that stands still, and that what
one test sets up does not reach the next.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.support.patient_databases import patient_databases
from tests.support.postgres import NoPostgres, PostgresCluster, running_cluster

# A busy machine is slow, not wrong: no example fails by the time that it takes. And examples are the same in
# every run: what nobody has changed does not fail by luck. HYPOTHESIS_PROFILE=wandering looks for new ones.
_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("patient", derandomize=True, database=None, **_PATIENT)
settings.register_profile("wandering", **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "patient"))


RUN_BY_ITSELF = "alone or (end_to_end and not beside)"
"""The marks of the second half of ``make test-python``."""
_BY_ITSELF = re.compile(r"pytest\.mark\.(alone|end_to_end)")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves out unread what the half that runs by itself would leave out once it is imported."""
    if config.option.markexpr != RUN_BY_ITSELF or not collection_path.match("test_*.py"):
        return None
    if "end_to_end" in collection_path.parts or _BY_ITSELF.search(collection_path.read_text()):
        return None
    return True


@pytest.fixture(scope="session", autouse=True)
def _patient_databases() -> Iterator[None]:
    """Tests of limits open their store with ``limits`` (open_test_store), and so with the service's own."""
    with patient_databases():
        yield


@pytest.fixture(autouse=True)
def _logs_as_before() -> Iterator[None]:
    """The service's command sets up the process's logs, onto a stream that pytest closes after the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        root.handlers[:] = handlers
        root.setLevel(level)


@pytest.fixture(scope="session")
def cluster() -> Iterator[PostgresCluster]:
    """A database server that every test may have a database of; started when the first one asks."""
    try:
        with running_cluster() as running:
            yield running
    except NoPostgres as reason:
        pytest.skip(str(reason))
