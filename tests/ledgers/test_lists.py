"""Reading the ledgers' lists: as a whole, or what changed, and never less than was asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.core.reference import Entry, ListKind, Told
from connector.ledgers.exact_json import encode
from connector.ledgers.ledger import ServiceUnreachableError
from connector.ledgers.quickbooks.client import QuickBooksLedger
from connector.ledgers.quickbooks.entries import as_told, entry_of
from connector.ledgers.xero.adviser import user_of
from connector.ledgers.xero.client import XeroLedger
from tests.ledgers.rig import START, TestClock, http

NOW = (START + timedelta(hours=2)).isoformat(timespec="milliseconds")
THEN = START.isoformat(timespec="milliseconds")
ACCOUNTS, SETTINGS = ListKind.ACCOUNTS, ListKind.SETTINGS
HVAC = {"Id": "1", "Name": "HVAC repairs", "AccountType": "Expense", "AcctNum": "6110"}
PREFERENCES = {"Preferences": {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}}, "time": NOW}


def quickbooks(answers: dict[str, Any]) -> tuple[QuickBooksLedger, list[str]]:
    """A client whose company answers so, by the last part of the path; and what it was asked, in order."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        what = request.url.path.rpartition("/")[2]
        asked.append(f"{what} {request.url.params.get('changedSince', '')}{request.content.decode()}".strip())
        told = answers[what]
        told = told(request) if callable(told) else told
        return told if isinstance(told, httpx.Response) else httpx.Response(200, content=encode(told))

    return QuickBooksLedger(http=http(answer), realm_id="9", currency="USD", clock=TestClock()), asked


def changed(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"CDCResponse": [{"QueryResponse": [{"Account": list(rows)}, {}]}], "time": NOW} | more


WHOLE = {"QueryResponse": {"Account": [HVAC]}, "time": NOW}


def test_quickbooks_is_asked_for_changes_from_ten_minutes_before_the_last_answer() -> None:
    ledger, asked = quickbooks({"preferences": PREFERENCES, "cdc": changed(HVAC, {"Id": "7", "status": "Deleted"})})
    told = ledger.read_lists({SETTINGS, ACCOUNTS}, {ACCOUNTS: THEN, ListKind.CLASSES: NOW, ListKind.TAX_CODES: THEN})
    assert asked == ["preferences", "cdc 2026-03-02T14:50:00+00:00"]
    assert told[ACCOUNTS] == Told((entry_of(ACCOUNTS, HVAC),), NOW, is_whole=False, gone=frozenset({"7"}))
    # The classes were not asked for, and cost no call of their own.
    assert told.keys() == {SETTINGS, ACCOUNTS, ListKind.CLASSES}


@pytest.mark.parametrize(
    "cdc",
    [
        {"Fault": {"Error": [{"Message": "No", "Detail": "No", "code": "500"}], "type": "ValidationFault"}},
        {"CDCResponse": [{"Fault": {"Error": []}}], "time": NOW},
        {"CDCResponse": "soon"},
        {"QueryResponse": {}},
        b"<html>",
        changed(*(HVAC | {"Id": str(number)} for number in range(1000))),
    ],
    ids=["refused", "a fault inside", "another shape", "another answer", "no JSON", "a thousand"],
)
def test_changes_that_cannot_be_had_are_read_as_a_whole(cdc: Any) -> None:
    ledger, asked = quickbooks(
        {"preferences": PREFERENCES, "cdc": httpx.Response(200, content=cdc) if isinstance(cdc, bytes) else cdc, "query": WHOLE}
    )
    told = ledger.read_lists({SETTINGS, ACCOUNTS}, {ACCOUNTS: THEN, ListKind.CLASSES: THEN})
    assert told[ACCOUNTS] == Told((entry_of(ACCOUNTS, HVAC),), NOW)
    assert told.keys() == {SETTINGS, ACCOUNTS}
    assert [what.split()[0] for what in asked] == ["preferences", "cdc", "query"]


@pytest.mark.parametrize(
    "since", ["", "yesterday", "2026-03-02T15:00:00", (START - timedelta(days=40)).isoformat(), "2027-01-01T00:00:00Z"]
)
def test_a_moment_that_is_none_or_too_old_or_to_come_is_not_asked_from(since: str) -> None:
    ledger, asked = quickbooks({"preferences": PREFERENCES, "query": WHOLE})
    assert ledger.read_lists({SETTINGS, ACCOUNTS}, {ACCOUNTS: since})[ACCOUNTS].is_whole
    assert len(asked) == 2


def test_without_the_ledgers_own_time_nothing_is_asked_from_a_moment() -> None:
    ledger, asked = quickbooks({"preferences": PREFERENCES | {"time": "noon"}, "query": WHOLE | {"time": None}})
    told = ledger.read_lists({SETTINGS, ACCOUNTS}, {ACCOUNTS: THEN})
    assert (told[ACCOUNTS].is_whole, told[ACCOUNTS].as_of, told[SETTINGS].as_of) == (True, "", "")
    assert len(asked) == 2


