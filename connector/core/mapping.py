"""The company's mapping as facts: which account, item, tax code, customer and tracking a cost leads to, and from which YAML line.

Which of several facts decides is written once, in core/facts.py; cost_codes, defaults, credits, tracking and invoice are the short form
of such facts. The mapping speaks the company's own neutral names; the `names` table of a ledger says what each is called there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from connector.core.cost_rules import LaborTwice, Overtime
from connector.core.costing import CostFact, CostKind, LaborRate
from connector.core.exchange import ExchangeRates
from connector.core.facts import (
    ACCOUNTS,
    BILL_TO,
    COST_CODE,
    KIND,
    OF_THE_MAPPING,
    Index,
    Target,
    WhenFact,
    folded,
    is_open,
    merged,
    tracking,
)
from connector.core.facts import Fact as Fact
from connector.core.keys import FIELDS
from connector.core.keys import value_of as value_of
from connector.core.money import ZERO
from connector.core.problem import Problem
from connector.core.tax import Amounts
from connector.core.work_order import WorkOrder


class DocumentKind(StrEnum):
    """What a work order becomes in the ledger."""

    JOURNAL_ENTRY = "journal_entry"
    INVOICE = "invoice"
    CREDIT = "credit"  # an invoice whose total is below zero; nobody chooses it

    @property
    def sign(self) -> int:
        """How its total counts toward what is billed: a credit takes back what it says."""
        return -1 if self is DocumentKind.CREDIT else 1

    @property
    def is_sale(self) -> bool:
        """Whether it is a customer's. Its total may have tax in it, and its lines are not compared leg by leg."""
        return self is not DocumentKind.JOURNAL_ENTRY


# What a configuration or a mapping may ask for.
CHOSEN_KINDS = (DocumentKind.JOURNAL_ENTRY, DocumentKind.INVOICE)


@dataclass(frozen=True, slots=True)
class AccountFact:
    """The account for a cost code and/or a kind of cost; empty cost code and no kind is the default."""

    account: Fact
    cost_code: str = ""
    kind: CostKind | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A key of the work order (core/keys.py) and the values it may have."""

    key: str
    values: frozenset[str]
    place: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value found by a key of the work order, with a default: customer by location, department by location, …

    `takes_value`: what the work order has under the key is the value itself, such as a custom field with an e-mail address.
    """

    key: str = ""
    values: MappingType[str, Fact] = field(default_factory=dict)  # by case-folded value of the key
    default: Fact | None = None

    @property
    def facts(self) -> list[Fact]:
        """Every value that it can give."""
        return [*self.values.values(), *([self.default] if self.default else [])]

    takes_value: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class TaxRules:
    """How an invoice's tax is meant, how far the ledger may be from it, and what becomes of a difference by rounding.

    `tolerance` is an amount of one document; None: nothing where the ledger's rule is published, else a cent a line. The percentages are
    for ledgers that find the rate by the address. `rounding` is what a rounding line is booked to, by "item", "account" and "tax_code".
    Every line of a customer in `exempt` has the tax code `exempt_code`.
    """

    amounts: Amounts = Amounts.EXCLUSIVE
    tolerance: Decimal | None = None
    expected_percent: Decimal | None = None
    tolerance_percent: Decimal = Decimal(0)
    adds_rounding_line: bool = False
    rounding: MappingType[str, Fact] = field(default_factory=dict)
    exempt: frozenset[str] = frozenset()  # the mapping's own names of customers
    exempt_code: Fact | None = None


class Approval(StrEnum):
    """How far an invoice goes by itself: into the books, or to a person who approves it in the ledger."""

    AUTHORISED = "authorised"
    SUBMITTED = "submitted"
    DRAFT = "draft"


class ServiceDate(StrEnum):
    """Which day a line of an invoice says that its work was done."""

    WORKED = "worked"  # the day on which the time was logged, where it is known, else that of completion
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class InvoiceRules:
    """How costs become a customer's invoice: markup, items, revenue accounts and tax codes by kind of cost."""

    customer: Lookup = field(default_factory=Lookup)
    markup_percent: MappingType[CostKind, Decimal] = field(default_factory=dict)
    items: MappingType[CostKind, Fact] = field(default_factory=dict)
    accounts: MappingType[CostKind, Fact] = field(default_factory=dict)
    tax_codes: MappingType[CostKind, Fact] = field(default_factory=dict)
    tax: TaxRules = field(default_factory=TaxRules)
    due_days: int = 30
    terms: Fact | None = None
    service_date: ServiceDate | None = None
    branding_theme: Fact | None = None
    bill_email: Lookup = field(default_factory=Lookup)
    memo: Lookup = field(default_factory=Lookup)
    approval: Approval = Approval.AUTHORISED
    approval_place: str = ""

    def short_facts(self) -> Iterator[WhenFact]:
        """What `invoice:` says of customer, items, accounts and tax codes, as facts."""
        yield from _of_lookup(Target.CUSTOMER, self.customer)
        for target, facts in ((Target.ITEM, self.items), (Target.REVENUE_ACCOUNT, self.accounts), (Target.TAX_CODE, self.tax_codes)):
            yield from (WhenFact(target, fact, ((KIND, kind.value),)) for kind, fact in facts.items())


