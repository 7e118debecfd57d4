"""Payments at the stand-in for QuickBooks: what they settle, and one over nothing that applies a credit memo to an invoice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.quickbooks.test_credits import code, sale
from tests.sandbox.quickbooks.test_rules import Caller


class Till:
    """An invoice and a credit memo of 50 for the first customer."""

    def __init__(self) -> None:
        self.caller = Caller()
        self.invoice = self.made("invoice", "Invoice")
        self.credit = self.made("creditmemo", "CreditMemo")

    def made(self, path: str, kind: str, **more: Any) -> str:
        answer = self.caller.post(sale(self.caller, **more), path, f"requestid={path}{len(more)}")
        return str(json.loads(answer.body)[kind]["Id"])

    def link(self, kind: str, identifier: str, amount: float = 50) -> dict[str, Any]:
        return {"Amount": amount, "LinkedTxn": [{"TxnId": identifier, "TxnType": kind}]}

    def payment(self, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        (customer, *_) = self.caller.vendor.books.lists["Customer"]
        both = [self.link("Invoice", self.invoice), self.link("CreditMemo", self.credit)]
        return {"TotalAmt": 0, "CustomerRef": {"value": customer}, "TxnDate": "2026-03-01", "Line": list(lines) or both, **more}

    def open(self) -> tuple[int, int]:
        books = self.caller.vendor.books.documents
        return int(books[self.invoice].entity["Balance"]), int(books[self.credit].entity["RemainingCredit"])


@pytest.fixture
def till() -> Till:
    return Till()


def test_a_payment_over_nothing_applies_a_credit_memo_to_an_invoice(till: Till) -> None:
    before = till.caller.vendor.trial_balance()
    made = json.loads(till.caller.post(till.payment(), "payment").body)["Payment"]
    assert till.open() == (0, 0)
    assert (made["TotalAmt"], made["UnappliedAmt"]) == (0, 0)
    shown = json.loads(till.caller.call("GET", f"invoice/{till.invoice}").body)["Invoice"]
    assert shown["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Payment"}]
    assert json.loads(till.caller.call("GET", f"payment/{made['Id']}").body)["Payment"]["Line"] == till.payment()["Line"]
    assert till.caller.vendor.trial_balance() == before
    assert len(till.caller.vendor.documents()) == 2  # A payment is no document of ours.
    assert code(till.caller.post(till.payment(), "payment", "requestid=again")) == "6000"


def test_what_a_payment_settled_is_open_again_when_it_is_deleted(till: Till) -> None:
    made = json.loads(till.caller.post(till.payment(), "payment").body)["Payment"]
    till.caller.vendor.delete("Payment", made["Id"])
    assert till.open() == (50, 50)
    assert till.caller.vendor.books.documents[till.invoice].entity["LinkedTxn"] == []


def test_money_settles_an_invoice_and_is_in_the_bank(till: Till) -> None:
    till.caller.vendor.pay(till.invoice, "20")
    till.caller.vendor.pay(till.invoice)
    assert till.open() == (0, 50)
    bank = next(row for row in till.caller.vendor.trial_balance()["accounts"] if row["account"] == "1010")
    assert bank["debit"] == "50.00"


def test_a_payment_that_does_not_fit_is_refused_and_settles_nothing(till: Till) -> None:
    other = list(till.caller.vendor.books.lists["Customer"])[1]
    theirs = till.made("invoice", "Invoice", number="theirs", CustomerRef={"value": other})
    invoice, credit = till.link("Invoice", till.invoice), till.link("CreditMemo", till.credit)
    wrong = [
        (till.payment(invoice), "6000"),  # nothing covers it
        (till.payment(credit), "6000"),  # it goes nowhere
        (till.payment(till.link("Invoice", till.invoice, 51), credit, TotalAmt=1), "6000"),
        (till.payment(till.link("Invoice", till.invoice, 0)), "6000"),
        (till.payment(till.link("Invoice", theirs), credit), "6000"),
        (till.payment(till.link("Invoice", till.credit), credit), "620"),
        (till.payment(till.link("Invoice", "999"), credit), "620"),
        (till.payment({"Amount": 1}), "2020"),
        (till.payment(TotalAmt=-1), "6000"),
        (till.payment(CustomerRef={"value": "999"}), "2500"),
        (till.payment(PaymentRefNum="x" * 22), "2050"),
        (till.payment(Nonsense=1), "2010"),
        ({name: value for name, value in till.payment().items() if name != "TotalAmt"}, "2020"),
    ]
    for number, (body, refused) in enumerate(wrong):
        assert code(till.caller.post(body, "payment", f"requestid=p{number}")) == refused, body
    till.caller.vendor.set_lock("2026-03-01")
    assert code(till.caller.post(till.payment(), "payment", "requestid=late")) == "6210"
    assert till.open() == (50, 50)


def test_a_payment_is_queried_by_its_customer_and_not_by_its_reference(till: Till) -> None:
    till.caller.post(till.payment(PaymentRefNum="4711"), "payment")
    (customer, *_) = till.caller.vendor.books.lists["Customer"]
    found = till.caller.call("POST", "query", f"SELECT * FROM Payment WHERE CustomerRef = '{customer}'".encode())
    assert len(json.loads(found.body)["QueryResponse"]["Payment"]) == 1
    assert code(till.caller.call("POST", "query", b"SELECT * FROM Payment WHERE PaymentRefNum = '4711'")) == "4001"
