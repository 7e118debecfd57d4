"""Several postings in one call: which may share one, how many fit, and under which key it leaves.

A batch is a send like any other, with frozen members, item ids and bytes, but it leaves once: what becomes of its members is decided
for each of them alone, by its own state. One whose answer was lost is looked up by its marker, and goes on singly, with its own bytes
under its own key, once it is proven absent.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from connector.core.posting import Phase, Posting, WriteRequest
from connector.core.reversal import is_application

# Fewer documents leave each alone: an answer that is lost then leaves one of them in doubt, not all.
BATCH_FROM = 10


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """What a vendor takes in one call: so many documents, and so many bytes."""

    items_max: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One call for several leased postings: its frozen bytes and its key; `items` are the members' names in it, in their order."""

    members: tuple[Posting, ...]
    request: WriteRequest
    key: str

    @property
    def items(self) -> tuple[str, ...]:
        """The members' item ids."""
        return item_ids(len(self.members))


def item_ids(count: int) -> tuple[str, ...]:
    """The names of so many items: their numbers from 1, which QuickBooks' ten characters hold."""
    return tuple(str(number) for number in range(1, count + 1))


def may_share(posting: Posting) -> bool:
    """Whether its write may leave together with others: only one that has never left before, alone or in company."""
    if is_application(posting):
        return False
    if posting.phase is Phase.CREATE:
        return posting.attempts == 0 and not posting.attempted
    return posting.generation == 1 and not posting.attempted


def calls_of(postings: Sequence[Posting], limits: BatchLimits, batch_from: int) -> Iterator[list[Posting]]:
    """The postings by call: in batches when at least `batch_from` of them may share one (0: never), each alone otherwise.

    What goes alone goes first: it was tried before, and where the ledger takes nothing of the company it stops the run for all others.
    """
    together = [posting for posting in postings if may_share(posting)]
    if not batch_from or len(together) < batch_from:
        together = []
    kept = {posting.id for posting in together}
    yield from ([posting] for posting in postings if posting.id not in kept)
    yield from gathered(together, limits)


def gathered(postings: Iterable[Posting], limits: BatchLimits) -> Iterator[list[Posting]]:
    """The postings in groups of one kind of write, each within the limits, in the order in which each group began."""
    open_groups: dict[object, list[Posting]] = {}
    sizes: dict[object, int] = {}
    for posting in postings:
        kind = (posting.kind, posting.phase)
        group, size = open_groups.get(kind, []), sizes.get(kind, 0) + len(posting.request.body)
        if group and (len(group) >= limits.items_max or size > limits.bytes_max):
            yield open_groups.pop(kind)
            group, size = [], len(posting.request.body)
        group.append(posting)
        open_groups[kind], sizes[kind] = group, size
    yield from open_groups.values()


def batch_key(ledger_company: str, request: WriteRequest) -> str:
    """The key of a batch: 32 hex characters of its bytes, so that the same bytes have the same key, and no other bytes ever do."""
    told = f"upkeep-connector|batch|{ledger_company}|{request.method} {request.url}|"
    return hashlib.sha256(told.encode() + request.body).hexdigest()[:32]
