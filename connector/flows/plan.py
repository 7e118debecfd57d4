"""What a sync would cost before it begins: documents, calls and batches, time at the vendor's limits, reads of the month's allowance.

UpKeep is read and every work order decided as in a rehearsal; nothing is written. The calls are counted as flows/sending.py makes
them: for each few hundred documents the period lock, one look-up, then the writes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from connector.core.disposition import Disposition
from connector.core.evidence import EvidenceKind
from connector.core.mapping import DocumentKind
from connector.core.posting import State
from connector.flows.chunks import chunked
from connector.flows.evidence import LOOK_CHUNK as PIECES_A_LOOK
from connector.flows.intake import take_in
from connector.flows.reference import ReferenceData
from connector.flows.sending import LOOK_CHUNK
from connector.flows.status import limits_json
from connector.flows.world import Limits, World
from connector.ledgers.limits import Counts, Standing

# One look-up asks for so many markers; with more than a few of Xero's manual journals or credit notes, all are read instead, by the page.
MARKERS_A_LOOK_UP = {"quickbooks": 40, "xero": 50}
ASKED_ONE_BY_ONE = 3
ROWS_A_PAGE = 1000


NOTHING_KNOWN: Mapping[DocumentKind, int] = MappingProxyType(dict.fromkeys(DocumentKind, 0))


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls to the ledger: reads, and writes, of which `batches` carry several documents."""

    reads: int = 0
    writes: int = 0
    batches: int = 0
    items: int = 0  # the documents in those batches

    @property
    def calls(self) -> int:
        """All of them."""
        return self.reads + self.writes

    def plus(self, other: Cost) -> Cost:
        """Both together."""
        return Cost(self.reads + other.reads, self.writes + other.writes, self.batches + other.batches, self.items + other.items)


@dataclass(frozen=True, slots=True)
class Plan:
    """What one connection's next sync would do and cost; `days` by the vendor's tier, where it limits the day."""

    connection: str
    ledger: str
    documents: int
    held: int
    excluded: int
    cost: Cost
    minutes: int
    days: dict[str, int] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)

    def needs_a_person(self) -> bool:
        """Whether the month's reads will not do."""
        left = self.standing.reads_left
        return left is not None and self.cost.reads > left

    def to_json(self) -> dict[str, object]:
        """The plan as JSON values."""
        cost = self.cost
        return {
            "connection": self.connection,
            "ledger": self.ledger,
            "documents": self.documents,
            "held": self.held,
            "excluded": self.excluded,
            "calls": {"all": cost.calls, "reads": cost.reads, "writes": cost.writes, "batches": cost.batches},
            "minutes": self.minutes,
            "days": self.days,
            "fits_the_month": not self.needs_a_person(),
            "limits": limits_json(self.standing),
        }


@dataclass(frozen=True, slots=True)
class Batching:
    """How documents share calls (core/batch.py): so many at most in one, from so many that are due on; 0: never."""

    items_max: int
    batch_from: int


def plan(world: World) -> Plan:
    """Decide about everything that a sync would read, and count what sending it takes; writes nothing, here or in the ledger."""
    world.sign_in.access()  # Not counted: the vendors do not either.
    before = world.ledger.calls[world.ledger.kind]
    intake = take_in(world, ReferenceData(world, keeps=False), dry_run=True)
    chart = Cost(reads=world.ledger.calls[world.ledger.kind] - before)
    queued, known = _on_record(world)
    fresh = {d.number: d.intent.kind for d in intake.decisions if d.disposition is Disposition.QUEUED and d.intent is not None}
    kinds = list((queued | fresh).values())
    batching = Batching(world.ledger.batch_limits.items_max, world.policy.batch_from)
    seen = set(kinds) if world.store.swept_until() else {*kinds, *world.store.posted_kinds()}
    if world.ledger.kind == "xero" and DocumentKind.JOURNAL_ENTRY in seen and not chart.reads:
        chart = Cost(reads=1)  # The accounts' ids, which journals answer without; the chart would have told them.
    cost = chart.plus(_sweep(world)).plus(cost_of(kinds, world.ledger.kind, batching, known))
    cost = cost.plus(_beside(world, len(kinds)))
    standing = world.limits.standing()
    return Plan(
        connection=world.policy.connection,
        ledger=world.ledger.kind,
        documents=len(kinds),
        held=intake.counts.get(Disposition.HELD, 0) - intake.drafted,
        excluded=intake.counts.get(Disposition.EXCLUDED, 0),
        cost=cost,
        minutes=minutes_of(cost, world.limits),
        days=days_of(cost, world.limits, standing),
        standing=standing,
    )


