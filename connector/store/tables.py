"""The tables. Constraints stand here as well as in the code: a second document for one identity cannot be stored at all."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

SCHEMA_VERSION = 11

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class ExactDecimal(sa.types.TypeDecorator[Decimal]):
    """Money and quantities as exact text: SQLite's own numbers are floats."""

    impl = sa.String(60)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write a Decimal as plain text; a float is a bug."""
        if isinstance(value, float):
            raise TypeError("money is never a float")
        return None if value is None else format(value, "f")

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Read it back exactly."""
        return None if value is None else Decimal(value)


class Scoped(SQLModel):
    """One ledger company fed from one UpKeep company and site: the scope of every record."""

    ledger_company: str
    source_company: str
    site: str


class Meta(SQLModel, table=True):
    """Facts about the database itself: schema version, write epoch, quarantine."""

    __tablename__ = "meta"
    key: str = Field(primary_key=True)
    value: str


class SourceCursor(Scoped, table=True):
    """Up to where UpKeep was read: every work order before it has a stored disposition."""

    __tablename__ = "source_cursor"
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    updated_at: datetime


class WorkOrderRow(Scoped, table=True):
    """A work order and its one disposition."""

    __tablename__ = "work_order"
    __table_args__ = (
        # One row, hence one disposition, for each record of the source.
        sa.UniqueConstraint("ledger_company", "source_company", "site", "source_id", name="uq_work_order_source"),
        sa.Index("ix_work_order_disposition", "ledger_company", "source_company", "site", "disposition"),
        sa.Index("ix_work_order_number", "ledger_company", "source_company", "site", "number"),
        # Whether a record was met under another site is asked for every one that is decided.
        sa.Index("ix_work_order_source_id", "source_id"),
        sa.CheckConstraint("disposition IN ('open','queued','posted','held','excluded')", name="disposition"),
    )
    id: int | None = Field(default=None, primary_key=True)
    source_id: str
    number: str
    title: str
    updated_at: datetime
    disposition: str
    mapping_digest: str
    problems: str = "[]"  # JSON: [[code, place, message, next step], …]
    amount: Decimal | None = Field(default=None, sa_type=ExactDecimal)
    currency: str = ""
    completed_on: str = ""
    moved_from: str = ""
    facts: str = ""
    content: str = ""
    explanation: str = ""
    posting_id: int | None = Field(default=None, foreign_key="posting.id")


