"""What became of posted documents in the ledger, and up to where its changes were read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0006"
down_revision = "0005"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "sweep",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("swept_until", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "source_company", "site", name=op.f("pk_sweep")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index("ix_posting_remote_id", ["ledger_company", "remote_id"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("posting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seen", TEXT(), nullable=False),
        sa.Column("doubt", TEXT(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_sighting_posting_id_posting")),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_sighting")),
    )
