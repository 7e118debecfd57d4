"""The time machine: a month's work orders under another mapping, beside what was posted and beside the mapping of now. Writes nothing.

UpKeep is read again, because an explanation keeps what was decided and not what the work order says; a work order that our records know
to be of another month is not. What was posted keeps the prices at which it was posted. The period lock is left out of both decisions:
which account a cost belongs to does not depend on the day on which somebody asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from connector.core.booked import AccountNames, Sums
from connector.core.disposition import Remembered
from connector.core.legs import AccountChange, Leg, Move, account_changes, moves
from connector.core.mapping import Mapping, simplify_status
from connector.core.period import Month, PeriodLock, completion_day
from connector.core.posting import State
from connector.flows.account_names import account_names
from connector.flows.chunks import chunked
from connector.flows.deciding import decide
from connector.flows.outcomes import Outcome, decided, posted
from connector.flows.priced_reads import PricedReads
from connector.flows.reference import live_chart
from connector.flows.world import World
from connector.ledgers.ledger import Chart
from connector.upkeep.source import WorkOrderHead, WorkOrderRead

HEADS_PER_QUERY = 200
# So many are read before they are compared, as a sync reads them.
READ_TOGETHER = 50


@dataclass(frozen=True, slots=True)
class Compared:
    """One work order: what was posted (None: nothing), and what the old and the new file make of it."""

    number: str
    title: str
    posted: Outcome | None
    old: Outcome
    new: Outcome

    @property
    def moved(self) -> list[Move]:
        """The legs that the new file books otherwise than the old one does."""
        return moves(self.old.legs, self.new.legs)

    @property
    def moved_from_posted(self) -> list[Move]:
        """The legs that the new file books otherwise than they were posted."""
        return moves(self.posted.legs, self.new.legs) if self.posted is not None else []

    @property
    def change(self) -> str:
        """In a word, what the new file does to it: "" nothing, held, excluded, open, posts, other_document, moved."""
        if self.old.kind is None and self.new.kind is None:
            return str(self.new.disposition) if self.old.disposition is not self.new.disposition else ""
        if self.new.kind is None:
            return str(self.new.disposition)
        if self.old.kind is None:
            return "posts"
        if self.old.kind is not self.new.kind:
            return "other_document"
        return "moved" if self.moved else ""


@dataclass(slots=True)
class MappingDiff:
    """The comparison of a month. `accounts` by what it is compared with: "posted" or "old"."""

    connection: str
    ledger: str
    currency: str
    month: Month
    old_file: str
    new_file: str
    work_orders: int = 0
    posted: int = 0
    unreadable: int = 0
    differing: list[Compared] = field(default_factory=list)
    _sums: dict[str, tuple[dict[str, Sums], dict[str, Sums]]] = field(default_factory=lambda: {"posted": ({}, {}), "old": ({}, {})})

    def add(self, one: Compared) -> None:
        """Count one work order in; its legs are kept only where they differ."""
        self.work_orders += 1
        self._count("old", one.old.legs, one.new.legs)
        if one.posted is not None:
            self.posted += 1
            self._count("posted", one.posted.legs, one.new.legs)
        if one.change or one.moved_from_posted:
            self.differing.append(one)

    def _count(self, against: str, before: Sequence[Leg], now: Sequence[Leg]) -> None:
        for sums, legs in zip(self._sums[against], (before, now), strict=True):
            for leg in legs:
                sums[leg.account] = sums.get(leg.account, Sums()).plus(leg.amount)

    def accounts(self, against: str) -> list[AccountChange]:
        """The accounts whose sums differ from those that were posted, or from those of the old file."""
        return account_changes(*self._sums[against])

    def with_change(self, *changes: str) -> list[Compared]:
        """The work orders to which the new file does one of these."""
        return [one for one in self.differing if one.change in changes]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two mappings, and what its documents are resolved against."""

    world: World
    chart: Chart
    names: AccountNames

    @classmethod
    def of(cls, world: World) -> Side:
        """The lists as the ledger has them now; nothing of them is kept."""
        chart = replace(live_chart(world), lock=PeriodLock())
        return cls(world, chart, account_names(chart))

    def decide(self, read: WorkOrderRead) -> Outcome:
        """What its mapping makes of a work order."""
        return decided(self.world, decide(self.world, lambda: self.chart, read), self.names)


def mapping_diff(world: World, new: Mapping, month: Month) -> MappingDiff:
    """Decide about each work order of the month under both mappings; `world` has the old one."""
    result = MappingDiff(world.policy.connection, world.ledger.kind, world.policy.currency, month, world.mapping.file, new.file)
    sides = Side.of(world), Side.of(replace(world, mapping=new))
    for read, before in _reads(world, new, month):
        if read.work_order is None:
            result.unreadable += bool(read.problems)
        elif _is_of(read, world, month):
            result.add(compare(*sides, read, before))
            world.progress("comparing", result.work_orders, None)
    result.differing.sort(key=lambda one: (len(one.number), one.number))
    return result


def compare(old: Side, new: Side, read: WorkOrderRead, before: Remembered | None) -> Compared:
    """One work order under both mappings, beside its posted document if there is one."""
    assert read.work_order is not None
    there = None
    if before is not None and before.posting_state == State.POSTED:
        posting = old.world.store.posting_of(before.number)
        if posting is not None and posting.marker == before.marker:
            there = posted(old.world, posting, before.explanation, old.names)
    return Compared(read.head.number, read.work_order.title, there, old.decide(read), new.decide(read))


def _reads(world: World, new: Mapping, month: Month) -> Iterator[tuple[WorkOrderRead, Remembered | None]]:
    """The work orders that may be of the month, read anew at the prices of then, each with what our records know of it."""
    reads = PricedReads(world)
    ready = world.mapping.ready_statuses | new.ready_statuses
    for heads in chunked(world.source.changed_since(None), HEADS_PER_QUERY):
        remembered = world.store.remembered([head.id for head in heads])
        asked = [head for head in heads if not head.status or simplify_status(head.status) in ready]
        asked = [head for head in asked if not _is_elsewhere(head, remembered.get(head.id), month)]
        for some in chunked(asked, READ_TOGETHER):
            yield from ((read, remembered.get(head.id)) for head, read in reads.read(some, remembered))


def _is_elsewhere(head: WorkOrderHead, before: Remembered | None, month: Month) -> bool:
    """Whether our records know it to be of another month, and it was not touched since."""
    if before is None or before.completed_on is None or before.updated_at != head.updated_at:
        return False
    return before.completed_on not in month


def _is_of(read: WorkOrderRead, world: World, month: Month) -> bool:
    completed_at = read.work_order.completed_at if read.work_order else None
    return completed_at is not None and completion_day(completed_at, world.policy.timezone) in month
