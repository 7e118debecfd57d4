"""Sales tax as QuickBooks works it out: codes and rates by country, and the tax of an invoice. What is published nowhere is a switch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any

from connector.sandbox.quickbooks.books import ZERO, Books, Entity
from connector.sandbox.quickbooks.faults import Refusal

SWITCHES: dict[str, Any] = {
    "using_sales_tax": True,  # off: the company charges no tax, and TxnTaxDetail is dropped
    "automated_sales_tax": False,  # a US company whose tax is found by the customer's address; codes of documents are replaced
    "address_percent": {},  # automated sales tax: the percentage by customer's name; the company's own for everybody else
    "company_tax_code": False,  # a US document that names no code has the company's own; nothing is published
    "tax_rounding": "line",  # cents are rounded by line, line_component, component or code: Canada's support says line
    "tax_halves": "up",  # up, even or down; nothing is published
    "inclusive_amount": "net",  # what a line's Amount is under TaxInclusive: net, or gross; nothing is published
}
CENT = Decimal("0.01")
_HALVES = {"up": ROUND_HALF_UP, "even": ROUND_HALF_EVEN, "down": ROUND_HALF_DOWN}
_CALCULATIONS = ("TaxExcluded", "TaxInclusive", "NotApplicable")
_DETAIL = {"TxnTaxCodeRef", "TotalTax", "TaxLine", "DefaultTaxCodeRef", "UseAutomatedSalesTax", "TaxReviewStatus"}
# (code, rates as (name, percent, what it is charged on)) by country; names as such companies have them.
_CODES: dict[str, tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...]] = {
    "AU": (("GST", (("GST rate", "10", "TaxOnAmount"),)), ("GST Free", (("GST Free rate", "0", "TaxOnAmount"),))),
    "CA": (
        ("GST", (("GST rate", "5", "TaxOnAmount"),)),
        ("GST/PST BC", (("GST rate", "5", "TaxOnAmount"), ("PST (BC) rate", "7", "TaxOnAmount"))),
        ("GST/QST QC - 9.975", (("GST rate", "5", "TaxOnAmount"), ("QST 9.975 rate", "9.975", "TaxOnAmount"))),
        ("GST/QST QC - 9.5", (("GST rate", "5", "TaxOnAmount"), ("QST 9.5 rate", "9.5", "TaxOnAmountPlusTax"))),
        ("Exempt", (("Exempt rate", "0", "TaxOnAmount"),)),
        ("Out of Scope", ()),
    ),
    "GB": (
        ("20.0% S", (("20.0% S rate", "20", "TaxOnAmount"),)),
        ("5.0% R", (("5.0% R rate", "5", "TaxOnAmount"),)),
        ("0.0% Z", (("0.0% Z rate", "0", "TaxOnAmount"),)),
        ("No VAT", ()),
    ),
}


@dataclass(frozen=True, slots=True)
class Sold:
    """What a line says of money: its amount as it was sent, the amount with tax if it was, and its code."""

    amount: Decimal
    with_tax: Decimal | None
    code: str


@dataclass(frozen=True, slots=True)
class Share:
    """What one rate takes of one unit before tax."""

    rate: str
    percent: Decimal
    share: Decimal


@dataclass(frozen=True, slots=True)
class Worked:
    """The amount of each line before tax, the tax, and what the answer says of it."""

    nets: tuple[Decimal, ...]
    tax: Decimal
    detail: Entity = field(default_factory=dict)


# --- lists --------------------------------------------------------------------------------------------------------------------


def stock_taxes(books: Books) -> None:
    """The tax codes of the company's country, and their rates."""
    codes = _CODES.get(books.company.country)
    if codes is None:
        for code, taxable in (("TAX", True), ("NON", False)):
            books.lists["TaxCode"][code] = {"Id": code, "Name": code, "Active": True, "Taxable": taxable, "TaxGroup": False}
        codes = (("State sales tax", (("State sales tax rate", books.company.tax_percent, "TaxOnAmount"),)),)
    for name, rates in codes:
        add_tax_code(books, name, *rates)


def add_tax_code(books: Books, name: str, *rates: tuple[str, str, str]) -> str:
    """A tax code with its rates as (name, percent, what it is charged on); a rate of that name is shared. The code's id."""
    known = {rate["Name"]: rate for rate in books.lists["TaxRate"].values()}
    details = []
    for order, (rate_name, percent, base) in enumerate(rates):
        rate = known.get(rate_name) or books.add("TaxRate", rate_name, RateValue=Decimal(percent), SpecialTaxType="NONE")
        details.append({"TaxRateRef": {"value": rate["Id"]}, "TaxTypeApplicable": base, "TaxOrder": Decimal(order)})
    code = books.add("TaxCode", name, Taxable=True, TaxGroup=True, SalesTaxRateList={"TaxRateDetail": details})
    return str(code["Id"])


