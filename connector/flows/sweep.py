"""What people did to posted documents in the ledger: voided, deleted, edited. It raises doubts, and never posts, voids or edits.

Each run asks the ledger for what changed since the last one: one call (Xero: one a kind of document) when nothing did. Where the
ledger cannot tell that, because the last time is too long ago or too much changed, everything of ours is listed once, page by page,
and what is missing there is read by its id. The moment up to which was read is the ledger's own, and is stored with the doubts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta

from connector.core.drift import DELETED, Known, Sighting, sighting
from connector.core.mapping import DocumentKind
from connector.core.posting import LedgerDocument
from connector.flows.chunks import chunked
from connector.flows.world import World
from connector.ledgers.ledger import Changes, ReconnectRequiredError, ServiceUnreachableError

# So many ids are looked for in our records by one query, and so many states are stored by one transaction.
IDS_PER_QUERY = 200
STATES_PER_TRANSACTION = 100
HINTS_MAX = 1_000
# Asked again from so long before the last answer: ledgers do not publish how soon a change is told.
OVERLAP = timedelta(minutes=10)

Seen = tuple[Known, LedgerDocument | None]


def sweep(world: World) -> list[str]:
    """Judge every posted document of ours that changed since the last sweep. What stood in the way, for the report."""
    if not world.store.posted_kinds() or world.stopping():
        return []
    try:
        _sweep(world)
    except ReconnectRequiredError:
        raise  # Nothing else of this run would work either, and only a person can mend it.
    except ServiceUnreachableError as error:
        return [f"posted documents were not compared: {error}"]
    return []


def _sweep(world: World) -> None:
    known: dict[str, Known] = {}

    def ours(remote_ids: Sequence[str]) -> set[str]:
        for some in chunked(remote_ids, IDS_PER_QUERY):
            known.update({one.posting.remote_id.casefold(): one for one in world.store.posted_with(some)})
        return {identifier.casefold() for identifier in remote_ids} & known.keys()

    # What was named before the ledger is asked is covered by its answer, or by the overlap of the next one.
    hints = world.hints.waiting(HINTS_MAX) if world.policy.listens else []
    until = world.store.swept_until()
    since = until - OVERLAP - timedelta(seconds=world.policy.settle_seconds) if until is not None else None
    changes = world.ledger.changes(world.store.posted_kinds(), since, ours)
    named = {hint.known.posting.id for hint in hints}
    if changes.is_whole:
        is_kept = _keep(world, changes, [(known[document.id.casefold()], document) for document in changes.documents], named)
    else:
        is_kept = _keep(world, changes, _everything(world), named)
    if is_kept:
        world.hints.drop(hints)


def _keep(world: World, changes: Changes, seen: Iterable[Seen], named: Collection[int]) -> bool:
    """The moment is moved with the last of the doubts, and not at all when the run is stopped before: then false.

    `named`: the postings that the ledger told of by itself. A change of another one tells that its messages do not come in.
    """
    last: list[Sighting] = []
    unheard: set[DocumentKind] = set()
    for some in chunked(seen, STATES_PER_TRANSACTION):
        world.store.keep_sweep(last, None)
        last = [new for known, document in some if (new := sighting(known, document)) is not None]
        unheard |= {new.posting.kind for new in last if new.posting.id not in named}
        if world.stopping():
            return False
    world.store.keep_sweep(last, changes.until)
    if changes.is_whole and world.policy.listens:
        world.hints.note_unheard(unheard, world.clock.now())
    return True


def _everything(world: World) -> Iterator[Seen]:
    """Every posted document of ours as the ledger shows it."""
    days = [known.posting.expectation.date for known in world.store.every_posted()]
    listed = {document.id.casefold(): document for document in world.ledger.documents(min(days), max(days), world.store.posted_kinds())}
    for known in world.store.every_posted():
        document = listed.get(known.posting.remote_id.casefold())
        if document is None and known.seen != DELETED:
            # Its day or its number was changed by hand, or it is gone.
            document = world.ledger.read(known.posting)
        yield known, document
