"""Payments: a customer's money, or none at all where a credit memo settles an invoice (Intuit's reference for Payment).

Each line links one document with an amount; what is linked of invoices must be covered by the payment and by what is linked of credits.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from connector.sandbox.quickbooks.books import ZERO, Books, Document, Entity, Leg
from connector.sandbox.quickbooks.faults import Refusal
from connector.sandbox.quickbooks.posting import check_names, number_of, reference

PAYMENT = "Payment"
PROPERTIES = {
    "TotalAmt", "CustomerRef", "CurrencyRef", "PrivateNote", "PaymentMethodRef", "UnappliedAmt", "DepositToAccountRef", "ExchangeRate",
    "Line", "ProjectRef", "TxnSource", "ARAccountRef", "TxnDate", "CreditCardPayment", "TransactionLocationType", "MetaData",
    "PaymentRefNum",
    "TaxExemptionRef", "Id", "SyncToken", "domain", "sparse", "ProcessPayment", "LinkedTxn",
}  # fmt: skip
LINE = {"Amount", "LinkedTxn", "LineEx"}
LINK = {"TxnId", "TxnType", "TxnLineId"}
# What is left of a document that a line links, by its kind.
LEFT = {"Invoice": "Balance", "CreditMemo": "RemainingCredit"}
REF_LENGTH_MAX = 21


def take(books: Books, entity: Entity, now: datetime, identifier: str) -> Document:
    """The payment that follows from what was sent, with everything that it settles; refuses what QuickBooks refuses."""
    check_names(entity, PROPERTIES)
    if "TotalAmt" not in entity:
        raise Refusal("2020", "Required parameter TotalAmt is missing in the request", "TotalAmt")
    if len(str(entity.get("PaymentRefNum") or "")) > REF_LENGTH_MAX:
        raise Refusal("2050", f"Field PaymentRefNum is longer than {REF_LENGTH_MAX}", "PaymentRefNum")
    customer = reference(books, "Customer", entity.get("CustomerRef"), "CustomerRef")
    links = [_linked(books, line, customer["Id"]) for line in entity.get("Line") or ()]
    total = number_of(entity["TotalAmt"], "TotalAmt")
    sums = {kind: sum((amount for one, amount in links if one.kind == kind), ZERO) for kind in LEFT}
    if total < 0 or sums["Invoice"] > total + sums["CreditMemo"] or (links and sums["CreditMemo"] > sums["Invoice"]):
        raise Refusal("6000", "Business Validation Error: The amounts applied and the amount received do not balance.")
    moment = now.isoformat(timespec="milliseconds")
    shown = {"TxnDate": now.date().isoformat(), **entity, "Id": identifier, "SyncToken": "0", "domain": "QBO", "sparse": False}
    shown |= {"UnappliedAmt": total + sums["CreditMemo"] - sums["Invoice"], "CurrencyRef": books.currency_ref()}
    shown["MetaData"] = {"CreateTime": moment, "LastUpdatedTime": moment}
    _settle(books, links, identifier, 1)
    return Document(PAYMENT, shown, _legs(books, total), now)


def take_back(books: Books, payment: Document) -> None:
    """What it settled is open again."""
    links = [(books.documents[link["TxnId"]], Decimal(line["Amount"])) for line in payment.entity["Line"] for link in line["LinkedTxn"]]
    _settle(books, links, payment.entity["Id"], -1)


def of_money(document: Document, amount: Decimal) -> Entity:
    """What a person enters who got so much for an invoice."""
    link = {"Amount": amount, "LinkedTxn": [{"TxnId": document.entity["Id"], "TxnType": document.kind}]}
    return {"TotalAmt": amount, "CustomerRef": document.entity["CustomerRef"], "Line": [link]}


def _linked(books: Books, line: Any, customer: str) -> tuple[Document, Decimal]:
    check_names(line, LINE)
    amount, links = number_of(line.get("Amount"), "Amount"), line.get("LinkedTxn")
    if not isinstance(links, list) or len(links) != 1:
        raise Refusal("2020", "Required parameter LinkedTxn is missing in the request", "LinkedTxn")
    check_names(links[0], LINK)
    document = books.documents.get(str(links[0].get("TxnId")))
    if document is None or document.status == "deleted" or document.kind != links[0].get("TxnType") or document.kind not in LEFT:
        raise Refusal("620", "Txn ID Cannot Be Linked : The transaction to link does not exist.", "TxnId")
    if document.entity["CustomerRef"]["value"] != customer:
        raise Refusal("6000", "Business Validation Error: The linked transaction is another customer's.")
    if amount <= 0 or amount > Decimal(document.entity[LEFT[document.kind]]):
        raise Refusal("6000", "Business Validation Error: The amount applied is more than what is open.")
    return document, amount


def _settle(books: Books, links: list[tuple[Document, Decimal]], identifier: str, sign: int) -> None:
    link = {"TxnId": identifier, "TxnType": PAYMENT}
    for document, amount in links:
        entity = document.entity
        entity["Balance"] = Decimal(entity["Balance"]) - sign * amount
        if document.kind == "CreditMemo":
            entity["RemainingCredit"] = entity["Balance"]
        else:
            others = [one for one in entity.get("LinkedTxn") or () if one != link]
            entity["LinkedTxn"] = [*others, link] if sign > 0 else others
        books.touch(entity)


def _legs(books: Books, total: Decimal) -> list[Leg]:
    if not total:
        return []
    return [Leg(books.account_of_type("Bank"), total), Leg(books.account_of_type("Accounts Receivable"), -total)]
