"""What Xero finds and in which order, which questions it does not understand, and bodies that it cannot read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.xero.caller import ZERO_ID, Caller, journal, line

UNREADABLE = (400, 17, "PostDataInvalidException")
BAD_QUERY = (400, 16, "QueryParseException")


@pytest.fixture(scope="module")
def shop() -> Caller:
    """Three invoices and a supplier's bill, a minute apart, and two journals."""
    caller = Caller()
    for number, day, customer in (
        ("A-1", "2026-02-20", "Harbor Mall"),
        ("A-2", "2026-02-10", "Riverside Apartments"),
        ("B-1", "2026-02-28", "Harbor Mall"),
    ):
        caller.made(
            number, line("1", number[-1] + "0"), Date=day, Reference=f"Job {number}", Contact={"ContactID": caller.contact(customer)}
        )
        caller.clock.advance(60)
    caller.made("A-1", line(AccountCode="6100"), Type="ACCPAY", Status="DRAFT", DueDate=None)
    for narration in ('Pump "7"', "Fan"):
        caller.write("PUT", "ManualJournals", journal(narration))
    return caller


def found(shop: Caller, **params: Any) -> list[str]:
    return [row["InvoiceNumber"] for row in shop.rows("Invoices", **params)]


@pytest.mark.parametrize(
    ("where", "numbers"),
    [
        ('InvoiceNumber=="a-1"', ["A-1", "A-1"]),
        ('InvoiceNumber="A-1" AND Type=="ACCREC"', ["A-1"]),
        ('Type=="ACCREC" && Status!="VOIDED"', ["A-1", "A-2", "B-1"]),
        ('InvoiceNumber=="A-2" OR InvoiceNumber=="B-1"', ["A-2", "B-1"]),
        ('(InvoiceNumber=="A-2" || InvoiceNumber=="B-1") and Total>10', ["A-2"]),
        ("Date>=DateTime(2026,02,20) && Date<DateTime(2026, 02, 28)", ["A-1", "A-1"]),
        ("Date<=DateTime(2026,02,20,00,00,00)", ["A-1", "A-2", "A-1"]),
        ("AmountDue>=20.00 and AmountPaid==0", ["A-2", "A-1"]),
        ("DueDate==null", ["A-1"]),
        ("DueDate!=null AND DueDate>DateTime(2026,01,01)", ["A-1", "A-2", "B-1"]),
        ("DueDate>DateTime(2026,01,01)", ["A-1", "A-2", "B-1"]),
        ('Reference.StartsWith("job a")', ["A-1", "A-2"]),
        ('Reference.EndsWith("1") AND Contact.Name.Contains("MALL")', ["A-1", "B-1"]),
        ('Contact.ContactNumber!="x" AND Total==20.0', ["A-2"]),
        (f'InvoiceID==guid("{ZERO_ID}")', []),
        ("Total!=true", ["A-1", "A-2", "B-1", "A-1"]),
        ("Date>5", []),
    ],
)
def test_a_where_expression_finds_what_it_says_in_the_order_of_change(shop: Caller, where: str, numbers: list[str]) -> None:
    assert found(shop, where=where) == numbers


@pytest.mark.parametrize(
    "where",
    [
        "",
        "InvoiceNumber",
        "InvoiceNumber==",
        'Colour=="red"',
        'InvoiceNumber=="A" "B"',
        "InvoiceNumber==A-1",
        "(Total==1",
        "Total=='1'",
        "Date==DateTime(2026,13,01)",
        "Total ~ 1",
        "Reference.Contains(1)",
        "Total==nothing",
    ],
)
def test_a_where_expression_that_xero_cannot_read_is_refused(shop: Caller, where: str) -> None:
    if where:
        assert shop.refusal("GET", "Invoices", query=f"where={where.replace('=', '%3D').replace(' ', '%20')}") == BAD_QUERY
    else:
        assert len(found(shop, where=where)) == 4


