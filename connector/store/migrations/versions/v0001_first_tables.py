"""The first tables: work orders, postings with their identities and sends, findings, runs, tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

from connector.store.tables import ExactDecimal

revision = "0001"
down_revision = None

TEXT = AutoString


def upgrade() -> None:
    meta()
    source_cursor()
    posting()
    work_order()
    posting_identity()
    send()
    finding()
    run()
    token()


def meta() -> None:
    op.create_table(
        "meta",
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("value", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )


def source_cursor() -> None:
    op.create_table(
        "source_cursor",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "source_company", "site", name=op.f("pk_source_cursor")),
    )


def posting() -> None:
    op.create_table(
        "posting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("kind", TEXT(), nullable=False),
        sa.Column("marker", TEXT(), nullable=False),
        sa.Column("narration", TEXT(), nullable=False),
        sa.Column("state", TEXT(), nullable=False),
        sa.Column("expectation", TEXT(), nullable=False),
        sa.Column("attempted", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("phase", TEXT(), nullable=False),
        sa.Column("remote_id", TEXT(), nullable=False),
        sa.Column("version", TEXT(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_until", UTCDateTime(), nullable=True),
        sa.Column("not_before", UTCDateTime(), nullable=True),
        sa.Column("looked", sa.Boolean(), nullable=False),
        sa.Column("uncertain_since", UTCDateTime(), nullable=True),
        sa.Column("absent_since", UTCDateTime(), nullable=True),
        sa.Column("refused", TEXT(), nullable=False),
        sa.Column("send_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state <> 'posted' OR remote_id <> ''", name=op.f("ck_posting_posted_has_id")),
        sa.CheckConstraint("state IN ('ready','sending','uncertain','drafted','posted','held')", name=op.f("ck_posting_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
        sa.UniqueConstraint("ledger_company", "marker", name="uq_posting_marker"),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index("ix_posting_state", ["ledger_company", "state", "id"], unique=False)


def work_order() -> None:
    op.create_table(
        "work_order",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source_id", TEXT(), nullable=False),
        sa.Column("number", TEXT(), nullable=False),
        sa.Column("title", TEXT(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("disposition", TEXT(), nullable=False),
        sa.Column("mapping_digest", TEXT(), nullable=False),
        sa.Column("problems", TEXT(), nullable=False),
        sa.Column("amount", ExactDecimal(), nullable=True),
        sa.Column("currency", TEXT(), nullable=False),
        sa.Column("completed_on", TEXT(), nullable=False),
        sa.Column("moved_from", TEXT(), nullable=False),
        sa.Column("facts", TEXT(), nullable=False),
        sa.Column("content", TEXT(), nullable=False),
        sa.Column("explanation", TEXT(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("disposition IN ('open','queued','posted','held','excluded')", name=op.f("ck_work_order_disposition")),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_work_order_posting_id_posting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_order")),
        sa.UniqueConstraint("ledger_company", "source_company", "site", "source_id", name="uq_work_order_source"),
    )
    with op.batch_alter_table("work_order", schema=None) as batch_op:
        batch_op.create_index("ix_work_order_disposition", ["ledger_company", "source_company", "site", "disposition"], unique=False)
        batch_op.create_index("ix_work_order_number", ["ledger_company", "source_company", "site", "number"], unique=False)


def posting_identity() -> None:
    op.create_table(
        "posting_identity",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=False),
        sa.Column("work_order_number", TEXT(), nullable=False),
        sa.Column("flow", TEXT(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_posting_identity_posting_id_posting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting_identity")),
        sa.UniqueConstraint(
            "ledger_company", "source_company", "site", "work_order_number", "flow", "revision", name="uq_posting_identity_identity"
        ),
    )
    with op.batch_alter_table("posting_identity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posting_identity_posting_id"), ["posting_id"], unique=False)


def send() -> None:
    op.create_table(
        "send",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("posting_id", sa.Integer(), nullable=False),
        sa.Column("phase", TEXT(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("method", TEXT(), nullable=False),
        sa.Column("url", TEXT(), nullable=False),
        sa.Column("headers", TEXT(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("key", TEXT(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("leased_at", UTCDateTime(), nullable=True),
        sa.Column("ended_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.ForeignKeyConstraint(["posting_id"], ["posting.id"], name=op.f("fk_send_posting_id_posting")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_send")),
        sa.UniqueConstraint("ledger_company", "key", name="uq_send_key"),
    )
    with op.batch_alter_table("send", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_send_posting_id"), ["posting_id"], unique=False)


def finding() -> None:
    op.create_table(
        "finding",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", TEXT(), nullable=False),
        sa.Column("number", TEXT(), nullable=False),
        sa.Column("marker", TEXT(), nullable=False),
        sa.Column("message", TEXT(), nullable=False),
        sa.Column("next_step", TEXT(), nullable=False),
        sa.Column("found_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("ledger_company", "source_company", "site", "code", "number", "marker", name="uq_finding_what"),
    )


def run() -> None:
    op.create_table(
        "run",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ended_at", UTCDateTime(), nullable=False),
        sa.Column("summary", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )


def token() -> None:
    op.create_table(
        "token",
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_token")),
    )
