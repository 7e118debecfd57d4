"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from tests.store.databases import Home, PostgresServer, migrated_file

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BOTH)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """The home of a database that was just migrated, on each of the two."""
    if request.param == "sqlite":
        home = Home("sqlite", str(tmp_path / "connector.db"))
        home.path.write_bytes(migrated_file())
        yield home
        home.close()
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield from on_server(server, server.create_migrated())


def on_server(server: PostgresServer, address: str) -> Iterator[Home]:
    """The home of a database that goes with its test."""
    home = Home("postgresql", address)
    yield home
    home.close()
    server.drop(address)


@pytest.fixture(params=BOTH)
def empty_home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    """The home of a database that does not exist yet or is empty, on each of the two."""
    if request.param == "sqlite":
        home = Home("sqlite", str(tmp_path / "connector.db"))
        yield home
        home.close()
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield from on_server(server, server.create())


@pytest.fixture
def file_home(tmp_path: Path) -> Iterator[Home]:
    """The home of an SQLite database, for what only a file can suffer."""
    home = Home("sqlite", str(tmp_path / "connector.db"))
    yield home
    home.close()


@pytest.fixture
def server_home(postgres: PostgresServer) -> Iterator[Home]:
    """The home of a PostgreSQL database, for what only a server can do."""
    yield from on_server(postgres, postgres.create())


@pytest.fixture
def database(home: Home) -> Database:
    return home.open()


@pytest.fixture
def store(home: Home, database: Database) -> ConnectionStore:
    return home.store(database=database)