class PostingRow(SQLModel, table=True):
    """One intended document on its way into one ledger: the outbox row and its life."""

    __tablename__ = "posting"
    __table_args__ = (
        # One marker, one document, in one ledger company, whatever the code does.
        sa.UniqueConstraint("ledger_company", "marker", name="uq_posting_marker"),
        sa.Index("ix_posting_state", "ledger_company", "state", "id"),
        # A ledger tells of changes by its own ids, everybody's among them.
        sa.Index("ix_posting_remote_id", "ledger_company", "remote_id"),
        sa.CheckConstraint("state IN ('ready','sending','uncertain','drafted','posted','held')", name="state"),
        # A document in the books is known by its id, always.
        sa.CheckConstraint("state <> 'posted' OR remote_id <> ''", name="posted_has_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ledger_company: str
    kind: str
    marker: str
    narration: str = ""
    state: str
    expectation: str  # JSON of core.posting.Expectation
    attempted: bool = False
    attempts: int = 0
    generation: int = 1
    phase: str
    remote_id: str = ""
    version: str = ""
    token: int = 0
    lease_until: datetime | None = None
    not_before: datetime | None = None
    looked: bool = False
    uncertain_since: datetime | None = None
    absent_since: datetime | None = None
    refused: str = ""
    send_id: int | None = None  # the present send


class PostingIdentityRow(Scoped, table=True):
    """The identities that a posting covers: one, or several for a summary document."""

    __tablename__ = "posting_identity"
    __table_args__ = (
        # Each identity is covered by at most one posting.
        sa.UniqueConstraint(
            "ledger_company", "source_company", "site", "work_order_number", "flow", "revision", name="uq_posting_identity_identity"
        ),
    )
    id: int | None = Field(default=None, primary_key=True)
    posting_id: int = Field(foreign_key="posting.id", index=True)
    work_order_number: str
    flow: str
    revision: int


class SendRow(SQLModel, table=True):
    """One HTTP write made for a posting: frozen bytes, key, lease, outcome."""

    __tablename__ = "send"
    __table_args__ = (
        # A key names one set of bytes for ever.
        sa.UniqueConstraint("ledger_company", "key", name="uq_send_key"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ledger_company: str
    posting_id: int = Field(foreign_key="posting.id", index=True)
    phase: str
    generation: int
    method: str
    url: str
    headers: str = "[]"
    body: bytes
    key: str
    token: int = 0
    leased_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    reason: str = ""


class BatchRow(SQLModel, table=True):
    """One HTTP write made for several postings: frozen bytes and key. What became of each is with its member."""

    __tablename__ = "batch"
    __table_args__ = (
        # A key names one set of bytes for ever.
        sa.UniqueConstraint("ledger_company", "key", name="uq_batch_key"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ledger_company: str
    method: str
    url: str
    headers: str = "[]"
    body: bytes
    key: str
    leased_at: datetime


class BatchMemberRow(SQLModel, table=True):
    """One posting's place in a batch: its item id, the fencing token under which it left, and what became of it."""

    __tablename__ = "batch_member"
    __table_args__ = (sa.UniqueConstraint("batch_id", "item", name="uq_batch_member_item"),)
    id: int | None = Field(default=None, primary_key=True)
    batch_id: int = Field(foreign_key="batch.id", index=True)
    posting_id: int = Field(foreign_key="posting.id", index=True)
    item: str
    token: int
    ended_at: datetime | None = None
    outcome: str = ""
    reason: str = ""


class FindingRow(Scoped, table=True):
    """A doubt about the books that a person should look at."""

    __tablename__ = "finding"
    __table_args__ = (sa.UniqueConstraint("ledger_company", "source_company", "site", "code", "number", "marker", name="uq_finding_what"),)
    id: int | None = Field(default=None, primary_key=True)
    code: str
    number: str
    marker: str
    message: str
    next_step: str
    found_at: datetime


class RunRow(Scoped, table=True):
    """When and how the last run of a connection ended."""

    __tablename__ = "run"
    id: int | None = Field(default=None, primary_key=True)
    ended_at: datetime
    summary: str


class TokenRow(SQLModel, table=True):
    """The newest token of a ledger company, encrypted."""

    __tablename__ = "token"
    name: str = Field(primary_key=True)
    secret: bytes
    saved_at: datetime


class ShelfRow(SQLModel, table=True):
    """How much of its vendor's limits a company has used (store/shelf.py): empty beside an SQLite file, which has a file for it."""

    __tablename__ = "shelf"
    name: str = Field(primary_key=True)
    text: str


class AuditRow(Scoped, table=True):
    """One decision, chained to the one before it (core/audit.py). Triggers refuse its change, its removal and its replacement."""

    __tablename__ = "audit"
    __table_args__ = (sa.Index("ix_audit_work_order", "work_order", "number"),)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime
    actor: str
    event: str
    work_order: str
    marker: str
    token: int
    before: str
    after: str
    reason: str
    mapping: str
    previous: str
    hash: str


class SweepRow(Scoped, table=True):
    """Up to where the ledger's changes were read for one connection, by the ledger's own clock."""

    __tablename__ = "sweep"
    ledger_company: str = Field(primary_key=True)
    source_company: str = Field(primary_key=True)
    site: str = Field(primary_key=True)
    swept_until: datetime


class SightingRow(SQLModel, table=True):
    """The state in which a posted document was seen last, where that is another one than it was posted in (core/drift.py)."""

    __tablename__ = "sighting"
    posting_id: int = Field(primary_key=True, foreign_key="posting.id", sa_column_kwargs={"autoincrement": False})
    seen: str
    doubt: str  # the code of the doubt that this state raised, "" for none
    at: datetime


class EvidenceRow(SQLModel, table=True):
    """One piece of evidence on its way to a posted document (core/evidence.py). Its bytes are not kept: they are made or read again."""

    __tablename__ = "evidence"
    __table_args__ = (
        # Each piece is meant once for a document, whatever the code does.
        sa.UniqueConstraint("posting_id", "kind", "source", name="uq_evidence_piece"),
        # A key names one set of bytes for ever.
        sa.UniqueConstraint("ledger_company", "key", name="uq_evidence_key"),
        sa.Index("ix_evidence_state", "ledger_company", "state", "id"),
        sa.CheckConstraint("state IN ('due','sending','uncertain','attached','left_out')", name="state"),
        # Nothing leaves whose checksum is not stored.
        sa.CheckConstraint("state <> 'sending' OR checksum <> ''", name="sending_has_checksum"),
    )
    id: int | None = Field(default=None, primary_key=True)
    ledger_company: str
    posting_id: int = Field(foreign_key="posting.id")
    kind: str
    source: str = ""
    name: str = ""
    checksum: str = ""
    size: int = 0
    state: str
    generation: int = 1
    key: str
    token: int = 0
    attempts: int = 0
    tries: int = 0
    lease_until: datetime | None = None
    not_before: datetime | None = None
    uncertain_since: datetime | None = None
    absent_since: datetime | None = None
    remote_id: str = ""
    problem: str = ""
    made_at: datetime


class ReversalRow(SQLModel, table=True):
    """A person's order to take a posted document back: the posting of the credit, that of the document, and why (core/reversal.py)."""

    __tablename__ = "reversal"
    __table_args__ = (
        # A document is taken back once.
        sa.UniqueConstraint("reversed_id", name="uq_reversal_reversed"),
    )
    posting_id: int = Field(primary_key=True, foreign_key="posting.id", sa_column_kwargs={"autoincrement": False})
    reversed_id: int = Field(foreign_key="posting.id")
    because: str
    actor: str
    asked_at: datetime
