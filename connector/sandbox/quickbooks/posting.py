"""What QuickBooks checks before it books a sale or a journal entry, in its order, and the legs that follow. No HTTP here."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector.sandbox.quickbooks.books import ZERO, Books, Entity, Leg
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.tax import CENT, Sold, Worked, work_out

_SALES = {
    "CustomerRef", "Line", "DocNumber", "TxnDate", "DueDate", "SalesTermRef", "CurrencyRef", "ExchangeRate", "PrivateNote", "CustomerMemo",
    "DepartmentRef", "ClassRef", "BillEmail", "GlobalTaxCalculation", "TxnTaxDetail", "sparse", "Id", "SyncToken", "AllowIPNPayment",
    "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment", "EmailStatus", "PrintStatus", "ShipDate", "TotalAmt",
    "Balance", "Deposit", "HomeBalance", "HomeTotalAmt", "InvoiceLink", "LinkedTxn", "CustomField", "BillAddr", "ShipAddr", "ShipMethodRef",
    "ApplyTaxAfterDiscount", "TrackingNum", "DeliveryInfo", "BillEmailCc", "BillEmailBcc", "ProjectRef", "domain", "MetaData", "status",
    "DepositToAccountRef", "RecurDataRef", "TaxExemptionRef", "ShipFromAddr", "FreeFormAddress", "EInvoiceStatus", "ECloudStatusTimeStamp",
}  # fmt: skip
# An invoice's own, which neither Intuit's reference nor its XSD has for a credit memo.
_INVOICE_ONLY = {
    "Deposit", "AllowIPNPayment", "AllowOnlinePayment", "AllowOnlineCreditCardPayment", "AllowOnlineACHPayment", "InvoiceLink",
    "EInvoiceStatus", "ECloudStatusTimeStamp",
}  # fmt: skip
PROPERTIES = {
    "Invoice": _SALES,
    "CreditMemo": _SALES - _INVOICE_ONLY | {"RemainingCredit", "InvoiceRef", "PaymentMethodRef"},
    "JournalEntry": {
        "Line", "DocNumber", "TxnDate", "CurrencyRef", "ExchangeRate", "PrivateNote", "Adjustment", "GlobalTaxCalculation", "TxnTaxDetail",
        "sparse", "Id", "SyncToken", "TotalAmt", "HomeTotalAmt", "domain", "MetaData", "status", "RecurDataRef", "TaxRateRef",
    },
}  # fmt: skip
LINE = {
    "Id", "LineNum", "Description", "Amount", "Received", "LinkedTxn", "DetailType", "CustomField", "ProjectRef", "CostAmount",
    "HomeCostAmount", "LineEx", "CustomExtensions",
}  # fmt: skip
DETAILS = {
    "JournalEntryLineDetail": {
        "PostingType", "Entity", "AccountRef", "ClassRef", "DepartmentRef", "TaxCodeRef", "TaxRateRef", "TaxApplicableOn", "TaxAmount",
        "TaxInclusiveAmt", "BillableStatus", "JournalCodeRef", "JournalEntryLineDetailEx",
    },
    "SalesItemLineDetail": {
        "ItemRef", "ClassRef", "UnitPrice", "RatePercent", "PriceLevelRef", "MarkupInfo", "Qty", "UOMRef", "ItemAccountRef",
        "InventorySiteRef", "TaxCodeRef", "TaxClassificationRef", "ServiceDate", "TaxInclusiveAmt", "DiscountRate", "DiscountAmt",
        "DeferredRevenue", "RetainageAmount", "SalesItemLineDetailEx",
    },
    "DescriptionLineDetail": {"ServiceDate", "TaxCodeRef", "DescriptionLineDetailEx"},
    "SubTotalLineDetail": {"ItemRef", "ServiceDate", "SubtotalLineDetailEx"},
}  # fmt: skip
DETAIL_TYPES = {
    "Invoice": frozenset({"SalesItemLineDetail", "DescriptionOnly", "SubTotalLineDetail"}),
    "CreditMemo": frozenset({"SalesItemLineDetail", "DescriptionOnly", "SubTotalLineDetail"}),
    "JournalEntry": frozenset({"JournalEntryLineDetail", "DescriptionOnly"}),
}
REFERENCE = {"value", "name", "type"}
LENGTHS = {"DocNumber": 21, "PrivateNote": 4000}
# "Max 15 digits in 10.5 format".
AMOUNT_LIMIT, AMOUNT_PLACES_MAX = Decimal(10) ** 10, 5


def check_shape(kind: str, entity: Entity) -> None:
    """Unknown properties, lengths, the date, and the lines."""
    check_names(entity, PROPERTIES[kind])
    for name, value in entity.items():
        if isinstance(value, str) and len(value) > LENGTHS.get(name, 100_000):
            raise Refusal("2050", f"Field {name} is longer than {LENGTHS[name]}", name)
    _check_customers_parts(entity)
    for name in ("TxnDate", "DueDate"):
        if entity.get(name) and not _is_date(str(entity[name])):
            raise Refusal("2240", "Invalid date format. Required format: YYYY-MM-DD", name)
    lines = entity.get("Line")
    if not isinstance(lines, list) or not lines:
        raise Refusal("2020", "Required parameter Line is missing in the request", "Line")
    for line in lines:
        _check_line(kind, line)


def _check_customers_parts(entity: Entity) -> None:
    """What the customer gets of it: the address and the memo."""
    for name, part, limit in (("BillEmail", "Address", 100), ("CustomerMemo", "value", 1000)):
        if entity.get(name) in (None, ""):
            continue
        check_names(entity[name], {part})
        if len(str(entity[name].get(part) or "")) > limit:
            raise Refusal("2050", f"Field {name}.{part} is longer than {limit}", name)
    address = str((entity.get("BillEmail") or {}).get("Address") or "")
    if address and not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
        raise Refusal("2210", "Invalid Email Address Format", "BillEmail")
    if entity.get("EmailStatus") not in (None, "", "NotSet", "NeedToSend", "EmailSent"):
        raise Refusal("2170", "Invalid Enumeration : EmailStatus", "EmailStatus")
    if entity.get("EmailStatus") == "NeedToSend" and not address:
        raise Refusal("2020", "Required parameter BillEmail is missing in the request", "BillEmail")


def check_names(told: Any, known: Collection[str]) -> None:
    """Properties that are not known here, and references that hold more than a reference does."""
    if not isinstance(told, dict):
        raise Refusal("2010", "failed to parse json object; a property specified is unsupported or invalid")
    for name, value in told.items():
        if name not in known:
            raise Refusal("2010", f"Property Name:{name} specified is unsupported or invalid", name)
        if name.endswith("Ref") and value not in (None, ""):
            check_names(value, REFERENCE)


def _check_line(kind: str, line: Any) -> None:
    check_names(line, LINE | DETAILS.keys())
    for name in DETAILS.keys() & line.keys():
        check_names(line[name] or {}, DETAILS[name])
        served = str((line[name] or {}).get("ServiceDate") or "")
        if served and not _is_date(served):
            raise Refusal("2240", "Invalid date format. Required format: YYYY-MM-DD", "ServiceDate")
    if line.get("DetailType") not in DETAIL_TYPES[kind]:
        raise Refusal("2170", f"Invalid Enumeration : {line.get('DetailType') or 'no DetailType'}", "DetailType")
    if len(str(line.get("Description") or "")) > 4000:
        raise Refusal("2050", "Field Description is longer than 4000", "Description")
    if line.get("Amount") not in (None, ""):
        _check_amount(number_of(line["Amount"], "Amount"))


def _check_amount(amount: Decimal) -> None:
    _, _, exponent = amount.normalize().as_tuple()
    if abs(amount) >= AMOUNT_LIMIT or (isinstance(exponent, int) and -exponent > AMOUNT_PLACES_MAX):
        raise Refusal("2110", f"Invalid Decimal : {amount} has more than 10 digits, or 5 after the point", "Amount")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}(Z|[+-]\d{2}:\d{2})?", text))


def number_of(raw: Any, element: str) -> Decimal:
    """A JSON number; python-quickbooks sends Decimals as strings, and they are taken."""
    try:
        number = Decimal(str(raw))
    except ArithmeticError:
        raise Refusal("2010", f"Property Name:{element} is not a number", element) from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 15:
        raise Refusal("2010", f"Property Name:{element} is out of range", element)
    return number


def reference(books: Books, kind: str, ref: Any, element: str) -> Entity:
    """The active entry that a reference names."""
    identifier = str(ref.get("value") or "") if isinstance(ref, dict) else ""
    entry = books.lists[kind].get(identifier)
    if entry is None:
        raise Refusal("2500", f"Invalid Reference Id : {element} {identifier} is invalid", element)
    if not entry.get("Active", True):
        raise Refusal("610", f"Object Not Found : Something you're trying to use has been made inactive. {element}", element)
    return entry


def journal_legs(books: Books, entity: Entity) -> list[Leg]:
    """Check a journal entry's lines; debits must equal credits."""
    legs = []
    for line in entity["Line"]:
        detail = line.get("JournalEntryLineDetail")
        if not isinstance(detail, dict):
            raise Refusal("2020", "Required parameter JournalEntryLineDetail is missing in the request", "Line")
        side = detail.get("PostingType")
        if side not in ("Debit", "Credit"):
            raise Refusal("2260", "PostingType is missing or invalid", "PostingType")
        amount = number_of(line.get("Amount"), "Amount").quantize(CENT, ROUND_HALF_UP)
        if amount < 0:
            raise Refusal("2290", "Amount should not be negative", "Amount")
        account = reference(books, "Account", detail.get("AccountRef"), "AccountRef")
        _check_entity(account, detail)
        _check_tracking(books, detail)
        legs.append(Leg(account["Id"], amount if side == "Debit" else -amount, str(line.get("Description") or "")))
    if sum((leg.amount for leg in legs), ZERO) != 0:
        raise Refusal("2300", "The sum of debits and the sum of credits are not equal", "Line")
    if not any(leg.amount > 0 for leg in legs):
        raise Refusal("2020", "Required parameter Line with a debit and a credit is missing in the request", "Line")
    return legs