def tax_preferences(books: Books) -> Entity:
    """TaxPrefs: PartnerTaxEnabled is there only where sales tax is automated."""
    shown: Entity = {"UsingSalesTax": bool(books.switches["using_sales_tax"])}
    return shown | ({"PartnerTaxEnabled": True} if books.switches["automated_sales_tax"] else {})


def _shares(books: Books, code: str, day: date) -> list[Share]:
    """The rates of a code in their order, as they are on that day; compound ones take from what came before too."""
    details = (books.lists["TaxCode"][code].get("SalesTaxRateList") or {}).get("TaxRateDetail", [])
    found: list[Share] = []
    for detail in sorted(details, key=lambda one: int(one["TaxOrder"])):
        rate = books.lists["TaxRate"][detail["TaxRateRef"]["value"]]
        so_far = sum((one.share for one in found), ZERO)
        base = {"TaxOnAmountPlusTax": 1 + so_far, "TaxOnTax": so_far}.get(detail["TaxTypeApplicable"], Decimal(1))
        percent = _percent_on(rate, day)
        found.append(Share(rate["Id"], percent, base * percent / 100))
    return found


def _percent_on(rate: Entity, day: date) -> Decimal:
    for period in rate.get("EffectiveTaxRate") or ():
        start, end = str(period["EffectiveDate"])[:10], str(period.get("EndDate") or "9999-12-31")[:10]
        if start <= day.isoformat() <= end:
            return Decimal(str(period["RateValue"]))
    return Decimal(str(rate["RateValue"]))


# --- an invoice ---------------------------------------------------------------------------------------------------------------


def work_out(books: Books, entity: Entity, sold: Sequence[Sold]) -> Worked:
    """The tax of an invoice, or what QuickBooks refuses about it."""
    detail = entity.get("TxnTaxDetail") or {}
    unknown = set(detail) - _DETAIL
    if unknown:
        raise Refusal("2010", f"Property Name:{min(unknown)} specified is unsupported or invalid", min(unknown))
    day = date.fromisoformat(str(entity.get("TxnDate") or books.time())[:10])
    if books.company.country == "US":
        return _us(books, entity, sold, day)
    return _elsewhere(books, entity, sold, day)


def _us(books: Books, entity: Entity, sold: Sequence[Sold], day: date) -> Worked:
    """TAX or NON on the line; the rate from the document's own code, or from the address."""
    nets = tuple(line.amount for line in sold)
    wrong = next((line.code for line in sold if line.code not in ("", "TAX", "NON")), None)
    detail = entity.get("TxnTaxDetail") or {}
    code = str((detail.get("TxnTaxCodeRef") or {}).get("value") or "")
    if wrong is not None:
        raise Refusal("6100", f"Invalid Tax Code : {wrong}", "TaxCodeRef")
    if code and (code not in books.lists["TaxCode"] or code in ("TAX", "NON")):
        raise Refusal("6100", f"Invalid Tax Code : {code}", "TxnTaxCodeRef")
    if not books.switches["using_sales_tax"]:
        return Worked(nets, ZERO)
    own = next(identifier for identifier in books.lists["TaxCode"] if identifier.isdigit())
    if books.switches["automated_sales_tax"]:
        return _automated(books, entity, sold, own)
    code = code or (own if books.switches["company_tax_code"] else "")
    shares = _shares(books, code, day) if code else []
    rows = [(line.amount, tuple(shares) if line.code == "TAX" else ()) for line in sold]
    return _told(books, detail, rows, {"TxnTaxCodeRef": {"value": code}} if code else {})


def _automated(books: Books, entity: Entity, sold: Sequence[Sold], engine_code: str) -> Worked:
    """The engine knows the customer's address; a code that was sent is replaced, an amount that was sent is taken."""
    customer = books.lists["Customer"][entity["CustomerRef"]["value"]]["DisplayName"]
    percent = Decimal(str(books.switches["address_percent"].get(customer, books.company.tax_percent)))
    shares = (Share("", percent, percent / 100),)
    rows = [(line.amount, shares if line.code == "TAX" else ()) for line in sold]
    tax = _sum_of(books, rows)
    sent = (entity.get("TxnTaxDetail") or {}).get("TotalTax")
    if sent not in (None, ""):
        tax = Decimal(str(sent)).quantize(CENT, ROUND_HALF_UP)
    return Worked(tuple(line.amount for line in sold), tax, {"TxnTaxCodeRef": {"value": engine_code}, "TotalTax": tax})


