"""What was recorded with Xero, and Xero's official examples: our client reads all that concerns it, and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.core.evidence import Attached, Found, Piece
from connector.core.mapping import DocumentKind
from connector.core.posting import LedgerDocument, Posted, Posting, Rejected, Uncertain
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.xero.attachments import classify_put, found_of, request_of
from connector.ledgers.xero.client import XeroLedger
from connector.ledgers.xero.documents import ELEMENTS, parse
from connector.ledgers.xero.faults import classify
from tests.contract.cassettes import exchange, recorded
from tests.contract.examples import Example, examples
from tests.contract.reference import SHARED, needs_reference
from tests.core.test_evidence import piece
from tests.ledgers.rig import MemoryVault, TestClock, chart_now, http, oauth, sending
from tests.sandbox.xero.caller import Caller

pytestmark = needs_reference

CHARTS = SHARED / "data" / "charts"
NOT_JOURNALABLE = ("DEBTORS", "CREDITORS", "RETAINEDEARNINGS")
INVOICE, JOURNAL = DocumentKind.INVOICE, DocumentKind.JOURNAL_ENTRY
# Each recorded exchange by what our client makes of its answer.
CASSETTES = "accounting/api/cassettes/test_"
ORGANISATIONS = {f"{CASSETTES}get_organisations#0", "test_api_client/cassettes/test_call_api_get_organisations#0"}
LIST, TOKEN = f"{CASSETTES}invoice_attachment_upload_and_download#0", "test_api_client/cassettes/test_token_api_refresh_token#0"
FILES = {f"{CASSETTES}invoice_attachment_upload_and_download#1", f"{CASSETTES}invoice_attachment_upload_and_download#2"}
NOT_READ = {
    f"{CASSETTES}invoice_attachment_upload_and_download#3": "we download no files",
    "identity/api/cassettes/test_get_connections#0": "the tenant is configured",
}


def test_every_recorded_exchange_is_read_or_named_with_the_reason() -> None:
    assert {one.name for one in recorded("xero")} == ORGANISATIONS | {LIST, TOKEN} | FILES | NOT_READ.keys()


def test_every_json_answer_keeps_its_numbers_to_the_last_digit() -> None:
    bodies = [one.answer for one in recorded("xero") if "json" in one.headers["content-type"]]
    bodies += [one.body for one in examples()]
    assert len(bodies) > 120
    for body in bodies:
        assert json.loads(encode(decode(body)), parse_float=Decimal) == json.loads(body, parse_float=Decimal)


def test_a_recorded_file_is_read_as_what_it_is_when_it_is_put_and_when_it_is_listed() -> None:
    put, listed = (exchange("xero", name) for name in sorted(FILES))
    wanted = piece(document=INVOICE, document_id="22b3fab4-ef56-4d70-a110-a7cc3c1a26cd", name="inv-0032.pdf")
    found = Found("40fa0d97-8b94-4948-b299-4bcbe73dafc3", "inv-0032.pdf", len(put.body))
    assert classify_put(wanted, put.status, put.headers, put.answer) == Attached(found)
    assert found_of(wanted, decode(listed.answer)["Attachments"]) == (found,)
    asked = request_of(wanted, Piece(put.body, "application/pdf"))
    assert (asked.method, asked.url, asked.body) == (put.method, put.path, put.body)


# --- documents ----------------------------------------------------------------------------------------------------------------


def answers(kind: DocumentKind) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document of that kind in an example of an answer or a recording, with where it stands."""
    told = [(one.name, one.told) for one in examples() if one.status == 200 and one.path.startswith(f"/{ELEMENTS[kind]}")]
    told.append((LIST, decode(exchange("xero", LIST).answer)))
    for name, answer in told:
        for row in answer.get(ELEMENTS[kind], []):
            yield name, row


def day_of(told: dict[str, Any], key: str = "Date") -> date:
    """The day by Xero's own count of milliseconds, which are those of UTC."""
    milliseconds = int(told[key].removeprefix("/Date(").partition("+")[0])
    return datetime.fromtimestamp(milliseconds / 1000, UTC).date()


def messages_of(told: dict[str, Any]) -> tuple[str, ...]:
    return tuple(row["Message"] for row in told.get("Warnings", []))


