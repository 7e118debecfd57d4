"""One statement that updates a row or inserts it: between an UPDATE and an INSERT, PostgreSQL lets another process insert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection


def upsert(
    connection: Connection,
    table: sa.Table,
    key: Mapping[str, Any],
    values: Mapping[str, Any],
    at_first: Mapping[str, Any] | None = None,
    counted: Mapping[str, int] | None = None,
) -> None:
    """Give the row of a unique key these values; `at_first` is stored only when the row is new, `counted` is added to what it has."""
    counts = counted or {}
    statement = _statement(connection.dialect.name, table, tuple(key), tuple(values), tuple(counts))
    connection.execute(statement, {**(at_first or {}), **key, **values, **counts})


@cache
def _statement(dialect: str, table: sa.Table, key: tuple[str, ...], values: tuple[str, ...], counted: tuple[str, ...]) -> sa.Insert:
    """Built once for each shape, because it takes longer to build than to run."""
    # Imported where used: a dialect that this process does not speak costs a tenth of its start.
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        for_postgresql = postgresql.insert(table)
        anew: dict[str, Any] = {name: for_postgresql.excluded[name] for name in values}
        anew |= {name: table.c[name] + for_postgresql.excluded[name] for name in counted}
        return for_postgresql.on_conflict_do_update(index_elements=key, set_=anew)
    from sqlalchemy.dialects import sqlite

    for_sqlite = sqlite.insert(table)
    anew = {name: for_sqlite.excluded[name] for name in values}
    anew |= {name: table.c[name] + for_sqlite.excluded[name] for name in counted}
    return for_sqlite.on_conflict_do_update(index_elements=key, set_=anew)


def upsert_all(connection: Connection, table: sa.Table, key: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows of one shape, each new or in the place of the one with its unique key."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        for_postgresql = postgresql.insert(table)
        rest = {column.name: for_postgresql.excluded[column.name] for column in table.columns if column.name not in key}
        connection.execute(for_postgresql.on_conflict_do_update(index_elements=key, set_=rest), list(rows))
    else:
        from sqlalchemy.dialects import sqlite

        for_sqlite = sqlite.insert(table)
        rest = {column.name: for_sqlite.excluded[column.name] for column in table.columns if column.name not in key}
        connection.execute(for_sqlite.on_conflict_do_update(index_elements=key, set_=rest), list(rows))
