"""What becomes of one work order: open, excluded, held with its problems, or queued with a frozen intent. No writes here."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from connector.core.cost_rules import CostRules
from connector.core.costing import CostFact, CostKind, cost, left_out
from connector.core.credit import draft_sale
from connector.core.customer_link import CustomerLink, first_match
from connector.core.disposition import Decision, Disposition, Intent
from connector.core.drafting import Draft, InvoiceLine, JournalEntryDraft, JournalLine, content, draft_journal, link_to
from connector.core.exchange import Exchange
from connector.core.head_told import told_of_head
from connector.core.identity import Identity, fingerprint, marker
from connector.core.mapped_names import names_as_json
from connector.core.mapping import DocumentKind, Fact, Names, ServiceDate, document_kind, fits, map_costs, simplify_status
from connector.core.money import ZERO, plain
from connector.core.period import completion_day, posting_date
from connector.core.posting import Phase
from connector.core.problem import Problem
from connector.core.tax import Amounts
from connector.core.work_order import WorkOrder
from connector.flows.world import World
from connector.ledgers.ledger import Chart, Rendered
from connector.upkeep.source import WorkOrderRead

# An invoice and a credit are one flow: the same identity, and the same marker under which either is found.
FLOW_OF_DOCUMENT = {DocumentKind.JOURNAL_ENTRY: "cost", DocumentKind.INVOICE: "invoice", DocumentKind.CREDIT: "invoice"}


@dataclass(frozen=True, slots=True)
class Days:
    """When the job was completed, and which day its document carries."""

    completed: date
    posted: date


def decide(world: World, chart: Callable[[], Chart], read: WorkOrderRead) -> Decision:
    """Decide about one work order by the order of the rules: ready, in time, excluded, readable, priced, mapped, open period.

    The chart is asked for only when there is something to draft.
    """
    base = _base(world, read)
    work_order = read.work_order
    if work_order is None:
        return _held(base, read.problems) if read.problems else base
    if simplify_status(work_order.status) not in world.mapping.ready_statuses:
        return base
    if work_order.completed_at is None:
        return _held(base, read.problems)
    completed = completion_day(work_order.completed_at, world.policy.timezone)
    base = replace(base, completed_on=completed)
    excluded = _exclusion(world, work_order, completed)
    if excluded:
        return replace(base, disposition=Disposition.EXCLUDED, problems=(excluded,))
    facts, unpriced = cost(work_order, world.mapping.labor_rates, completed, world.policy.currency, cost_rules(world))
    unmet = [_not_ready(work_order, c.key, c.place) for c in world.mapping.conditions if not fits(work_order, c)]
    problems = [*read.problems, *unpriced, *unmet]
    if not read.problems and not unpriced:
        base = replace(base, amount=_total(facts), facts=fingerprint(_accounting_facts(work_order, facts, completed)))
        if all(fact.amount == 0 for fact in facts):
            return replace(base, disposition=Disposition.EXCLUDED, problems=(_nothing_to_post(work_order),))
    if problems:
        return _held(base, problems)
    return _drafted(world, chart(), work_order, facts, base)


def _drafted(world: World, chart: Chart, work_order: WorkOrder, facts: Sequence[CostFact], base: Decision) -> Decision:
    assert base.completed_on is not None
    day = posting_date(base.completed_on, chart.lock, world.policy.closed_period, f"work order {work_order.number}")
    if isinstance(day, Problem):
        return _held(base, [day])
    kind = document_kind(work_order, world.mapping, world.policy.document)
    draft = _draft(world, work_order, facts, kind, Days(base.completed_on, day))
    if isinstance(draft, list):
        return _held(base, draft)
    draft = replace(draft, url=link_to(work_order, world.policy.work_order_url), exchange=_exchange(world, draft.date))
    base = replace(base, content=fingerprint(content(draft)), moved_from=base.completed_on if day != base.completed_on else None)
    identity = identity_of(world, work_order.number, kind)
    names = world.mapping.names.get(world.ledger.kind, Names())
    rendered = world.ledger.render(draft, identity, names, chart)
    if isinstance(rendered, list):
        return replace(_held(base, rendered), explanation=_names_alone(draft))
    intent = Intent(
        identity,
        draft.kind,
        marker(identity),
        rendered.narration,
        world.ledger.key(identity, Phase.CREATE, 1),
        rendered.request,
        rendered.expectation,
    )
    explanation, customer = _explanation(draft, facts, rendered, work_order, cost_rules(world)), _first_customer(draft, names, chart)
    return replace(base, disposition=Disposition.QUEUED, intent=intent, explanation=explanation, customer=customer)


def _first_customer(draft: Draft, names: Names, chart: Chart) -> CustomerLink | None:
    """The customer that an invoice is for, where this is the first time and nobody is to be asked."""
    if isinstance(draft, JournalEntryDraft) or chart.customer_book is None:
        return None
    called = names.customers.get(draft.customer.value, draft.customer).value
    return first_match(chart.customer_book, draft.customer.value, called)


def _names_alone(draft: Draft) -> str:
    """What a held work order would have been made of: by it, a person sees how many wait for one customer."""
    return json.dumps({"date": "", "lines": [], "names": names_as_json(draft)}, ensure_ascii=False)


def identity_of(world: World, number: str, kind: DocumentKind) -> Identity:
    """The identity of a work order's document in this connection's ledger company."""
    return Identity(world.ledger.company_id, world.policy.source_company, world.policy.site, number, FLOW_OF_DOCUMENT[kind])


def _draft(world: World, work_order: WorkOrder, facts: Sequence[CostFact], kind: DocumentKind, days: Days) -> Draft | list[Problem]:
    if kind is DocumentKind.INVOICE:
        due = days.posted + timedelta(days=world.mapping.invoice.due_days)
        return draft_sale(work_order, facts, world.mapping, (days.posted, due), world.policy.currency, _done(world, days))
    mapped, problems = map_costs(work_order, facts, world.mapping)
    if problems:
        return problems
    return draft_journal(work_order, mapped, world.mapping, days.posted, world.policy.currency)


def cost_rules(world: World) -> CostRules:
    """The configuration's rules about costing, and the mapping's."""
    return replace(world.policy.cost_rules, overtime=world.mapping.overtime, labor_twice=world.mapping.labor_twice)


def _exchange(world: World, day: date) -> Exchange | None:
    return world.mapping.exchange_rates.on(day) if world.mapping.exchange_rates else None


def _done(world: World, days: Days) -> Callable[[CostFact], date | None]:
    """The day on which a cost's work was done, by the company's calendar, as far as the mapping has invoices say it."""
    rule, timezone = world.mapping.invoice.service_date, world.policy.timezone

    def day(fact: CostFact) -> date | None:
        if rule is ServiceDate.WORKED and fact.worked_at is not None:
            return completion_day(fact.worked_at, timezone)
        return None if rule is None else days.completed

    return day


def _base(world: World, read: WorkOrderRead) -> Decision:
    work_order = read.work_order
    return Decision(
        source_id=read.head.id,
        number=work_order.number if work_order else read.head.number,
        title=work_order.title[:200] if work_order else "",
        updated_at=read.head.updated_at,
        disposition=Disposition.OPEN,
        mapping_digest=world.mapping.digest,
        currency=world.policy.currency,
    )


def _held(base: Decision, problems: Sequence[Problem]) -> Decision:
    return replace(base, disposition=Disposition.HELD, problems=tuple(problems))


def _exclusion(world: World, work_order: WorkOrder, completed: date) -> Problem | None:
    place = f"work order {work_order.number}"
    if completed < world.policy.start_date:
        return Problem(
            "BEFORE_START_DATE",
            place,
            f"It was completed on {completed}, before start_date {world.policy.start_date}.",
            "Nothing to do: work before the start date is never posted.",
        )
    rule = next((rule for rule in world.mapping.exclusions if fits(work_order, rule)), None)
    if rule is None:
        return None
    return Problem(
        "EXCLUDED_BY_RULE",
        rule.place,
        f"Work order {work_order.number} is excluded by its {rule.key}" + (f": {rule.reason}." if rule.reason else "."),
        "Nothing to do, unless the rule is wrong: then change it in the mapping.",
    )


def _not_ready(work_order: WorkOrder, key: str, place: str) -> Problem:
    return Problem(
        "NOT_APPROVED_YET",
        place,
        f"Work order {work_order.number} is complete, but its {key} is not what the mapping requires.",
        f"Set {key} in UpKeep; it is posted at the next sync.",
    )


def _nothing_to_post(work_order: WorkOrder) -> Problem:
    return Problem(
        "NOTHING_TO_POST",
        f"work order {work_order.number}",
        "Its known cost is zero.",
        "Nothing to do: a document without an amount is not posted.",
    )


def _total(facts: Sequence[CostFact]) -> Decimal:
    return sum((fact.amount for fact in facts), ZERO)


def _accounting_facts(work_order: WorkOrder, facts: Sequence[CostFact], completed: date) -> list[object]:
    """What of a work order matters to the books; its titles and comments do not."""
    priced = sorted([fact.key, fact.kind.value, plain(fact.amount)] for fact in facts)
    places = [work_order.category, str(work_order.asset or ""), str(work_order.location or "")]
    return [work_order.number, completed.isoformat(), places, priced]


def _explanation(draft: Draft, facts: Sequence[CostFact], rendered: Rendered, work_order: WorkOrder, rules: CostRules) -> str:
    """Every line with the cost that explains it, those that none does (rounding), and the tax that is expected on them."""
    by_key = {fact.key: fact for fact in facts}
    lines: list[JournalLine | InvoiceLine] = [*draft.lines, *rendered.added]
    amounts = "" if isinstance(draft, JournalEntryDraft) else draft.tax.amounts.value
    rows = []
    for line in lines:
        fact = by_key[line.explains[0]] if line.explains else _rounding(line)
        # Amounts with tax reach their total by a rounding line: it is no amount beside them. A credit's take back.
        amount = ZERO if amounts == Amounts.INCLUSIVE and not line.explains else draft.kind.sign * line.amount
        row: dict[str, object] = {
            "actual": fact.description,
            "quantity": plain(round(fact.quantity, 4)),
            "unit_price": plain(fact.unit_price),
            "cost": plain(fact.amount),
            "basis": fact.basis,
            "priced_at": fact.priced_at.isoformat() if fact.priced_at else "",
            "amount": plain(amount),
            "tracking": [f"{dimension}: {value.value}" for dimension, value in line.tracking],
        }
        if isinstance(line, JournalLine):
            account: Fact | None = line.account
            row |= {"side": "debit" if line.is_debit else "credit"}
        else:
            account = line.item or line.account
            side = "debit" if draft.kind is DocumentKind.CREDIT else "credit"
            row |= {"side": side, "tax_code": line.tax_code.value if line.tax_code else "", "amounts": amounts}
        row |= {
            "account": account.value if account else "",
            "rule": account.place if account else "",
            "because": account.rule if account else "",
        }
        rows.append(row)
    told: dict[str, object] = {"date": draft.date.isoformat(), "kind": draft.kind.value, "lines": rows, "names": names_as_json(draft)}
    told["head"] = told_of_head(draft, rendered.expectation)
    if rendered.expectation.tax is not None:
        told |= {"tax": plain(draft.kind.sign * rendered.expectation.tax), "tax_tolerance": plain(rendered.expectation.tax_tolerance)}
    omitted = [f"{one.description or one.category}: {plain(one.amount)}, entered as logged time too" for one in left_out(work_order, rules)]
    told |= {"left_out": omitted} if omitted else {}
    told |= {key: str(at) for key, at in (("asset", work_order.asset), ("location", work_order.location)) if at is not None}
    return json.dumps(told, ensure_ascii=False)


def _rounding(line: JournalLine | InvoiceLine) -> CostFact:
    return CostFact("", CostKind.OTHER, line.description, Decimal(1), line.amount, ZERO, "the ledger's rounding")
