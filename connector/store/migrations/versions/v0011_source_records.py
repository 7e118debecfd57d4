"""What is kept of the source: an index by ids, rows as they were decided, the comparison of a window, the fields of records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"

TEXT = AutoString
SCOPE = ("ledger_company", "source_company", "site")


def upgrade() -> None:
    op.create_index("ix_work_order_source_id", "work_order", ["source_id"])
    op.create_table(
        "source_row",
        *(sa.Column(name, TEXT(), nullable=False) for name in (*SCOPE, "source_id", "digest")),
        sa.Column("shown_cost", sa.String(60), nullable=True),
        sa.PrimaryKeyConstraint(*SCOPE, "source_id", name=op.f("pk_source_row")),
    )
    op.create_table(
        "source_window",
        *(sa.Column(name, TEXT(), nullable=False) for name in SCOPE),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("first_day", TEXT(), nullable=False),
        sa.Column("listed", sa.Integer(), nullable=False),
        sa.Column("here", sa.Integer(), nullable=False),
        sa.Column("listed_total", sa.String(60), nullable=False),
        sa.Column("here_total", sa.String(60), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("missed", "changed", "gone")),
        sa.PrimaryKeyConstraint(*SCOPE, name=op.f("pk_source_window")),
    )
    op.create_table(
        "source_field",
        *(sa.Column(name, TEXT(), nullable=False) for name in (*SCOPE, "kind", "name")),
        sa.Column("is_known", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("records", "present", "since", "retyped")),
        sa.Column("types", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint(*SCOPE, "kind", "name", name=op.f("pk_source_field")),
    )
