"""What a flow may keep of the source beside the decisions, as a protocol."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Protocol

from connector.core.field_watch import FieldSeen, FieldStanding
from connector.core.source_record import Elsewhere, RowNote, WindowResult


class SourceRecords(Protocol):
    """One connection's records about its source; every method is one transaction."""

    def rows(self, source_ids: Sequence[str]) -> dict[str, RowNote]:
        """The rows that were noted of these."""
        ...

    def note_rows(self, notes: Sequence[RowNote]) -> None:
        """Note rows, each in the place of its last one."""
        ...

    def completed(self, first: date) -> Iterator[tuple[str, RowNote | None]]:
        """Our work orders completed on that day or later, by source id, each with its noted row."""
        ...

    def elsewhere(self, source_ids: Sequence[str]) -> dict[str, Elsewhere]:
        """The same records under other sites of the company; the one with a live document, where there are several."""
        ...

    def window(self) -> WindowResult | None:
        """What the last comparison found; None before the first."""
        ...

    def keep_window(self, result: WindowResult) -> None:
        """Keep what a comparison found, in the place of the last one."""
        ...

    def note_fields(self, seen: Sequence[FieldSeen], used: Collection[tuple[str, str]]) -> None:
        """Add what a run saw; one of the `used` fields that is gone since opens an alarm, and closes it when it is back."""
        ...

    def fields(self) -> list[FieldStanding]:
        """Every field that was ever looked for, by kind and name."""
        ...
