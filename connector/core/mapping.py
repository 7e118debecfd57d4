"""The company's mapping as facts: which account, item, tax code, customer and tracking a cost leads to, and from which YAML line.

Precedence of the account facts, written once: cost code and kind, then cost code, then kind, then the default. The mapping speaks
the company's own neutral names; the `names` table of a ledger says what each is called there.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from connector.core.cost_rules import LaborTwice, Overtime
from connector.core.costing import CostFact, CostKind, LaborRate
from connector.core.exchange import ExchangeRates
from connector.core.keys import value_of as value_of
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
class Fact:
    """One scalar of the mapping with the place ("file:line") where it is written, and the rule that it is ("cost_codes: HVAC")."""

    value: str
    place: str
    rule: str = field(default="", compare=False)


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

    def tax_code(self, kind: CostKind, customer: Fact | None) -> Fact | None:
        """The tax code of a kind of cost for that customer."""
        is_exempt = customer is not None and customer.value in self.tax.exempt
        return self.tax.exempt_code if is_exempt else self.tax_codes.get(kind)


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


@dataclass(frozen=True, slots=True)
class MappedCost:
    """A priced cost with the accounts that it moves and the YAML lines that said so."""

    fact: CostFact
    cost_code: str
    debit: Fact
    credit: Fact


def simplify_status(status: str) -> str:
    """A status as it is compared: lower case, without spaces, underscores and hyphens."""
    return "".join(c for c in status.casefold() if c not in " _-")


def keys_named(mapping: Mapping) -> frozenset[str]:
    """Every key of a work order that the mapping goes by (core/keys.py): only what one of them needs is looked up."""
    rules = mapping.invoice
    conditions = [*mapping.conditions, *mapping.exclusions, *(condition for condition, _ in mapping.documents)]
    lookups = [*mapping.tracking.values(), rules.customer, rules.bill_email, rules.memo]
    found = {mapping.cost_code_key, *(one.key for one in conditions), *(one.key for one in lookups)}
    return frozenset(found - {""})


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


def debit_account(mapping: Mapping, cost_code: str, kind: CostKind) -> Fact | None:
    """The expense account of a cost, by the one precedence written above."""
    code = cost_code.strip().casefold()
    facts = {(fact.cost_code, fact.kind): fact.account for fact in reversed(mapping.debits)}
    for key in ((code, kind), (code, None), ("", kind), ("", None)):
        if key in facts:
            return facts[key]
    return None


def map_costs(work_order: WorkOrder, facts: Sequence[CostFact], mapping: Mapping) -> tuple[list[MappedCost], list[Problem]]:
    """Give each cost its debit and credit account. Every unmapped cost is reported, not just the first."""
    mapped: list[MappedCost] = []
    problems: list[Problem] = []
    cost_code = value_of(work_order, mapping.cost_code_key)
    for fact in facts:
        debit = debit_account(mapping, cost_code, fact.kind)
        credit = mapping.credits.get(fact.kind)
        if debit is None:
            problems.append(
                Problem(
                    "COST_CODE_WITHOUT_ACCOUNT",
                    mapping.file,
                    f"Cost code '{cost_code}' (work order {work_order.number}, {fact.kind}) has no account.",
                    "Add it under cost_codes, or set a default.",
                )
            )
        if credit is None:
            problems.append(
                Problem(
                    "KIND_WITHOUT_CREDIT",
                    mapping.file,
                    f"The credit side of {fact.kind} costs (work order {work_order.number}) has no account.",
                    f"Add {fact.kind} under credits.",
                )
            )
        if debit and credit:
            mapped.append(MappedCost(fact, cost_code, debit, credit))
    return mapped, problems
