"""The tables of what goes between UpKeep and us besides work orders: which of them its messages named, and what they were told."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

import connector.store.tables  # noqa: F401 how constraints are named is set there first


class SourceHintRow(SQLModel, table=True):
    """A work order that one of UpKeep's messages named, until it was read again; nothing else of the message is kept."""

    __tablename__ = "source_hint"
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    received_at: datetime
    arrivals: int


class MessageRow(SQLModel, table=True):
    """What one work order is told about one document, on its way there (core/write_back.py)."""

    __tablename__ = "message"
    __table_args__ = (
        # A document is told once, whatever the code does.
        sa.UniqueConstraint("posting_id", name="uq_message_posting"),
        sa.Index("ix_message_state", "ledger_company", "state", "id"),
        sa.CheckConstraint("state IN ('due','sending','uncertain','attached','left_out')", name="state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ledger_company: str
    posting_id: int = Field(foreign_key="posting.id")
    source_id: str
    text: str
    state: str
    token: int = 0
    attempts: int = 0
    tries: int = 0
    lease_until: datetime | None = None
    not_before: datetime | None = None
    uncertain_since: datetime | None = None
    absent_since: datetime | None = None
    problem: str = ""
    made_at: datetime
