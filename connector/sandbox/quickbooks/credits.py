"""Credit memos: what they look like, the legs that an invoice has with their signs turned, and what becomes of their credit.

They have a sales form's shape (Intuit's reference and XSD for CreditMemo). A company may have credits applied by QuickBooks itself
(SalesFormsPrefs.AutoApplyCredit, read-only for programs); to which invoice first is published nowhere: to the oldest that is open.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.books import ZERO, Books, Entity, Leg
from connector.sandbox.quickbooks.posting import invoice_legs
from connector.sandbox.quickbooks.tax import Worked

SWITCHES: dict[str, Any] = {
    "auto_apply_credit": False,  # QuickBooks settles open invoices of the customer with a credit as soon as it is there
    "numbers_across_kinds": False,  # an invoice and a credit memo may not have one number; nothing is published
}
SALES_KINDS = ("Invoice", "CreditMemo")
_SETTINGS: Entity = {"ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint", "EmailStatus": "NotSet"}


def credit_legs(books: Books, entity: Entity) -> tuple[list[Leg], Worked]:
    """The legs of an invoice with their signs turned."""
    legs, worked = invoice_legs(books, entity)
    return [Leg(leg.account_id, -leg.amount, leg.description) for leg in legs], worked


def shown_as_credit(shown: Entity, lines: list[Entity], total: Decimal) -> Entity:
    """What QuickBooks adds to a credit memo; it has no due date, and links only where it was applied."""
    return {**_SETTINGS, **shown, "Line": lines, "TotalAmt": total, "Balance": total, "RemainingCredit": total}


def preferences(books: Books) -> Entity:
    """The setting, where it is on; a company that never had it on was recorded without it."""
    return {"AutoApplyCredit": True} if books.switches["auto_apply_credit"] else {}


def apply_by_itself(books: Books, credit: Entity) -> None:
    """Settle the customer's open invoices, the oldest first, where the company has it so."""
    if not books.switches["auto_apply_credit"]:
        return
    invoices = (books.documents[identifier] for identifier in books.by_kind["Invoice"])
    mine = [one.entity for one in invoices if one.status == "live" and one.entity["CustomerRef"] == credit["CustomerRef"]]
    for invoice in sorted(mine, key=lambda one: (one["TxnDate"], int(one["Id"]))):
        settle(books, invoice, credit, min(Decimal(invoice["Balance"]), Decimal(credit["RemainingCredit"])))


def settle(books: Books, invoice: Entity, credit: Entity, amount: Decimal) -> None:
    """Take so much off what is due and off what is left of the credit; both count as changed."""
    if amount <= ZERO:
        return
    invoice["Balance"] = Decimal(invoice["Balance"]) - amount
    credit["Balance"] = credit["RemainingCredit"] = Decimal(credit["RemainingCredit"]) - amount
    books.touch(invoice)
    books.touch(credit)
