"""What a flow asks of what came in by itself: the ledger's messages, UpKeep's, and how one work order is read because of one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from connector.core.hint import Heard, Hint
from connector.core.mapping import DocumentKind
from connector.core.source_hint import SourceHint
from connector.upkeep.source import WorkOrderRead


class SourceHearing(Protocol):
    """What UpKeep's own messages named, until it was read again (core/source_hint.py), and what came in."""

    def waiting(self, limit: int) -> list[SourceHint]:
        """The work orders that are to be read again, those first that wait longest."""
        ...

    def drop(self, hint: SourceHint) -> None:
        """What was read again waits no longer, unless it was named again meanwhile."""
        ...

    def heard(self) -> Heard:
        """What came in so far."""
        ...


class Looks(Protocol):
    """A source that reads one work order by its id alone."""

    def look(self, work_order_id: str) -> WorkOrderRead | None:
        """One work order as it is now; None when there is none. Raises UnreadableAnswerError."""
        ...


class Hints(Protocol):
    """What the ledger's own messages named, until it was looked at (core/hint.py), and what came in."""

    def waiting(self, limit: int) -> list[Hint]:
        """The documents that are to be looked at, those first that wait longest."""
        ...

    def drop(self, hints: Sequence[Hint]) -> None:
        """What was looked at waits no longer, unless it was named again meanwhile."""
        ...

    def note_unheard(self, kinds: Collection[DocumentKind], now: datetime) -> None:
        """Documents of these kinds were found changed, and nobody had told it."""
        ...

    def heard(self) -> Heard:
        """What came in so far."""
        ...