@pytest.mark.parametrize(
    ("params", "numbers"),
    [
        ({"order": "UpdatedDateUTC DESC"}, ["A-1", "B-1", "A-2", "A-1"]),
        ({"order": "Date"}, ["A-2", "A-1", "A-1", "B-1"]),
        ({"order": "InvoiceNumber DESC, Type ASC"}, ["B-1", "A-2", "A-1", "A-1"]),
        ({"InvoiceNumbers": "B-1,a-2,C-9"}, ["A-2", "B-1"]),
        ({"Statuses": "draft, submitted"}, ["A-1"]),
        ({"searchTerm": "JOB B"}, ["B-1"]),
        ({"IDs": ZERO_ID}, []),
        ({"page": 2, "pageSize": 3}, ["A-1"]),
        ({"page": 0, "pageSize": 0}, ["A-1"]),
    ],
)
def test_lists_are_ordered_filtered_and_cut_into_pages(shop: Caller, params: dict[str, Any], numbers: list[str]) -> None:
    assert found(shop, **params) == numbers


def test_documents_are_found_by_id_and_by_contact(shop: Caller) -> None:
    first = shop.rows("Invoices", InvoiceNumbers="B-1")[0]
    assert found(shop, IDs=f"{first['InvoiceID']},{ZERO_ID}") == ["B-1"]
    assert found(shop, ContactIDs=shop.contact("Harbor Mall")) == ["A-1", "B-1"]
    assert found(shop, where=f'Contact.ContactID==guid("{shop.contact("Harbor Mall")}")') == ["A-1", "B-1"]


@pytest.mark.parametrize("query", ["order=Colour", "order=Date%20UP", "order=Date%20ASC%20x", "order=,", "page=two", "pageSize=x&page=1"])
def test_an_order_or_a_page_that_xero_does_not_know_is_refused(shop: Caller, query: str) -> None:
    assert shop.refusal("GET", "Invoices", query=query) == BAD_QUERY


def test_lines_are_shown_in_pages_and_single_reads_only(shop: Caller) -> None:
    assert [len(row["LineItems"]) for row in shop.rows("Invoices")] == [0] * 4
    assert [len(row["LineItems"]) for row in shop.rows("Invoices", page=1)] == [1] * 4
    assert [len(row["LineItems"]) for row in shop.rows("Invoices", page=1, summaryOnly="true")] == [0] * 4
    told = shop.get("Invoices", page=1, pageSize=3)
    assert told["pagination"] == {"page": 1, "pageSize": 3, "pageCount": 2, "itemCount": 4}
    assert "pagination" not in shop.get("Invoices")
    assert [len(row["JournalLines"]) for row in shop.rows("ManualJournals")] == [0, 0]
    assert [len(row["JournalLines"]) for row in shop.rows("ManualJournals", page=1)] == [2, 2]


def test_a_journal_is_found_by_its_whole_narration_with_quotes_in_it(shop: Caller) -> None:
    rows = shop.rows("ManualJournals", where='Narration=="pump \\"7\\""')
    assert [row["Narration"] for row in rows] == ['Pump "7"']
    assert shop.rows("ManualJournals", where='Narration=="Pump"') == []


@pytest.mark.parametrize(
    ("since", "numbers"),
    [
        ("2026-03-02T15:01:00", ["A-2", "B-1", "A-1"]),
        ("2026-03-02T15:01:00.999", ["A-2", "B-1", "A-1"]),
        ("2026-03-02T16:02:00+01:00", ["B-1", "A-1"]),
        ("Mon, 02 Mar 2026 15:03:00 GMT", ["A-1"]),
        ("2026-03-02T15:04:00", []),
    ],
)
def test_what_changed_since_a_moment_is_told_by_the_second(shop: Caller, since: str, numbers: list[str]) -> None:
    answer = shop.call("GET", "Invoices", if_modified_since=since)
    assert [row["InvoiceNumber"] for row in json.loads(answer.body)["Invoices"]] == numbers


@pytest.mark.parametrize("since", ["yesterday", "2026-02-30T00:00:00"])
def test_a_moment_that_is_none_is_refused(shop: Caller, since: str) -> None:
    assert shop.refusal("GET", "Invoices", if_modified_since=since) == BAD_QUERY


def test_changes_stay_in_order_when_time_runs_backwards_and_the_log_is_cut() -> None:
    caller = Caller()
    first, second = caller.made("A-1"), caller.made("A-2")
    caller.clock.advance(-60)
    for _ in range(1100):
        caller.vendor.edit_line_amount(first["InvoiceID"], 0, "5")
    assert found(caller) == ["A-1", "A-2"]
    answer = caller.call("GET", "Invoices", if_modified_since="2026-03-02T15:00:00")
    assert [row["InvoiceID"] for row in json.loads(answer.body)["Invoices"]] == [second["InvoiceID"]]


