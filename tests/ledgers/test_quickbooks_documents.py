"""Drafts to exact bytes, answers to documents, and names that do not resolve."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.identity import Identity, marker
from connector.core.mapping import DocumentKind, Names
from connector.core.matching import differences
from connector.core.posting import Expectation, LedgerLine
from connector.core.problem import Problem
from connector.core.reference import Entry, ListKind
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.quickbooks.documents import parse, render, storable
from tests.ledgers.rig import DAY, fact, invoice, journal, line

REALM = "9130"
PUMP = Identity(REALM, "upkeep", "", "4711", "cost")
CHART = Chart(
    accounts=(
        Account("60", "Expenses:HVAC repairs", "6110", "Expense", active=True),
        Account("61", "Old repairs", "6190", "Expense", active=False),
        Account("21", "Accrued maintenance", "2100", "Other Current Liability", active=True),
        Account("22", "East:Fuel", "", "Expense", active=True),
        Account("23", "West:Fuel", "", "Expense", active=True),
        Account("11", "Accounts receivable", "1100", "Accounts Receivable", active=True, journalable=False, why_not="it needs a customer"),
    ),
    items={"maintenance labor": "31"},
    tax_codes={"tax": "TAX", "non": "NON", "state": "5", "city": "6"},
    customers={"riverside apartments": "41"},
    tracking={("class", "facilities"): ("class", "51"), ("department", "plant"): ("department", "52")},
    currency="USD",
)
AUSTRALIA = replace(CHART, tax_codes={"gst": "7", "gst free": "8"}, currency="AUD")


def rendered(draft: Any, names: Names | None = None, chart: Chart = CHART) -> Rendered:
    told = render(draft, PUMP, names or Names(), chart, REALM)
    assert isinstance(told, Rendered), told
    return told


def body(draft: Any, **more: Any) -> Any:
    return json.loads(rendered(draft, **more).request.body)


def problems(draft: Any, names: Names | None = None, chart: Chart = CHART) -> list[Problem]:
    told = render(draft, PUMP, names or Names(), chart, REALM)
    assert isinstance(told, list)
    return told


def test_a_journal_entry_to_the_byte() -> None:
    draft = journal(("6110", "100.10"), ("Accrued maintenance", "-100.10"))
    told = rendered(draft)
    assert told.request.body == (
        b'{"DocNumber":"%s","TxnDate":"2026-02-20","PrivateNote":"UpKeep work order 4711: Leaking pump [%s]","CurrencyRef":{"value":"USD"},'
        b'"Line":[{"Amount":100.10,"DetailType":"JournalEntryLineDetail","Description":"WO 4711 Crane","JournalEntryLineDetail":'
        b'{"PostingType":"Debit","AccountRef":{"value":"60"}}},{"Amount":100.10,"DetailType":"JournalEntryLineDetail","Description":'
        b'"WO 4711 Crane","JournalEntryLineDetail":{"PostingType":"Credit","AccountRef":{"value":"21"}}}]}'
        % (marker(PUMP).encode(), marker(PUMP).encode())
    )
    assert (told.request.method, told.request.url) == ("POST", "/v3/company/9130/journalentry")
    lines = (LedgerLine("60", Decimal("100.10")), LedgerLine("21", Decimal("-100.10")))
    expected = Expectation(DocumentKind.JOURNAL_ENTRY, marker(PUMP), DAY, "USD", Decimal("100.10"), lines, net=draft.net)
    assert told.expectation == expected


def test_an_invoice_to_the_byte() -> None:
    draft = invoice(line(tax="State"))
    told = rendered(draft)
    assert told.request.body == (
        b'{"DocNumber":"%s","TxnDate":"2026-02-20","PrivateNote":"UpKeep work order 4711 [%s]","CurrencyRef":{"value":"USD"},'
        b'"CustomerRef":{"value":"41"},"DueDate":"2026-03-22","Line":[{"LineNum":1,"Amount":67.50,"DetailType":"SalesItemLineDetail",'
        b'"Description":"WO 4711 Labor","SalesItemLineDetail":{"ItemRef":{"value":"31"},"TaxCodeRef":{"value":"TAX"},"Qty":1.5,'
        b'"UnitPrice":45.00}}],"TxnTaxDetail":{"TxnTaxCodeRef":{"value":"5"}}}' % (marker(PUMP).encode(), marker(PUMP).encode())
    )
    assert told.request.url == "/v3/company/9130/invoice"
    due = date(2026, 3, 22)
    assert told.expectation == Expectation(DocumentKind.INVOICE, marker(PUMP), DAY, "USD", Decimal("67.50"), net=draft.net, due_date=due)


def test_equal_drafts_have_equal_bytes() -> None:
    draft = journal(("6110", "1.00"), ("2100", "-1.00"))
    assert rendered(draft).request == rendered(draft).request


@given(st.decimals(allow_nan=False, allow_infinity=False, places=5), st.text())
def test_numbers_and_text_survive_the_wire_exactly(number: Decimal, text: str) -> None:
    text = "".join(c for c in text if c.isprintable())
    assert decode(encode({"n": number, "t": text, "l": [number, text]})) == {"n": number, "t": text, "l": [number, text]}


def test_floats_do_not_take_part() -> None:
    assert encode({"a": Decimal("1E+2"), "b": Decimal("0.10"), "c": 'Decimal "1"'}) == b'{"a":100,"b":0.10,"c":"Decimal \\"1\\""}'
    with pytest.raises(TypeError):
        encode({"a": date(2026, 1, 1)})


# --- names ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["6110", "Expenses:HVAC repairs", "expenses:hvac REPAIRS", "HVAC repairs", "6110 Expenses:HVAC repairs", " 6110 "]
)
def test_an_account_is_found_by_number_full_name_or_name(written: str) -> None:
    assert body(journal((written, "1"), ("2100", "-1")))["Line"][0]["JournalEntryLineDetail"]["AccountRef"] == {"value": "60"}


def test_a_neutral_name_goes_through_the_names_table() -> None:
    names = Names(accounts={"Repairs": fact("6110")}, tracking={"site": fact("Department"), "Main plant": fact("Plant")})
    told = body(journal(("Repairs", "1"), ("2100", "-1"), tracking=(("site", fact("Main plant")),)), names=names)
    assert told["Line"][0]["JournalEntryLineDetail"]["AccountRef"] == {"value": "60"}
    assert told["Line"][0]["JournalEntryLineDetail"]["DepartmentRef"] == {"value": "52"}


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("6111", "ACCOUNT_UNKNOWN", "6110"),
        ("Old repairs", "ACCOUNT_ARCHIVED", "archived"),
        ("Fuel", "ACCOUNT_AMBIGUOUS", "'East:Fuel', 'West:Fuel'"),
        ("1100", "ACCOUNT_NOT_JOURNALABLE", "it needs a customer"),
    ],
)
def test_an_account_that_does_not_resolve_is_a_problem_at_its_place(written: str, code: str, words: str) -> None:
    found = problems(journal((written, "1"), ("2100", "-1")))
    assert [(problem.code, problem.place) for problem in found] == [(code, fact(written).place)]
    assert words in found[0].message + found[0].next_step


def test_every_problem_is_told_at_once() -> None:
    draft = invoice(line("Nothing", "No code", tracking=(("class", fact("No class")),)), line(None), customer="Nobody", currency="EUR")
    assert sorted(problem.code for problem in problems(draft)) == [
        "CURRENCY_MISMATCH", "CUSTOMER_UNKNOWN", "INVOICE_LINE_WITHOUT_ITEM", "ITEM_UNKNOWN", "TAX_CODE_UNKNOWN", "TRACKING_UNKNOWN",
    ]  # fmt: skip


# --- tracking, tax, text ----------------------------------------------------------------------------------------------------------


def test_tracking_is_on_journal_lines_and_for_invoices_the_department_is_in_the_head() -> None:
    tracking = (("class", fact("Facilities")), ("department", fact("Plant")))
    detail = body(journal(("6110", "1"), ("2100", "-1"), tracking=tracking))["Line"][1]["JournalEntryLineDetail"]
    assert (detail["ClassRef"], detail["DepartmentRef"]) == ({"value": "51"}, {"value": "52"})
    told = body(invoice(line(tracking=tracking)))
    assert told["DepartmentRef"] == {"value": "52"}
    assert told["Line"][0]["SalesItemLineDetail"]["ClassRef"] == {"value": "51"}
    assert "DepartmentRef" not in told["Line"][0]["SalesItemLineDetail"]


@pytest.mark.parametrize(
    ("chart", "code", "on_line", "on_document", "calculation"),
    [
        (CHART, None, None, None, None),
        (CHART, "tax", "TAX", None, None),
        (CHART, "NON", "NON", None, None),
        (CHART, "City", "TAX", "6", None),
        (AUSTRALIA, "GST", "7", None, "TaxExcluded"),
        (replace(CHART, tax_codes={}), None, None, None, None),
    ],
    ids=["US none", "US TAX", "US NON", "US group", "AU", "no sales tax"],
)
def test_tax_codes_go_where_the_country_wants_them(chart: Chart, code: str, on_line: str, on_document: str, calculation: str) -> None:
    told = body(invoice(line(tax=code), currency=chart.currency), chart=chart)
    assert told["Line"][0]["SalesItemLineDetail"].get("TaxCodeRef", {}).get("value") == on_line
    assert told.get("TxnTaxDetail", {}).get("TxnTaxCodeRef", {}).get("value") == on_document
    assert told.get("GlobalTaxCalculation") == calculation


def test_two_tax_codes_on_one_us_invoice_are_not_guessed_between() -> None:
    assert [problem.code for problem in problems(invoice(line(tax="State"), line(tax="City")))] == ["TAX_CODES_DIFFER"]
    assert body(invoice(line(tax="State"), line(tax="NON"), line(tax="State")))["TxnTaxDetail"] == {"TxnTaxCodeRef": {"value": "5"}}


@pytest.mark.parametrize(
    ("chart", "text", "stored"),
    [
        (CHART, "Müller – “Pump” … 5 × 3", 'Müller - "Pump" ... 5 × 3'),
        (CHART, "Łódź, Čapek, 泵 🔧", "?ódz, Capek, ? ?"),
        (AUSTRALIA, "Čapek 泵 – 🔧", "Čapek 泵 – ?"),
    ],
)
def test_text_is_what_the_company_can_store(chart: Chart, text: str, stored: str) -> None:
    assert storable(text, chart) == stored


@given(st.text())
def test_us_text_is_always_latin(text: str) -> None:
    storable(text, CHART).encode("latin-1")


# --- and back ---------------------------------------------------------------------------------------------------------------------


def answer(draft: Any, **changed: Any) -> Any:
    return decode(rendered(draft).request.body) | {"Id": "146", "SyncToken": "3"} | changed


def test_a_journal_comes_back_as_it_was_meant() -> None:
    draft = journal(("6110", "100.10"), ("2100", "-100.10"))
    found = parse(DocumentKind.JOURNAL_ENTRY, answer(draft, TotalAmt=Decimal(0)))
    assert (found.id, found.status, found.version, found.total) == ("146", "live", "3", Decimal("100.10"))
    assert differences(rendered(draft).expectation, found) == []


def test_a_class_and_a_department_in_the_head_stand_in_one_order_in_every_process() -> None:
    """Bytes in another order would be another request."""
    chart = replace(CHART, lists={ListKind.SETTINGS: (Entry("p", ("p",), facts={"classes": "transaction"}),)})
    told = body(invoice(line(tracking=(("class", fact("Facilities")), ("department", fact("Plant"))))), chart=chart)
    assert [name for name in told if name in ("ClassRef", "DepartmentRef")] == ["DepartmentRef", "ClassRef"]


def test_an_invoice_comes_back_with_its_tax() -> None:
    told = answer(invoice(), TotalAmt=Decimal("72.90"), TxnTaxDetail={"TotalTax": Decimal("5.40")})
    found = parse(DocumentKind.INVOICE, told)
    assert (found.total, found.tax) == (Decimal("72.90"), Decimal("5.40"))
    assert differences(rendered(invoice()).expectation, found) == []


@pytest.mark.parametrize(("told", "due"), [("2026-03-22", date(2026, 3, 22)), ("soon", None), ("", None), (None, None)])
def test_when_an_invoice_is_due_is_read_and_never_makes_it_unreadable(told: Any, due: date | None) -> None:
    assert parse(DocumentKind.INVOICE, answer(invoice(), TotalAmt=Decimal(67), DueDate=told)).due_date == due


def test_a_voided_and_a_deleted_document_are_not_live() -> None:
    void = answer(invoice(), TotalAmt=Decimal(0), PrivateNote="Voided - UpKeep work order 4711")
    assert parse(DocumentKind.INVOICE, void).status == "void"
    assert parse(DocumentKind.INVOICE, {"status": "Deleted", "domain": "QBO", "Id": "33"}).status == "deleted"
    assert parse(DocumentKind.INVOICE, answer(invoice(), TotalAmt=Decimal(0))).status == "live"