@dataclass(frozen=True, slots=True)
class Names:
    """What the neutral names are called in one ledger; a name without an entry is used as it is."""

    accounts: MappingType[str, Fact] = field(default_factory=dict)
    items: MappingType[str, Fact] = field(default_factory=dict)
    tax_codes: MappingType[str, Fact] = field(default_factory=dict)
    customers: MappingType[str, Fact] = field(default_factory=dict)
    tracking: MappingType[str, Fact] = field(default_factory=dict)  # dimensions and their values


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file, read and checked. `digest` identifies its text in the audit and in explanations."""

    file: str
    digest: str
    cost_code_key: str = "category"
    ready_statuses: frozenset[str] = frozenset({"complete"})
    conditions: tuple[Condition, ...] = ()
    exclusions: tuple[Condition, ...] = ()
    debits: tuple[AccountFact, ...] = ()
    credits: MappingType[CostKind, Fact] = field(default_factory=dict)
    tracking: MappingType[str, Lookup] = field(default_factory=dict)  # by dimension: "class", "department" or any name
    labor_rates: Sequence[LaborRate] = ()
    overtime: tuple[Overtime, ...] = ()
    labor_twice: LaborTwice = LaborTwice.HOLD
    exchange_rates: ExchangeRates | None = None
    documents: tuple[tuple[Condition, DocumentKind], ...] = ()
    invoice: InvoiceRules = field(default_factory=InvoiceRules)
    names: MappingType[str, Names] = field(default_factory=dict)  # by ledger: "quickbooks", "xero"
    facts: tuple[WhenFact, ...] = ()  # those written with their `when`
    custom_fields: tuple[str, ...] = ()  # that `when` may name, the more specific first
    segments: str = ""  # what stands between the segments of an account, where facts may leave some open
    index: Index = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", Index([*self.short_facts(), *self.facts], self.custom_fields))

    def short_facts(self) -> Iterator[WhenFact]:
        """Everything that the short forms say, as facts; of a code or a kind that is told twice, the first counts."""
        first: dict[tuple[str, CostKind | None], Fact] = {}
        for debit in self.debits:
            first.setdefault((debit.cost_code, debit.kind), debit.account)
        for (code, kind), account in first.items():
            yield WhenFact(Target.ACCOUNT, account, (*([(COST_CODE, code)] if code else []), *([(KIND, kind.value)] if kind else [])))
        yield from (WhenFact(Target.CREDIT, account, ((KIND, kind.value),)) for kind, account in self.credits.items())
        for dimension, lookup in self.tracking.items():
            yield from _of_lookup(tracking(dimension), lookup)
        yield from self.invoice.short_facts()

    @property
    def dimensions(self) -> list[str]:
        """The dimensions of tracking that some fact gives, in the order in which lines carry them."""
        return [*self.tracking, *(name for name in self.index.dimensions if name not in self.tracking)]

    def given(self, target: str) -> list[Fact]:
        """Every name that the facts can give to a target, in the order in which they are written."""
        return list(dict.fromkeys(fact.fact for fact in self.index.of(target)))


def _of_lookup(target: str, lookup: Lookup) -> Iterator[WhenFact]:
    key = folded(lookup.key)
    key = FIELDS + key if key in OF_THE_MAPPING else key
    yield from (WhenFact(target, fact, ((key, value),)) for value, fact in lookup.values.items())
    if lookup.default is not None:
        yield WhenFact(target, lookup.default)


@dataclass(frozen=True, slots=True)
class MappedCost:
    """A priced cost with the accounts that it moves and the YAML lines that said so."""

    fact: CostFact
    cost_code: str
    debit: Fact
    credit: Fact
    tracking: tuple[tuple[str, Fact], ...] = ()


def simplify_status(status: str) -> str:
    """A status as it is compared: lower case, without spaces, underscores and hyphens."""
    return "".join(c for c in status.casefold() if c not in " _-")


def keys_named(mapping: Mapping) -> frozenset[str]:
    """Every key of a work order that the mapping goes by (core/keys.py): only what one of them needs is looked up."""
    rules = mapping.invoice
    conditions = [*mapping.conditions, *mapping.exclusions, *(condition for condition, _ in mapping.documents)]
    lookups = [*mapping.tracking.values(), rules.customer, rules.bill_email, rules.memo]
    found = {mapping.cost_code_key, *(one.key for one in conditions), *(one.key for one in lookups), *mapping.index.keys}
    return frozenset(found - {"", COST_CODE})


def fits(work_order: WorkOrder, condition: Condition) -> bool:
    """Whether the work order has one of the values that the condition names."""
    return value_of(work_order, condition.key).strip().casefold() in condition.values


def find(work_order: WorkOrder, lookup: Lookup) -> Fact | None:
    """The value of a look-up for this work order, or its default."""
    value = value_of(work_order, lookup.key).strip()
    if lookup.takes_value:
        return Fact(value, lookup.place) if value else lookup.default
    return lookup.values.get(value.casefold(), lookup.default)


def document_kind(work_order: WorkOrder, mapping: Mapping, default: DocumentKind) -> DocumentKind:
    """Which document the work order becomes: the connection's default unless a fact of the mapping overrides it."""
    return next((kind for condition, kind in mapping.documents if fits(work_order, condition)), default)


