"""The schema's history leads exactly to the tables that the code uses."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import SQLModel

from connector.store.database import Database
from connector.store.engine import DatabaseProblem, switch_to_wal
from connector.store.tables import SCHEMA_VERSION
from tests.store.databases import Home

TABLES = {name: table for name, table in SQLModel.metadata.tables.items() if table.metadata is SQLModel.metadata}


@pytest.fixture
def home(empty_home: Home) -> Home:
    """Here every database is migrated by the connector itself."""
    return empty_home


def test_an_upgrade_from_an_empty_database_makes_exactly_the_tables_of_the_code(database: Database) -> None:
    with database.write() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_check_that_the_code_names_is_in_the_database_too(name: str, database: Database) -> None:
    declared = {str(c.name) for c in TABLES[name].constraints if isinstance(c, sa.CheckConstraint)}
    found = {check["name"] for check in sa.inspect(database.engine).get_check_constraints(name)}
    assert found == declared


def test_an_ordinary_start_changes_nothing(home: Home) -> None:
    def everything(database: Database) -> list[Any]:
        with database.write() as connection:
            return [sorted(map(str, connection.execute(sa.select(table)))) for _, table in sorted(TABLES.items())]

    first = everything(home.open())
    assert everything(home.open()) == first
    assert home.rows("SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]


def test_a_database_of_a_newer_connector_is_refused_and_left_alone(home: Home) -> None:
    with home.open().write() as connection:
        connection.execute(sa.text("UPDATE meta SET value = '99' WHERE key = 'schema_version'"))
    with pytest.raises(DatabaseProblem, match="newer connector") as told:
        home.open()
    assert told.value.code == "DATABASE_NEWER"
    assert home.rows("SELECT value FROM meta WHERE key = 'schema_version'") == [("99",)]


def test_a_first_start_waits_while_another_one_switches_the_new_file_to_wal(tmp_path: Path) -> None:
    other, ours = (sqlite3.connect(tmp_path / "connector.db", isolation_level=None, timeout=0) for _ in range(2))
    other.execute("BEGIN IMMEDIATE")
    # The moment in which we wait for the other one, so that nothing depends on how fast two threads are.
    waited = []

    def at_each_statement(statement: str) -> None:
        waited.append(statement)
        if statement == "BEGIN IMMEDIATE":
            other.execute("ROLLBACK")

    ours.set_trace_callback(at_each_statement)
    switch_to_wal(ours)
    assert waited == ["PRAGMA journal_mode=WAL", "BEGIN IMMEDIATE", "ROLLBACK", "PRAGMA journal_mode=WAL"]
    assert ours.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    ours.close()


def test_a_file_that_stays_locked_is_told_and_not_waited_for_without_end(tmp_path: Path) -> None:
    other, ours = (sqlite3.connect(tmp_path / "connector.db", isolation_level=None, timeout=0) for _ in range(2))
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        switch_to_wal(ours)
    other.close()
    ours.close()


def test_two_first_starts_at_once_make_one_schema(home: Home) -> None:
    failures: list[BaseException] = []
    together = threading.Barrier(4)

    def start() -> None:
        together.wait()
        try:
            home.open()
        except BaseException as error:  # A thread's error is to fail the test, not to be printed.
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert home.rows("SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]


def test_an_upgrade_that_is_cut_off_leaves_nothing_and_is_done_at_the_next_start(home: Home) -> None:
    def power_cut(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "CREATE TABLE token" in statement:
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", power_cut)
    try:
        with pytest.raises(KeyboardInterrupt):
            home.open()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", power_cut)
    assert home.open().engine.dialect.name == home.kind
    assert home.rows("SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]
