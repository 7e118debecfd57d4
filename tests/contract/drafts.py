"""Drafts of every kind, for whoever judges the bytes that become of them. They name what a chart must have."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from connector.core.costing import CostKind
from connector.core.drafting import Draft, Heading, InvoiceDraft, InvoiceLine, JournalEntryDraft, JournalLine, clean_text
from connector.core.mapping import Approval, Fact, TaxRules
from connector.core.money import AMOUNT_LIMIT
from connector.core.reference import Entry, ListKind
from connector.core.tax import NO_TAX, Amounts, Scheme, TaxComponent, Taxes, TaxRate

ACCOUNTS = tuple(f"Account {number}" for number in range(4))
ITEM, CUSTOMER, TAXED, UNTAXED, VALUE = "Item", "Customer", "Taxed", "Untaxed", "One"
DIMENSIONS = ("class", "department")


def taxes(taxed: str, untaxed: str) -> Taxes:
    """What a chart tells of the two codes, by the ledger's ids of them."""
    rate = TaxRate(TAXED, (TaxComponent("state", Decimal("4.25")), TaxComponent("city", Decimal(4))))
    return Taxes(Scheme.BY_CODE, {taxed: rate, untaxed: NO_TAX})


texts = st.text(max_size=30).map(clean_text)
amounts = st.decimals(Decimal("0.01"), AMOUNT_LIMIT, places=2)
quantities = st.decimals(Decimal("0.0001"), Decimal(100_000), places=4)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
numbers = st.text(max_size=40)


def _fact(name: str) -> Fact:
    return Fact(name, "mapping.yaml:1")


tracking = st.lists(st.sampled_from(DIMENSIONS), unique=True).map(lambda named: tuple((one, _fact(VALUE)) for one in named))


@st.composite
def journals(draw: Any) -> Draft:
    """A balanced journal entry: every debit has its credit, in any order."""
    lines = []
    for amount in draw(st.lists(amounts, min_size=1, max_size=8)):
        for is_debit in draw(st.permutations((True, False))):
            account = _fact(draw(st.sampled_from(ACCOUNTS)))
            lines.append(JournalLine(account, is_debit, amount, draw(texts), draw(tracking)))
    return JournalEntryDraft("4711", draw(days), "USD", tuple(lines), draw(texts))


TERMS, THEME = "Net 30", "Tenants"
# What a chart has of the lists that only the head of an invoice names.
LISTS = {
    ListKind.TERMS: (Entry("7", (TERMS,), facts={"due_days": "30"}), Entry("8", ("20th",))),
    ListKind.BRANDING_THEMES: (Entry("0b159335-606b-485f-b51b-97b3b32bad32", (THEME,)),),
    ListKind.CUSTOMERS: (Entry("41", (CUSTOMER,), facts={"terms": "8"}),),
}


@st.composite
def headings(draw: Any, terms: tuple[str, ...], approvals: tuple[Approval, ...]) -> Heading:
    """Everything that the head of an invoice may say, each with and without it."""

    def some(*names: str) -> Fact | None:
        name = draw(st.sampled_from((None, *names)))
        return _fact(name) if name is not None else None

    memo = draw(st.none() | st.text(min_size=1, max_size=2000).map(_fact))
    return Heading(draw(st.sampled_from(approvals)), "", some(THEME), some("pay@example.com"), memo, some(*terms))


@st.composite
def headed_invoices(draw: Any, terms: tuple[str, ...], approvals: tuple[Approval, ...]) -> Draft:
    """An invoice with all that its head and its lines may say besides."""
    draft = draw(invoices())
    lines = tuple(replace(line, account=_fact(ACCOUNTS[0]), service_date=draw(st.none() | days)) for line in draft.lines)
    url = draw(st.sampled_from(("", "https://up.test/wo/1?n=A%201")))
    return replace(draft, lines=lines, heading=draw(headings(terms, approvals)), url=url)


@st.composite
def invoices(draw: Any) -> Draft:
    """An invoice whose lines have an item or an account or both, as the ledger wants them."""
    lines = []
    for amount in draw(st.lists(amounts, min_size=1, max_size=8)):
        code = draw(st.sampled_from((None, _fact(TAXED), _fact(UNTAXED))))
        account = draw(st.sampled_from((None, *(_fact(name) for name in ACCOUNTS))))
        quantity = draw(quantities)
        lines.append(InvoiceLine(CostKind.LABOR, _fact(ITEM), account, code, draw(texts), quantity, amount, amount, draw(tracking)))
    return InvoiceDraft("4711", draw(days), draw(days), "USD", _fact(CUSTOMER), tuple(lines), draw(texts))


@st.composite
def taxed_invoices(draw: Any) -> Draft:
    """An invoice with a code on every line, its amounts before tax, with it or without any, with and without a line for rounding."""
    draft = draw(invoices())
    lines = tuple(
        replace(line, account=_fact(ACCOUNTS[0]), tax_code=_fact(draw(st.sampled_from((TAXED, UNTAXED))))) for line in draft.lines
    )
    rounding = {"item": _fact(ITEM), "account": _fact(ACCOUNTS[1]), "tax_code": _fact(UNTAXED)}
    rules = TaxRules(draw(st.sampled_from(list(Amounts))), adds_rounding_line=draw(st.booleans()), rounding=rounding)
    return replace(draft, lines=lines, tax=rules)


def credits_of(drafts: st.SearchStrategy[Draft]) -> st.SearchStrategy[Draft]:
    """The same, given back."""
    return drafts.map(lambda draft: replace(draft, is_credit=True) if isinstance(draft, InvoiceDraft) else draft)
