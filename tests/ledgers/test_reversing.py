"""What both ledgers answer to the application of a credit, and how much of it is believed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Phase, Posted, Posting, Rejected, Throttled, Uncertain, WriteRequest
from connector.ledgers.exact_json import decode
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.quickbooks import faults as quickbooks
from connector.ledgers.quickbooks.reversing import application as payment
from connector.ledgers.quickbooks.reversing import payments_of, pays
from connector.ledgers.xero import faults as xero
from connector.ledgers.xero.documents import settled_by
from connector.ledgers.xero.reversing import application as allocation
from tests.core.examples import expectation
from tests.ledgers.rig import DAY, sending
from tests.ledgers.test_quickbooks_client import answering as quickbooks_answering
from tests.ledgers.test_xero_client import answering as xero_answering

INVOICE_ID, CREDIT_ID = "0b159335-606b-485f-b51b-97b3b32bad32", "0e64a623-c2a1-446a-93ed-eb897f118cbc"
BODY = b'{"CustomerRef":{"value":"58"},"PrivateNote":"Takes back 4711-A"}'


def credit(settles: str, remote_id: str, **changed: Any) -> Posting:
    """A credit that is about to be applied."""
    facts: dict[str, Any] = {"kind": DocumentKind.CREDIT, "lines": (), "total": Decimal("100.00"), "gross": Decimal("110.00")}
    expected = expectation(**facts, date=DAY, settles=settles)
    request = WriteRequest("POST", "/somewhere", BODY)
    told = sending(kind=DocumentKind.CREDIT, expectation=expected, phase=Phase.POST_DRAFT, remote_id=remote_id, request=request)
    return replace(told, **changed)


def at_quickbooks(status: int, body: Any) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return quickbooks.classify_application(credit("38", "39"), status, {}, raw)


def at_xero(status: int, body: Any) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return xero.classify_application(credit(INVOICE_ID, CREDIT_ID), status, {}, raw)


def lines(*links: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [{"Amount": amount, "LinkedTxn": [{"TxnId": identifier, "TxnType": kind}]} for kind, identifier, amount in links]


BOTH = lines(("Invoice", "38", 110.00), ("CreditMemo", "39", 110.00))
ALLOCATED = {"Amount": 110.00, "Date": "/Date(0)/", "Invoice": {"InvoiceID": INVOICE_ID.upper()}}


def test_the_payment_over_nothing_names_both_with_the_whole_amount() -> None:
    request = payment("9130", credit("38", "39"))
    told = decode(request.body)
    assert request.url == "/v3/company/9130/payment"
    assert (told["TotalAmt"], told["CustomerRef"], told["PaymentRefNum"], told["TxnDate"]) == (
        0,
        {"value": "58"},
        "4711-ABCDEFGHIJKLM",
        "2026-02-20",
    )
    assert told["Line"] == [
        {"Amount": Decimal("110.00"), "LinkedTxn": [{"TxnId": "38", "TxnType": "Invoice"}]},
        {"Amount": Decimal("110.00"), "LinkedTxn": [{"TxnId": "39", "TxnType": "CreditMemo"}]},
    ]
    assert "CurrencyRef" not in told


def test_the_allocation_is_of_the_whole_credit_to_its_invoice() -> None:
    request = allocation(credit(INVOICE_ID, CREDIT_ID))
    assert (request.method, request.url) == ("PUT", f"/api.xro/2.0/CreditNotes/{CREDIT_ID}/Allocations?summarizeErrors=false")
    (row,) = decode(request.body)["Allocations"]
    assert row == {"Invoice": {"InvoiceID": INVOICE_ID}, "Amount": Decimal("110.00"), "Date": "2026-02-20"}


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"Payment": {"Id": "40", "Line": BOTH}}, Posted),
        (200, {"Payment": {"Id": "40", "Line": lines(("Invoice", "38", 110))}}, Uncertain),
        (200, {"Payment": {"Id": "40", "Line": lines(("Invoice", "77", 110), ("CreditMemo", "39", 110))}}, Uncertain),
        (200, {"Payment": {"Id": "40", "Line": [{"LinkedTxn": BOTH[0]["LinkedTxn"]}]}}, Uncertain),
        (200, {"Payment": {"Id": "40"}}, Uncertain),
        (200, {"CreditMemo": {}}, Uncertain),
        (200, [], Uncertain),
        (200, b"<html>", Uncertain),
        (404, {}, Uncertain),
        (503, b"", Uncertain),
        (400, {"Fault": {"Error": [{"code": "6000", "Message": "more than what is open"}]}}, Rejected),
        (400, {"Fault": {"Error": [{"code": "600", "Message": "Duplicate"}]}}, Uncertain),
        (400, {"Fault": {"Error": [{"code": "620"}]}, "Payment": {}}, Uncertain),
        (401, {}, NotSent),
        (429, b"", Throttled),
    ],
)
def test_quickbooks_answer_to_the_payment_is_believed_as_far_as_it_goes(status: int, body: Any, outcome: type[Outcome]) -> None:
    told = at_quickbooks(status, body)
    assert isinstance(told, outcome)
    if isinstance(told, Posted):
        assert (told.document.id, told.document.kind, told.document.total) == ("39", DocumentKind.CREDIT, 110)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"Allocations": [ALLOCATED]}, Posted),
        (200, {"Allocations": [ALLOCATED | {"Amount": 109.00}]}, Uncertain),
        (200, {"Allocations": [ALLOCATED | {"Invoice": {"InvoiceID": CREDIT_ID}}]}, Uncertain),
        (200, {"Allocations": [ALLOCATED | {"Invoice": None}]}, Uncertain),
        (200, {"Allocations": [{"Amount": 110.00}]}, Uncertain),
        (200, {"Allocations": [ALLOCATED, ALLOCATED]}, Uncertain),
        (200, {"Allocations": []}, Uncertain),
        (200, {"Allocations": ["x"]}, Uncertain),
        (200, {}, Uncertain),
        (200, b"[]", Uncertain),
        (200, {"Allocations": [{"StatusAttributeString": "ERROR", "ValidationErrors": [{"Message": "exceeds the amount"}]}]}, Rejected),
        (200, {"Allocations": [{"StatusAttributeString": "ERROR"}]}, Uncertain),
        (400, {"Type": "ValidationException", "Elements": [{"ValidationErrors": [{"Message": "exceeds the amount"}]}]}, Rejected),
        (400, b"{", Uncertain),
        (404, b"", Uncertain),
        (500, {"Title": "An error occurred"}, Uncertain),
        (403, {}, NotSent),
        (429, b"", Throttled),
    ],
)
def test_xeros_answer_to_the_allocation_is_believed_as_far_as_it_goes(status: int, body: Any, outcome: type[Outcome]) -> None:
    told = at_xero(status, body)
    assert isinstance(told, outcome)
    if isinstance(told, Posted):
        assert (told.document.id, told.document.total) == (CREDIT_ID, 110)


def test_a_payment_applies_what_it_links_of_both() -> None:
    told = {"Line": lines(("Invoice", "38", Decimal(50)), ("CreditMemo", "39", Decimal(60)), ("Invoice", "7", Decimal(1)))}
    assert pays(told, "39", "38") == 50
    assert pays(told, "39", "8") is None
    assert pays({}, "39", "38") is None
    assert payments_of({"LinkedTxn": [{"TxnId": 5, "TxnType": "Payment"}, {"TxnId": "6", "TxnType": "Estimate"}]}) == ["5"]
    assert payments_of({}) == []


@pytest.mark.parametrize(
    ("allocations", "settles"),
    [
        ([], ""),
        ([ALLOCATED], INVOICE_ID.upper()),
        ([ALLOCATED | {"Amount": Decimal(100)}], ""),
        ([ALLOCATED | {"Amount": Decimal(55)}] * 2, INVOICE_ID.upper()),
        ([ALLOCATED | {"Amount": Decimal(55)}, {"Amount": Decimal(55), "Invoice": {"InvoiceID": CREDIT_ID}}], ""),
        ([ALLOCATED | {"IsDeleted": True}], ""),
    ],
)
def test_a_credit_note_settles_the_one_invoice_that_has_all_of_it(allocations: list[dict[str, Any]], settles: str) -> None:
    assert settled_by({"Allocations": allocations}, Decimal("110.00")) == settles


def test_only_a_credit_has_a_second_step_in_quickbooks() -> None:
    ledger = quickbooks_answering(200, {})
    assert ledger.phase_two(credit("38", "39")).url.endswith("/payment")
    with pytest.raises(NotImplementedError):
        ledger.phase_two(sending())


INVOICE = {
    "Id": "38",
    "DocNumber": "4711-ABCDEFGHIJKLM",
    "TxnDate": "2026-02-20",
    "TotalAmt": 110,
    "Balance": 110,
    "CurrencyRef": {"value": "USD"},
}
BILL = {
    "InvoiceID": INVOICE_ID,
    "Type": "ACCREC",
    "InvoiceNumber": "4711-ABCDEFGHIJKLM",
    "Date": "2026-02-20",
    "Status": "AUTHORISED",
    "Total": 110,
}


def test_an_invoice_without_lines_is_none_that_can_be_taken_back() -> None:
    expected = expectation(kind=DocumentKind.INVOICE, lines=(), total=Decimal(110), date=date(2026, 2, 20))
    ours = replace(sending(), kind=DocumentKind.INVOICE, expectation=expected, remote_id="38")
    with pytest.raises(ServiceUnreachableError):
        quickbooks_answering(200, {"Invoice": INVOICE}).take_back(ours, ours.identity, DAY, is_there=False)
    there = replace(ours, remote_id=INVOICE_ID)
    with pytest.raises(ServiceUnreachableError):
        xero_answering(200, {"Invoices": [BILL]}).take_back(there, there.identity, DAY, is_there=False)


def test_a_payment_in_another_shape_proves_nothing() -> None:
    memo = {"Id": "39", "DocNumber": "4711-ABCDEFGHIJKLM", "TxnDate": "2026-02-20", "TotalAmt": 110, "RemainingCredit": 0}
    told = {"CreditMemo": memo, "Invoice": INVOICE | {"LinkedTxn": [{"TxnType": "Payment", "TxnId": "40"}]}, "Payment": {"Line": [{}, 1]}}
    with pytest.raises(ServiceUnreachableError):
        quickbooks_answering(200, told).read(credit("38", "39"))
    told["Payment"] = {"Line": BOTH}
    seen = quickbooks_answering(200, told).read(credit("38", "39"))
    assert seen is not None
    assert seen.settles == "38"
    told["Payment"] = {"Line": BOTH[:1]}
    seen = quickbooks_answering(200, told).read(credit("38", "39"))
    assert seen is not None
    assert seen.settles == ""
