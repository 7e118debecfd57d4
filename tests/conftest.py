"""Fixtures that several rooms share."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator

import pytest

from tests.everyday import mark_alike_cases
from tests.memory import folder_in_memory
from tests.store.databases import PostgresServer, running_postgres, why_postgres_cannot_run

CONTRACTS_REQUIRED = "CONTRACTS_REQUIRED"


def pytest_configure() -> None:
    """The folders of the tests are in memory."""
    memory = folder_in_memory()
    if memory:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every day a few of many alike cases run, in `.ci/run` all of them."""
    mark_alike_cases(items, config.rootpath.as_posix())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the reference material must be there, as in CI, a contract test that is skipped has failed."""
    report = yield
    if report.skipped and item.get_closest_marker("contract") and CONTRACTS_REQUIRED in os.environ:
        report.outcome, report.longrepr = "failed", f"a contract test was skipped: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A real PostgreSQL server: the one of CONNECTOR_TEST_PG_URL, or one from the wheel."""
    reason = why_postgres_cannot_run()
    if reason:
        pytest.skip(reason)
    with running_postgres(tmp_path_factory.getbasetemp().parent) as server:
        yield server
