"""Bring a database to the present schema with Alembic, under the caller's exclusive lock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

from connector.core.audit import Entry
from connector.core.clock import Clock
from connector.store.audit import AuditLog, counted
from connector.store.tables import SCHEMA_VERSION, Meta

# The version that brought the audit.
AUDITED_SINCE = 2


def upgrade(engine: Engine, version: Callable[[], int], log: AuditLog, clock: Clock) -> None:
    """Run the revisions that are missing; another process may have done it while we waited for the lock."""
    before = version()
    if before == SCHEMA_VERSION:
        return
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    meta = Meta.__table__  # type: ignore[attr-defined]
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(sa.delete(meta).where(meta.c.key == "schema_version"))
        connection.execute(sa.insert(meta).values(key="schema_version", value=str(SCHEMA_VERSION)))
        reason = ""
        if 0 < before < AUDITED_SINCE:
            found = (counted(connection, name) for name in ("work_order", "posting", "finding"))
            reason = f"The audit begins here. What was written before it has no entries: {', '.join(found)}."
        event = "schema_upgraded" if before else "database_created"
        log.append(connection, [Entry(clock.now(), "connector", event, before=str(before), after=str(SCHEMA_VERSION), reason=reason)])
