"""From mapped costs to a balanced journal entry or an invoice, in neutral names, ready to be resolved and frozen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from connector.core.billing import Charge, bill
from connector.core.costing import CostFact, CostKind
from connector.core.exchange import Exchange
from connector.core.facts import Target, is_open
from connector.core.mapping import (
    Approval,
    DocumentKind,
    Fact,
    InvoiceRules,
    MappedCost,
    Mapping,
    Situation,
    TaxRules,
    find,
    open_segment,
    value_of,
)
from connector.core.money import ZERO, to_cents
from connector.core.problem import Problem
from connector.core.tax import Amounts
from connector.core.work_order import WorkOrder

DESCRIPTION_LENGTH_MAX = 500
Day = date  # a field called date hides the type
Tracking = tuple[tuple[str, Fact], ...]  # (dimension, value), in the mapping's order


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One leg: a positive amount on one side of one account. `explains` are the keys of the cost facts in it."""

    account: Fact
    is_debit: bool
    amount: Decimal
    description: str
    tracking: Tracking = ()
    explains: tuple[str, ...] = ()


class UnbalancedJournalError(Exception):
    """The connector built a journal entry whose debits and credits differ."""

    def __init__(self, debits: Decimal, credits: Decimal) -> None:
        super().__init__(f"Debits {debits} and credits {credits} differ by {debits - credits}.")


