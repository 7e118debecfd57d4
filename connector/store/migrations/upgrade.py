"""Bring a database to the present schema with Alembic, under the caller's exclusive lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

from connector.store.tables import SCHEMA_VERSION, Meta


def upgrade(engine: Engine, version: Callable[[], int]) -> None:
    """Run the revisions that are missing; another process may have done it while we waited for the lock."""
    if version() == SCHEMA_VERSION:
        return
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    meta = Meta.__table__  # type: ignore[attr-defined]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(sa.delete(meta).where(meta.c.key == "schema_version"))
        connection.execute(sa.insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
