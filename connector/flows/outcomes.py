"""What a work order's decision, or its posted document, moves in the ledger: the explanation of each line beside what it is booked to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.core.booked import AccountNames, BookedLine
from connector.core.disposition import Decision, Disposition
from connector.core.legs import Leg
from connector.core.mapped_names import CUSTOMER, TAX_CODE, TRACKING, read_names
from connector.core.mapping import DocumentKind
from connector.core.money import ZERO, plain
from connector.core.posting import Posting
from connector.core.problem import Problem
from connector.flows.world import World

# What a sale moves besides its lines; the ledger finds these accounts itself.
RECEIVABLE, SALES_TAX = "(receivable)", "(sales tax)"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a work order; without a document, `problems` say why."""

    disposition: Disposition
    kind: DocumentKind | None = None
    legs: tuple[Leg, ...] = ()
    problems: tuple[Problem, ...] = ()
    marker: str = ""


def decided(world: World, decision: Decision, names: AccountNames) -> Outcome:
    """What a decision would post."""
    intent = decision.intent
    if intent is None:
        return Outcome(decision.disposition, problems=decision.problems)
    booked = world.ledger.booked_in(intent.kind, intent.request.body)
    return Outcome(decision.disposition, intent.kind, legs_of(decision.explanation, booked, names), marker=intent.marker)


def posted(world: World, posting: Posting, explanation: str, names: AccountNames) -> Outcome:
    """What was posted, by the bytes that were sent."""
    booked = world.ledger.booked_in(posting.kind, posting.request.body)
    return Outcome(Disposition.POSTED, posting.kind, legs_of(explanation, booked, names), marker=posting.marker)


def legs_of(explanation: str, booked: tuple[BookedLine, ...], names: AccountNames) -> tuple[Leg, ...]:
    """Each explained line with the account it is booked to; a sale's receivable and its tax, as far as it is foretold, beside them."""
    told: dict[str, Any] = json.loads(explanation) if explanation else {}
    rows: list[dict[str, Any]] = told.get("lines", [])
    written = read_names(explanation)
    where: tuple[BookedLine | None, ...] = booked if len(booked) == len(rows) else (None,) * len(rows)
    legs = []
    for number, (row, line) in enumerate(zip(rows, where, strict=True)):
        facts = [f"{one.kind} {one.value}: {one.place}" for one in written if one.line == number and one.kind in (TAX_CODE, TRACKING)]
        legs.append(_leg(row, line, names, tuple(facts)))
    return (*legs, *_beside(told, explanation, legs))


def _leg(row: dict[str, Any], line: BookedLine | None, names: AccountNames, facts: tuple[str, ...]) -> Leg:
    # A journal's rows tell the side, a sale's the amount that is billed.
    is_sale = "tax_code" in row
    amount = -Decimal(row["amount"]) if is_sale else Decimal(row["amount"]) * (1 if row["side"] == "debit" else -1)
    beside = [f"item {names.item(line)}"] if line is not None and line.item else []
    beside += [f"tax code {row['tax_code']}"] if row.get("tax_code") else []
    account = names.account(line) if line is not None else str(row["account"])
    quantity = Decimal(row["quantity"]).normalize()
    what = str(row["actual"]) + (f" × {plain(quantity)}" if quantity != 1 else "")
    return Leg(account, amount, what, (*beside, *row.get("tracking", ())), str(row["rule"]), str(row.get("because", "")), facts)


def _beside(told: dict[str, Any], explanation: str, legs: list[Leg]) -> list[Leg]:
    rows = told.get("lines", [])
    if not rows or "tax_code" not in rows[0]:
        return []
    customer = next((name for name in read_names(explanation) if name.kind == CUSTOMER), None)
    includes_tax = rows[0].get("amounts") == "inclusive"
    tax = ZERO if includes_tax else Decimal(told.get("tax") or 0)
    billed = tax - sum((leg.amount for leg in legs), ZERO)
    who = (f"customer {customer.value}",) if customer else ()
    found = [Leg(RECEIVABLE, billed, "the whole", who, customer.place if customer else "")]
    return [*found, Leg(SALES_TAX, -tax, "tax")] if tax else found
