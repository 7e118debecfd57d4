"""Which posted documents a person had taken back, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0010"
down_revision = "0009"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "reversal",
        sa.Column("posting_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reversed_id", sa.Integer(), nullable=False),
        sa.Column("because", TEXT(), nullable=False),
        sa.Column("actor", TEXT(), nullable=False),
        sa.Column("asked_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_reversal_posting_id_posting")),
        sa.ForeignKeyConstraint(["reversed_id"], ["posting.id"], name=op.f("fk_reversal_reversed_id_posting")),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_reversal")),
        sa.UniqueConstraint("reversed_id", name="uq_reversal_reversed"),
    )