def test_an_answer_that_does_not_say_when_leaves_the_moment_as_it_was() -> None:
    ledger, _ = quickbooks({"preferences": PREFERENCES, "cdc": changed(time=None)})
    assert ledger.read_lists({SETTINGS, ACCOUNTS}, {ACCOUNTS: THEN})[ACCOUNTS] == Told((), THEN, is_whole=False)


def test_a_list_of_many_pages_is_as_old_as_its_first() -> None:
    pages = iter([[HVAC | {"Id": str(number)} for number in range(1000)], [HVAC | {"Id": "1000"}]])
    moments = iter([THEN, NOW])
    ledger, asked = quickbooks({"query": lambda _: {"QueryResponse": {"Account": next(pages)}, "time": next(moments)}})
    told = ledger.read_lists({ACCOUNTS}, {})[ACCOUNTS]
    assert (len(told.entries), told.as_of) == (1001, THEN)
    assert [what.partition("STARTPOSITION")[2] for what in asked] == [" 1 MAXRESULTS 1000", " 1001 MAXRESULTS 1000"]


def test_a_list_of_another_shape_is_an_unreachable_service() -> None:
    ledger, _ = quickbooks({"query": {"QueryResponse": {"Account": [{"Name": "without an id"}]}, "time": NOW}})
    with pytest.raises(ServiceUnreachableError, match="another shape"):
        ledger.read_lists({ACCOUNTS}, {})


def test_an_entry_has_the_names_that_quickbooks_gives_it() -> None:
    row = {
        "Id": "5",
        "DisplayName": "Roof (deleted)",
        "FullyQualifiedName": "Mill:Roof (deleted)",
        "ParentRef": {"value": "3"},
        "Active": False,
    }
    assert entry_of(ListKind.CUSTOMERS, row | {"CurrencyRef": {"value": "USD"}}) == Entry(
        "5", ("Mill:Roof",), leaf="Roof", parent="3", is_active=False, facts={"currency": "USD"}
    )
    code = {"Id": "TAX", "Name": "TAX", "Taxable": True, "SalesTaxRateList": {"TaxRateDetail": [{"TaxRateRef": {"value": "3"}}]}}
    taxed = entry_of(ListKind.TAX_CODES, code)
    assert (taxed.fact("sales_rates"), taxed.fact("taxable")) == ("3", "yes")
    assert as_told(taxed) == {name: code[name] for name in ("Id", "Name", "SalesTaxRateList")}
    rate = {"Id": "3", "Name": "State", "RateValue": Decimal("8.25"), "AgencyRef": {"value": "1"}}
    assert (entry_of(ListKind.TAX_RATES, rate).fact("percent"), entry_of(ListKind.TAX_RATES, rate).fact("agency")) == ("8.25", "1")
    assert as_told(entry_of(ListKind.TAX_RATES, rate)) == {name: rate[name] for name in ("Id", "Name", "RateValue")}
    assert entry_of(ListKind.TERMS, {"Id": "2", "Name": "Net 30", "DueDays": 30}).facts == {"due_days": "30"}
    assert entry_of(ListKind.TERMS, {"Id": "3", "Name": "On receipt", "DueDays": 0}).facts == {"due_days": "0"}


def test_a_customer_has_the_facts_that_tell_it_from_another_one() -> None:
    row = {"Id": "5", "DisplayName": "Mill", "CompanyName": "Mill Ltd", "PrimaryEmailAddr": {"Address": "m@example.com"}}
    entry = entry_of(ListKind.CUSTOMERS, row | {"BillAddr": {"City": "Hull"}})
    assert entry.facts == {"company": "Mill Ltd", "email": "m@example.com", "city": "Hull"}


# --- Xero ---------------------------------------------------------------------------------------------------------------------


def xero(answer: Callable[[httpx.Request], httpx.Response]) -> XeroLedger:
    return XeroLedger(http=http(answer, service="xero"), tenant_id="t", currency="USD", clock=TestClock())


def rows(key: str, *told: dict[str, Any], when: str = "/Date(1772463600000)/") -> httpx.Response:
    return httpx.Response(200, json={key: list(told), "DateTimeUTC": when})


@pytest.mark.parametrize(
    ("since", "header"),
    [("2026-03-02T09:00:00-06:00", "2026-03-02T14:50:00"), ("", None), ("yesterday", None), ("2026-03-02T15:00:00", None)],
)
def test_xero_is_asked_for_what_was_modified_since_in_utc(since: str, header: str | None) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return rows("Accounts", {"AccountID": "a", "Name": "Sales"})

    told = xero(answer).read_lists({ACCOUNTS}, {ACCOUNTS: since})[ACCOUNTS]
    assert [request.headers.get("if-modified-since") for request in asked] == [header]
    assert told == Told((Entry("a", ("Sales",)),), "2026-03-02T15:00:00+00:00", is_whole=header is None)


