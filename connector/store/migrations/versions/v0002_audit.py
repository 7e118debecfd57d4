"""The audit: an append-only table, which the database itself keeps from being changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0002"
down_revision = "0001"

TEXT = AutoString

# REPLACE deletes on SQLite without asking the trigger for deletes, so an entry that is there may not be inserted again either.
SQLITE = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END",
    """CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE number = NEW.number)
       BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END""",
)
POSTGRESQL = (
    """CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$""",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()",
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("source_company", TEXT(), nullable=False),
        sa.Column("site", TEXT(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("actor", TEXT(), nullable=False),
        sa.Column("event", TEXT(), nullable=False),
        sa.Column("work_order", TEXT(), nullable=False),
        sa.Column("marker", TEXT(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("before", TEXT(), nullable=False),
        sa.Column("after", TEXT(), nullable=False),
        sa.Column("reason", TEXT(), nullable=False),
        sa.Column("mapping", TEXT(), nullable=False),
        sa.Column("previous", TEXT(), nullable=False),
        sa.Column("hash", TEXT(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_work_order", ["work_order", "number"], unique=False)
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
