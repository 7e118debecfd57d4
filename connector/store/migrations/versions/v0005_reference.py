"""The kept lists of a ledger company: accounts, items, customers and the rest, with their age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0005"
down_revision = "0004"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "reference_list",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("as_of", TEXT(), nullable=False),
        sa.Column("kept_at", UTCDateTime(), nullable=False),
        sa.Column("whole_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "kind", name=op.f("pk_reference_list")),
    )
    op.create_table(
        "reference_entry",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("entry_id", TEXT(), nullable=False),
        sa.Column("shape", sa.Integer(), nullable=False),
        sa.Column("content", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "kind", "entry_id", name=op.f("pk_reference_entry")),
    )
