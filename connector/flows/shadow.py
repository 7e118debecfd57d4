"""A connection that is a shadow decides and never posts; one that was a shadow posts nothing that may have been booked by hand.

The rule and its words are in core/shadow.py. Of a draft its lines are kept, as the ledger would have booked them, for the report.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from connector.core.disposition import Decision, Disposition, Intent, Remembered
from connector.core.money import ZERO, plain
from connector.core.period import completion_day
from connector.core.posting import Posting, State
from connector.core.prices_then import RELEASED
from connector.core.shadow import SHADOW_DRAFT, ShadowTime, drafted, kept_back
from connector.flows.world import World

# What an explanation keeps of the document that was not posted.
KEY = "shadow"


def note_mode(world: World) -> None:
    """Remember that the connection is a shadow, or on which day it ceased to be one. Call it as the ledger company's one writer."""
    if world.shadow is None:
        return
    before = world.shadow.time()
    now = before
    if not world.policy.posts:
        now = ShadowTime(world.policy.start_date)
    elif before is not None and before.until is None:
        now = replace(before, until=completion_day(world.clock.now(), world.policy.timezone))
    if now is not None and now != before:
        world.shadow.keep(now)


def in_shadow(world: World, decision: Decision, before: Remembered | None) -> Decision:
    """What is decided is not posted, while the connection is a shadow or where it was one and nobody has said anything since."""
    if decision.intent is None:
        return decision
    if not world.policy.posts:
        return _held(world, decision, decision.intent, drafting=True)
    is_let_go = before is not None and (before.mapping_digest == RELEASED or before.disposition is Disposition.QUEUED)
    if is_let_go or not keeps_back(world, decision):
        return decision
    return _held(world, decision, decision.intent, drafting=False)


def keeps_back(world: World, one: Decision | Remembered) -> bool:
    """Whether it may have been booked by hand while the connection was a shadow."""
    time = world.shadow.time() if world.shadow is not None else None
    return time is not None and time.keeps_back(one.completed_on, world.policy.start_date)


def is_to_be_asked(world: World, row: Remembered) -> bool:
    """Whether a draft of the shadow time is to be decided anew: the connection posts, and a person has moved its start_date."""
    return SHADOW_DRAFT in row.codes and world.policy.posts and not keeps_back(world, row)


def _held(world: World, decision: Decision, intent: Intent, *, drafting: bool) -> Decision:
    problem = drafted(decision.number) if drafting else kept_back(decision.number)
    told = json.loads(decision.explanation)
    told[KEY] = _as_it_would_be_booked(world, decision, intent)
    explanation = json.dumps(told, ensure_ascii=False)
    return replace(decision, disposition=Disposition.HELD, problems=(problem,), intent=None, explanation=explanation, customer=None)


def _as_it_would_be_booked(world: World, decision: Decision, intent: Intent) -> dict[str, object]:
    posting = Posting(0, intent.marker, intent.kind, decision.number, State.READY, intent.expectation, request=intent.request)
    return {
        "kind": intent.kind.value,
        "date": intent.expectation.date.isoformat(),
        "total": plain(intent.kind.sign * intent.expectation.total),
        "customer": world.ledger.customer_in(posting) if intent.kind.is_sale else "",
        "lines": [[line.account, line.item] for line in world.ledger.booked_in(intent.kind, intent.request.body)],
    }


def drafts(world: World) -> Iterator[Remembered]:
    """The work orders that are drafted and not posted."""
    return (row for row in world.store.remembered_with(Disposition.HELD) if SHADOW_DRAFT in row.codes)


def apart(world: World, totals: dict[Disposition, tuple[int, Decimal]]) -> dict[str, tuple[int, Decimal]]:
    """Count and amount by disposition; a shadow's drafts wait for nobody and are counted for themselves."""
    told = {disposition.value: total for disposition, total in totals.items()}
    if world.policy.posts:
        return told
    amounts = [row.amount or ZERO for row in drafts(world)]
    count, amount = told.pop("held", (0, ZERO))
    total = sum(amounts, ZERO)
    waiting = {"held": (count - len(amounts), amount - total)} if count > len(amounts) else {}
    return told | waiting | ({"drafted": (len(amounts), total)} if amounts else {})
