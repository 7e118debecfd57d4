"""From stored intent to a document in the books: look, lease, send, record; and out of uncertainty by look-up alone.

The look before the first send is made anew in every run and never remembered in the database: yesterday's database, restored,
would remember a look that is older than the documents posted since.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain

from connector.core.batch import calls_of
from connector.core.clock import Deadline
from connector.core.matching import Match, answered_otherwise, differences, match
from connector.core.money import ZERO
from connector.core.posting import Event, LedgerDocument, NotSent, Outcome, Phase, Posted, Posting, Rejected, State, Throttled, Uncertain
from connector.core.problem import Problem
from connector.core.reversal import as_step, is_application
from connector.flows.chunks import chunked
from connector.flows.world import World
from connector.ledgers.ledger import ServiceUnreachableError

# One look-up covers so many postings that are about to go.
LOOK_CHUNK = 500
# A throttle up to this long is waited for inside the run; a longer one (Xero's day limit) parks the postings until a later run.
THROTTLE_WAIT_SECONDS_MAX = 120.0
# So many bad answers in a row (not sent, throttled, or none that proves anything) end the run: the service is not there, and whatever is
# sent to it now would only be in doubt.
REFUSALS_MAX = 5
# So often a document is sent without an answer that proves anything, both steps of a manual journal together, before a person is asked.
TRIES_MAX = 5
# Uncertain postings are waited for inside the run when their proof takes no longer than this; else the next run resolves them.
SETTLE_WAIT_SECONDS_MAX = 30.0
# Ledgers write the times of documents and of answers to the second.
ROUNDING_SECONDS = 2.0
# So many rounds of look-ups at most in one run, so that a ledger that contradicts itself cannot hold it for ever.
ROUNDS_MAX = 8

# A posting as it was recorded after a call, and what the call made of it.
Ended = tuple[Posting, Outcome]


@dataclass(slots=True)
class Sent:
    """What one run of the outbox did."""

    posted: int = 0
    adopted: int = 0
    refused: int = 0
    amount: Decimal = ZERO
    refusals_in_a_row: int = 0
    parked: bool = False
    drafts_deleted: int = 0
    stopped: list[str] = field(default_factory=list)


def send_due(world: World, sent: Sent) -> None:
    """Bring every due posting as far as it can go in this run, and count it. Call it as the ledger company's one writer."""
    if not world.policy.posts:
        return  # A shadow: no posting is leased, and none is looked up in order to be.
    _wait_until_earlier_documents_show(world)
    for _ in range(ROUNDS_MAX):
        resolve_uncertain(world, sent)
        _send_ready(world, sent)
        _post_drafted(world, sent)
        if _is_over(world, sent) or not _wait_for_proof(world):
            break


def _is_over(world: World, sent: Sent) -> bool:
    """Whether this run begins nothing new: the service refuses, or the operator stops us."""
    return sent.parked or world.stopping()


def _wait_until_earlier_documents_show(world: World) -> None:
    """A new or restored database cannot know what was sent moments ago by the one before it."""
    not_before = world.store.first_look_not_before(world.policy.settle_seconds)
    if not_before is not None and world.store.postings(State.READY, State.UNCERTAIN, limit=1):
        world.progress("waiting until earlier documents show", 0, None)
        world.clock.sleep((not_before - world.clock.now()).total_seconds())


# --- out of uncertainty -------------------------------------------------------------------------------------------------------


def resolve_uncertain(world: World, sent: Sent) -> None:
    """Ask the ledger for every uncertain posting by its marker, and believe absence only after two looks (see posting.py)."""
    after = 0
    while postings := world.store.postings(State.UNCERTAIN, limit=LOOK_CHUNK, after=after):
        after = postings[-1].id
        begun_at = world.clock.now()
        found = world.ledger.look_up(postings)
        for posting in postings:
            _resolve(world, sent, posting, found.get(posting.marker, ()), begun_at)


def _resolve(world: World, sent: Sent, posting: Posting, found: Sequence[LedgerDocument], begun_at: datetime) -> None:
    answer = match(posting.expectation, found)
    # A credit that is not applied yet is absence too: what would apply it may still be on its way.
    is_absent = answer.event is Event.PROVEN_ABSENT or (answer.event is Event.FOUND_DRAFT and is_application(posting))
    if is_absent and not _is_proven(world, posting, begun_at):
        if _may_look(world, posting, begun_at) and posting.absent_since is None:
            world.store.noted_absent(posting, begun_at)
        return
    missing_id = posting.remote_id if is_application(posting) else posting.missing_id
    if answer.event is Event.PROVEN_ABSENT and missing_id:
        answer = Match(Event.FOUND_OTHER, (), f"document {missing_id} was made under this marker and is not there any more")
    _apply(world, sent, posting, answer, begun_at)


