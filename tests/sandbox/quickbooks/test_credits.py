"""Credit memos at the stand-in for QuickBooks: an invoice's legs with their signs turned, and numbers by the company's settings."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.quickbooks.test_rules import Caller


def sale(caller: Caller, number: str = "M-1", amount: float = 50, **more: Any) -> dict[str, Any]:
    """A sales form over one line for the first customer."""
    books = caller.vendor.books
    (item, *_), (customer, *_) = books.lists["Item"], books.lists["Customer"]
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {"ItemRef": {"value": item}}}
    return {"DocNumber": number, "TxnDate": "2026-02-20", "CustomerRef": {"value": customer}, "Line": [line], **more}


def code(answer: Any) -> str:
    return str(json.loads(answer.body)["Fault"]["Error"][0]["code"])


def test_a_credit_memo_takes_back_what_an_invoice_booked() -> None:
    caller = Caller()
    caller.post(sale(caller), "invoice", "requestid=a")
    made = json.loads(caller.post(sale(caller), "creditmemo", "requestid=b").body)["CreditMemo"]
    assert (made["TotalAmt"], made["Balance"], made["RemainingCredit"]) == (50, 50, 50)
    assert "DueDate" not in made
    balance = caller.vendor.trial_balance()
    assert {(row["debit"] == row["credit"]) for row in balance["accounts"]} == {True}
    assert balance["debit"] == "100.00"


@pytest.mark.parametrize(
    ("changed", "refused"),
    [
        ({"Line": []}, "2020"),
        ({"CustomerRef": None}, "2020"),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"AllowOnlinePayment": True}, "2010"),
        ({"Nonsense": 1}, "2010"),
    ],
)
def test_a_credit_memo_has_the_rules_of_a_sales_form(changed: dict[str, Any], refused: str) -> None:
    caller = Caller()
    assert code(caller.post({**sale(caller), **changed}, "creditmemo")) == refused


def test_a_total_below_zero_is_refused_for_either() -> None:
    caller = Caller()
    for kind in ("invoice", "creditmemo"):
        assert code(caller.post(sale(caller, amount=-1), kind, f"requestid={kind}")) == "6000"


@pytest.mark.parametrize(("own", "shared", "again", "other"), [(True, False, 400, 200), (True, True, 400, 400), (False, True, 200, 200)])
def test_a_number_is_taken_among_credit_memos_and_where_it_is_shared_by_an_invoice(own: bool, shared: bool, again: int, other: int) -> None:
    caller = Caller(custom_txn_numbers=own, numbers_across_kinds=shared)
    caller.post(sale(caller, "1"), "invoice", "requestid=a")
    caller.post(sale(caller, "2"), "creditmemo", "requestid=b")
    assert caller.post(sale(caller, "2"), "creditmemo", "requestid=c").status == again
    assert caller.post(sale(caller, "1"), "creditmemo", "requestid=d").status == other


def test_a_company_that_applies_credits_by_itself_settles_the_oldest_invoice_first() -> None:
    caller = Caller(auto_apply_credit=True)
    for number, day in (("new", "2026-02-21"), ("old", "2026-02-01")):
        caller.post(sale(caller, number, TxnDate=day), "invoice", f"requestid={number}")
    made = json.loads(caller.post(sale(caller, "credit", 70), "creditmemo", "requestid=c").body)["CreditMemo"]
    left = {one.entity["DocNumber"]: int(one.entity["Balance"]) for one in caller.vendor.books.documents.values()}
    assert (made["RemainingCredit"], left) == (0, {"old": 0, "new": 30, "credit": 0})
    assert json.loads(caller.call("GET", "preferences").body)["Preferences"]["SalesFormsPrefs"]["AutoApplyCredit"] is True


def test_a_company_that_does_not_says_nothing_of_it() -> None:
    caller = Caller()
    assert "AutoApplyCredit" not in json.loads(caller.call("GET", "preferences").body)["Preferences"]["SalesFormsPrefs"]


def test_a_credit_memo_is_queried_by_number_and_told_as_changed_when_it_was_voided() -> None:
    caller = Caller()
    made = json.loads(caller.post(sale(caller), "creditmemo").body)["CreditMemo"]
    statement = b"SELECT * FROM CreditMemo WHERE DocNumber IN ('m-1')"
    assert json.loads(caller.call("POST", "query", statement).body)["QueryResponse"]["CreditMemo"][0]["Id"] == made["Id"]
    caller.clock.advance(60)
    caller.vendor.void(made["Id"])
    told = json.loads(caller.call("GET", "cdc", query="entities=CreditMemo&changedSince=2026-03-02T15:00:30%2B00:00").body)
    (row,) = told["CDCResponse"][0]["QueryResponse"][0]["CreditMemo"]
    assert (row["TotalAmt"], row["RemainingCredit"], row["PrivateNote"]) == (0, 0, "Voided")
    assert caller.vendor.documents() == []
