"""The tables of what is known of a ledger besides our documents: its lists, whose names they are, and what it tells by itself."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field, SQLModel

import connector.store.tables  # noqa: F401 how constraints are named is set there first


class ReferenceListRow(SQLModel, table=True):
    """How old a kept list of a ledger company is; `as_of` is the ledger's own moment, in its own words."""

    __tablename__ = "reference_list"
    ledger_company: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    shape: int
    as_of: str
    kept_at: datetime
    whole_at: datetime


class ReferenceEntryRow(SQLModel, table=True):
    """One entry of a kept list (core/reference.py), by the ledger's id, with the names that it had before."""

    __tablename__ = "reference_entry"
    ledger_company: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    entry_id: str = Field(primary_key=True)
    shape: int
    content: str


class CustomerLinkRow(SQLModel, table=True):
    """Which customer of a ledger company a name of the mapping is, as a person said once (core/customer_link.py).

    The keys are the name, and what the mapping calls it in the ledger, without their capitals: the ledgers do not tell them apart.
    """

    __tablename__ = "customer_link"
    ledger_company: str = Field(primary_key=True)
    name_key: str = Field(primary_key=True)
    called_key: str = Field(primary_key=True)
    name: str
    customer_id: str
    known_as: str
    called: str
    confirmed_by: str
    confirmed_at: datetime


class HintRow(SQLModel, table=True):
    """A posted document that one of the ledger's messages named, until it was looked at (core/hint.py); nothing else of it is kept."""

    __tablename__ = "hint"
    posting_id: int = Field(primary_key=True, foreign_key="posting.id", sa_column_kwargs={"autoincrement": False})
    received_at: datetime
    arrivals: int


class DeliveryRow(SQLModel, table=True):
    """What came in at a vendor's address: as a whole where `company` is empty, else what was about that ledger company."""

    __tablename__ = "delivery"
    ledger: str = Field(primary_key=True)
    company: str = Field(primary_key=True)
    deliveries: int = 0
    last_at: datetime | None = None
    refused: int = 0
    refused_in_a_row: int = 0
    refused_at: datetime | None = None
    strangers: int = 0  # companies that no connection has
    unreadable: int = 0
    unheard_since: datetime | None = None
