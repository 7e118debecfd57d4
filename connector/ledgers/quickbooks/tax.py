"""QuickBooks' taxes: what its reference data tell, which codes an invoice carries, and what tax to expect (pure).

Three kinds of companies (Intuit's reference for Invoice, TaxCode, TaxRate and Preferences). US companies write TAX or NON on a line and
one tax code on the document; with automated sales tax (PartnerTaxEnabled is there) QuickBooks replaces that code and finds the rate by
the address. Everywhere else each line has the id of a code, and GlobalTaxCalculation says what the amounts are.

Where QuickBooks rounds is published for Canada only, by its support (each line), and was seen to be otherwise in the UK (each code): a
prediction allows for a cent a line. What a line's Amount is under TaxInclusive is published nowhere: amounts with tax are sent without
it, as TaxExcluded, and the cent that may be left over is a rounding line or a finding.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector.core.drafting import InvoiceDraft, InvoiceLine, rounding_line
from connector.core.mapping import Fact, Names
from connector.core.money import ZERO, minor_unit_digits
from connector.core.problem import Problem
from connector.core.tax import NO_TAX, Amounts, Base, Period, Rule, Scheme, TaxComponent, TaxedLine, Taxes, TaxRate, net_of, predict
from connector.core.tax_outlook import TAXED_AMOUNT_MIN, Outlook, by_address, by_rate, by_rate_taken_out, without
from connector.ledgers.ledger import Chart
from connector.ledgers.names import Resolver

# US tax codes of a line; every other code of a US company is the document's (TxnTaxCodeRef).
US_LINE_CODES = {"tax": "TAX", "non": "NON"}
RULES = (Rule.LINE, Rule.LINE_COMPONENT, Rule.COMPONENT, Rule.CODE)
_BASES = {"TaxOnAmount": Base.AMOUNT, "TaxOnAmountPlusTax": Base.AMOUNT_PLUS_TAX, "TaxOnTax": Base.TAX}
# Rates of these kinds charge what their percentage says; what the others (reverse charge, adjustments) do to an invoice is not published.
_PLAIN_RATES = {"", "NONE", "ZERO_RATE"}


# --- reference data -----------------------------------------------------------------------------------------------------------


def taxes_of(preferences: Mapping[str, Any], codes: Sequence[Mapping[str, Any]], rates: Sequence[Mapping[str, Any]]) -> Taxes:
    """The scheme and the sales rates of every code, from the rows of Preferences, TaxCode and TaxRate."""
    told = preferences.get("TaxPrefs") or {}
    by_id = {str(row["Id"]): row for row in rates}
    found = {str(row["Id"]): rate for row in codes if (rate := _rate(row, by_id)) is not None}
    return Taxes(_scheme(told, {str(row["Id"]) for row in codes}), found)


def _scheme(told: Mapping[str, Any], codes: set[str]) -> Scheme:
    if told.get("UsingSalesTax") in (False, "false"):
        return Scheme.OFF
    if "PartnerTaxEnabled" in told and "TAX" in codes:
        return Scheme.BY_ADDRESS
    return Scheme.BY_CODE if told.get("UsingSalesTax") in (True, "true") else Scheme.UNKNOWN


def _details(code: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    details = (code.get("SalesTaxRateList") or {}).get("TaxRateDetail") or []
    return sorted(details, key=lambda detail: int(detail.get("TaxOrder") or 0))


def _rate(code: Mapping[str, Any], rates: Mapping[str, Mapping[str, Any]]) -> TaxRate | None:
    """What a code charges on sales; None when that is not known. TAX and NON are words, not rates."""
    if str(code["Id"]) in US_LINE_CODES.values():
        return None
    try:
        components = [_component(detail, rates) for detail in _details(code)]
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError):
        # A rate of a shape that we do not know keeps nothing from the books: its tax is not foretold.
        return None
    known = tuple(component for component in components if component is not None)
    return TaxRate(str(code.get("Name") or code["Id"]), known) if len(known) == len(components) else None


def _component(detail: Mapping[str, Any], rates: Mapping[str, Mapping[str, Any]]) -> TaxComponent | None:
    row = rates.get(str(detail["TaxRateRef"]["value"]))
    base = _BASES.get(str(detail.get("TaxTypeApplicable") or "TaxOnAmount"))
    if row is None or base is None or str(row.get("SpecialTaxType") or "") not in _PLAIN_RATES:
        return None
    periods = tuple(_period(told) for told in row.get("EffectiveTaxRate") or ())
    return TaxComponent(str(row.get("Name") or row["Id"]), Decimal(str(row["RateValue"])), base, periods)


def _period(told: Mapping[str, Any]) -> Period:
    start, end = str(told["EffectiveDate"])[:10], str(told.get("EndDate") or "")[:10]
    return Period(date.fromisoformat(start), date.fromisoformat(end) if end else None, Decimal(str(told["RateValue"])))


# --- the codes of an invoice ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LineCode:
    """The id of the code on a line, and that of the document's code, when the line's is one; "" when there is none."""

    on_line: str = ""
    of_document: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """The lines as they are sent, with their codes, what the document's head says of tax, and the tax to expect."""

    lines: tuple[InvoiceLine, ...]
    codes: tuple[LineCode, ...]
    head: dict[str, Any]
    outlook: Outlook

    @property
    def net(self) -> Decimal:
        """The sum of the lines as they are sent: before tax."""
        return sum((line.amount for line in self.lines), ZERO)


