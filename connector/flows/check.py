"""Everything that stands between this configuration and a posted document, found before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from connector.core.costing import CostFact, CostKind
from connector.core.drafting import Draft, InvoiceDraft, InvoiceLine, JournalEntryDraft, JournalLine, heading_of
from connector.core.facts import BILL_TO, KIND, Target, folded, is_open, tracking
from connector.core.identity import Identity
from connector.core.mapping import DocumentKind, Fact, Mapping, Names, Situation
from connector.core.problem import Problem
from connector.core.source_record import WindowResult
from connector.flows.listening import listening_problems
from connector.flows.reference import live_chart
from connector.flows.signed_in import sign_in_problems
from connector.flows.unreachable import unreachable_problem
from connector.flows.watching import field_counts
from connector.flows.world import World
from connector.ledgers.ledger import Chart, ServiceUnreachableError
from connector.ledgers.names import is_foreign
from connector.upkeep.source import SourceUnreachableError, TellsRole, TellsWhatItFound

_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Checked:
    """What stands in the way of posting, and which books would be posted to (no name when they could not be read)."""

    problems: tuple[Problem, ...]
    company_name: str = ""
    locked_through: date | None = None
    currency: str = ""
    about: MappingType[str, str] = field(default_factory=dict)  # what the ledger says of the company, in its own words
    window: WindowResult | None = None  # the last comparison of a window with UpKeep
    fields: MappingType[str, Sequence[str]] = field(default_factory=dict)  # flows/watching.py, field_counts
    login: MappingType[str, str] = field(default_factory=dict)  # what UpKeep says of the login
    found: tuple[str, ...] = ()  # what the source had to find out about its files


def check(world: World) -> Checked:
    """Sign in everywhere, and resolve every name of the mapping against the live chart; writes nothing."""
    problems, chart = _ledger_problems(world)
    of_source, login = _source_told(world)
    told = (*of_source, *problems, *sign_in_problems(world), *listening_problems(world))
    found = tuple(world.source.detected()) if isinstance(world.source, TellsWhatItFound) else ()
    kept = Checked(told, login=login, found=found, window=world.source_records.window(), fields=field_counts(world.source_records.fields()))
    if chart is None:
        return kept
    locked = chart.lock.last_locked_day
    return replace(kept, company_name=chart.company_name, locked_through=locked, currency=chart.currency, about=chart.about)


def _source_told(world: World) -> tuple[list[Problem], MappingType[str, str]]:
    """What this login does not see, and what it is."""
    try:
        return world.source.visibility(), world.source.role() if isinstance(world.source, TellsRole) else {}
    except SourceUnreachableError as error:
        return [unreachable_problem(world.policy.connection, error)], {}


def _ledger_problems(world: World) -> tuple[list[Problem], Chart | None]:
    try:
        problems = world.ledger.visibility()
        chart = live_chart(world)
    except ServiceUnreachableError as error:
        return [unreachable_problem(world.policy.connection, error)], None
    if is_foreign(chart, world.policy.currency) and not (world.mapping.exchange_rates and chart.takes(world.policy.currency)):
        problems.append(_wrong_currency(world, chart))
    seen = set()
    for probe in probes(world):
        draft = replace(probe, exchange=world.mapping.exchange_rates.on(probe.date) if world.mapping.exchange_rates else None)
        rendered = world.ledger.render(draft, _probe_identity(world), world.mapping.names.get(world.ledger.kind, Names()), chart)
        for problem in rendered if isinstance(rendered, list) else []:
            if problem not in seen and problem.code != "CURRENCY_MISMATCH":
                seen.add(problem)
                problems.append(problem)
    sale_notes = chart.sale_notes if world.makes(DocumentKind.INVOICE) else ()
    notes = [*chart.notes, *sale_notes, *_tracking_notes(world, chart)]
    return [*problems, *(note for note in notes if note not in problems)], chart


def _tracking_notes(world: World, chart: Chart) -> list[Problem]:
    """What the company's settings do to the dimensions that this mapping uses, on the documents that it makes."""
    names = world.mapping.names.get(world.ledger.kind, Names()).tracking
    used = {(names[dimension].value if dimension in names else dimension).casefold() for dimension in world.mapping.dimensions}
    notes = [note.problem for note in chart.tracking_notes if note.dimension in used and world.makes(note.document)]
    return list(dict.fromkeys(notes))


