"""The tables of what is kept of the sources: what was read there, what was heard from there, and what was written there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

from connector.store.tables import ExactDecimal, Scoped


class SourceRowRow(Scoped, table=True):
    """A row of the source's list as it was when its work order was decided (core/source_record.py)."""

    __tablename__ = "source_row"
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    source_id: str = Field(primary_key=True)
    digest: str
    shown_cost: Decimal | None = Field(default=None, sa_type=ExactDecimal)


class SourceWindowRow(Scoped, table=True):
    """What the last comparison of a window of days with the source found."""

    __tablename__ = "source_window"
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    at: datetime
    first_day: str
    listed: int
    here: int
    listed_total: Decimal = Field(sa_type=ExactDecimal)
    here_total: Decimal = Field(sa_type=ExactDecimal)
    missed: int
    changed: int
    gone: int


class SourceFieldRow(Scoped, table=True):
    """How often a field was on the source's records (core/field_watch.py)."""

    __tablename__ = "source_field"
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    name: str = Field(primary_key=True)
    is_known: bool
    records: int
    present: int
    since: int
    retyped: int
    types: str


class ExportFileRow(Scoped, table=True):
    """An export that was begun or read whole (core/export.py, ExportFile): its key is the digest of its bytes and columns."""

    __tablename__ = "export_file"
    __table_args__ = (sa.Index("ix_export_file_series", "ledger_company", "source_company", "site", "series"),)
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    name: str
    columns: str
    series: str
    rows: int
    order: str
    is_whole: bool
    noted_at: datetime


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


class UpKeepWriteRow(SQLModel, table=True):
    """One change that a person has written into UpKeep (core/upkeep_write.py). The change itself is not kept: its hash tells it apart."""

    __tablename__ = "upkeep_write"
    __table_args__ = (
        # While an answer is missing, the same change asked for again is the same intent.
        sa.Index(
            "one_open_upkeep_write",
            "source_company",
            "site",
            "digest",
            unique=True,
            sqlite_where=sa.text("state IN ('sending','unknown')"),
            postgresql_where=sa.text("state IN ('sending','unknown')"),
        ),
        sa.CheckConstraint("state IN ('sending','unknown','done','refused','not_sent','closed')", name="state"),
    )
    key: str = Field(primary_key=True)
    source_company: str
    site: str
    kind: str
    digest: str
    state: str
    begun_at: datetime
    sent_at: datetime
    before: str = ""
    told: str = ""
