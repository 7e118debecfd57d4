"""What is kept of the source beside the decisions: rows as they were listed, the comparison of a window, and other sites' records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class RowNote:
    """A row of the source's list when its work order was decided: a digest of all on it that may matter, and the money it showed."""

    source_id: str
    digest: str
    shown_cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same record under another site of the company. `is_live`: a document of it is in a ledger, may be, or is on its way."""

    source_id: str
    site: str
    number: str
    marker: str
    is_live: bool


@dataclass(frozen=True, slots=True)
class WindowResult:
    """The work orders completed since a day, as UpKeep lists them and as we had them before anything was read again.

    The totals are of the money that the list's rows show (often a part of the cost only); `missed` were not known here, `changed` looked
    otherwise than when they were decided, `gone` were here and are not listed as completed any more.
    """

    at: datetime
    first_day: date
    listed: int
    here: int
    listed_total: Decimal
    here_total: Decimal
    missed: int = 0
    changed: int = 0
    gone: int = 0

    @property
    def differing(self) -> int:
        """How many were read again because they differed."""
        return self.missed + self.changed + self.gone
