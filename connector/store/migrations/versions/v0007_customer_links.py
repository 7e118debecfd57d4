"""Which customer of the ledger a name of the mapping is, as a person said once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString, UTCDateTime

revision = "0007"
down_revision = "0006"

TEXT = AutoString


def upgrade() -> None:
    op.create_table(
        "customer_link",
        sa.Column("ledger_company", TEXT(), nullable=False),
        sa.Column("name_key", TEXT(), nullable=False),
        sa.Column("called_key", TEXT(), nullable=False),
        sa.Column("name", TEXT(), nullable=False),
        sa.Column("customer_id", TEXT(), nullable=False),
        sa.Column("known_as", TEXT(), nullable=False),
        sa.Column("called", TEXT(), nullable=False),
        sa.Column("confirmed_by", TEXT(), nullable=False),
        sa.Column("confirmed_at", UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("ledger_company", "name_key", "called_key", name=op.f("pk_customer_link")),
    )