def _sweep(world: World) -> Cost:
    """What it takes to ask what people did to posted documents; the first time everything of ours is listed."""
    kinds = world.store.posted_kinds()
    asked = min(1, len(kinds)) if world.ledger.kind == "quickbooks" else len(kinds)
    return Cost(reads=asked + (0 if world.store.swept_until() else len(kinds)))


def _beside(world: World, documents: int) -> Cost:
    """What it takes to put summaries and notes beside these documents; how many files UpKeep has for them is not known before."""
    pieces = documents * sum(kind is not EvidenceKind.FILE_LIST for kind in world.policy.evidence.kinds())
    chunks = math.ceil(pieces / PIECES_A_LOOK)
    return Cost(reads=chunks + (chunks if world.ledger.kind == "quickbooks" else pieces), writes=pieces)


def days_of(cost: Cost, limits: Limits, standing: Standing) -> dict[str, int]:
    """How many days it takes on each tier that limits the day; a tier with fewer calls than are left today is not the company's."""
    left = standing.day_left or 0
    return {tier: math.ceil(cost.calls / calls) for tier, calls in limits.vendor.day_tiers.items() if left <= calls}


def _on_record(world: World) -> tuple[dict[str, DocumentKind], Counter[DocumentKind]]:
    """What is on its way already, by work order; and how many of ours of each kind a look-up among all of them reads too."""
    queued: dict[str, DocumentKind] = {}
    known: Counter[DocumentKind] = Counter()
    for posting in world.store.every_posting():
        if posting.state in (State.READY, State.UNCERTAIN, State.DRAFTED):
            queued[posting.work_order_number] = posting.kind
        known[posting.kind] += posting.state is State.POSTED
    return queued, known


def cost_of(kinds: Sequence[DocumentKind], ledger: str, batching: Batching, known: Mapping[DocumentKind, int] = NOTHING_KNOWN) -> Cost:
    """What it takes to send documents of these kinds, in this order; `known` are in the ledger already."""
    cost, there = Cost(), Counter(known)
    for chunk in chunked(kinds, LOOK_CHUNK):
        counts, lock = Counter(chunk), Cost(reads=1)
        journals = counts[DocumentKind.JOURNAL_ENTRY]
        cost = cost.plus(lock).plus(_writes([counts[kind] for kind in DocumentKind], batching))
        cost = cost.plus((_quickbooks if ledger == "quickbooks" else _xero)(journals, len(chunk) - journals, there))
        there += counts
        if ledger != "quickbooks" and journals:
            # A manual journal is drafted first, then posted, under the period lock as it is by then.
            cost = cost.plus(lock).plus(_writes((journals,), batching))
    return cost


def _quickbooks(journals: int, sales: int, known: Mapping[DocumentKind, int]) -> Cost:
    """An invoice and a credit are looked for in both lists."""
    return Cost(reads=sum(math.ceil(count / MARKERS_A_LOOK_UP["quickbooks"]) for count in (journals, sales, sales)))


def _xero(journals: int, sales: int, known: Mapping[DocumentKind, int]) -> Cost:
    asked = ((journals, known[DocumentKind.JOURNAL_ENTRY]), (sales, known[DocumentKind.CREDIT]))
    return Cost(reads=math.ceil(sales / MARKERS_A_LOOK_UP["xero"]) + sum(_one_by_one_or_all(count, there) for count, there in asked))


def _one_by_one_or_all(count: int, there: int) -> int:
    return count if count <= ASKED_ONE_BY_ONE else 1 + max(1, math.ceil(there / ROWS_A_PAGE))


def _writes(counts: Sequence[int], batching: Batching) -> Cost:
    """Documents by kind: each kind in calls of its own, when there are enough of all for batches."""
    if not batching.batch_from or sum(counts) < batching.batch_from:
        return Cost(writes=sum(counts))
    calls = [min(batching.items_max, count - start) for count in counts for start in range(0, count, batching.items_max)]
    batches = [items for items in calls if items > 1]
    return Cost(writes=len(calls), batches=len(batches), items=sum(batches))


def minutes_of(cost: Cost, limits: Limits) -> int:
    """How long the calls take at the vendor's limits, at least; the answers take their own time."""
    each = cost.items - cost.batches if limits.allowed.counts_each_item else 0
    amounts = {Counts.CALLS: cost.calls, Counts.ITEMS: cost.calls + each, Counts.BATCHES: cost.batches}
    seconds = max((amounts[rate.counts] / rate.limit * rate.seconds for rate in limits.vendor.rates), default=0.0)
    return math.ceil(seconds / 60)
