"""What people have written into UpKeep, each under a key of its own."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"

TEXT = AutoString
OPEN = sa.text("state IN ('sending','unknown')")


def upgrade() -> None:
    op.create_table(
        "upkeep_write",
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("digest", TEXT(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("begun_at", UTCDateTime(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=False),
        sa.Column("before", TEXT(), nullable=False),
        sa.Column("told", TEXT(), nullable=False),
        sa.CheckConstraint("state IN ('sending','unknown','done','refused','not_sent','closed')", name=op.f("ck_upkeep_write_state")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_upkeep_write")),
    )
    op.create_index(
        "one_open_upkeep_write",
        "upkeep_write",
        ["source_company", "site", "digest"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
