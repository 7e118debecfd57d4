"""Which exports from UpKeep's own screens were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "export_file",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("columns", TEXT(), nullable=False),
        sa.Column("series", TEXT(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("order", TEXT(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("noted_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "source_company", "site", "key", name=op.f("pk_export_file")),
    )
    op.create_index("ix_export_file_series", "export_file", ["ledger_company", "source_company", "site", "series"])