@dataclass(frozen=True, slots=True)
class JournalEntryDraft:
    """A balanced journal entry that we intend for one work order."""

    work_order_number: str
    date: Day
    currency: str
    lines: tuple[JournalLine, ...]
    memo: str

    net: Decimal = ZERO  # the cost that it books: credits counted as less
    url: str = ""  # where a person sees the work order
    exchange: Exchange | None = None  # for a currency that is not the books' own; None: it must be
    added: tuple[CostFact, ...] = ()  # what the mapping adds to the actuals, such as burden; in `net` too

    def __post_init__(self) -> None:
        debits = sum((line.amount for line in self.lines if line.is_debit), ZERO)
        credit_total = sum((line.amount for line in self.lines if not line.is_debit), ZERO)
        if debits != credit_total:
            raise UnbalancedJournalError(debits, credit_total)

    @property
    def total(self) -> Decimal:
        """The sum of its debits."""
        return sum((line.amount for line in self.lines if line.is_debit), ZERO)

    @property
    def kind(self) -> DocumentKind:
        """What it becomes in the ledger."""
        return DocumentKind.JOURNAL_ENTRY


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line of an invoice: what is sold, at an amount that is quantity × unit price to the cent."""

    kind: CostKind
    item: Fact | None
    account: Fact | None
    tax_code: Fact | None
    description: str
    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    tracking: Tracking = ()
    explains: tuple[str, ...] = ()
    # As it was costed, for a ledger that takes finer prices: what was used, its price with the markup, and the text without figures.
    pieces: Decimal = ZERO
    price: Decimal = ZERO
    text: str = ""
    service_date: Day | None = None  # when the work was done, for a ledger that has a place for it
    because: tuple[Fact, ...] = ()  # what made its price another one than the cost: markup, bill rate, minimum, coverage, limit


@dataclass(frozen=True, slots=True)
class Heading:
    """What an invoice says besides its lines, and that no cent depends on: none of it is content."""

    approval: Approval = Approval.AUTHORISED
    approval_place: str = ""
    branding_theme: Fact | None = None
    bill_email: Fact | None = None
    memo: Fact | None = None  # what the customer reads on it
    terms: Fact | None = None  # the ledger's name of them, or "customer": those that it keeps for the customer


@dataclass(frozen=True, slots=True)
class InvoiceDraft:
    """An invoice that we intend for one work order. Its amounts are before tax, unless `tax` says that the tax is in them.

    A credit (core/credit.py) is an invoice too, with its signs turned: its total is what the customer gets back.
    """

    work_order_number: str
    date: Day
    due_date: Day
    currency: str
    customer: Fact
    lines: tuple[InvoiceLine, ...]
    memo: str
    tax: TaxRules = field(default_factory=TaxRules)
    heading: Heading = field(default_factory=Heading)
    url: str = ""  # where a person sees the work order
    exchange: Exchange | None = None  # for a currency that is not the books' own; None: it must be
    is_credit: bool = False
    not_shown: tuple[InvoiceLine, ...] = ()  # what is covered and has no line in the ledger; only an explanation tells it

    @property
    def kind(self) -> DocumentKind:
        """What it becomes in the ledger."""
        return DocumentKind.CREDIT if self.is_credit else DocumentKind.INVOICE

    @property
    def total(self) -> Decimal:
        """The sum of its lines: before tax, or with it."""
        return sum((line.amount for line in self.lines), ZERO)

    @property
    def net(self) -> Decimal:
        """What its lines bill: before tax, or with it; less than nothing for a credit."""
        return self.kind.sign * self.total


Draft = JournalEntryDraft | InvoiceDraft


def clean_text(text: str, limit: int = DESCRIPTION_LENGTH_MAX) -> str:
    """Text that a ledger can carry: control characters become spaces, and it is cut with an ellipsis."""
    flat = " ".join("".join(c if c.isprintable() else " " for c in text[: limit * 4]).split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def memo_of(work_order: WorkOrder, marker: str = "") -> str:
    """The private note of a document: which work order it is, in words."""
    return clean_text(f"UpKeep work order {work_order.number}: {work_order.title} {marker}".strip())


def link_to(work_order: WorkOrder, pattern: str) -> str:
    """Where a person sees the work order in UpKeep: the pattern with its id or its number; "" without a pattern."""
    return pattern.replace("{id}", quote(work_order.id, safe="")).replace("{number}", quote(work_order.number, safe="", errors="replace"))


def draft_journal(work_order: WorkOrder, costs: Sequence[MappedCost], mapping: Mapping, day: date, currency: str) -> JournalEntryDraft:
    """Debit the expense and credit its source for every cost; a negative cost swaps the sides, amounts stay positive."""
    lines: list[JournalLine] = []
    for mapped in costs:
        amount = mapped.fact.amount
        if amount == 0:
            continue
        text = clean_text(f"WO {work_order.number} {mapped.fact.description}")
        at_credit = mapped.tracking if mapped.credit_tracking is None else mapped.credit_tracking
        for account, is_debit, tracking in ((mapped.debit, amount > 0, mapped.tracking), (mapped.credit, amount < 0, at_credit)):
            lines.append(JournalLine(account, is_debit, abs(amount), text, tracking, (mapped.fact.key,)))
    net = sum((mapped.fact.amount for mapped in costs), ZERO)
    added = tuple(mapped.fact for mapped in costs if mapped.is_added)
    return JournalEntryDraft(work_order.number, day, currency, tuple(lines), memo_of(work_order), net, added=added)


def draft_invoice(
    work_order: WorkOrder,
    facts: Sequence[CostFact],
    mapping: Mapping,
    dates: tuple[date, date],
    currency: str,
    done: Callable[[CostFact], Day | None] = lambda _: None,
    worked: Callable[[CostFact], Day] | None = None,
) -> InvoiceDraft | list[Problem]:
    """Bill the costs by the mapping's prices, labor and parts on lines of their own; `dates` are the invoice's and its due date.

    `done` tells the day on which a cost's work was done, where the lines shall say it; `worked` that by which its price goes, else the
    invoice's.
    """
    charges, problems = bill(work_order, facts, mapping, currency, worked or (lambda _: dates[0]))
    return problems or invoice_of(work_order, charges, mapping, dates, currency, done)


def invoice_of(
    work_order: WorkOrder,
    charges: Sequence[Charge],
    mapping: Mapping,
    dates: tuple[date, date],
    currency: str,
    done: Callable[[CostFact], Day | None] = lambda _: None,
) -> InvoiceDraft | list[Problem]:
    """The invoice of what is charged."""
    rules = mapping.invoice
    place = f"work order {work_order.number}"
    situation = Situation.of(work_order, mapping)
    customer = situation.find(Target.CUSTOMER)
    made = [
        (charge.is_shown, replace(_invoice_line(work_order, charge, situation, customer, currency), service_date=done(charge.fact)))
        for charge in charges
    ]
    lines = tuple([line for is_shown, line in made if is_shown])
    if customer is None:
        key = rules.customer.key or "customer"
        return [
            Problem(
                "CUSTOMER_UNKNOWN",
                mapping.file,
                f"No customer is mapped for {place} ({key} '{value_of(work_order, key)}' is not listed).",
                "Add it under invoice: customer: in the mapping, or set a default.",
            )
        ]
    accounts = dict.fromkeys(line.account for line in lines if line.account is not None)
    unfilled = [open_segment(work_order, account) for account in accounts if is_open(account.value, mapping.segments)]
    if unfilled:
        return unfilled
    not_shown = tuple([line for is_shown, line in made if not is_shown])
    heading = heading_of(rules, work_order)
    return InvoiceDraft(
        work_order.number, dates[0], dates[1], currency, customer, lines, memo_of(work_order), rules.tax, heading, not_shown=not_shown
    )


def heading_of(rules: InvoiceRules, work_order: WorkOrder | None = None) -> Heading:
    """What the mapping gives to the head of an invoice, for any work order or for this one."""
    heading = Heading(approval=rules.approval, approval_place=rules.approval_place, terms=rules.terms, branding_theme=rules.branding_theme)
    if work_order is None:
        return heading
    return replace(heading, bill_email=find(work_order, rules.bill_email), memo=find(work_order, rules.memo))


def _invoice_line(work_order: WorkOrder, charge: Charge, situation: Situation, customer: Fact | None, currency: str) -> InvoiceLine:
    fact, price, amount = charge.fact, to_cents(charge.price, currency), charge.amount
    quantity, text = charge.quantity, f"WO {work_order.number} {charge.text}"
    # Both ledgers recompute quantity × price; where that is not the amount to the cent, the figures move into the text.
    if quantity != quantity.quantize(Decimal("0.0001")) or to_cents(quantity * price, currency) != amount or quantity <= 0:
        text += f" ({quantity.quantize(Decimal('0.01'))} × {price})" if quantity > 0 and quantity != 1 else ""
        quantity, price = Decimal(1), amount
    return InvoiceLine(
        fact.kind,
        situation.find(Target.ITEM, fact),
        situation.find(Target.REVENUE_ACCOUNT, fact),
        situation.tax_code(fact, customer),
        clean_text(text),
        quantity.normalize() if quantity == quantity.to_integral() else quantity,
        price,
        amount,
        situation.tracking(fact),
        () if charge.is_rest else (fact.key,),
        charge.quantity,
        charge.price,
        clean_text(f"WO {work_order.number} {charge.text}"),
        because=charge.because,
    )


def rounding_line(draft: InvoiceDraft, amount: Decimal) -> InvoiceLine:
    """The line that makes an invoice's total the one that was meant, booked to where the mapping says."""
    told = draft.tax.rounding
    tracking = draft.lines[0].tracking if draft.lines else ()
    text = clean_text(f"WO {draft.work_order_number} Rounding of tax")
    names = (told.get("item"), told.get("account"), told.get("tax_code"))
    return InvoiceLine(CostKind.OTHER, *names, text, Decimal(1), amount, amount, tracking)


def content(draft: Draft) -> list[object]:
    """The accounting content of a draft as plain values, without its texts and its date: equal content, equal document."""
    if isinstance(draft, JournalEntryDraft):
        legs = [
            [line.account.value, "D" if line.is_debit else "C", str(line.amount), [[d, f.value] for d, f in line.tracking]]
            for line in draft.lines
        ]
        return ["journal_entry", draft.currency, sorted(legs, key=str)]
    rows = [
        [
            line.kind.value,
            line.item.value if line.item else "",
            line.account.value if line.account else "",
            line.tax_code.value if line.tax_code else "",
            str(line.amount),
            [[d, f.value] for d, f in line.tracking],
        ]
        for line in draft.lines
    ]
    # Amounts before tax are what an invoice had before it could have others: its content stays what it was.
    amounts = [] if draft.tax.amounts is Amounts.EXCLUSIVE else [draft.tax.amounts.value]
    return [draft.kind.value, draft.currency, draft.customer.value, sorted(rows, key=str), *amounts]