def test_a_list_does_not_show_what_was_made_a_moment_ago_when_that_is_switched_on_and_a_read_by_id_does() -> None:
    caller = Caller(lookup_lag_seconds=5)
    made = caller.made()
    assert found(caller, where='InvoiceNumber=="WO-1"') == []
    assert caller.call("GET", f"Invoices/{made['InvoiceID']}").status == 200
    caller.clock.advance(5)
    assert found(caller, where='InvoiceNumber=="WO-1"') == ["WO-1"]


# --- the organisation's lists ---------------------------------------------------------------------------------------------------------


def test_one_account_is_asked_for_by_code_and_many_by_what_they_are(shop: Caller) -> None:
    assert [row["Name"] for row in shop.rows("Accounts/6100")] == ["Repairs and maintenance"]
    assert [row["Code"] for row in shop.rows("Accounts", where='Type=="BANK"')] == ["1010"]
    assert [row["Code"] for row in shop.rows("Accounts", where='SystemAccount=="DEBTORS"')] == ["1100"]
    assert [row["Code"] for row in shop.rows("Accounts", where='Status=="ARCHIVED"')] == ["6190"]
    assert shop.call("GET", "Accounts/9999").status == 404
    assert [row["Code"] for row in shop.rows("Currencies")] == ["USD"]


def test_contacts_are_searched_paged_and_archived() -> None:
    caller = Caller()
    names = [row["Name"] for row in caller.rows("Contacts")]
    assert [row["Name"] for row in caller.rows("Contacts", searchTerm="HAR")] == ["Harbor Mall"]
    assert [row["Name"] for row in caller.rows("Contacts", page=2, pageSize=3)] == names[3:]
    assert [row["Name"] for row in caller.rows("Contacts", page=1)] == names
    assert [row["Name"] for row in caller.rows("Contacts", IDs=caller.contact())] == ["Riverside Apartments"]
    caller.clock.advance(60)
    caller.write("POST", f"Contacts/{caller.contact()}", {"ContactStatus": "ARCHIVED"})
    assert len(caller.rows("Contacts")) == len(names) - 1
    assert [row["ContactStatus"] for row in caller.rows("Contacts", includeArchived="true")].count("ARCHIVED") == 1
    answer = caller.call("GET", "Contacts", query="includeArchived=true", if_modified_since="2026-03-02T15:01:00")
    assert [row["Name"] for row in json.loads(answer.body)["Contacts"]] == ["Riverside Apartments"]
    assert caller.write("PUT", "Contacts", {"Name": "Riverside Apartments"})["ContactStatus"] == "ACTIVE"


def test_a_contact_has_a_name_of_its_own_and_an_address_that_can_be_written_to() -> None:
    caller = Caller()
    taken = (
        "The contact name harbor mall is already assigned to another contact. The contact name must be unique across all active contacts."
    )
    for body, message in (
        ({"Name": "harbor mall"}, taken),
        ({}, "The Contact Name must be specified."),
        ({"Name": "New", "EmailAddress": "nowhere"}, "Email address must be valid."),
    ):
        assert message in caller.complaints("PUT", "Contacts", body)
    assert caller.complaints("POST", f"Contacts/{caller.contact()}", {"Name": "harbor mall"}) == [taken]
    changed = caller.write("POST", "Contacts", {"Name": "HARBOR MALL", "EmailAddress": "desk@harbor.example", "ContactNumber": "C-2"})
    assert changed["ContactID"] == caller.contact("HARBOR MALL")
    assert [row["EmailAddress"] for row in caller.rows("Contacts/C-2")] == ["desk@harbor.example"]
    assert caller.call("POST", "Contacts", {"ContactID": ZERO_ID, "Name": "x"}).status == 404
    assert caller.call("PUT", f"Contacts/{caller.contact()}", {"Name": "x"}).status == 500  # Always, as often as it is sent.


