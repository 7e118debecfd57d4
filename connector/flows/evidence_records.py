"""Our records about evidence, as the flows see them (store/evidence.py)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from connector.core.disposition import Remembered
from connector.core.evidence import Evidence, EvidenceKind, EvidenceOutcome, EvidenceTally, Found, Planned


class EvidenceRecords(Protocol):
    """Every method is one transaction; none of them touches a posting."""

    def plan(self, kind: EvidenceKind, limit: int) -> int:
        """Store the intent of that piece for posted documents that have none of it; how many, at most `limit`."""
        ...

    def keep_files(self, listed: Evidence, planned: Sequence[Planned], too_many: str = "") -> None:
        """The list of a work order's files was read: each is meant for the document from now on; `too_many` says which are not."""
        ...

    def due(self, kinds: Collection[EvidenceKind], limit: int, after: int = 0) -> list[Evidence]:
        """Pieces of these kinds that may go now, and uncertain ones of any kind, by id."""
        ...

    def of(self, number: str) -> list[Evidence]:
        """Everything that is meant for the documents of one work order."""
        ...

    def tally(self) -> EvidenceTally:
        """How the connection's evidence stands."""
        ...

    def work_order_of(self, evidence: Evidence) -> Remembered | None:
        """The work order whose document this is; None when another document stands for it now."""
        ...

    def freeze(self, evidence: Evidence, checksum: str, size: int) -> Evidence:
        """Store what is about to leave; other bytes than before have another key."""
        ...

    def next_key(self, evidence: Evidence) -> Evidence:
        """A next generation of the key, where the vendor would repeat its error under the old one."""
        ...

    def lease(self, evidence: Evidence, seconds: float) -> Evidence | None:
        """Take the right to send until then; None when somebody else has it."""
        ...

    def record(self, evidence: Evidence, outcome: EvidenceOutcome) -> Evidence:
        """Store the outcome of a send under its fencing token."""
        ...

    def found(self, evidence: Evidence, found: Found) -> Evidence:
        """It is on the document."""
        ...

    def absent(self, evidence: Evidence, begun_at: datetime, *, is_proven: bool) -> Evidence:
        """An uncertain piece was looked for and is not there."""
        ...

    def failed(self, evidence: Evidence, reason: str, throttled: timedelta | None = None) -> Evidence:
        """It could not be sent, or not be looked for: it waits, longer each time; what was throttled has not failed."""
        ...

    def postpone(self, evidence: Evidence, reason: str, wait: timedelta) -> None:
        """Nothing is wrong with it, but it may not go now."""
        ...

    def leave_out(self, evidence: Evidence, reason: str, *, is_told: bool = True) -> Evidence:
        """It will not be sent; a person is told, unless that is told elsewhere."""
        ...

    def note_twice(self, evidence: Evidence, found: Sequence[Found]) -> None:
        """The document has it more than once: told, and nothing is removed."""
        ...

    def expire_leases(self) -> int:
        """Make uncertain what a dead writer was sending; how many."""
        ...
