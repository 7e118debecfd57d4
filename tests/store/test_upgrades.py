"""A database of every earlier version, with real records in it, is brought up to date and keeps everything."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

import connector.store.migrations
from connector.core.disposition import Disposition
from connector.core.matching import match
from connector.core.posting import State
from connector.store.audit import newest
from connector.store.audit_check import check
from connector.store.connection_store import ConnectionStore
from connector.store.engine import open_engine, url_of
from connector.store.tables import SCHEMA_VERSION
from tests.store.databases import Home
from tests.store.examples import document

SCHEMAS = Path(__file__).parent / "schemas"
EARLIER = range(1, SCHEMA_VERSION)
BLOB = re.compile(r"X'([0-9a-f]*)'")


def filled(home: Home, version: int) -> dict[str, list[Any]]:
    """Make the database as its connector left it; its rows by table."""
    engine = open_engine(url_of(home.address))
    config = Config()
    config.set_main_option("script_location", str(Path(connector.store.migrations.__file__).parent))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, f"{version:04}")
        in_utc(connection)
        for line in (SCHEMAS / f"v{version}.sql").read_text("utf-8").splitlines():
            if line.startswith("INSERT"):
                connection.exec_driver_sql(line if home.kind == "sqlite" else BLOB.sub(r"'\\x\1'", line))
        connection.exec_driver_sql(f"INSERT INTO meta (key, value) VALUES ('schema_version', '{version}')")
        rows = every_row(connection)
    engine.dispose()
    return rows


def in_utc(connection: sa.Connection) -> None:
    """SQLite keeps moments as text in UTC; PostgreSQL reads and writes them in the session's zone."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")


def every_row(connection: sa.Connection) -> dict[str, list[Any]]:
    """The rows of each table, but for what an upgrade must change."""
    in_utc(connection)
    tables = set(sa.inspect(connection).get_table_names()) - {"alembic_version", "audit"}
    rows = {name: sorted(map(str, connection.exec_driver_sql(f"SELECT * FROM {name}"))) for name in tables}
    rows["meta"] = [row for row in rows["meta"] if "schema_version" not in row and "audit_head" not in row]
    return rows


def test_there_are_records_of_every_earlier_version() -> None:
    assert {path.name for path in SCHEMAS.iterdir()} == {f"v{version}.sql" for version in EARLIER}


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_database_keeps_every_row(version: int, empty_home: Home) -> None:
    before = filled(empty_home, version)
    assert all(before[name] for name in ("work_order", "posting", "posting_identity", "send", "finding", "run", "token"))
    with empty_home.open().write() as connection:
        after = every_row(connection)
    assert {name: after[name] for name in before} == before
    assert empty_home.rows("SELECT value FROM meta WHERE key = 'schema_version'") == [(str(SCHEMA_VERSION),)]


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_database_works_on_after_its_upgrade(version: int, empty_home: Home) -> None:
    filled(empty_home, version)
    database = empty_home.open()
    store = ConnectionStore(database, ledger_company="9130357849012345", source_company="upkeep", site="", clock=empty_home.clock)
    held = store.find("1004")
    assert held is not None
    assert (held.disposition, held.codes) == (Disposition.HELD, ("UNREADABLE_NUMBER",))
    assert [finding.code for finding in store.findings()] == ["CHANGED_AFTER_POSTING"]
    assert {posting.work_order_number: posting.state for posting in store.every_posting()} == {
        "1001": State.POSTED,
        "1002": State.POSTED,
        "1006": State.UNCERTAIN,
        "1007": State.UNCERTAIN,
    }
    first = store.postings(State.UNCERTAIN)[0]
    assert store.matched(first, match(first.expectation, [document(first)]), empty_home.clock.now()).state is State.POSTED
    assert check(database).problem is None


def test_the_audit_says_what_was_there_before_it_began(empty_home: Home) -> None:
    filled(empty_home, 1)
    with empty_home.open().write() as connection:
        (entry,) = [link.entry for link in newest(connection, 10)]
    assert (entry.event, entry.before, entry.after) == ("schema_upgraded", "1", str(SCHEMA_VERSION))
    assert "6 in work_order, 4 in posting, 1 in finding" in entry.reason