def _check_entity(account: Entity, detail: Entity) -> None:
    entity = detail.get("Entity") or {}
    wanted = {"Accounts Receivable": ("Customer", "customer"), "Accounts Payable": ("Vendor", "vendor")}.get(account["AccountType"])
    if wanted and entity.get("Type") != wanted[0]:
        words = f"When you use {account['AccountType']}, you must choose a {wanted[1]} in the Name field."
        raise Refusal("6000", f"Business Validation Error: {words}")


def _check_tracking(books: Books, detail: Entity) -> None:
    if detail.get("ClassRef"):
        reference(books, "Class", detail["ClassRef"], "ClassRef")
    if detail.get("DepartmentRef"):
        reference(books, "Department", detail["DepartmentRef"], "DepartmentRef")


def check_currency(books: Books, entity: Entity, customer: Entity) -> None:
    """A customer has one currency, and documents in no other."""
    own = (customer.get("CurrencyRef") or {}).get("value") or books.company.currency
    if books.switches["currencies"] and own != ((entity.get("CurrencyRef") or {}).get("value") or books.company.currency):
        raise Refusal("6000", "Business Validation Error: The currency of the transaction is not that of the customer.")


def invoice_legs(books: Books, entity: Entity) -> tuple[list[Leg], Worked]:
    """Check an invoice's lines and compute what QuickBooks computes: legs and tax."""
    if not entity.get("CustomerRef"):
        raise Refusal("2020", "Required parameter CustomerRef is missing in the request", "CustomerRef")
    customer = reference(books, "Customer", entity["CustomerRef"], "CustomerRef")
    check_currency(books, entity, customer)
    for kind, element in (("Department", "DepartmentRef"), ("Class", "ClassRef"), ("Term", "SalesTermRef")):
        if entity.get(element):
            reference(books, kind, entity[element], element)
    legs: list[Leg] = []
    sold: list[Sold] = []
    for line in entity["Line"]:
        if line.get("DetailType") != "SalesItemLineDetail":
            continue
        detail = line.get("SalesItemLineDetail") or {}
        amount = _sales_amount(line, detail)
        if not detail.get("ItemRef"):
            continue  # A line without an item is documentation: its amount is ignored.
        item = reference(books, "Item", detail["ItemRef"], "ItemRef")
        _check_tracking(books, detail)
        sold.append(Sold(amount, _with_tax(detail), str((detail.get("TaxCodeRef") or {}).get("value") or "")))
        legs.append(Leg(item["IncomeAccountRef"]["value"], ZERO, str(line.get("Description") or "")))
    worked = work_out(books, entity, sold)
    for leg, net in zip(legs, worked.nets, strict=True):
        leg.amount = -net
    currency = str((entity.get("CurrencyRef") or {}).get("value") or books.company.currency)
    return _with_tax_and_debtor(books, legs, worked, currency), worked