def test_every_sales_invoice_of_xeros_is_read_as_it_is_and_a_bill_never() -> None:
    read = bills = 0
    for name, told in answers(INVOICE):
        if told["Type"] == "ACCPAY":
            bills += 1
            with pytest.raises(ValueError, match="not a customer's document"):
                parse(INVOICE, told, "XXX", {})
            continue
        read += 1
        document = parse(INVOICE, told, "XXX", {})
        assert (document.id, document.marker) == (told["InvoiceID"], told["InvoiceNumber"].upper()), name
        assert (document.date, document.currency) == (day_of(told), told.get("CurrencyCode", "XXX")), name
        assert (document.total, document.tax) == (told["Total"], told.get("TotalTax", 0)), name
        assert document.version == told["UpdatedDateUTC"]
        words = {"VOIDED": "void", "DELETED": "deleted", "DRAFT": "awaiting", "SUBMITTED": "awaiting"}
        assert document.status == words.get(told["Status"], "live")
        assert bool(document.warnings) == bool(messages_of(told)), name
        assert document.due_date == (day_of(told, "DueDate") if told.get("DueDate") else None), name
    assert (read > 20, bills > 20) == (True, True)


def test_every_customer_s_credit_note_of_xeros_is_read_as_it_is_and_a_supplier_s_never() -> None:
    read = suppliers = 0
    for name, told in answers(DocumentKind.CREDIT):
        if told["Type"] == "ACCPAYCREDIT":
            suppliers += 1
            with pytest.raises(ValueError, match="not a customer's document"):
                parse(DocumentKind.CREDIT, told, "XXX", {})
            continue
        read += 1
        document = parse(DocumentKind.CREDIT, told, "XXX", {})
        assert (document.id, document.marker) == (told["CreditNoteID"], told["CreditNoteNumber"].upper()), name
        assert (document.date, document.total, document.tax) == (day_of(told), told["Total"], told["TotalTax"]), name
        assert (document.status, document.without_tax) == ("live", -told["SubTotal"]), name
    assert (read > 0, suppliers > 0) == (True, True)


def test_every_manual_journal_of_xeros_is_read_as_it_is() -> None:
    statuses = set()
    for name, told in answers(JOURNAL):
        document = parse(JOURNAL, told, "NZD", {})
        assert (document.id, document.date, document.currency) == (told["ManualJournalID"], day_of(told), "NZD"), name
        assert [line.amount for line in document.lines] == [line["LineAmount"] for line in told["JournalLines"]], name
        assert [line.account_id for line in document.lines] == [line["AccountID"] for line in told["JournalLines"]], name
        assert document.total == sum(line["LineAmount"] for line in told["JournalLines"] if line["LineAmount"] > 0)
        assert document.warnings == messages_of(told)
        statuses.add((told["Status"], document.status))
    assert statuses >= {("POSTED", "live"), ("DRAFT", "draft")}


def listed(kind: DocumentKind, body: bytes) -> list[LedgerDocument]:
    """What our client makes of that answer to a list of everything."""

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        accounts = {"Accounts": []}
        empty: dict[str, list[Any]] = {name: [] for name in ELEMENTS.values()}
        if path == "Accounts":
            return httpx.Response(200, json=accounts)
        return httpx.Response(200, content=body) if path == ELEMENTS[kind] else httpx.Response(200, json=empty)

    ledger = XeroLedger(http=http(answer, service="xero"), tenant_id="t", currency="NZD", clock=TestClock())
    return list(ledger.documents(date(2000, 1, 1), date(2040, 1, 1)))


def test_a_recorded_list_and_the_examples_of_lists_hold_no_document_of_ours() -> None:
    """They are well-formed, so they prove something: that none of the documents in them is one of ours."""
    assert listed(INVOICE, exchange("xero", LIST).answer) == []
    names = {f"get{path}.response200.json": kind for kind, path in ELEMENTS.items()}
    found = [one for one in examples() if one.name in names]
    assert len(found) == 3
    for one in found:
        assert listed(names[one.name], one.body) == []


# --- refusals -----------------------------------------------------------------------------------------------------------------


def refusals() -> list[Example]:
    return [one for one in examples() if one.status == 400]


def posting(kind: DocumentKind) -> Posting:
    told = sending()
    return replace(told, kind=kind, expectation=replace(told.expectation, kind=kind))


def test_every_refusal_among_the_examples_is_one_with_its_words_or_a_doubt() -> None:
    """They are about other things than our documents, but in the one form that Xero has: never is one taken for a document."""
    assert len(refusals()) == 6
    for one in refusals():
        words = "; ".join(error["Message"] for element in one.told["Elements"] for error in element["ValidationErrors"])
        for kind in DocumentKind:
            outcome = classify(posting(kind), "USD", {}, 400, {}, one.body)
            # "must be unique" may be said of our own first attempt.
            assert outcome == (Uncertain(f"Xero answered: {words}") if "must be unique" in words else Rejected("VALIDATION", words)), (
                one.name
            )


