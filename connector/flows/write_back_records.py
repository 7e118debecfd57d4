"""What the write-back asks of our records and of UpKeep, as protocols."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from connector.core.evidence import EvidenceState
from connector.core.write_back import Message
from connector.upkeep.writing import Written


class MessageRecords(Protocol):
    """Our records about the messages of one connection; every method is one transaction."""

    def begin(self) -> None:
        """Note what was there when messages were switched on, and when the database was new or restored."""
        ...

    def plan(self, limit: int) -> int:
        """Store the intent of a message for each document that has none, its text with it; how many, at most `limit`."""
        ...

    def due(self, limit: int, after: int = 0) -> list[Message]:
        """Messages that may go now, or are to be looked for, by id."""
        ...

    def of(self, number: str) -> list[Message]:
        """Every message about the documents of one work order."""
        ...

    def counts(self) -> dict[EvidenceState, int]:
        """How the connection's messages stand."""
        ...

    def read(self, message: Message) -> Message:
        """The message as it stands now."""
        ...

    def lease(self, message: Message, seconds: float) -> Message | None:
        """Take the right to send until then, with a new fencing token; None when somebody else has it."""
        ...

    def done(self, message: Message, reason: str) -> None:
        """It is on the work order."""
        ...

    def lost(self, message: Message, reason: str) -> None:
        """It may have arrived."""
        ...

    def failed(self, message: Message, reason: str, throttled: timedelta | None = None) -> None:
        """It could not be sent, or not be looked for: it waits, longer each time, and after some tries a person is told, once."""
        ...

    def absent(self, message: Message, begun_at: datetime, *, is_proven: bool) -> None:
        """An uncertain message was looked for and is not there: the first of two looks, or the one that proves it."""
        ...

    def leave_out(self, message: Message, reason: str) -> None:
        """It will not be sent, and nobody needs to know."""
        ...

    def give_up(self, message: Message, reason: str) -> None:
        """It may have arrived, and nothing can prove it: it is never sent again, and a person is told, once."""
        ...

    def expire_leases(self) -> None:
        """What a dead writer was sending may have arrived: it is uncertain from now on."""
        ...


class WorkOrderMessages(Protocol):
    """UpKeep's work orders, as far as they are told something (upkeep/writing.py)."""

    def ready(self) -> None:
        """Sign in before a deadline begins; raises SourceUnreachableError."""
        ...

    def say(self, work_order_id: str, text: str, ends: float) -> Written:
        """Put an update message on a work order, before the monotonic moment `ends`."""
        ...

    def messages(self, work_order_id: str) -> list[str] | None:
        """The texts of all messages on a work order; None where UpKeep does not show them."""
        ...

    def proves_absence(self, texts: Sequence[str] | None) -> bool:
        """Whether what is not among these is not on the work order."""
        ...
