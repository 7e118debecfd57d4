"""A reference that QuickBooks refuses is found in what was sent, as far as QuickBooks says which it is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.core.mapped_names import ACCOUNT, CUSTOMER, ITEM, TAX_CODE, TERMS, TRACKING
from connector.core.posting import Posting, WriteRequest
from connector.ledgers.quickbooks.advice import OURS, advise
from tests.ledgers.rig import sending


def posting_of(body: Any) -> Posting:
    return sending(request=WriteRequest("POST", "/x", json.dumps(body).encode()))


def leg(account: str, **more: Any) -> dict[str, Any]:
    return {"Amount": 10.1, "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": account}, **more}}


def sale(item: str, tax: str) -> dict[str, Any]:
    return {"SalesItemLineDetail": {"ItemRef": {"value": item}, "TaxCodeRef": {"value": tax}, "Qty": 1}}


JOURNAL = posting_of({"CurrencyRef": {"value": "USD"}, "Line": [leg("60", ClassRef={"value": "7"}), leg("21"), leg("60")]})
INVOICE = posting_of(
    {
        "CustomerRef": {"value": "5"},
        "DepartmentRef": {"value": "8"},
        "SalesTermRef": {"value": "3"},
        "TxnTaxDetail": {"TxnTaxCodeRef": {"value": "2"}},
        "Line": [sale("5", "TAX"), sale("6", "NON")],
    }
)
ACCOUNTS = {(0, ACCOUNT), (1, ACCOUNT), (2, ACCOUNT)}
TAXES = {(0, TAX_CODE), (1, TAX_CODE)}


@pytest.mark.parametrize(
    ("posting", "refused", "code", "meant"),
    [
        (JOURNAL, "2500: Invalid Reference Id AccountRef 60 is invalid", "ACCOUNT_UNUSABLE", {(0, ACCOUNT), (2, ACCOUNT)}),
        (JOURNAL, "2500: Invalid Reference Id Accounts element id 21 not found", "ACCOUNT_UNUSABLE", {(1, ACCOUNT)}),
        (JOURNAL, "610: Something you're trying to use has been made inactive. (AccountRef)", "ACCOUNT_UNUSABLE", ACCOUNTS),
        (JOURNAL, "610: Something you're trying to use has been made inactive.", "NAME_UNUSABLE", ACCOUNTS | {(0, TRACKING)}),
        (JOURNAL, "2500: ClassRef 7", "NAME_UNUSABLE", {(0, TRACKING)}),
        (JOURNAL, "2500: ItemRef 99", "NAME_UNUSABLE", ACCOUNTS | {(0, TRACKING)}),
        (JOURNAL, "6430: Invalid account type used", "ACCOUNT_UNUSABLE", ACCOUNTS),
        (INVOICE, "2500: ItemRef 5 is invalid", "NAME_UNUSABLE", {(0, ITEM)}),
        (INVOICE, "2500: 5 is invalid", "NAME_UNUSABLE", {(0, ITEM), (-1, CUSTOMER)}),
        (INVOICE, "2500: DepartmentRef 8", "NAME_UNUSABLE", {(0, TRACKING), (1, TRACKING)}),
        (INVOICE, "610: made inactive. SalesTermRef", "NAME_UNUSABLE", {(-1, TERMS)}),
        (INVOICE, "2210: Invalid Email Address Format", "BILL_EMAIL_UNUSABLE", set()),
        (INVOICE, "6250: the customer cannot be sold to", "NAME_UNUSABLE", {(-1, CUSTOMER)}),
        (INVOICE, "6100: Invalid Tax Code : 2 (TxnTaxCodeRef)", "TAX_CODE_UNUSABLE", TAXES),
        (INVOICE, "6100: Invalid Tax Code : NON", "TAX_CODE_UNUSABLE", TAXES),
        (JOURNAL, "6100: Invalid Tax Code", "TAX_CODE_UNUSABLE", set()),
        (posting_of({"BatchItemRequest": []}), "6010: Invalid account type", "ACCOUNT_UNUSABLE", set()),
        (posting_of({"BatchItemRequest": []}), "2500: 60", "NAME_UNUSABLE", set()),
    ],
)
def test_the_names_that_can_be_meant(posting: Posting, refused: str, code: str, meant: set[Any]) -> None:
    advice = advise(posting, refused)
    assert (advice.code, advice.meant) == (code, meant)


def test_of_several_faults_the_one_that_a_person_can_mend_is_told() -> None:
    assert advise(JOURNAL, "2010, 2500, 6000: AccountRef 60").code == "ACCOUNT_UNUSABLE"
    assert advise(JOURNAL, "2010, 6000: words") == OURS
    assert advise(JOURNAL, "") == advise(JOURNAL, "6000: words")