def test_no_answer_about_other_documents_is_taken_for_ours() -> None:
    for one in examples():
        if one.status == 200:
            for kind in DocumentKind:
                assert not isinstance(classify(posting(kind), "USD", {}, 200, {}, one.body), Posted), one.name


def test_the_example_of_a_journal_with_errors_is_a_doubt_for_whoever_sent_it() -> None:
    """It has an id and errors: whether it exists, only a look-up can tell."""
    (one,) = [one for one in examples() if one.name == "createManualJournals.response200.json"]
    ours = posting(JOURNAL)
    told = one.told
    told["ManualJournals"][0]["Narration"] = f"UpKeep work order 4711 [{ours.marker}]"
    assert isinstance(classify(ours, "USD", {}, 200, {}, encode(told)), Uncertain)


# --- reference data and the sign-in -------------------------------------------------------------------------------------------


def example(name: str) -> Any:
    return next(one.told for one in examples() if one.name == f"{name}.response200.json")


def test_every_recorded_and_exemplary_entry_is_in_the_chart_under_its_name() -> None:
    accounts = [*example("getAccounts")["Accounts"], *decode((CHARTS / "demo_global_accounts.json").read_bytes())["Accounts"]]
    rates = [*example("getTaxRates")["TaxRates"], *decode((CHARTS / "demo_global_taxrates.json").read_bytes())["TaxRates"]]
    categories = decode((CHARTS / "demo_tracking.json").read_bytes())["TrackingCategories"]
    items, contacts = example("getItems")["Items"], example("getContacts")["Contacts"]
    organisations = decode(exchange("xero", f"{CASSETTES}get_organisations#0").answer)["Organisations"]
    lists = {
        "Accounts": accounts,
        "TaxRates": rates,
        "TrackingCategories": categories,
        "Items": items,
        "Contacts": contacts,
        "Currencies": example("getCurrencies")["Currencies"],
        "Organisation": organisations,
    }

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path.rpartition("/")[2]
        return httpx.Response(200, content=encode({path.replace("Organisation", "Organisations"): lists[path]}))

    ledger = XeroLedger(http=http(answer, service="xero"), tenant_id="t", currency="NZD", clock=TestClock())
    chart = chart_now(ledger)
    assert [(one.id, one.name, one.number, one.type) for one in chart.accounts] == [
        (row["AccountID"], row["Name"], row.get("Code", ""), row["Type"]) for row in accounts
    ]
    barred = [
        row["AccountID"]
        for row in accounts
        if row["Type"] == "BANK" or row.get("SystemAccount") in ("DEBTORS", "CREDITORS", "RETAINEDEARNINGS")
    ]
    assert [one.id for one in chart.accounts if not one.journalable] == barred
    assert {chart.tax_codes[row["TaxType"].casefold()] for row in rates if row["Status"] == "ACTIVE"} <= {row["TaxType"] for row in rates}
    assert set(chart.items.values()) == {row["Code"] for row in items}
    assert {chart.customers[row["Name"].casefold()] for row in contacts} == {row["ContactID"] for row in contacts}
    options = {(row["TrackingCategoryID"], option["TrackingOptionID"]) for row in categories for option in row["Options"]}
    assert set(chart.tracking.values()) == options
    assert (chart.company_name, chart.currency, chart.notes) == ("Demo Company (NZ)", "NZD", ())
    assert chart.lock.last_locked_day == date(2009, 9, 30)


def test_the_recorded_sign_in_gives_its_tokens() -> None:
    clock, vault = TestClock(), MemoryVault()
    one = exchange("xero", TOKEN)
    auth = oauth(lambda request: httpx.Response(one.status, content=one.answer), vault, clock)
    assert auth.access() == "xero-access-token"
    assert vault.token is not None
    assert vault.token.refresh == "xero-refresh-token"
    assert (vault.token.expires_at - clock.now()).total_seconds() == 1800


def test_the_recorded_organisation_has_the_id_of_its_connections_tenant_and_so_has_the_stand_ins() -> None:
    """xero-node joins both by this id."""
    connections = decode(exchange("xero", "identity/api/cassettes/test_get_connections#0").answer)
    tenants = {one["tenantId"] for one in connections}
    for name in ORGANISATIONS:
        (organisation,) = decode(exchange("xero", name).answer)["Organisations"]
        assert organisation["OrganisationID"] in tenants
    caller = Caller()
    (ours,) = json.loads(caller.call("GET", "Organisation").body)["Organisations"]
    assert ours["OrganisationID"] == caller.vendor.tenant_id
