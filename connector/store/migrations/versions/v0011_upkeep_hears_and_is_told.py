"""Work orders that UpKeep's own messages name until they are read again, and what work orders are told about their documents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "source_hint",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("source_id", TEXT(), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("arrivals", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "source_company", "site", "source_id", name=op.f("pk_source_hint")),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=False),
        sa.Column("source_id", TEXT(), nullable=False),
        sa.Column("text", TEXT(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.Column("uncertain_since", UTCDateTime(), nullable=True),
        sa.Column("absent_since", UTCDateTime(), nullable=True),
        sa.Column("problem", TEXT(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('due','sending','uncertain','attached','left_out')", name=op.f("ck_message_state")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_message_posting_id_posting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("posting_id", name="uq_message_posting"),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_state", ["ledger_company", "state", "id"], unique=False)
