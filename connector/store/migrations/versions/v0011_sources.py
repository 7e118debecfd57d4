"""What the connector keeps of its sources: what it read there, what it heard from there, and what it wrote there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0011"
down_revision = "0010"

TEXT = AutoString
SCOPE = ("ledger_company", "source_company", "site")
OPEN = sa.text("state IN ('sending','unknown')")


def upgrade() -> None:
    _kept_of_the_source()
    _exports()
    _messages()
    _writes()


def _kept_of_the_source() -> None:
    """What is kept of the source: an index by ids, rows as they were decided, the comparison of a window, the fields of records."""
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


def _exports() -> None:
    """Which exports from UpKeep's own screens were read."""
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


def _messages() -> None:
    """Work orders that UpKeep's own messages name until they are read again, and what work orders are told about their documents."""
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


def _writes() -> None:
    """What people have written into UpKeep, each under a key of its own."""
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