# --- bodies ---------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{", b"1", b"[1]", b"[]", b'{"Invoices": []}', b'{"Invoices": [1]}', b"[" * 100_000, b"\xff"])
def test_what_is_not_a_list_of_invoices_is_refused_before_any_rule(body: bytes) -> None:
    assert Caller().refusal("PUT", "Invoices", body) == UNREADABLE


@pytest.mark.parametrize(
    "change",
    [
        {"Date": "20.02.2026"},
        {"Date": "20260220"},
        {"Date": "2026-W08-5"},
        {"Date": "2026-02-20 or so"},
        {"Date": "/Date(99999999999999999)/"},
        {"Date": "2026-02-30"},
        {"Reference": {"a": 1}},
        {"Reference": "half \ud83d"},
        {"LineItems": ["x"]},
        {"LineItems": [{"Quantity": "two"}]},
        {"LineItems": [{"Quantity": True}]},
        {"LineItems": [{"Quantity": "NaN"}]},
        {"LineItems": [{"UnitAmount": "10000000000"}]},
    ],
)
def test_a_value_of_another_kind_than_its_field_is_refused_before_any_rule(change: dict[str, Any]) -> None:
    caller = Caller()
    assert caller.refusal("PUT", "Invoices", caller.invoice(**change)) == UNREADABLE
    assert caller.everything() == []


@pytest.mark.parametrize("day", ["2026-02-20", "2026-02-20T00:00:00", "/Date(1771545600000)/", "/Date(1771545600000+0000)/"])
def test_a_date_has_three_spellings(day: str) -> None:
    assert Caller().made("WO-1", Date=day)["DateString"] == "2026-02-20T00:00:00"


def test_keys_are_read_in_any_case_and_numbers_as_text_too() -> None:
    caller = Caller()
    body = {name.upper(): value for name, value in caller.invoice("WO-1", line("", "50.00")).items()}
    assert caller.write("PUT", "Invoices", body)["Total"] == 50.0
    answer = caller.call("PUT", "Invoices", [caller.invoice("WO-2", line(2, 50)), caller.invoice("WO-3")])
    assert [one["Total"] for one in json.loads(answer.body)["Invoices"]] == [100.0, 100.0]


def test_a_contact_that_is_a_text_is_an_error_inside_each_time() -> None:
    caller = Caller()
    answer = caller.call("PUT", "Invoices", caller.invoice(Contact="Harbor Mall"))
    assert (answer.status, json.loads(answer.body)["Title"]) == (500, "An error occurred")


# --- keys, sizes and limits -----------------------------------------------------------------------------------------------------------


def test_a_key_of_more_than_128_characters_is_refused_and_one_that_was_used_otherwise_too() -> None:
    caller = Caller()
    answer = caller.call("PUT", "ManualJournals", journal(), idempotency_key="k" * 129)
    assert (answer.status, "is 129 characters long" in json.loads(answer.body)["Message"]) == (400, True)
    assert caller.call("PUT", "ManualJournals", journal(), idempotency_key="k" * 128).status == 200
    for changed in (journal("other"), journal()):
        again = caller.call("PUT", "ManualJournals", changed, "summarizeErrors=false", idempotency_key="k" * 128)
        assert (again.status, "is used with a different request." in json.loads(again.body)["Message"]) == (400, True)
    assert len(caller.everything()) == 1


def test_a_careless_client_is_heard_and_told_of() -> None:
    caller = Caller()
    caller.call("PUT", "ManualJournals", journal(), idempotency_key="", accept="*/*")
    caller.call("PUT", "ManualJournals", journal(Url="x" * 3_600_000), "")
    made = caller.made("WO-1", line("1.00001"))
    caller.call("POST", f"Invoices/{made['InvoiceID']}", {"Reference": "r"}, "summarizeErrors=false")
    assert caller.vendor.violations == [
        "no Accept: application/json: PUT /api.xro/2.0/ManualJournals",
        "no Idempotency-Key: PUT /api.xro/2.0/ManualJournals",
        "more than 3.5 MB: PUT /api.xro/2.0/ManualJournals",
        "missing explicit summarizeErrors: PUT /api.xro/2.0/ManualJournals",
        "Quantity with more than four decimal places",
        f"needless summarizeErrors: POST /api.xro/2.0/Invoices/{made['InvoiceID']}",
    ]
    assert caller.refusal("PUT", "ManualJournals", b" " * 10_000_001) == (400, 10, "ValidationException")


