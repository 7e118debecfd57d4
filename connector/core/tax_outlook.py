"""What an invoice's tax will be when the ledger answers, and whether a line for rounding makes its total the one that was meant.

Decided before the bytes are frozen, from our lines and the ledger's published rule; what the answer shows is compared with it later
(core/matching.py). A rounding line is written only where every thinkable rule of the ledger gives the same tax: a line against a
difference that may not come would make one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connector.core.drafting import InvoiceDraft
from connector.core.mapping import Approval, TaxRules
from connector.core.money import ZERO
from connector.core.posting import Expectation
from connector.core.tax import Amounts, Prediction, Rule, TaxedLine, rounded, tax_of

# An amount below this may have no tax because it rounds to nothing.
TAXED_AMOUNT_MIN = Decimal(1)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to expect of a document's tax.

    `tax` is None when it cannot be predicted; `is_due`: it cannot be zero. `gross` is the total with tax that we mean, None when the
    ledger alone decides it. `gap` is what a rounding line must add to reach it.
    """

    tax: Decimal | None = None
    tolerance: Decimal = ZERO
    is_due: bool = False
    gross: Decimal | None = None
    gap: Decimal = ZERO


def expected_invoice(
    draft: InvoiceDraft, number: str, net: Decimal, outlook: Outlook, *, due: date | None, includes_tax: bool = False
) -> Expectation:
    """What the ledger's document of that number must show; `net` is the sum of the lines as they are sent, before tax.

    `due` is None where the ledger works the due date out.
    """
    return Expectation(
        draft.kind,
        number,
        draft.date,
        draft.currency,
        net,
        tax=outlook.tax,
        net=draft.kind.sign * net,
        tax_tolerance=outlook.tolerance,
        tax_is_due=outlook.is_due,
        gross=outlook.gross,
        includes_tax=includes_tax,
        due_date=due,
        may_await=draft.heading.approval is not Approval.AUTHORISED,
    )


def by_rate(rules: TaxRules, lines: Sequence[TaxedLine], prediction: Prediction, allowance: Decimal, digits: int) -> Outlook:
    """The outlook where the ledger works with rates that we know. `lines` are as they will be sent, before tax.

    `allowance` is what a rule that the ledger does not publish may add to the difference, besides the rules that we can think of.
    """
    tolerance = max(prediction.spread, allowance) if rules.tolerance is None else rules.tolerance
    net = sum((line.amount for line in lines), ZERO)
    meant = net + tax_of(lines, Rule.CODE, digits) if rules.adds_rounding_line else None
    return _reaching(rules, Outlook(prediction.tax, tolerance, prediction.tax > tolerance, meant), net, prediction)


def by_rate_taken_out(
    rules: TaxRules, lines: Sequence[TaxedLine], gross: Decimal, prediction: Prediction, allowance: Decimal, digits: int
) -> Outlook:
    """The outlook where amounts with tax are sent without it: taken out and put on again, a cent may be left over."""
    told = by_rate(rules, lines, prediction, allowance, digits)
    found = Outlook(told.tax, told.tolerance, told.is_due, gross)
    return _reaching(rules, found, sum((line.amount for line in lines), ZERO), prediction)


def _reaching(rules: TaxRules, found: Outlook, net: Decimal, prediction: Prediction) -> Outlook:
    if found.gross is None or not rules.adds_rounding_line or prediction.spread:
        return found
    return Outlook(found.tax, found.tolerance, found.is_due, found.gross, found.gross - net - prediction.tax)


def included(rules: TaxRules, gross: Decimal, prediction: Prediction) -> Outlook:
    """The outlook where the ledger takes amounts with their tax: the total is ours to the cent, the split is the ledger's."""
    tolerance = prediction.spread if rules.tolerance is None else rules.tolerance
    return Outlook(prediction.tax, tolerance, prediction.tax > tolerance, gross)


def by_address(rules: TaxRules, taxed: Decimal, allowance: Decimal, digits: int) -> Outlook:
    """The outlook where the ledger finds the rate by the address: about the expected percentage, if the mapping names one."""
    is_due = taxed >= TAXED_AMOUNT_MIN
    if taxed == 0:
        return Outlook(ZERO)
    if rules.expected_percent is None:
        return Outlook(is_due=is_due)
    width = rounded(abs(taxed) * rules.tolerance_percent / 100, digits) + (allowance if rules.tolerance is None else rules.tolerance)
    return Outlook(rounded(taxed * rules.expected_percent / 100, digits), width, is_due)


def without(rules: TaxRules, gross: Decimal, taxed: Decimal) -> Outlook:
    """The outlook where no tax can come: the mapping says so, or the company charges none. `taxed`: what should have been taxed."""
    return Outlook(ZERO, is_due=taxed >= TAXED_AMOUNT_MIN, gross=gross if rules.amounts is Amounts.INCLUSIVE else None)
