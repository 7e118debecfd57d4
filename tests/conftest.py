"""Fixtures that several rooms share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.databases import PostgresServer, running_postgres, why_postgres_cannot_run


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A real PostgreSQL server: the one of CONNECTOR_TEST_PG_URL, or one from the wheel."""
    reason = why_postgres_cannot_run()
    if reason:
        pytest.skip(reason)
    with running_postgres(tmp_path_factory.getbasetemp().parent) as server:
        yield server
