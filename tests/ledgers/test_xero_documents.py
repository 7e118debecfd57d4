"""Drafts to exact bytes for Xero, its elements back to documents, its dates, and the narration that finds a journal again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.identity import Identity, marker, narration
from connector.core.mapping import DocumentKind, Names
from connector.core.matching import differences, match
from connector.core.posting import Event, Expectation, LedgerLine
from connector.core.problem import Problem
from connector.ledgers.exact_json import decode
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.xero.documents import is_id, marker_of, messages, parse, parse_date, phase_two, render
from tests.ledgers.rig import DAY, fact, invoice, journal, line, posting_of

TENANT = "77d3a1a3-5f5c-4c0a-a3ab-ee0e5ac7a4f0"
PUMP = Identity(TENANT, "upkeep", "", "4711", "cost")
DOCUMENT_ID = "d312dd5e-a53e-46d1-9d51-c569ef4570b7"
JOURNAL, INVOICE = DocumentKind.JOURNAL_ENTRY, DocumentKind.INVOICE
CHART = Chart(
    accounts=(
        Account("a60", "HVAC repairs", "6110", "EXPENSE", active=True),
        Account("a61", "Old repairs", "6190", "EXPENSE", active=False),
        Account("a21", "Accrued maintenance", "2100", "CURRLIAB", active=True),
        Account("a22", "Petty cash", "", "CURRENT", active=True),
        Account("a41", "Maintenance labor revenue", "4100", "REVENUE", active=True),
        Account("a11", "Debtors", "1100", "CURRENT", active=True, journalable=False, why_not="it is Xero's own accounts receivable"),
    ),
    items={"maintenance labor": "LABOR"},
    tax_codes={"tax on sales": "OUTPUT", "none": "NONE"},
    customers={"riverside apartments": "c41"},
    tracking={("department", "plant"): ("t1", "o1"), ("class", "facilities"): ("t2", "o2")},
    currency="USD",
)
BALANCED = journal(("6110", "100.10"), ("Accrued maintenance", "-100.10"))
IDS = {"6110": "a60", "2100": "a21"}


def rendered(draft: Any, names: Names | None = None, identity: Identity = PUMP) -> Rendered:
    told = render(draft, identity, names or Names(), CHART, "USD")
    assert isinstance(told, Rendered), told
    return told


def problems(draft: Any, names: Names | None = None) -> list[Problem]:
    told = render(draft, PUMP, names or Names(), CHART, "USD")
    assert isinstance(told, list)
    return told


def body(draft: Any, **more: Any) -> Any:
    told = json.loads(rendered(draft, **more).request.body)
    return (told.get("ManualJournals") or told.get("Invoices"))[0]


# --- to bytes -----------------------------------------------------------------------------------------------------------------


def test_a_manual_journal_to_the_byte() -> None:
    told = rendered(BALANCED)
    text = f"UpKeep work order 4711 [{marker(PUMP)}]"
    assert told.request.body == (
        b'{"ManualJournals":[{"Narration":"%s","Date":"2026-02-20","Status":"DRAFT","LineAmountTypes":"NoTax","JournalLines":['
        b'{"LineAmount":100.10,"Description":"WO 4711 Crane","AccountCode":"6110"},'
        b'{"LineAmount":-100.10,"Description":"WO 4711 Crane","AccountCode":"2100"}]}]}' % text.encode()
    )
    # PUT creates; POST would change what has the id or number already. unitdp is for invoices only.
    assert (told.request.method, told.request.url) == ("PUT", "/api.xro/2.0/ManualJournals?summarizeErrors=false")
    assert told.narration == narration(PUMP) == text
    lines = (LedgerLine("a60", Decimal("100.10")), LedgerLine("a21", Decimal("-100.10")))
    assert told.expectation == Expectation(JOURNAL, marker(PUMP), DAY, "USD", Decimal("100.10"), lines, net=BALANCED.net)


def test_an_invoice_to_the_byte() -> None:
    draft = invoice(line(tax="Tax on Sales", account=fact("4100")))
    told = rendered(draft)
    assert told.request.body == (
        b'{"Invoices":[{"Type":"ACCREC","InvoiceNumber":"%s","Reference":"UpKeep WO 4711","Contact":{"ContactID":"c41"},'
        b'"Date":"2026-02-20","DueDate":"2026-03-22","CurrencyCode":"USD","LineAmountTypes":"Exclusive","Status":"AUTHORISED",'
        b'"LineItems":[{"Description":"WO 4711 Labor","Quantity":1.5,"UnitAmount":45.00,"AccountID":"a41","ItemCode":"LABOR",'
        b'"TaxType":"OUTPUT"}]}]}' % marker(PUMP).encode()
    )
    assert (told.request.method, told.request.url) == ("PUT", "/api.xro/2.0/Invoices?summarizeErrors=false&unitdp=4")
    due = date(2026, 3, 22)
    assert told.expectation == Expectation(INVOICE, marker(PUMP), DAY, "USD", Decimal("67.50"), net=draft.net, due_date=due)


def test_equal_drafts_have_equal_bytes() -> None:
    assert rendered(BALANCED).request == rendered(BALANCED).request


def test_phase_two_posts_the_draft_by_its_id_with_all_of_its_content() -> None:
    posting = posting_of(rendered(BALANCED), PUMP, "k", remote_id=DOCUMENT_ID)
    request = phase_two(posting)
    assert (request.method, request.url) == ("POST", f"/api.xro/2.0/ManualJournals/{DOCUMENT_ID}")
    before, after = decode(posting.request.body)["ManualJournals"], decode(request.body)["ManualJournals"]
    assert after == [before[0] | {"ManualJournalID": DOCUMENT_ID, "Status": "POSTED"}]
    assert b"100.10" in request.body


def test_an_invoice_has_no_phase_two() -> None:
    with pytest.raises(NotImplementedError):
        phase_two(posting_of(rendered(invoice()), PUMP, "k", remote_id=DOCUMENT_ID))


def test_an_account_without_a_code_goes_by_its_id() -> None:
    told = body(journal(("Petty cash", "1"), ("2100", "-1")))
    assert "AccountCode" not in told["JournalLines"][0]
    assert told["JournalLines"][0]["AccountID"] == "a22"


def test_tracking_options_go_by_their_ids_on_every_line() -> None:
    names = Names(tracking={"site": fact("Department"), "Main plant": fact("Plant")})
    tracking = (("class", fact("Facilities")), ("site", fact("Main plant")))
    expected = [{"TrackingCategoryID": "t2", "TrackingOptionID": "o2"}, {"TrackingCategoryID": "t1", "TrackingOptionID": "o1"}]
    lines = body(journal(("6110", "1"), ("2100", "-1"), tracking=tracking), names=names)["JournalLines"]
    assert [row["Tracking"] for row in lines] == [expected, expected]
    assert body(invoice(line(tracking=tracking)), names=names)["LineItems"][0]["Tracking"] == expected


def test_every_problem_is_told_at_once() -> None:
    draft = invoice(line("Nothing", "No code", tracking=(("class", fact("No class")),)), line(None), customer="Nobody", currency="EUR")
    assert sorted(problem.code for problem in problems(draft)) == [
        "CURRENCY_MISMATCH", "CUSTOMER_UNKNOWN", "INVOICE_LINE_WITHOUT_ACCOUNT", "ITEM_UNKNOWN", "TAX_CODE_UNKNOWN", "TRACKING_UNKNOWN",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "code"), [("6111", "ACCOUNT_UNKNOWN"), ("Old repairs", "ACCOUNT_ARCHIVED"), ("1100", "ACCOUNT_NOT_JOURNALABLE")]
)
def test_an_account_that_does_not_resolve_is_a_problem_at_its_place(written: str, code: str) -> None:
    found = problems(journal((written, "1"), ("2100", "-1")))
    assert [(problem.code, problem.place) for problem in found] == [(code, fact(written).place)]


def test_an_unknown_account_of_an_invoice_line_is_a_problem() -> None:
    assert [problem.code for problem in problems(invoice(line(account=fact("4101"))))] == ["ACCOUNT_UNKNOWN"]


# --- the narration ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["4711", "", '4711" OR Narration!="', "a\\", "Müller 泵 17", "x" * 300, "[12-ABCDEFGHIJKLM]", "4711\ud800"]
)
def test_a_narration_can_stand_between_quotes_and_ends_with_the_marker(number: str) -> None:
    identity = replace(PUMP, work_order_number=number)
    told = rendered(BALANCED, identity=identity)
    assert not {'"', "\\", "\n"} & set(told.narration)
    assert marker_of(JOURNAL, {"Narration": told.narration}) == marker(identity)
    assert decode(told.request.body)["ManualJournals"][0]["Narration"] == told.narration


@pytest.mark.parametrize("number", ["4711\n12", "4711\ud800", "x" * 300])
def test_a_reference_holds_what_the_ledger_can_store(number: str) -> None:
    draft = replace(invoice(), work_order_number=number)
    reference = body(draft)["Reference"]
    assert reference.startswith("UpKeep WO ")
    assert reference.isprintable()
    assert len(reference) <= 255


@given(st.text())
def test_no_work_order_number_hides_its_marker(number: str) -> None:
    identity = replace(PUMP, work_order_number=number)
    assert marker_of(JOURNAL, {"Narration": narration(identity)}) == marker(identity)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("UpKeep work order 4711 [4711-ABCDEFGHIJKLM]", "4711-ABCDEFGHIJKLM"),
        ("upkeep work order 4711 [4711-abcdefghijklm]", "4711-ABCDEFGHIJKLM"),
        ("[ABCDEFGHIJKLM] \r\n", "ABCDEFGHIJKLM"),
        ("UpKeep work order 4711 [4711-ABCDEFGHIJKLM] edited", ""),
        ("Reversal: These aren't the droids you are looking for", ""),
        ("[short]", ""),
        ("", ""),
        (None, ""),
        (17, ""),
    ],
)
def test_the_marker_is_what_stands_in_brackets_at_the_end(text: Any, found: str) -> None:
    assert marker_of(JOURNAL, {"Narration": text}) == found


def test_the_marker_of_an_invoice_is_its_number_in_any_case() -> None:
    assert marker_of(INVOICE, {"InvoiceNumber": "4711-abcdefghijklm"}) == "4711-ABCDEFGHIJKLM"
    assert marker_of(INVOICE, {}) == ""


# --- dates --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("/Date(1771545600000+0000)/", DAY),
        ("/Date(1771545600000)/", DAY),
        ("/Date(1771545600000+1300)/", DAY),
        ("/Date(1771631999999+0000)/", DAY),
        ("/Date(-1+0000)/", date(1969, 12, 31)),
        ("/Date(0)/", date(1970, 1, 1)),
        ("2026-02-20", DAY),
        ("2026-02-20T00:00:00", DAY),
        ("2026-02-20 00:00:00", DAY),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_the_calendar_day_in_utc_whatever_the_zone(raw: Any, day: date | None) -> None:
    assert parse_date(raw) == day


@given(st.dates())
def test_every_day_survives_the_vendors_milliseconds(day: date) -> None:
    milliseconds = (datetime(day.year, day.month, day.day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert parse_date(f"/Date({milliseconds}+0000)/") == day


@pytest.mark.parametrize("raw", ["/Date(x)/", "soon", "20.02.2026", "/Date(99999999999999999)/"])
def test_a_date_that_is_none_is_not_guessed(raw: str) -> None:
    with pytest.raises((ValueError, ArithmeticError)):
        parse_date(raw)


# --- and back -----------------------------------------------------------------------------------------------------------------


def journal_row(**changed: Any) -> Any:
    told = decode(rendered(BALANCED).request.body)["ManualJournals"][0]
    return told | {"ManualJournalID": DOCUMENT_ID, "UpdatedDateUTC": "/Date(1)/"} | changed


def invoice_row(**changed: Any) -> Any:
    told = decode(rendered(invoice()).request.body)["Invoices"][0]
    return told | {"InvoiceID": DOCUMENT_ID, "Total": Decimal("72.90"), "TotalTax": Decimal("5.40")} | changed


@pytest.mark.parametrize(("status", "seen"), [("DRAFT", "draft"), ("POSTED", "live"), ("VOIDED", "void"), ("DELETED", "deleted")])
def test_a_journal_comes_back_as_it_was_meant_in_each_status(status: str, seen: str) -> None:
    found = parse(JOURNAL, journal_row(Status=status), "USD", IDS)
    assert (found.id, found.status, found.version, found.total) == (DOCUMENT_ID, seen, "/Date(1)/", Decimal("100.10"))
    assert differences(rendered(BALANCED).expectation, found) == []


def test_a_voided_or_deleted_journal_may_come_without_its_lines() -> None:
    assert parse(JOURNAL, journal_row(Status="DELETED", JournalLines=None), "USD", {}).lines == ()


def test_blank_lines_are_no_legs() -> None:
    rows = [*journal_row()["JournalLines"], {"LineAmount": 0, "IsBlank": True}]
    assert differences(rendered(BALANCED).expectation, parse(JOURNAL, journal_row(JournalLines=rows), "USD", IDS)) == []


def test_another_account_or_amount_is_seen() -> None:
    rows = journal_row()["JournalLines"]
    for changed in ({"AccountCode": "6120"}, {"AccountID": "a99"}, {"AccountCode": ""}, {"LineAmount": "100.11"}):
        found = parse(JOURNAL, journal_row(Status="POSTED", JournalLines=[rows[0] | changed, rows[1]]), "USD", IDS)
        assert "the accounts or amounts of its lines differ" in differences(rendered(BALANCED).expectation, found)


@pytest.mark.parametrize(("status", "seen"), [("AUTHORISED", "live"), ("PAID", "live"), ("VOIDED", "void"), ("DELETED", "deleted")])
def test_an_invoice_comes_back_with_its_tax_in_each_status(status: str, seen: str) -> None:
    found = parse(INVOICE, invoice_row(Status=status), "USD", {})
    assert (found.status, found.total, found.tax, found.warnings) == (seen, Decimal("72.90"), Decimal("5.40"), ())
    assert differences(rendered(invoice()).expectation, found) == []


@pytest.mark.parametrize(
    ("told", "due"), [({"DueDateString": "2026-03-22T00:00:00"}, date(2026, 3, 22)), ({"DueDate": "soon"}, None), ({"DueDate": None}, None)]
)
def test_when_an_invoice_is_due_is_read_and_never_makes_it_unreadable(told: Any, due: date | None) -> None:
    assert parse(INVOICE, invoice_row(**{"DueDate": None, **told}), "USD", {}).due_date == due


def test_amounts_in_quotes_are_amounts() -> None:
    found = parse(INVOICE, invoice_row(Total="72.90", TotalTax="5.40"), "USD", {})
    assert (found.total, found.tax) == (Decimal("72.90"), Decimal("5.40"))


@pytest.mark.parametrize(
    ("kind", "row", "word"),
    [
        (JOURNAL, journal_row(Status="ARCHIVED"), "its status is ARCHIVED, which the connector does not know"),
        (JOURNAL, journal_row(Status="SUBMITTED"), "its status is SUBMITTED, which the connector does not know"),
        (INVOICE, invoice_row(Status="SETASIDE"), "its status is SETASIDE, which the connector does not know"),
        (INVOICE, invoice_row(Status="SUBMITTED"), "it waits for approval"),
        (INVOICE, invoice_row(Status="DRAFT"), "it waits for approval"),
    ],
)
def test_a_status_that_is_not_ours_holds_the_posting_with_its_word(kind: DocumentKind, row: Any, word: str) -> None:
    expected = rendered(BALANCED if kind is JOURNAL else invoice()).expectation
    answer = match(expected, [parse(kind, row, "USD", IDS)])
    assert answer.event is Event.FOUND_OTHER
    assert word in answer.reason


@pytest.mark.parametrize("identifier", ["00000000-0000-0000-0000-000000000000", "", "146", "-" * 36, "a" * 36, f"{DOCUMENT_ID}\n"])
def test_what_is_no_id_of_a_document_is_none(identifier: str) -> None:
    assert not is_id(identifier)
    with pytest.raises(ValueError, match="the id is not one"):
        parse(JOURNAL, journal_row(ManualJournalID=identifier), "USD", {})


def test_messages_that_cannot_be_read_still_count() -> None:
    assert messages([{"Message": "a"}, {"Description": "b"}, {}, None, "c", 7]) == ["a", "b", "", "", "c", ""]
    assert messages("text") == ["text"]
    assert messages({"Message": "a"}) == ["a"]
    assert messages(None) == messages([]) == []
