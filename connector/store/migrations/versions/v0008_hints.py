"""Documents that the ledgers' own messages name until they are looked at, and what came in at each vendor's address."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0008"
down_revision = "0007"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "hint",
        sa.Column("posting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("arrivals", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_hint_posting_id_posting")),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_hint")),
    )
    op.create_table(
        "delivery",
        sa.Column("ledger", TEXT(), nullable=False),
        sa.Column("company", TEXT(), nullable=False),
        sa.Column("deliveries", sa.Integer(), nullable=False),
        sa.Column("last_at", UTCDateTime(), nullable=True),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("refused_in_a_row", sa.Integer(), nullable=False),
        sa.Column("refused_at", UTCDateTime(), nullable=True),
        sa.Column("strangers", sa.Integer(), nullable=False),
        sa.Column("unreadable", sa.Integer(), nullable=False),
        sa.Column("unheard_since", UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("ledger", "company", name=op.f("pk_delivery")),
    )