def is_us(chart: Chart) -> bool:
    """US companies have the two line codes TAX and NON; a company without sales tax has no codes, and is treated as one."""
    return not chart.tax_codes or {"tax", "non"} <= chart.tax_codes.keys()


def settle(draft: InvoiceDraft, names: Names, resolver: Resolver) -> Settled:
    """Give every line its code, and say what tax will come of it; what stands in the way is among the resolver's problems."""
    us = is_us(resolver.chart)
    if draft.tax.amounts is Amounts.NONE:
        codes = tuple(LineCode("NON" if us and resolver.chart.tax_codes else "") for _ in draft.lines)
        return Settled(draft.lines, codes, {} if us else {"GlobalTaxCalculation": "NotApplicable"}, without(draft.tax, draft.total, ZERO))
    codes = tuple(_code(line.tax_code, names, resolver) for line in draft.lines)
    document_codes = {code.of_document: line.tax_code for line, code in zip(draft.lines, codes, strict=True) if code.of_document}
    _check_single(document_codes, resolver)
    head: dict[str, Any] = {} if us else {"GlobalTaxCalculation": "TaxExcluded"}
    if document_codes:
        head = {"TxnTaxDetail": {"TxnTaxCodeRef": {"value": next(iter(document_codes))}}}
    settled = _with_tax(draft, codes, resolver, Settled(draft.lines, codes, head, Outlook()))
    return _with_rounding(draft, names, resolver, settled)


def _code(told: Fact | None, names: Names, resolver: Resolver) -> LineCode:
    if told is None:
        return LineCode()
    code = resolver.id_of("TAX_CODE_UNKNOWN", "tax code", told, names.tax_codes, resolver.chart.tax_codes) or ""
    if not is_us(resolver.chart) or not code or code.casefold() in US_LINE_CODES:
        return LineCode(code)
    return LineCode("TAX", code)


def _check_single(document_codes: Mapping[str, Fact | None], resolver: Resolver) -> None:
    """A US invoice has one tax code for all its taxed lines; choosing one of several would be a guess."""
    told = [fact for fact in document_codes.values() if fact is not None]
    if len(told) > 1:
        codes = ", ".join(f"'{fact.value}'" for fact in told)
        message = f"One invoice would need the tax codes {codes}, and a US company has one code an invoice."
        resolver.problems.append(Problem("TAX_CODES_DIFFER", told[1].place, message, "Give all taxed kinds of cost the same code."))


# --- the tax to expect ----------------------------------------------------------------------------------------------------------


def _with_tax(draft: InvoiceDraft, codes: Sequence[LineCode], resolver: Resolver, plain: Settled) -> Settled:
    taxes, digits = resolver.chart.taxes, minor_unit_digits(draft.currency)
    rates = [_rate_of(code, codes, taxes, draft.date, resolver) for code in codes]
    taxed = _taxed(draft, codes, rates)
    if taxes.scheme is Scheme.OFF and is_us(resolver.chart):
        return replace(plain, outlook=without(draft.tax, draft.total, taxed))
    known = [rate for rate in rates if rate is not None]
    if len(known) == len(rates) and taxes.scheme in (Scheme.BY_CODE, Scheme.BY_ADDRESS):
        return _by_code(draft, known, digits, plain)
    if draft.tax.amounts is Amounts.INCLUSIVE:
        open_lines = [line for line, rate in zip(draft.lines, rates, strict=True) if rate is None]
        resolver.problems.append(_rate_not_known((open_lines or draft.lines)[0]))
    if taxes.scheme is Scheme.BY_ADDRESS:
        return replace(plain, outlook=by_address(draft.tax, taxed, _cents(len(draft.lines), digits), digits))
    # That sales tax is off is said to drop the tax of US companies; of others nobody says so: no tax would be an alarm, some is none.
    return replace(plain, outlook=Outlook(is_due=taxes.scheme is not Scheme.UNKNOWN and taxed >= TAXED_AMOUNT_MIN))


