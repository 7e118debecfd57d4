"""Tax rates by country, and the tax of a line as Xero works it out. What is published nowhere is a switch."""

from __future__ import annotations

from decimal import Decimal

from connector.sandbox.xero.answers import money
from connector.sandbox.xero.books import ZERO, Books, Document, Line, Plan, TaxComponent, TaxRate
from connector.sandbox.xero.lines import HALVES
from connector.sandbox.xero.reading import Fields

_HUNDRED = Decimal(100)
_CENT = Decimal("0.01")
_ALL = frozenset({"ASSET", "EQUITY", "EXPENSE", "LIABILITY", "REVENUE"})
_SALES, _PURCHASES = _ALL - {"EXPENSE"}, _ALL - {"REVENUE"}
# The codes that accounts of revenue and of expense have by default.
ACCOUNT_TYPES = {"GB": ("OUTPUT2", "INPUT2")}


def tax_rates(country: str, percent: Decimal) -> dict[str, TaxRate]:
    """The organisation's rates by code. `percent` is that of the US company's sales tax."""
    plain: dict[str, list[tuple[str, str, Decimal, frozenset[str]]]] = {
        "AU": [
            ("OUTPUT", "GST on Income", Decimal(10), _SALES),
            ("INPUT", "GST on Expenses", Decimal(10), _PURCHASES),
            ("EXEMPTOUTPUT", "GST Free Income", ZERO, _SALES),
            ("BASEXCLUDED", "BAS Excluded", ZERO, _ALL),
        ],
        "GB": [
            ("OUTPUT2", "20% (VAT on Income)", Decimal(20), _SALES),
            ("INPUT2", "20% (VAT on Expenses)", Decimal(20), _PURCHASES),
            ("RROUTPUT", "5% (VAT on Income)", Decimal(5), _SALES),
            ("ZERORATEDOUTPUT", "Zero Rated Income", ZERO, _SALES),
            ("NONE", "No VAT", ZERO, _ALL),
        ],
    }
    others = [
        ("OUTPUT", "Tax on Sales", percent, _SALES),
        ("INPUT", "Tax on Purchases", percent, _PURCHASES),
        ("NONE", "Tax Exempt", ZERO, _ALL),
    ]
    rates = [TaxRate(*row) for row in plain.get(country, others)]
    if country == "CA":
        rates += [
            composed("CAN028", "MB - GST/RST on Sales", ("RST", "7", False), ("GST", "5", False)),
            composed("TAX001", "QC - GST/QST on Sales", ("GST", "5", False), ("QST", "9.5", True)),
        ]
    return {rate.tax_type: rate for rate in rates}


def composed(tax_type: str, name: str, *parts: tuple[str, str, bool]) -> TaxRate:
    """A sales rate of several components as (name, percent, whether it is charged on the others too)."""
    components = tuple(TaxComponent(part, Decimal(percent), compound) for part, percent, compound in parts)
    return TaxRate(tax_type, name, _effective(components) * _HUNDRED, _SALES, components)


def _shares(components: tuple[TaxComponent, ...]) -> list[Decimal]:
    """What each component takes of one unit; a compound one takes from the plain ones too."""
    plain = sum((one.percent for one in components if not one.compound), ZERO) / _HUNDRED
    return [one.percent / _HUNDRED * (1 + plain if one.compound else 1) for one in components]


def _effective(components: tuple[TaxComponent, ...]) -> Decimal:
    return sum(_shares(components), ZERO)


def shown_rates(rate: TaxRate) -> dict[str, object]:
    """The figures of a rate: what is displayed adds the percentages up, what is charged compounds them."""
    components = rate.components or (TaxComponent(rate.name, rate.rate, compound=False),)
    return {
        "DisplayTaxRate": sum((one.percent for one in components), ZERO),
        "EffectiveRate": rate.rate,
        "TaxComponents": [
            {"Name": one.name, "Rate": one.percent, "IsCompound": one.compound, "IsNonRecoverable": False} for one in components
        ],
    }


# --- the tax of a line ----------------------------------------------------------------------------------------------------------


def read_tax(books: Books, plan: Plan[Document], fields: Fields, line: Line) -> None:
    """Tax code and tax of a line; the code comes from the account when none was sent."""
    without = plan.subject.line_amount_types == "NoTax"
    default = line.account.tax_type if line.account is not None and not without else books.no_tax()
    line.tax_type = fields.text("TaxType").upper() or default
    rate = books.tax_rates.get(line.tax_type)
    if rate is None:
        plan.refuse(f"The TaxType code {line.tax_type} does not exist or cannot be used for this type of transaction.")
        return
    if line.account is not None and line.account.group not in rate.groups:
        plan.refuse(f"The TaxType code '{line.tax_type}' cannot be used with account code '{line.account.code}'")
    sent = fields.number("TaxAmount")
    if sent is not None and books.switch("tax_amount_limit") and abs(sent) > abs(line.unit_amount or ZERO):
        plan.refuse("The tax amount cannot be greater than the unit amount.")
    line.tax_amount = ZERO if without else money(sent) if sent is not None else _tax(books, plan.subject, line, rate)


def recompute_tax(books: Books, document: Document, line: Line) -> None:
    """Work the tax of a line out again after a person has changed its amount."""
    rate = books.tax_rates.get(line.tax_type)
    without = document.line_amount_types == "NoTax" or rate is None
    line.tax_amount = ZERO if without or rate is None else _tax(books, document, line, rate)


def _tax(books: Books, document: Document, line: Line, rate: TaxRate) -> Decimal:
    """From the effective rate, rounded once a line, or component by component."""

    def cents(amount: Decimal) -> Decimal:
        return amount.quantize(_CENT, HALVES[str(books.switch("tax_halves"))])

    share = rate.rate / _HUNDRED
    is_inclusive = document.line_amount_types == "Inclusive"
    if rate.components and books.switch("tax_components") == "each":
        net = line.amount / (1 + share) if is_inclusive else line.amount
        return sum((cents(net * one) for one in _shares(rate.components)), ZERO)
    return line.amount - cents(line.amount / (1 + share)) if is_inclusive else cents(line.amount * share)
