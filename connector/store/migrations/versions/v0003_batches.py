"""Batches: several postings in one call, and what became of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0003"
down_revision = "0002"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("method", TEXT(), nullable=False),
        sa.Column("url", TEXT(), nullable=False),
        sa.Column("headers", TEXT(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("leased_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
        sa.UniqueConstraint("ledger_company", "key", name="uq_batch_key"),
    )
    op.create_table(
        "batch_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=False),
        sa.Column("item", TEXT(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_member_batch_id_batch")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_batch_member_posting_id_posting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_member")),
        sa.UniqueConstraint("batch_id", "item", name="uq_batch_member_item"),
    )
    with op.batch_alter_table("batch_member", schema=None) as batch_op:
        batch_op.create_index(op.f("ix_batch_member_batch_id"), ["batch_id"], unique=False)
        batch_op.create_index(op.f("ix_batch_member_posting_id"), ["posting_id"], unique=False)
