"""Lines of invoices, credit notes and journals: amounts, accounts, tax and tracking, with the vendor's complaints."""

from __future__ import annotations

from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from connector.sandbox.xero.answers import money
from connector.sandbox.xero.books import ZERO, Account, Books, Document, Line, Plan
from connector.sandbox.xero.reading import Fields

LINE_AMOUNT_TYPES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "notax": "NoTax"}
_HUNDRED = Decimal(100)
_CENT = Decimal("0.01")
HALVES = {"up": ROUND_HALF_UP, "even": ROUND_HALF_EVEN, "down": ROUND_HALF_DOWN}


def read_line_amount_types(books: Books, plan: Plan[Document], fields: Fields) -> None:
    """Take over LineAmountTypes when it was sent; its absence in a new document is a violation."""
    text = fields.text("LineAmountTypes")
    if not text:
        if plan.existing is None:
            books.violate("missing explicit LineAmountTypes")
    elif text.lower() in LINE_AMOUNT_TYPES:
        plan.subject.line_amount_types = LINE_AMOUNT_TYPES[text.lower()]
    else:
        plan.refuse(f"LineAmountTypes '{text}' is not valid")


def _watch_places(books: Books, name: str, value: Decimal | None) -> None:
    if value is not None and value.normalize().as_tuple().exponent < -4:  # type: ignore[operator]
        books.violate(f"{name} with more than four decimal places")


def line_id(books: Books, plan: Plan[Document], fields: Fields) -> str:
    """The id that the line keeps, or a new one."""
    sent = fields.text("LineItemID").lower()
    if plan.existing is not None and any(line.id == sent for line in plan.existing.lines):
        return sent
    return books.guid("line")


def read_amounts(books: Books, plan: Plan[Document], fields: Fields, line: Line, places: int) -> None:
    """Quantity, price and amount of an invoice line; one that is missing follows from the others."""
    quantity, unit, sent = fields.number("Quantity"), fields.number("UnitAmount"), fields.number("LineAmount")
    for name, value in (("Quantity", quantity), ("UnitAmount", unit), ("LineAmount", sent)):
        _watch_places(books, name, value)
    if quantity is None and unit is None and sent is None:
        return
    if unit is None:
        quantity = Decimal(1) if quantity is None else quantity
        unit = sent / quantity if sent is not None and quantity else ZERO
    if quantity is None:
        quantity = sent / unit if sent is not None and unit else Decimal(1)
    line.quantity = money(quantity, 4)
    line.unit_amount = money(unit, places)
    discount = fields.number("DiscountRate") or ZERO
    product = line.quantity * line.unit_amount * (_HUNDRED - discount) / _HUNDRED
    line.amount = product.quantize(_CENT, HALVES[str(books.switch("line_halves"))])
    if sent is not None and money(sent) != line.amount:
        plan.refuse(f"The line total {money(sent)} does not match the expected line total {line.amount}")


def read_account(books: Books, plan: Plan[Document], fields: Fields, line: Line, refused: frozenset[str]) -> None:
    """The account of a line: unknown is a warning on a draft and an error otherwise; archived and barred are errors."""
    text = fields.text("AccountCode") or fields.text("AccountID").lower()
    if not text:
        return
    account = books.account(text)
    if account is None and plan.subject.status == "DRAFT":
        plan.warnings.append(f"Account code '{text}' has been removed as it does not match a recognised account.")
    elif account is None or barred(account, refused):
        plan.refuse(f"Account code '{text}' is not a valid code for this document.")
    elif account.status != "ACTIVE":
        plan.refuse(f"Account code '{text}' has been archived, or has been deleted. Each line item must reference a valid account.")
    line.account = account


def barred(account: Account, refused: frozenset[str]) -> bool:
    """Whether documents of that kind may not use the account, by its part in the ledger or by its type."""
    return account.system in refused or account.type in refused


def read_tracking(books: Books, plan: Plan[Document], fields: Fields, line: Line) -> None:
    """Up to two tracking options, by name or by id."""
    sent = fields.children("Tracking")
    if len(sent) > 2:
        plan.refuse("A maximum of 2 tracking categories can be assigned to a line item.")
    for one in sent:
        found = _option(books, one)
        if found is None:
            plan.refuse(f"Tracking option '{one.text('Option')}' of category '{one.text('Name')}' could not be found.")
        else:
            line.tracking.append(found)


def _option(books: Books, sent: Fields) -> dict[str, str] | None:
    category_keys = {sent.text("Name").lower(), sent.text("TrackingCategoryID").lower()} - {""}
    option_keys = {sent.text("Option").lower(), sent.text("TrackingOptionID").lower()} - {""}
    for category in books.categories:
        if category_keys & {category.name.lower(), category.id}:
            for option_id, name in category.options:
                if option_keys & {name.lower(), option_id} and not category.archived & {category.id, option_id}:
                    return {"Name": category.name, "Option": name, "TrackingCategoryID": category.id, "TrackingOptionID": option_id}
    return None


def add_up(document: Document) -> None:
    """Totals of an invoice or credit note from its lines."""
    lines_total = sum((line.amount for line in document.lines), ZERO)
    document.tax = sum((line.tax_amount for line in document.lines), ZERO)
    if document.line_amount_types == "Inclusive":
        document.total, document.subtotal = lines_total, lines_total - document.tax
    else:
        document.subtotal, document.total = lines_total, lines_total + document.tax