def _with_tax_and_debtor(books: Books, legs: list[Leg], worked: Worked, currency: str) -> list[Leg]:
    total = sum(worked.nets, ZERO)
    if total < 0:
        raise Refusal("6000", "Business Validation Error: Transaction amount must not be negative.")
    if worked.tax:
        legs.append(Leg(books.account_by_number("2200"), -worked.tax))
    return [Leg(books.receivable(currency), total + worked.tax), *legs]


def _with_tax(detail: Entity) -> Decimal | None:
    sent = detail.get("TaxInclusiveAmt")
    return None if sent in (None, "") else number_of(sent, "TaxInclusiveAmt").quantize(CENT, ROUND_HALF_UP)


def _sales_amount(line: Entity, detail: Entity) -> Decimal:
    amount = number_of(line.get("Amount"), "Amount")
    if detail.get("Qty") not in (None, "") and detail.get("UnitPrice") not in (None, ""):
        product = (number_of(detail["Qty"], "Qty") * number_of(detail["UnitPrice"], "UnitPrice")).quantize(CENT, ROUND_HALF_UP)
        if product != amount.quantize(CENT, ROUND_HALF_UP):
            raise Refusal("6070", f"Amount is not equal to UnitPrice * Qty. Supplied value:{amount:,}", "Amount")
    return amount.quantize(CENT, ROUND_HALF_UP)
