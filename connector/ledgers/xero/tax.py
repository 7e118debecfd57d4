"""Xero's taxes: what its tax rates tell, and what tax an invoice will have (pure).

Xero works the tax of each line out, rounds it to cents and adds up (its guide to rounding), from the rate's EffectiveRate: compound
components are in it, which DisplayTaxRate need not say. With LineAmountTypes Inclusive the tax is taken out of each line. Whether it
rounds the components of a rate one by one, and how it rounds halves, is published nowhere: a prediction allows for both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connector.core.drafting import InvoiceDraft, InvoiceLine, rounding_line
from connector.core.mapping import Names
from connector.core.money import ZERO, minor_unit_digits
from connector.core.problem import Problem
from connector.core.tax import Amounts, Base, Rule, Scheme, TaxComponent, TaxedLine, Taxes, TaxRate, predict
from connector.core.tax_outlook import TAXED_AMOUNT_MIN, Outlook, by_rate, included, without
from connector.ledgers.names import Resolver

RULES = (Rule.LINE, Rule.LINE_COMPONENT)
LINE_AMOUNT_TYPES = {Amounts.EXCLUSIVE: "Exclusive", Amounts.INCLUSIVE: "Inclusive", Amounts.NONE: "NoTax"}
# EffectiveRate is told with four decimals.
_RATE_STEP = Decimal("0.0001")


# --- reference data -----------------------------------------------------------------------------------------------------------


def taxes_of(rows: Sequence[Mapping[str, Any]]) -> Taxes:
    """The rates by TaxType, from the rows of TaxRates; a rate that is archived is none."""
    active = [row for row in rows if row.get("Status", "ACTIVE") == "ACTIVE"]
    found = {str(row["TaxType"]): rate for row in active if (rate := _rate(row)) is not None}
    return Taxes(Scheme.BY_CODE, found)


def _rate(row: Mapping[str, Any]) -> TaxRate | None:
    """Its components, the compound ones last; where they do not make up its EffectiveRate, that rate alone."""
    name, told = str(row["Name"]), row.get("EffectiveRate")
    try:
        components = sorted((_component(part) for part in row.get("TaxComponents") or ()), key=lambda part: part.base is not Base.AMOUNT)
        percent = None if told is None else Decimal(str(told))
    except (LookupError, TypeError, AttributeError, ArithmeticError):
        # A rate of a shape that we do not know keeps nothing from the books: its tax is not foretold.
        return None
    rate = TaxRate(name, tuple(components))
    if percent is None:
        return rate if components else None
    if abs(rate.share * 100 - percent) < _RATE_STEP:
        return rate
    return TaxRate(name, (TaxComponent(name, percent),))


def _component(told: Mapping[str, Any]) -> TaxComponent:
    base = Base.AMOUNT_PLUS_TAX if told.get("IsCompound") is True else Base.AMOUNT
    return TaxComponent(str(told["Name"]), Decimal(str(told["Rate"])), base)


# --- the tax of an invoice ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Settled:
    """The lines as they are sent, the TaxType of each ("" for none), what their amounts are, and the tax to expect."""

    lines: tuple[InvoiceLine, ...]
    tax_types: tuple[str, ...]
    line_amount_types: str
    outlook: Outlook

    @property
    def net(self) -> Decimal:
        """The sum before tax, as far as it is known."""
        total = sum((line.amount for line in self.lines), ZERO)
        return total - (self.outlook.tax or ZERO) if self.line_amount_types == "Inclusive" else total


def settle(draft: InvoiceDraft, names: Names, resolver: Resolver) -> Settled:
    """Give every line its TaxType, and say what tax will come of it; what stands in the way is among the resolver's problems."""
    words = LINE_AMOUNT_TYPES[draft.tax.amounts]
    if draft.tax.amounts is Amounts.NONE:
        return Settled(draft.lines, ("",) * len(draft.lines), words, without(draft.tax, draft.total, ZERO))
    lines = draft.lines
    tax_types = tuple(_tax_type(line, names, resolver) for line in lines)
    outlook = _outlook(draft, tax_types, resolver)
    if draft.tax.adds_rounding_line:
        line = rounding_line(draft, outlook.gap)
        tax_type = _tax_type(line, names, resolver)
        _check_untaxed(line, tax_type, resolver)
        if outlook.gap:
            lines, tax_types = (*lines, line), (*tax_types, tax_type)
        else:
            booking_of(line, names, resolver)
    return Settled(lines, tax_types, words, outlook)


def _tax_type(line: InvoiceLine, names: Names, resolver: Resolver) -> str:
    if line.tax_code is None:
        return ""
    return resolver.id_of("TAX_CODE_UNKNOWN", "tax rate", line.tax_code, names.tax_codes, resolver.chart.tax_codes) or ""


def _outlook(draft: InvoiceDraft, tax_types: Sequence[str], resolver: Resolver) -> Outlook:
    taxes, digits = resolver.chart.taxes, minor_unit_digits(draft.currency)
    known = [(line.amount, taxes.rates.get(tax_type)) for line, tax_type in zip(draft.lines, tax_types, strict=True)]
    sent = [TaxedLine(amount, rate) for amount, rate in known if rate is not None]
    is_inclusive = draft.tax.amounts is Amounts.INCLUSIVE
    if len(sent) < len(known):
        # A line without a TaxType gets its account's, its item's or its customer's: nobody can say which.
        taxed = sum((line.amount for line in sent if line.rate.share > 0), ZERO)
        return Outlook(is_due=taxed >= TAXED_AMOUNT_MIN, gross=draft.total if is_inclusive else None)
    prediction = predict(sent, RULES, digits, included=is_inclusive)
    if is_inclusive:
        return included(draft.tax, draft.total, prediction)
    return by_rate(draft.tax, sent, prediction, ZERO, digits)


def _check_untaxed(line: InvoiceLine, tax_type: str, resolver: Resolver) -> None:
    rate = resolver.chart.taxes.rates.get(tax_type)
    if line.tax_code is not None and tax_type and (rate is None or rate.share):
        message = f"The rounding line would be taxed by '{line.tax_code.value}', and would round nothing."
        resolver.problems.append(Problem("TAX_ROUNDING_TAXED", line.tax_code.place, message, "Name a tax code without tax."))


def booking_of(line: InvoiceLine, names: Names, resolver: Resolver) -> dict[str, Any]:
    """What a line is booked to, as Xero wants it: its account, its item, or both."""
    row: dict[str, Any] = {}
    if line.account is not None:
        account = resolver.account(line.account, names.accounts, journal=False)
        if account is not None:
            # By its id: a code may have been given to another account by the time that a waiting invoice is sent.
            row = {"AccountID": account.id}
    elif line.item is None:
        resolver.problems.append(
            Problem(
                "INVOICE_LINE_WITHOUT_ACCOUNT",
                f"line '{line.description[:60]}'",
                f"{line.kind} costs name neither a revenue account nor an item.",
                f"Add {line.kind} under invoice: accounts: in the mapping.",
            )
        )
    if line.item is not None:
        row["ItemCode"] = resolver.id_of("ITEM_UNKNOWN", "item", line.item, names.items, resolver.chart.items)
    return row