def _elsewhere(books: Books, entity: Entity, sold: Sequence[Sold], day: date) -> Worked:
    """Every line has a code; GlobalTaxCalculation says what the amounts are."""
    calculation = str(entity.get("GlobalTaxCalculation") or "TaxExcluded")
    if calculation not in _CALCULATIONS:
        raise Refusal("2170", f"Invalid Enumeration : {calculation}", "GlobalTaxCalculation")
    detail = entity.get("TxnTaxDetail") or {}
    without_tax = Worked(tuple(line.amount for line in sold), ZERO)
    if calculation == "NotApplicable":
        if detail:
            raise Refusal("6170", "TxnTaxDetail must not be there when GlobalTaxCalculation is NotApplicable", "TxnTaxDetail")
        return without_tax
    _check_codes(books, sold)
    if not books.switches["using_sales_tax"]:
        return without_tax
    rows = [(line, tuple(_shares(books, line.code, day))) for line in sold]
    if calculation == "TaxInclusive" and books.switches["inclusive_amount"] == "gross":
        return _taken_out(books, rows)
    said = None
    if calculation == "TaxInclusive" and all(line.with_tax is not None for line in sold):
        said = sum(((line.with_tax or ZERO) - line.amount for line in sold), ZERO)
    return _told(books, detail, [(line.amount, shares) for line, shares in rows], {}, said)


def _check_codes(books: Books, sold: Sequence[Sold]) -> None:
    """Outside the US the pseudo codes TAX and NON do not work: only ids of the company's own codes."""
    for line in sold:
        if not line.code.isdigit() or line.code not in books.lists["TaxCode"]:
            raise Refusal("6100", f"Invalid Tax Code : {line.code or 'none'}", "TaxCodeRef")


def _taken_out(books: Books, rows: Sequence[tuple[Sold, tuple[Share, ...]]]) -> Worked:
    nets = tuple(_cents(books, line.amount / (1 + sum((one.share for one in shares), ZERO))) for line, shares in rows)
    tax = sum((line.amount for line, _ in rows), ZERO) - sum(nets, ZERO)
    return Worked(nets, tax, {"TotalTax": tax})


Rows = Sequence[tuple[Decimal, tuple[Share, ...]]]


def _told(books: Books, sent: Entity, rows: Rows, head: Entity, said: Decimal | None = None) -> Worked:
    """The tax and its lines, one a rate; amounts that were sent in tax lines are taken, and a tax that the lines said."""
    by_rate: dict[str, tuple[Share, Decimal]] = {}
    for amount, shares in rows:
        for share in shares:
            by_rate[share.rate] = (share, by_rate.get(share.rate, (share, ZERO))[1] + amount)
    tax = _sent_tax(sent, by_rate) if sent.get("TaxLine") else _sum_of(books, rows) if said is None else said
    lines: list[Entity] = [
        {
            "Amount": _cents(books, net * share.share),
            "DetailType": "TaxLineDetail",
            "TaxLineDetail": {
                "TaxRateRef": {"value": share.rate},
                "PercentBased": True,
                "TaxPercent": share.percent,
                "NetAmountTaxable": net,
            },
        }
        for share, net in by_rate.values()
    ]
    if lines:
        # What the rounding of the sum leaves over is told with the last rate.
        lines[-1]["Amount"] += tax - sum((Decimal(line["Amount"]) for line in lines), ZERO)
    shown = {**head, "TotalTax": tax, **({"TaxLine": lines} if lines else {})}
    return Worked(tuple(amount for amount, _ in rows), tax, shown)


def _sent_tax(sent: Entity, by_rate: dict[str, tuple[Share, Decimal]]) -> Decimal:
    """The tax lines that were sent must name every rate of the codes once, and no other."""
    named = [str(((line.get("TaxLineDetail") or {}).get("TaxRateRef") or {}).get("value")) for line in sent["TaxLine"]]
    wrong = next((rate for rate in named if rate not in by_rate or named.count(rate) > 1), None)
    if wrong is not None:
        raise Refusal("6470", f"Invalid Tax Rate id - {wrong}", "TaxRateRef")
    if len(named) < len(by_rate):
        raise Refusal("6000", "Business Validation Error: We're sorry, the tax could not be calculated: a tax rate is missing.")
    return sum((Decimal(str(line["Amount"])).quantize(CENT, ROUND_HALF_UP) for line in sent["TaxLine"]), ZERO)


def _sum_of(books: Books, rows: Rows) -> Decimal:
    """Where the cents are rounded before they are added up: by line, by each rate of a line, by rate, or by code."""
    rounding = books.switches["tax_rounding"]
    if rounding == "line":
        return sum((_cents(books, amount * share.share) for amount, share in _whole(rows)), ZERO)
    if rounding == "line_component":
        return sum((_cents(books, amount * share.share) for amount, shares in rows for share in shares), ZERO)
    sums: dict[object, Decimal] = {}
    for amount, shares in rows:
        for key, share in [(one.rate, one.share) for one in shares] if rounding == "component" else [(shares, _all(shares))]:
            sums[key] = sums.get(key, ZERO) + amount * share
    return sum((_cents(books, part) for part in sums.values()), ZERO)


def _whole(rows: Rows) -> list[tuple[Decimal, Share]]:
    return [(amount, Share("", ZERO, _all(shares))) for amount, shares in rows]


def _all(shares: Sequence[Share]) -> Decimal:
    return sum((one.share for one in shares), ZERO)


def _cents(books: Books, amount: Decimal) -> Decimal:
    return amount.quantize(CENT, _HALVES[str(books.switches["tax_halves"])])
