"""The store as one connection's flows see it (flows/world.py, Store): every method is one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy.engine import Connection

from connector.core.batch import Batch
from connector.core.clock import Clock
from connector.core.disposition import Decision, Disposition, Finding, Intent, Remembered
from connector.core.drift import Known, Sighting
from connector.core.mapped_names import read_names
from connector.core.mapping import DocumentKind
from connector.core.matching import Match
from connector.core.posting import Event, Outcome, Phase, Posted, Posting, Rejected, State, WriteRequest
from connector.core.problem import Problem
from connector.core.reference import Listing, ListKind, Lists
from connector.core.refusal import PLAIN, Advice, refusal_problem
from connector.core.reversal import Reversal
from connector.store import answers, batches, clock_set_back, customers, findings, following, leases, postings, reference, reversals

from connector.store import sightings, work_orders  # isort: skip
from connector.store.audit import Trail
from connector.store.database import Database
from connector.store.doubts import doubt_of

__all__ = ["ConnectionStore", "Database"]

CHUNK = 500

# What a refusal in the vendor's words ("code: words") means: the ledger's to say (ledgers/*/advice.py), joined in wiring.py.
Advise = Callable[[Posting, str], Advice]


def _plainly(posting: Posting, refused: str) -> Advice:
    return PLAIN


class ConnectionStore:
    """Our records about one ledger company fed from one UpKeep company and site."""

    def __init__(
        self,
        database: Database,
        *,
        ledger_company: str,
        source_company: str,
        site: str,
        clock: Clock,
        actor: str = "connector",
        ledger: str = "The ledger",
        advise: Advise = _plainly,
        lease_seconds: float = clock_set_back.LEASE_SECONDS_MAX,
    ) -> None:
        self._database = database
        self._company = ledger_company
        self._scope = {"ledger_company": ledger_company, "source_company": source_company, "site": site}
        self._clock = clock
        self._actor = actor
        self._ledger = ledger
        self._advise = advise
        self._lease_seconds_max = max(lease_seconds, clock_set_back.LEASE_SECONDS_MAX)
        self.customers = customers.Customers(database, self._scope, self._deciding)

    @property
    def scope(self) -> dict[str, str]:
        """Of which ledger company, source company and site these records are."""
        return dict(self._scope)

    def _deciding(self) -> AbstractContextManager[tuple[Connection, Trail]]:
        return self._database.deciding(self._actor, self._clock, self._scope)

    # --- work orders ------------------------------------------------------------------------------------------------------------

    def cursor(self) -> datetime | None:
        """Up to where every work order has a stored disposition."""
        with self._database.write() as connection:
            return work_orders.read_cursor(connection, self._scope)

    def remembered(self, source_ids: Sequence[str]) -> dict[str, Remembered]:
        """What is known of these work orders, by source id."""
        with self._database.write() as connection:
            return work_orders.remembered(connection, self._scope, source_ids)

    def remembered_with(self, disposition: Disposition) -> Iterator[Remembered]:
        """Every work order that stands there, read in bounded pages."""

        def page(after: int) -> list[tuple[int, Remembered]]:
            with self._database.write() as connection:
                return work_orders.page_with(connection, self._scope, disposition, after)

        return work_orders.in_pages(page)

    def find(self, number: str) -> Remembered | None:
        """What is known of the work order with that number."""
        with self._database.write() as connection:
            return work_orders.find(connection, self._scope, number)

    def decide(self, decisions: Sequence[Decision], cursor: datetime | None) -> None:
        """Store decisions, their intents and the moved cursor together."""
        with self._deciding() as (connection, trail):
            self._database.locks.until_commit(connection, f"decisions {self._company}")
            for decision in decisions:
                customers.link_by_itself(connection, trail, decision.customer)
                work_orders.decide(connection, trail, self._scope, decision)
            work_orders.move_cursor(connection, self._scope, cursor)

    def mark_seen(self, seen: Sequence[tuple[str, datetime]], cursor: datetime | None) -> None:
        """Store new moments of change that changed nothing in the books, and the moved cursor."""
        with self._database.write() as connection:
            work_orders.mark_seen(connection, self._scope, seen)
            work_orders.move_cursor(connection, self._scope, cursor)

    def release(self, number: str) -> bool:
        """Let a held work order be decided anew at the next sync, and close the findings on it: a person has dealt with them."""
        with self._deciding() as (connection, trail):
            was_held = work_orders.release(connection, trail, self._scope, number)
            return findings.close(connection, trail, self._scope, number, "a person has dealt with it") > 0 or was_held

    def is_approved(self, number: str, content: str) -> bool:
        """Whether a person approved a document of that content for the work order."""
        with self._database.write() as connection:
            return work_orders.is_approved(connection, self._scope, number, content)

    def totals(self) -> dict[Disposition, tuple[int, Decimal]]:
        """Count and known amount of work orders by disposition."""
        with self._database.write() as connection:
            return work_orders.totals(connection, self._scope)

    # --- the outbox -------------------------------------------------------------------------------------------------------------

    @contextmanager
    def writer(self) -> Iterator[None]:
        """Be the one writer of this ledger company; what a dead writer was sending becomes uncertain first."""
        with self._database.locks.hold(f"ledger company {self._company}", wait=False):
            self._database.note_writer(self._actor)
            self.expire_leases()
            self._forget_times_to_come()
            yield
            self._database.note_head()

    def first_look_not_before(self, settle_seconds: float) -> datetime | None:
        """When earlier databases' documents must be visible; None when this database is continuous."""
        return self._database.quarantine_until(settle_seconds)

    def postings(self, *states: State, limit: int = 200, after: int = 0) -> list[Posting]:
        """Postings in these states by id, those that wait for a throttle to end left out."""
        with self._database.write() as connection:
            now = self._clock.now()
            return postings.read_some(connection, self._company, states, now=now, limit=limit, after=after)

    def every_posting(self) -> Iterator[Posting]:
        """All postings by id, in bounded chunks."""
        after = 0
        while chunk := self._chunk(after):
            after = chunk[-1].id
            yield from chunk

    def _chunk(self, after: int) -> list[Posting]:
        with self._database.write() as connection:
            return postings.read_some(connection, self._company, (), now=None, limit=CHUNK, after=after)

    def matched(self, posting: Posting, match: Match, begun_at: datetime) -> Posting:
        """Apply what a look-up proved: adopt, hold with a finding, or note the absence."""
        with self._deciding() as (connection, trail):
            state = postings.apply_match(connection, trail, posting, match)
            problem = self._problem(connection, posting, match) if state is State.HELD else None
            if state is not None:
                following.follow(connection, trail, self._scope, posting, state, problem)
            if state is State.POSTED:
                following.adopted(connection, trail, self._scope, posting, match.documents[0])
            if problem is not None and match.event is Event.FOUND_OTHER:
                following.found_other(connection, trail, self._scope, posting, problem)
            return postings.read(connection, posting.id)

    def _problem(self, connection: Connection, posting: Posting, match: Match) -> Problem:
        return doubt_of(posting, match) if match.event is Event.FOUND_OTHER else self._refusal(connection, posting, posting.refused)

    def _refusal(self, connection: Connection, posting: Posting, refused: str) -> Problem:
        """What a refusal means, and the name of the mapping that it is about."""
        return refusal_problem(
            self._advise(posting, refused),
            ledger=self._ledger,
            kind=posting.kind,
            marker=posting.marker,
            refused=refused,
            names=read_names(work_orders.explanation_of(connection, posting.id)),
        )

    def noted_absent(self, posting: Posting, begun_at: datetime) -> Posting:
        """Note a look-up that found nothing."""
        with self._deciding() as (connection, trail):
            postings.note_absent(connection, trail, posting, begun_at)
            return postings.read(connection, posting.id)

    def note_draft_deleted(self, posting: Posting, draft_id: str) -> None:
        """Record that a surplus draft was deleted; nothing of the posting changes by it."""
        with self._deciding() as (_, trail):
            state = posting.state.value
            trail.note_posting(posting, "draft_deleted", token=posting.token, after=state, reason=f"surplus draft {draft_id}")

    def hold(self, posting: Posting, problem: Problem) -> Posting:
        """Hold a posting that we refuse to send, with the reason."""
        with self._deciding() as (connection, trail):
            state = postings.set_state(connection, trail, posting, Event.BLOCKED, f"{problem.code}: {problem.message}")
            if state is not None:
                following.follow(connection, trail, self._scope, posting, state, problem)
            return postings.read(connection, posting.id)

    def tries_in_vain(self, posting: Posting) -> tuple[int, str]:
        """How many of its sends brought no answer that proved anything, and the last of them in words."""
        with self._database.write() as connection:
            return answers.tries_in_vain(connection, posting)

    def next_phase(self, posting: Posting, phase: Phase, request: WriteRequest, key: str) -> Posting:
        """Store the intent of a further write before it is leased."""
        with self._deciding() as (connection, trail):
            return postings.next_phase(connection, trail, posting, phase, request, key)

    def lease(self, posting: Posting, seconds: float) -> Posting | None:
        """Take the right to send, with a new fencing token."""
        with self._deciding() as (connection, trail):
            until = self._database.host_now(connection) + timedelta(seconds=seconds)
            return leases.lease(connection, trail, posting, until)

    def lease_batch(self, members: Sequence[Posting], request: WriteRequest, seconds: float) -> Batch | None:
        """Store a batch and take the right to send all of its members; None, and nothing is changed, when one of them was moved."""
        try:
            with self._deciding() as (connection, trail):
                until = self._database.host_now(connection) + timedelta(seconds=seconds)
                return batches.lease(connection, trail, members, request, until)
        except batches.MemberMovedError:
            return None

    def record(self, posting: Posting, outcome: Outcome, differences: Sequence[str] = ()) -> Posting:
        """Store the outcome of a send under its fencing token."""
        with self._deciding() as (connection, trail):
            ours = postings.record(connection, trail, posting, outcome)
            return self._followed(connection, trail, posting, outcome, differences if ours else None)

    def record_batch(self, ended: Sequence[tuple[Posting, Outcome, Sequence[str]]]) -> list[Posting]:
        """Store what became of each member of a batch, in one transaction."""
        with self._deciding() as (connection, trail):
            return [
                self._followed(
                    connection, trail, posting, outcome, differences if batches.record(connection, trail, posting, outcome) else None
                )
                for posting, outcome, differences in ended
            ]

    def _followed(
        self, connection: Connection, trail: Trail, posting: Posting, outcome: Outcome, differences: Sequence[str] | None
    ) -> Posting:
        """What a recorded outcome means for the work order; without differences, the lease was not ours and it means nothing."""
        after = postings.read(connection, posting.id)
        if differences is None:
            return after
        problem = None
        if after.state is State.HELD and isinstance(outcome, Rejected):
            problem = self._refusal(connection, posting, f"{outcome.code}: {outcome.message}")
        following.follow(connection, trail, self._scope, posting, after.state, problem)
        if isinstance(outcome, Posted):
            following.posted(connection, trail, self._scope, posting, outcome.document, differences)
        return after

    # --- reversals --------------------------------------------------------------------------------------------------------------

    def posting_of(self, number: str) -> Posting | None:
        """The posting of the work order with that number."""
        with self._database.write() as connection:
            return reversals.posting_of(connection, self._scope, number)

    def documents_called(self, word: str) -> list[Posting]:
        """The postings whose document has that number or that id in the ledger."""
        with self._database.write() as connection:
            return postings.called(connection, self._scope, word)

    def reverse(self, posting: Posting, intent: Intent, because: str) -> Posting:
        """Store that a posted document is to be taken back, with the intent of the credit that does it."""
        with self._deciding() as (connection, trail):
            self._database.locks.until_commit(connection, f"decisions {self._company}")
            return reversals.keep(connection, trail, posting, intent, because)

    def reversals(self, number: str = "") -> list[Reversal]:
        """What was to be taken back, of one work order or of all."""
        with self._database.write() as connection:
            return reversals.every(connection, self._scope, number)

    def expire_leases(self) -> int:
        """Make uncertain what a dead writer was sending; how many."""
        with self._deciding() as (connection, trail):
            host_now = None if self._database.locks.prove_death else self._database.host_now(connection)
            return leases.expire_leases(connection, trail, self._company, host_now)

    def _forget_times_to_come(self) -> None:
        # Where a writer that was only cut off may live, a doubt begins when its lease ends on the database's host.
        ahead = timedelta(seconds=0 if self._database.locks.prove_death else self._lease_seconds_max)
        with self._deciding() as (connection, trail):
            clock_set_back.forget_times_to_come(connection, trail, self._company, trail.at + ahead)

    # --- findings and runs ------------------------------------------------------------------------------------------------------

    def add_findings(self, found: Sequence[Finding]) -> None:
        """Open findings that are not open yet."""
        with self._deciding() as (connection, trail):
            for finding in found:
                findings.add(connection, trail, self._scope, finding)

    def findings(self) -> list[Finding]:
        """Open findings, oldest first."""
        with self._database.write() as connection:
            return findings.read_all(connection, self._scope)

    def awaiting_approval(self) -> int:
        """How many posted documents wait for a person's approval in the ledger."""
        with self._database.write() as connection:
            return sightings.awaiting(connection, self._scope)

    def posted_kinds(self) -> frozenset[DocumentKind]:
        """The kinds of which a document of this connection is posted."""
        with self._database.write() as connection:
            return sightings.kinds(connection, self._scope)

    def posted_with(self, remote_ids: Sequence[str]) -> list[Known]:
        """The posted documents of this connection among these ids of the ledger's."""
        with self._database.write() as connection:
            return sightings.with_ids(connection, self._scope, remote_ids)

    def every_posted(self) -> Iterator[Known]:
        """All posted documents of this connection, in bounded chunks."""
        after = 0
        while chunk := self._posted_after(after):
            after = chunk[-1].posting.id
            yield from chunk

    def _posted_after(self, after: int) -> list[Known]:
        with self._database.write() as connection:
            return sightings.page(connection, self._scope, after, CHUNK)

    def swept_until(self) -> datetime | None:
        """Up to where the ledger's changes were read, by its own clock."""
        with self._database.write() as connection:
            return sightings.swept_until(connection, self._scope)

    def keep_sweep(self, found: Sequence[Sighting], until: datetime | None) -> None:
        """Remember new states of posted documents with their doubts, and up to where the ledger's changes were read."""
        if not found and until is None:
            return
        with self._deciding() as (connection, trail):
            for one in found:
                sightings.keep(connection, trail, self._scope, one)
            if until is not None:
                sightings.move(connection, self._scope, until)

    def note_run(self, summary: str) -> None:
        """Remember when and how the last run ended."""
        with self._database.write() as connection:
            findings.note_run(connection, self._scope, summary, self._clock.now())

    def last_run(self) -> tuple[datetime, str] | None:
        """When and how the last run ended."""
        with self._database.write() as connection:
            return findings.last_run(connection, self._scope)

    # --- the ledger's lists -----------------------------------------------------------------------------------------------------

    def reference(self) -> dict[ListKind, Listing]:
        """The ledger company's lists as they are kept; one that is kept in another shape is not among them."""
        with self._database.write() as connection:
            return reference.read(connection, self._company)

    def keep_reference(self, before: Lists, after: Lists) -> None:
        """Keep these lists; `before` is what is kept of them, so that only what changed is written."""
        waiting = reference.changed(before, after)
        while len(waiting) > CHUNK:
            with self._database.write() as connection:
                reference.keep_entries(connection, self._company, waiting[:CHUNK])
            waiting = waiting[CHUNK:]
        with self._database.write() as connection:
            reference.keep_entries(connection, self._company, waiting)
            reference.keep_lists(connection, self._company, after)

    def doubt_reference(self) -> None:
        """Have every list read as a whole when it is next needed: the ledger contradicted what we kept."""
        with self._database.write() as connection:
            reference.doubt(connection, self._company)