def test_a_day_limit_waits_for_its_window_and_calling_meanwhile_is_a_violation() -> None:
    caller = Caller(enforce_limits=True, day_limit=2)
    answers = [caller.call("GET", "Accounts") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert (refused.body, refused.headers["X-Rate-Limit-Problem"], refused.headers["X-DayLimit-Remaining"]) == (b"", "day", "0")
    assert int(refused.headers["Retry-After"]) == (24 + 5 - 15) * 3600 + 23 * 60
    assert caller.vendor.violations == []
    assert caller.call("GET", "Accounts").status == 429
    assert caller.vendor.violations == ["call during a Retry-After pause"]
    assert caller.vendor.over_limit() == {"concurrent": 0, "minute": 0, "day": 2, "appminute": 0}


def test_more_than_the_minutes_sixty_are_refused_until_the_next_window() -> None:
    caller = Caller(enforce_limits=True, retry_after_seconds=26)
    answers = [caller.call("GET", "Accounts") for _ in range(61)]
    assert [answer.status for answer in answers] == [200] * 60 + [429]
    assert (answers[-1].headers["Retry-After"], "content-type" in answers[-1].headers) == ("26", False)
    caller.clock.advance(60)
    assert caller.call("GET", "Accounts").status == 200


@pytest.mark.parametrize("status", [200, 304])
def test_nothing_modified_is_an_empty_list_or_a_304(status: int) -> None:
    caller = Caller(nothing_modified=status)
    caller.made()
    caller.vendor.books.clock.advance(60)
    since = caller.vendor.books.clock.now().strftime("%Y-%m-%dT%H:%M:%S")
    answer = caller.call("GET", "Invoices", query="page=1", if_modified_since=since)
    assert (answer.status, bool(answer.body)) == (status, status == 200)
    assert caller.call("GET", "Invoices", query="page=1").status == 200


def test_a_payment_modifies_an_invoice_and_the_last_one_pays_it() -> None:
    caller = Caller()
    invoice = caller.made()
    identifier = str(invoice["InvoiceID"])
    caller.vendor.pay(identifier, "1.00")
    (row,) = caller.rows(f"Invoices/{identifier}")
    assert (row["Status"], str(row["AmountPaid"])) == ("AUTHORISED", "1.0")
    with pytest.raises(ValueError, match="cannot be paid"):
        caller.vendor.pay(identifier, "100000")
    caller.vendor.pay(identifier)
    (row,) = caller.rows(f"Invoices/{identifier}")
    assert (row["Status"], str(row["AmountDue"])) == ("PAID", "0.0")
    with pytest.raises(ValueError, match="cannot be paid"):
        caller.vendor.pay(identifier)


def test_where_windows_slide_a_call_is_free_again_a_minute_after_the_one_before_it() -> None:
    caller = Caller(enforce_limits=True, limit_windows="sliding")
    assert {caller.call("GET", "Accounts").status for _ in range(30)} == {200}
    caller.clock.advance(50)
    answers = [caller.call("GET", "Accounts") for _ in range(31)]
    assert [answer.status for answer in answers] == [200] * 30 + [429]
    assert answers[-1].headers["Retry-After"] == "10"
    caller.clock.advance(10)
    assert caller.call("GET", "Accounts").status == 200


def test_the_app_s_minute_is_used_up_by_its_other_organisations() -> None:
    caller = Caller(enforce_limits=True, app_calls_of_others=9_999)
    assert caller.call("GET", "Accounts").headers["X-AppMinLimit-Remaining"] == "0"
    refused = caller.call("GET", "Accounts")
    assert (refused.status, refused.headers["X-Rate-Limit-Problem"], "Retry-After" in refused.headers) == (429, "appminute", False)


def test_while_minute_and_day_are_lifted_the_headers_say_that_nothing_is_used() -> None:
    caller = Caller(enforce_limits=True, rapid_sync=True, day_limit=10)
    answers = [caller.call("GET", "Accounts") for _ in range(70)]
    assert {answer.status for answer in answers} == {200}
    assert (answers[-1].headers["X-MinLimit-Remaining"], answers[-1].headers["X-DayLimit-Remaining"]) == ("60", "10")