def _by_code(draft: InvoiceDraft, rates: Sequence[TaxRate], digits: int, plain: Settled) -> Settled:
    included = draft.tax.amounts is Amounts.INCLUSIVE
    lines = plain.lines
    if included:
        lines = tuple(_without_tax(line, rate, digits) for line, rate in zip(draft.lines, rates, strict=True))
    sent = [TaxedLine(line.amount, rate) for line, rate in zip(lines, rates, strict=True)]
    prediction = predict(sent, RULES, digits)
    components = [len(line.rate.components) for line in sent if line.rate.share]
    # One line with one tax can be rounded in one place only.
    allowance = ZERO if sum(components) <= 1 else _cents(len(components), digits)
    if included:
        return replace(plain, lines=lines, outlook=by_rate_taken_out(draft.tax, sent, draft.total, prediction, allowance, digits))
    return replace(plain, outlook=by_rate(draft.tax, sent, prediction, allowance, digits))


def _cents(count: int, digits: int) -> Decimal:
    return Decimal(count).scaleb(-digits)


def _rate_of(code: LineCode, codes: Sequence[LineCode], taxes: Taxes, day: date, resolver: Resolver) -> TaxRate | None:
    """The rate of a line on the document's day; None when it is not known."""
    charged = code.on_line
    if is_us(resolver.chart):
        if charged == "NON":
            return NO_TAX
        if taxes.scheme is Scheme.BY_ADDRESS:
            return None
        # A line that is taxed has the document's code, whichever line brought it.
        charged = next((other.of_document for other in codes if other.of_document), "") if charged == "TAX" else ""
    rate = taxes.rates.get(charged)
    return rate.on(day) if rate is not None else None


def _taxed(draft: InvoiceDraft, codes: Sequence[LineCode], rates: Sequence[TaxRate | None]) -> Decimal:
    """The amounts of which we know that they are to be taxed."""
    rows = zip(draft.lines, codes, rates, strict=True)
    return sum((line.amount for line, code, rate in rows if (rate.share > 0 if rate is not None else code.on_line == "TAX")), ZERO)


def _without_tax(line: InvoiceLine, rate: TaxRate, digits: int) -> InvoiceLine:
    """The line with its tax taken out; the price that the customer was told stays in the text."""
    net = net_of(line.amount, rate, digits)
    if net == line.amount:
        return line
    figures = f"{line.quantity} × {line.unit_price} = " if line.quantity != 1 else ""
    text = f"{line.description} ({figures}{line.amount} with tax)"
    return replace(line, description=text, quantity=Decimal(1), unit_price=net, amount=net)


def _rate_not_known(line: InvoiceLine) -> Problem:
    return Problem(
        "TAX_INCLUSIVE_WITHOUT_RATE",
        line.tax_code.place if line.tax_code else f"line '{line.description[:60]}'",
        f"The amounts are with tax, and the rate that QuickBooks would charge on {line.kind} is not known before it does.",
        "Write amounts: exclusive under invoice: tax:, or give every kind of cost a tax code whose rate QuickBooks tells.",
    )


def _with_rounding(draft: InvoiceDraft, names: Names, resolver: Resolver, settled: Settled) -> Settled:
    """Add the line for what is left over. Its names are resolved even when nothing is, so that `check` finds what is wrong with them."""
    told = draft.tax.rounding.get("tax_code")
    if not draft.tax.adds_rounding_line or told is None:
        return settled
    code = _code(told, names, resolver)
    rate = _rate_of(code, [code], resolver.chart.taxes, draft.date, resolver)
    if code.on_line and (rate is None or rate.share):
        message = f"The rounding line would be taxed by '{told.value}', and would round nothing."
        resolver.problems.append(Problem("TAX_ROUNDING_TAXED", told.place, message, "Name a tax code without tax."))
    line = rounding_line(draft, settled.outlook.gap)
    if line.item is None:
        message = "The rounding line names no item, and QuickBooks would ignore its amount."
        resolver.problems.append(Problem("INVOICE_LINE_WITHOUT_ITEM", told.place, message, "Add item: beside its tax_code."))
        return settled
    if not settled.outlook.gap:
        item_of(line, names, resolver)
        return settled
    return replace(settled, lines=(*settled.lines, line), codes=(*settled.codes, code))


def item_of(line: InvoiceLine, names: Names, resolver: Resolver) -> str | None:
    """The id of a line's item. QuickBooks takes a line without an item as text and ignores its amount in silence; we refuse."""
    if line.item is None:
        resolver.problems.append(
            Problem(
                "INVOICE_LINE_WITHOUT_ITEM",
                f"line '{line.description[:60]}'",
                f"{line.kind} costs name no item, and QuickBooks would ignore their amount.",
                f"Add {line.kind} under invoice: items: in the mapping.",
            )
        )
        return None
    return resolver.id_of("ITEM_UNKNOWN", "item", line.item, names.items, resolver.chart.items)
