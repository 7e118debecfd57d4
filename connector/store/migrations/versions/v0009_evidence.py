"""What is put beside posted documents: summaries, files, notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0009"
down_revision = "0008"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "evidence",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("source", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("checksum", TEXT(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.Column("uncertain_since", UTCDateTime(), nullable=True),
        sa.Column("absent_since", UTCDateTime(), nullable=True),
        sa.Column("remote_id", TEXT(), nullable=False),
        sa.Column("problem", TEXT(), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('due','sending','uncertain','attached','left_out')", name=op.f("ck_evidence_state")),
        sa.CheckConstraint("state <> 'sending' OR checksum <> ''", name=op.f("ck_evidence_sending_has_checksum")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_evidence_posting_id_posting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("posting_id", "kind", "source", name="uq_evidence_piece"),
        sa.UniqueConstraint("ledger_company", "key", name="uq_evidence_key"),
    )
    with op.batch_alter_table("evidence", schema=None) as batch_op:
        batch_op.create_index("ix_evidence_state", ["ledger_company", "state", "id"], unique=False)
