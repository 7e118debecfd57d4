"""Alembic's environment: the connection comes from upgrade.py, the target from tables.py, ledger_tables.py and source_tables.py."""

from alembic import context
from sqlmodel import SQLModel

import connector.store.ledger_tables
import connector.store.source_tables
import connector.store.tables  # noqa: F401

context.configure(
    connection=context.config.attributes["connection"], target_metadata=SQLModel.metadata, render_as_batch=True, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