def _may_look(world: World, posting: Posting, begun_at: datetime) -> bool:
    """A look counts toward absence only when it began later than D after the last lease ended."""
    return posting.uncertain_since is None or begun_at > posting.uncertain_since + timedelta(seconds=world.policy.settle_seconds)


def _is_proven(world: World, posting: Posting, begun_at: datetime) -> bool:
    first = posting.absent_since
    return first is not None and begun_at > first + timedelta(seconds=world.policy.settle_seconds)


def _apply(world: World, sent: Sent, posting: Posting, answer: Match, begun_at: datetime) -> Posting:
    if answer.event is Event.FOUND_DRAFT:
        _delete_surplus(world, sent, posting, answer)
    after = world.store.matched(posting, answer, begun_at)
    if posting.state is State.UNCERTAIN and after.state in (State.READY, State.DRAFTED):
        after = _held_in_vain(world, after) or _with_next_key(world, after)
    if after.state is State.POSTED:
        sent.adopted += 1
        sent.amount += posting.expectation.net
    elif after.state is State.HELD:
        sent.refused += 1
    return after


def _held_in_vain(world: World, posting: Posting) -> Posting | None:
    """A ledger that breaks over a document breaks over it each time: after so many tries, each proven to have booked nothing, a person
    is asked, and a release allows as many again.
    """
    tries, last_answer = world.store.tries_in_vain(posting)
    if not tries or tries % TRIES_MAX:
        return None
    return world.store.hold(posting, in_vain(posting, tries, last_answer))


def in_vain(posting: Posting, tries: int, last_answer: str) -> Problem:
    """The problem of a document that was sent again and again, and is not in the books."""
    return Problem(
        "SENT_IN_VAIN",
        f"document {posting.marker}",
        f"It was sent {tries} times; each answer was lost or an error, and the ledger shows that nothing was booked."
        f" The last time: {last_answer or 'no answer'}.",
        f"Find out what the ledger has against it, then run `connector held release {posting.work_order_number}`:"
        f" it is tried up to {TRIES_MAX} times more.",
    )


def _with_next_key(world: World, posting: Posting) -> Posting:
    """The same bytes again; under a next generation of the key only where the vendor would repeat its error under the old one."""
    if not world.ledger.repeats_errors:
        return posting
    if posting.state is State.DRAFTED and posting.phase is Phase.CREATE:
        return posting  # Phase two brings a key of its own.
    key = world.ledger.key(posting.identity, posting.phase, posting.generation + 1)
    return world.store.next_phase(posting, posting.phase, posting.request, key)


def _delete_surplus(world: World, sent: Sent, posting: Posting, answer: Match) -> None:
    """Only one of our drafts may be posted: the others go, by id. They have no effect in the books."""
    kept = answer.documents[0].id
    for draft in answer.documents[1:]:
        if draft.id != kept and world.policy.posts and world.ledger.delete_draft(posting, draft.id):
            world.store.note_draft_deleted(posting, draft.id)
            sent.drafts_deleted += 1


def _wait_for_proof(world: World) -> bool:
    """Sleep until the next look-up can prove something; false when nothing is uncertain or it would take too long."""
    waiting = world.store.postings(State.UNCERTAIN, limit=1)
    if waiting:
        if 2 * world.policy.settle_seconds > SETTLE_WAIT_SECONDS_MAX:
            return False
        world.clock.sleep(world.policy.settle_seconds + 0.01)
        return True
    return bool(world.store.postings(State.READY, State.DRAFTED, limit=1))


# --- first sends --------------------------------------------------------------------------------------------------------------


def _send_ready(world: World, sent: Sent) -> None:
    after = 0
    while not _is_over(world, sent) and (postings := world.store.postings(State.READY, limit=LOOK_CHUNK, after=after)):
        after = postings[-1].id
        absent = _look_before(world, sent, _in_open_period(world, sent, postings))
        _send_all(world, sent, absent)
        _post_drafted(world, sent)