def _wrong_currency(world: World, chart: Chart) -> Problem:
    return Problem(
        "CURRENCY_MISMATCH",
        world.policy.connection,
        f"The connection says {world.policy.currency}, the books of {chart.company_name or 'the company'} are in {chart.currency}.",
        "Set currency to that of the books.",
    )


def _probe_identity(world: World) -> Identity:
    return Identity(world.ledger.company_id, world.policy.source_company, world.policy.site, "CHECK", "cost")


def probes(world: World) -> Iterator[Draft]:
    """One small draft for each name in the mapping, so that the ledger's own rules judge it exactly as they will judge a posting."""
    mapping, day = world.mapping, world.policy.start_date
    if world.makes(DocumentKind.JOURNAL_ENTRY):
        yield from _journal_probes(mapping, day, world.policy.currency)
    if world.makes(DocumentKind.INVOICE):
        yield from _invoice_probes(mapping, day, world.policy.currency)


def _journal_probes(mapping: Mapping, day: date, currency: str) -> Iterator[Draft]:
    accounts = _closed(mapping, [*mapping.given(Target.ACCOUNT), *mapping.given(Target.CREDIT)])
    for account in accounts:
        yield _journal(account, account, day, currency)
    for dimension in mapping.dimensions if accounts else ():
        for fact in mapping.given(tracking(dimension)):
            draft = _journal(accounts[0], accounts[0], day, currency)
            yield replace(draft, lines=tuple(replace(line, tracking=((dimension, fact),)) for line in draft.lines))


def _closed(mapping: Mapping, accounts: list[Fact]) -> list[Fact]:
    """The accounts that are whole by themselves: one with an open segment is a part of others."""
    return [account for account in accounts if not is_open(account.value, mapping.segments)]


def _journal(debit: Fact, credit: Fact, day: date, currency: str) -> JournalEntryDraft:
    lines = (JournalLine(debit, True, _CENT, "check"), JournalLine(credit, False, _CENT, "check"))
    return JournalEntryDraft("CHECK", day, currency, lines, "check")


def _invoice_probes(mapping: Mapping, day: date, currency: str) -> Iterator[Draft]:
    rules, customers = mapping.invoice, mapping.given(Target.CUSTOMER)
    drafts = [_invoice(mapping, customer, {}, day, currency) for customer in customers]
    yield from drafts
    for draft in drafts[:1]:
        yield from (replace(draft, heading=replace(draft.heading, bill_email=address)) for address in rules.bill_email.facts)
    # Each fact about a line is met as it is on the work order that suits it best: with the account and the tax code that it has there.
    for target in (Target.ITEM, Target.REVENUE_ACCOUNT, Target.TAX_CODE):
        for fact in mapping.index.of(target) if customers else ():
            if set(dict(fact.when)) - {KIND}:
                yield _invoice(mapping, customers[0], dict(fact.when), day, currency)


def _invoice(mapping: Mapping, customer: Fact, values: dict[str, str], day: date, currency: str) -> InvoiceDraft:
    situation = Situation(mapping, {BILL_TO: folded(customer.value), **values})
    kinds = [CostKind(values[KIND])] if KIND in values else list(CostKind)
    costs = [CostFact("", kind, "check", Decimal(1), _CENT, _CENT, "") for kind in kinds]
    lines = tuple(
        InvoiceLine(
            cost.kind,
            situation.find(Target.ITEM, cost),
            situation.find(Target.REVENUE_ACCOUNT, cost),
            situation.tax_code(cost, customer),
            "check",
            Decimal(1),
            _CENT,
            _CENT,
        )
        for cost in costs
    )
    return InvoiceDraft("CHECK", day, day, currency, customer, lines, "check", mapping.invoice.tax, heading_of(mapping.invoice))