@dataclass(slots=True)
class Situation:
    """One work order as the facts compare it: the values of the keys that some fact names, read once."""

    mapping: Mapping
    values: dict[str, str]

    @classmethod
    def of(cls, work_order: WorkOrder, mapping: Mapping) -> Situation:
        """What the facts can know of a work order; whom it bills is told by what they give for its customer."""
        keys = mapping.index.keys
        values = {key: folded(value_of(work_order, mapping.cost_code_key if key == COST_CODE else key)) for key in keys}
        situation = cls(mapping, values)
        if mapping.index.compares_customer:
            customer = situation.find(Target.CUSTOMER)
            values[BILL_TO] = folded(customer.value) if customer else ""
        return situation

    def find(self, target: str, cost: CostFact | None = None) -> Fact | None:
        """What the facts give to a cost, or to the work order as a whole."""
        self.values[KIND] = cost.kind.value if cost is not None else ""
        amount = abs(cost.amount) if cost is not None else ZERO
        found = self.mapping.index.find(target, self.values, amount)
        if found is None or target not in ACCOUNTS or not is_open(found.fact.value, self.mapping.segments):
            return found.fact if found is not None else None
        return merged((one.fact for one in self.mapping.index.every(target, self.values, amount)), self.mapping.segments)

    def tax_code(self, cost: CostFact, customer: Fact | None) -> Fact | None:
        """The tax code of a cost: an exempt customer's, whatever else the facts say."""
        tax = self.mapping.invoice.tax
        return tax.exempt_code if customer is not None and customer.value in tax.exempt else self.find(Target.TAX_CODE, cost)

    def tracking(self, cost: CostFact) -> tuple[tuple[str, Fact], ...]:
        """The class, department or tracking options of a cost's lines."""
        found = [(dimension, self.find(tracking(dimension), cost)) for dimension in self.mapping.dimensions]
        return tuple([(dimension, fact) for dimension, fact in found if fact is not None])


def debit_account(mapping: Mapping, cost_code: str, kind: CostKind) -> Fact | None:
    """The expense account of a cost code and a kind of cost of which nothing else is known."""
    return Situation(mapping, {COST_CODE: folded(cost_code)}).find(Target.ACCOUNT, CostFact("", kind, "", ZERO, ZERO, ZERO, ""))


def map_costs(work_order: WorkOrder, facts: Sequence[CostFact], mapping: Mapping) -> tuple[list[MappedCost], list[Problem]]:
    """Give each cost its debit and credit account. Every unmapped cost is reported, not just the first."""
    mapped: list[MappedCost] = []
    problems: list[Problem] = []
    cost_code = value_of(work_order, mapping.cost_code_key)
    situation = Situation.of(work_order, mapping)
    for fact in facts:
        debit, credit = situation.find(Target.ACCOUNT, fact), situation.find(Target.CREDIT, fact)
        if debit is None or credit is None:
            problems.extend(_unmapped(work_order, fact, mapping, cost_code, debit, credit))
        elif open_accounts := [one for one in (debit, credit) if is_open(one.value, mapping.segments)]:
            problems.extend(open_segment(work_order, account) for account in open_accounts)
        else:
            mapped.append(MappedCost(fact, cost_code, debit, credit, situation.tracking(fact)))
    return mapped, problems


def _unmapped(
    work_order: WorkOrder, fact: CostFact, mapping: Mapping, cost_code: str, debit: Fact | None, credit: Fact | None
) -> Iterator[Problem]:
    if debit is None:
        yield Problem(
            "COST_CODE_WITHOUT_ACCOUNT",
            mapping.file,
            f"Cost code '{cost_code}' (work order {work_order.number}, {fact.kind}) has no account.",
            "Add it under cost_codes, or set a default.",
        )
    if credit is None:
        yield Problem(
            "KIND_WITHOUT_CREDIT",
            mapping.file,
            f"The credit side of {fact.kind} costs (work order {work_order.number}) has no account.",
            f"Add {fact.kind} under credits.",
        )


def open_segment(work_order: WorkOrder, account: Fact) -> Problem:
    """An account of which a segment is left to other facts, and none of them fills it."""
    return Problem(
        "ACCOUNT_SEGMENT_OPEN",
        account.place,
        f"The account '{account.value}' of work order {work_order.number} has a segment that no fact fills.",
        "Add a fact that gives the segment, such as one for its location or a default, of as many segments.",
    )