def _in_open_period(world: World, sent: Sent, postings: Sequence[Posting]) -> list[Posting]:
    """The locks are read again before each chunk: what was open when the intent was stored may be closed by now.

    Adopting writes nothing: a document that stands in a closed period already, sent by a database that was lost since, is adopted.
    """
    locked_through = world.ledger.period_lock().last_locked_day
    if locked_through is None:
        return list(postings)
    closed = [posting for posting in postings if posting.expectation.date <= locked_through]
    for posting in _look_before(world, sent, closed):
        world.store.hold(posting, _closed(posting, str(locked_through)))
        sent.refused += 1
    return [posting for posting in postings if posting.expectation.date > locked_through]


def _closed(posting: Posting, last_locked_day: str) -> Problem:
    return Problem(
        "PERIOD_CLOSED",
        f"work order {posting.work_order_number}",
        f"Its document is dated {posting.expectation.date}, and the books were closed through {last_locked_day} meanwhile.",
        "Reopen the period in the ledger, or set closed_period: next_open_day; it is asked again at the next sync.",
    )


def _look_before(world: World, sent: Sent, postings: Sequence[Posting]) -> list[Posting]:
    """One list look-up for all that is about to go: what is already there is adopted, what differs is held, the rest is told."""
    if not postings:
        return []
    begun_at = world.clock.now()
    found = world.ledger.look_up(postings)
    absent = []
    for posting in postings:
        documents = found.get(posting.marker, ())
        answer = match(posting.expectation, documents)
        is_as_known = answer.event is Event.FOUND_DRAFT and posting.state is State.DRAFTED
        if documents and not is_as_known:
            _apply(world, sent, posting, answer, begun_at)
        else:
            absent.append(posting)
    return absent


def _post_drafted(world: World, sent: Sent) -> None:
    """Phase two of Xero's manual journals: the one draft that we know by id becomes part of the books."""
    after = 0
    while not _is_over(world, sent) and (postings := world.store.postings(State.DRAFTED, limit=LOOK_CHUNK, after=after)):
        after = postings[-1].id
        open_ones = _in_open_period(world, sent, postings)
        _send_all(world, sent, [_with_phase_two(world, posting) for posting in open_ones])


def _with_phase_two(world: World, posting: Posting) -> Posting:
    if posting.phase is Phase.POST_DRAFT:
        return posting
    request = world.ledger.phase_two(posting)
    key = world.ledger.key(posting.identity, Phase.POST_DRAFT, 1)
    return world.store.next_phase(posting, Phase.POST_DRAFT, request, key)


# --- the sends ----------------------------------------------------------------------------------------------------------------


def _send_all(world: World, sent: Sent, postings: Sequence[Posting]) -> None:
    """A few calls at a time; the next few only when these have ended, so that a refusal stops all that follow."""
    for wave in chunked(calls_of(postings, world.ledger.batch_limits, world.policy.batch_from), world.sends.width):
        if _is_over(world, sent):
            return
        ended = [call for call in world.sends.run(partial(_send, world), wave) if call]
        for recorded, outcome in chain.from_iterable(ended):
            _count(sent, recorded, outcome)
        world.progress("posting", sent.posted + sent.adopted, None)
        _pause(world, sent, [[outcome for _, outcome in call] for call in ended])


def _send(world: World, postings: Sequence[Posting]) -> list[Ended]:
    """Lease, send, record: all that one thread does for one call. Nothing when somebody else has a posting of it."""
    # The deadline begins before the lease does, so that it ends before it, wherever the process stands still in between.
    deadline = Deadline(world.clock.monotonic(), world.policy.send_deadline_seconds)
    return _send_alone(world, postings[0], deadline) if len(postings) == 1 else _send_batch(world, postings, deadline)


def _send_alone(world: World, posting: Posting, deadline: Deadline) -> list[Ended]:
    leased = world.store.lease(posting, world.policy.lease_seconds)
    if leased is None:
        return []
    outcome = _checked(world, leased, world.ledger.send(leased, deadline))
    wrong = _wrong(leased, outcome)
    return [(_kept_back(world, world.store.record(leased, outcome, wrong), wrong), outcome)]


def _send_batch(world: World, postings: Sequence[Posting], deadline: Deadline) -> list[Ended]:
    """Each member is leased, judged and recorded for itself; none that came back is undone because another did not."""
    batch = world.store.lease_batch(postings, world.ledger.batch_request(postings), world.policy.lease_seconds)
    if batch is None:
        return []
    answers = zip(batch.members, world.ledger.send_batch(batch, deadline), strict=True)
    outcomes = [(member, _checked(world, member, outcome)) for member, outcome in answers]
    ended = [(member, outcome, _wrong(member, outcome)) for member, outcome in outcomes]
    recorded = world.store.record_batch(ended)
    return [(_kept_back(world, after, wrong), outcome) for after, (_, outcome, wrong) in zip(recorded, ended, strict=True)]


