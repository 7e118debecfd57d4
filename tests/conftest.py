"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.memory import folder_in_memory
from tests.store.databases import PostgresServer, running_postgres, why_postgres_cannot_run


def pytest_configure() -> None:
    """The folders of the tests are in memory."""
    memory = folder_in_memory()
    if memory:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A real PostgreSQL server: the one of CONNECTOR_TEST_PG_URL, or one from the wheel."""
    reason = why_postgres_cannot_run()
    if reason:
        pytest.skip(reason)
    with running_postgres(tmp_path_factory.getbasetemp().parent) as server:
        yield server
