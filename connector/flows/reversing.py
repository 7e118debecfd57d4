"""Take a posted invoice back because a person said so: a credit of its lines in an open period, applied to exactly that invoice.

The story: our record must have the invoice as posted; the ledger must show it as it was posted, and nothing paid on it; the credit is
drafted from the ledger's own lines and stored as an intent like any other; then it goes out, and is applied, by the rules of
flows/sending.py. A credit that is there already, because somebody asked before or the database was lost, is adopted.
"""

from __future__ import annotations

from dataclasses import dataclass

from connector.core.disposition import Intent
from connector.core.identity import Identity, marker
from connector.core.mapping import DocumentKind
from connector.core.money import ZERO
from connector.core.period import completion_day
from connector.core.posting import Expectation, LedgerDocument, Phase, Posting, State
from connector.core.problem import Problem
from connector.core.reversal import Reversal, identity_of_reversal, refusals, reversal_day
from connector.flows.reference import live_chart
from connector.flows.sending import Sent, send_due
from connector.flows.world import World

# What of a company's settings makes it impossible to say to which invoice a credit goes.
APPLIED_BY_ITSELF = "QUICKBOOKS_APPLIES_CREDITS"


@dataclass(frozen=True, slots=True)
class Asked:
    """What became of a person's order: the reversal as it stands, or what stands against it."""

    reversal: Reversal | None = None
    problems: tuple[Problem, ...] = ()
    stopped: tuple[str, ...] = ()  # what stood in the way of the sends of this run


def reverse(world: World, number: str, because: str) -> Asked:
    """Take the posted invoice of a work order back, once; asked again, it goes on where it was."""
    if not world.policy.posts:
        return Asked(None, (_is_shadow(world.policy.connection),))
    with world.store.writer():
        known = _reversal(world, number)
        if known is not None and known.is_done:
            return Asked(known)
        posting = world.store.posting_of(number)
        problems = [*refusals(posting, number, world.policy.currency), *_unsafe(world)]
        if problems or posting is None:
            return Asked(None, tuple(problems))
        intent = _intent(world, posting)
        if isinstance(intent, list):
            return Asked(None, tuple(intent))
        world.store.reverse(posting, intent, because)
        sent = Sent()
        send_due(world, sent)
        return Asked(_reversal(world, number), (), tuple(sent.stopped))


def _is_shadow(connection: str) -> Problem:
    message, step = "This connection is a shadow, which writes nothing into the ledger.", "Take it back by hand, or write mode: post."
    return Problem("SHADOW_WRITES_NOTHING", f"connection {connection}", message, step)


def _reversal(world: World, number: str) -> Reversal | None:
    return next(iter(world.store.reversals(number)), None)


def _unsafe(world: World) -> list[Problem]:
    return [note for note in live_chart(world).sale_notes if note.code == APPLIED_BY_ITSELF]


def _intent(world: World, posting: Posting) -> Intent | list[Problem]:
    identity = identity_of_reversal(posting.identity)
    there = _already_there(world, posting, identity)
    today = completion_day(world.clock.now(), world.policy.timezone)
    day = reversal_day(today, posting.expectation.date, world.ledger.period_lock())
    if there is not None:
        day = there.date or day
    rendered = world.ledger.take_back(posting, identity, day, is_there=there is not None)
    if isinstance(rendered, list):
        return rendered
    key = world.ledger.key(identity, Phase.CREATE, 1)
    number = rendered.expectation.marker
    return Intent(identity, DocumentKind.CREDIT, number, rendered.narration, key, rendered.request, rendered.expectation)


def _already_there(world: World, posting: Posting, identity: Identity) -> LedgerDocument | None:
    """A credit of that identity in the ledger, whoever made it."""
    number = marker(identity)
    nothing = Expectation(DocumentKind.CREDIT, number, posting.expectation.date, world.policy.currency, ZERO, settles=posting.remote_id)
    asked = Posting(0, number, DocumentKind.CREDIT, posting.work_order_number, State.READY, nothing, identity=identity)
    live = [one for one in world.ledger.look_up([asked]).get(number, ()) if one.status not in ("void", "deleted")]
    return live[0] if live else None