def test_a_moment_to_come_by_xeros_own_clock_is_not_asked_from() -> None:
    """Its clock never runs back: the copy is of another organisation's life, such as a stand-in's before it was started anew."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_organisation = request.url.path.endswith("Organisation")
        return rows("Organisations", {"Name": "Mill"}) if is_organisation else rows("Accounts")

    told = xero(answer).read_lists({SETTINGS, ACCOUNTS}, {ACCOUNTS: "2027-01-01T00:00:00+00:00"})
    assert told[ACCOUNTS].is_whole


@pytest.mark.parametrize("answer", [httpx.Response(304), rows("Accounts", when="")])
def test_an_answer_of_xero_without_a_moment_leaves_the_moment_as_it_was(answer: httpx.Response) -> None:
    told = xero(lambda _: answer).read_lists({ACCOUNTS}, {ACCOUNTS: THEN})[ACCOUNTS]
    assert told == Told((), THEN, is_whole=False)


def test_every_page_of_contacts_is_read_the_archived_ones_too() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["page"])
        asked.append(str(request.url.params))
        count = 500 if page == 1 else 1
        return rows("Contacts", *({"ContactID": f"{page}-{n}", "Name": f"{page}-{n}"} for n in range(count)), when=f"/Date({page * 1000})/")

    told = xero(answer).read_lists({ListKind.CUSTOMERS}, {})[ListKind.CUSTOMERS]
    assert (len(told.entries), told.as_of) == (501, "1970-01-01T00:00:01+00:00")
    assert asked == ["page=1&includeArchived=true&pageSize=500", "page=2&includeArchived=true&pageSize=500"]


def test_a_contact_says_where_it_is_and_into_whom_it_was_merged() -> None:
    addresses = [{"AddressType": "STREET", "City": ""}, {"AddressType": "POBOX", "City": "Hull"}]
    merged = {"ContactID": "a", "Name": "Mill", "ContactStatus": "ARCHIVED", "MergedToContactID": "b"}
    answer = rows("Contacts", merged | {"EmailAddress": "m@example.com", "Addresses": addresses}, {"ContactID": "b", "Name": "Pier"})
    gone, kept = xero(lambda request: answer).read_lists({ListKind.CUSTOMERS}, {})[ListKind.CUSTOMERS].entries
    assert gone.facts == {"email": "m@example.com", "city": "Hull", "merged_to": "b"}
    assert (gone.is_active, kept.is_active, kept.facts) == (False, True, {})


def test_a_rate_says_on_which_accounts_it_may_be_used() -> None:
    told = rows(
        "TaxRates",
        {"TaxType": "OUTPUT", "Name": "Sales", "CanApplyToRevenue": True, "CanApplyToAssets": True, "EffectiveRate": 8},
        {"TaxType": "GSTONIMPORTS", "Name": "Imports", "CanApplyToRevenue": False, "Status": "ARCHIVED"},
        {"TaxType": "OLD", "Name": "Old"},
    )
    entries = xero(lambda _: told).read_lists({ListKind.TAX_CODES}, {})[ListKind.TAX_CODES].entries
    assert [(entry.fact("groups"), entry.is_active) for entry in entries] == [("ASSET REVENUE", True), ("-", False), ("", True)]


def test_an_option_of_an_archived_category_is_archived_too() -> None:
    options = [{"TrackingOptionID": "o1", "Name": "Plant"}, {"TrackingOptionID": "o2", "Name": "Harbor", "Status": "ARCHIVED"}]
    told = rows(
        "TrackingCategories",
        {"TrackingCategoryID": "c1", "Name": "Site", "Options": options},
        {"TrackingCategoryID": "c2", "Name": "Team", "Status": "ARCHIVED", "Options": [{"TrackingOptionID": "o3", "Name": "Night"}]},
        {"TrackingCategoryID": "c3", "Name": "Empty"},
    )
    ledger = xero(lambda _: told)
    entries = ledger.read_lists({ListKind.TRACKING}, {})[ListKind.TRACKING].entries
    assert [(entry.names, entry.is_active) for entry in entries] == [
        (("Plant", "Site:Plant"), True), (("Harbor", "Site:Harbor"), False), (("Night", "Team:Night"), False),
    ]  # fmt: skip
    assert ledger.chart_of({ListKind.TRACKING: entries}).tracking == {("site", "plant"): ("c1", "o1")}


@pytest.mark.parametrize("token", ["opaque", "a.!!!.c", "a.W10.c", "a.e30.c"])
def test_a_token_that_names_no_user_names_none(token: str) -> None:
    assert user_of(token) == ""