def _kept_back(world: World, posting: Posting, wrong: Sequence[str]) -> Posting:
    """A draft that is not what we meant has no effect in the books yet, and gets none before a person has looked at it."""
    if posting.state is not State.DRAFTED or not wrong:
        return posting
    what = "credit" if posting.expectation.settles else "draft"
    said = f"The {what} {posting.remote_id} that the ledger made is not the one we meant: {'; '.join(wrong)}."
    next_step = f"Find out why; delete the {what} in the ledger, then run `connector held release {posting.work_order_number}`."
    return world.store.hold(posting, Problem("DOCUMENT_DIFFERS", f"document {posting.marker}", said, next_step))


def _wrong(posting: Posting, outcome: Outcome) -> list[str]:
    if not isinstance(outcome, Posted):
        return []
    return [*differences(posting.expectation, outcome.document), *answered_otherwise(posting.expectation, outcome.document)]


def _checked(world: World, posting: Posting, outcome: Outcome) -> Outcome:
    """An answer may come from the vendor's memory, with a document deleted since: then it counts only after a read by id."""
    if not isinstance(outcome, Posted) or (posting.phase is Phase.POST_DRAFT and not is_application(posting)):
        return outcome
    if posting.attempts <= 1 and _is_new(world, outcome):
        return _stepped(posting, outcome.document)
    try:
        seen = world.ledger.read(replace(posting, remote_id=outcome.document.id))
    except ServiceUnreachableError as error:
        return Uncertain(f"the answer could not be checked: {error}")
    except Exception as error:  # Whatever it is, the answers to the other documents of the call must be recorded.
        return Uncertain(f"the answer could not be checked ({type(error).__name__})")
    if seen is None or seen.status not in ("live", "draft", "awaiting"):
        missing_id = outcome.document.id if outcome.document.status in ("live", "awaiting") else ""
        return Uncertain("the answer names a document that is not there", missing_id)
    return _stepped(posting, seen)


def _stepped(posting: Posting, document: LedgerDocument) -> Outcome:
    """A credit that takes an invoice back is a step when it was made, and the whole when it was applied; anything else is looked up."""
    stepped = as_step(posting.expectation, document)
    is_due = "draft" if posting.phase is Phase.CREATE else "live"
    if posting.expectation.settles and stepped.status != is_due:
        return Uncertain("the ledger shows another step of the credit than the one that was taken")
    return Posted(stepped)


def _is_new(world: World, outcome: Posted) -> bool:
    """Whether this very send made the document, and not one that a lost or newer database sent before.

    Such a database's last send is older than two settle_seconds (_wait_until_earlier_documents_show), and one of ours is not.
    """
    age = outcome.age_seconds
    return age is not None and -ROUNDING_SECONDS <= age <= world.policy.settle_seconds + ROUNDING_SECONDS


def _count(sent: Sent, posting: Posting, outcome: Outcome) -> None:
    if posting.state is State.POSTED:
        sent.posted += 1
        sent.amount += posting.expectation.net
    elif isinstance(outcome, Rejected) and posting.state is State.HELD:
        sent.refused += 1


def _pause(world: World, sent: Sent, calls: Sequence[Sequence[Outcome]]) -> None:
    """Wait out a short throttle; end the run when the service refuses call after call or for long, or takes nothing from this company."""
    outcomes = [outcome for call in calls for outcome in call]
    closed = next((outcome for outcome in outcomes if isinstance(outcome, Rejected) and outcome.is_of_the_company), None)
    if closed is not None:
        sent.parked = True
        sent.stopped.append(f"the ledger takes no document of this company ({closed.code}: {closed.message})")
        return
    refused = [call for call in calls if all(isinstance(outcome, Throttled | NotSent | Uncertain) for outcome in call)]
    sent.refusals_in_a_row = sent.refusals_in_a_row + len(refused) if len(refused) == len(calls) else 0
    waits = [outcome for outcome in outcomes if isinstance(outcome, Throttled | NotSent | Uncertain)]
    if not waits:
        return
    seconds = max(outcome.retry_after_seconds if isinstance(outcome, Throttled) else 0.0 for outcome in waits)
    if seconds > THROTTLE_WAIT_SECONDS_MAX or sent.refusals_in_a_row >= REFUSALS_MAX:
        sent.parked = True
        sent.stopped.append(waits[-1].reason or "throttled")
    elif seconds:
        world.clock.sleep(seconds)
