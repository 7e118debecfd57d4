"""What other people recorded with a real QuickBooks company: our client reads all of it that concerns us, and loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import httpx

from connector.core.evidence import Attached, Found
from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Posted, Rejected, Throttled, Uncertain
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.ledger import Chart
from connector.ledgers.quickbooks.attachments import classify_upload, look_up
from connector.ledgers.quickbooks.client import QuickBooksLedger
from connector.ledgers.quickbooks.documents import parse
from connector.ledgers.quickbooks.faults import classify, errors_of
from connector.ledgers.quickbooks.lists import _captured, sdk_client
from tests.contract.cassettes import Recorded, exchange, recorded
from tests.contract.intuit_schema import against_the_schema
from tests.contract.reference import CONTRACTS, SHARED, needs_reference
from tests.core.test_evidence import piece
from tests.ledgers.rig import TestClock, chart_now, http

pytestmark = needs_reference

# Each exchange by what our client makes of its answer.
INVOICES = {"create/invoice#0", "delete/invoice#0", "delete/invoice#1", "void/invoice#0", "void/invoice#1"}
LISTS = {
    "create/customer#0", "update/customer#0", "update/customer#1", "error/400#0", "deactivate/account#0", "deactivate/account#1",
    "misc/ampersand#0",
}  # fmt: skip
FAULTS = {
    "error/400#1": Rejected,
    "error/400_json#0": Rejected,
    "error/401#0": NotSent,
    "error/500#0": Uncertain,  # "Unsupported Operation" also answers bytes that QuickBooks could not read
    "error/500#1": Rejected,
    "error/validation#0": Rejected,
}
FILES = {"attachment/create_for_invoice#0", "attachment/error_estimate#0", "attachment/read_attachment#0"}
NOT_READ = {
    "attachment/delete_attachment#0": "we delete no files",
    "batch/basic#0": "we send one document at a time; its faults are judged below",
    "cdc/basic#0": "we read no estimates; how its rows are told is judged below",
    "deactivate/employee#0": "we read no employees",
    "deactivate/employee#1": "we read no employees",
    "reports/gl#0": "we read no reports",
    "reports/profit_and_loss#0": "we read no reports",
    "update/sales_receipt#0": "we write no sales receipts",
    "update/sales_receipt#1": "we write no sales receipts",
}
# Where Intuit's own answers do not keep to Intuit's own schema.
NOT_BY_THE_SCHEMA = "CustomField"  # a field of the company's own without a value


def quickbooks() -> dict[str, Recorded]:
    return {one.name: one for one in recorded("quickbooks")}


def entities(told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Everything in an answer that carries an id of its own, with its kind."""
    if isinstance(told, list):
        for value in told:
            yield from entities(value)
    elif isinstance(told, dict):
        for name, value in told.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and "Id" in one and "domain" in one:
                    yield name, one
                else:
                    yield from entities(one)


def test_every_recorded_exchange_is_read_or_named_with_the_reason() -> None:
    assert quickbooks().keys() == INVOICES | LISTS | FILES | FAULTS.keys() | NOT_READ.keys()


def test_every_answer_keeps_its_numbers_to_the_last_digit() -> None:
    for one in quickbooks().values():
        told = decode(one.answer)
        assert json.loads(encode(told), parse_float=str, parse_int=str) == json.loads(one.answer, parse_float=str, parse_int=str), one.name


def test_every_recorded_invoice_is_read_as_it_is() -> None:
    read = 0
    for name in INVOICES:
        told = decode(exchange("quickbooks", name).answer)["Invoice"]
        document = parse(DocumentKind.INVOICE, told)
        read += 1
        assert (document.id, document.marker) == (told["Id"], told.get("DocNumber", ""))
        if "TxnDate" not in told:
            assert document.status == told["status"].casefold() == "deleted"
            continue
        assert document.date == date.fromisoformat(told["TxnDate"])
        assert (document.currency, document.version) == (told["CurrencyRef"]["value"], told["SyncToken"])
        assert (document.total, document.tax) == (told["TotalAmt"], told["TxnTaxDetail"]["TotalTax"])
        assert document.status == ("void" if told.get("PrivateNote") == "Voided" else "live")
    assert read == len(INVOICES)


def test_an_answer_is_posted_only_where_it_shows_a_live_invoice() -> None:
    """Whatever a service may answer to a create: no fault, list, report or deleted document is ever taken for our document."""
    for one in quickbooks().values():
        told = decode(one.answer)
        shown = told.get("Invoice", {})
        for kind in DocumentKind:
            outcome = classify(kind, one.status, one.headers, one.answer)
            is_live = kind is DocumentKind.INVOICE and shown.get("status") != "Deleted" and shown.get("PrivateNote") != "Voided" and shown
            assert isinstance(outcome, Posted) == bool(is_live), one.name


def test_every_recorded_fault_has_its_outcome_with_its_code_and_words() -> None:
    for name, expected in FAULTS.items():
        one = exchange("quickbooks", name)
        told = decode(one.answer)
        (fault,) = (told.get("Fault") or told["fault"]).get("Error") or told["fault"]["error"]
        assert [code for code, _ in errors_of(told)] == [fault["code"]]
        outcome = classify(DocumentKind.INVOICE, one.status, one.headers, one.answer)
        assert isinstance(outcome, expected), name
        if isinstance(outcome, Rejected):
            assert outcome.code == fault["code"]
            trace = one.headers["intuit-tid"]
            assert outcome.message == f"{fault['Message']} {fault['Detail']}"[:400] + f" [intuit_tid {trace}]"


def test_a_fault_of_an_item_in_a_batch_or_of_an_attachment_is_a_refusal() -> None:
    rows = decode(exchange("quickbooks", "batch/basic#0").answer)["BatchItemResponse"]
    rows += decode(exchange("quickbooks", "attachment/error_estimate#0").answer)["AttachableResponse"]
    faults = [row for row in rows if "Fault" in row]
    outcomes = [classify(DocumentKind.INVOICE, 200, {}, encode(row)) for row in faults]
    assert [outcome.code for outcome in outcomes if isinstance(outcome, Rejected)] == ["610", "5010", "6000"]


def test_a_recorded_upload_is_read_as_what_it_is() -> None:
    invoice = piece(document=DocumentKind.INVOICE, document_id="75", name="no_detail.xml")
    made = exchange("quickbooks", "attachment/create_for_invoice#0")
    found = Found("5000000000000503624", "no_detail.xml", 538)
    assert classify_upload(invoice, made.status, made.headers, made.answer) == Attached(found, age_seconds=0)
    refused = exchange("quickbooks", "attachment/error_estimate#0")
    outcome = classify_upload(invoice, refused.status, refused.headers, refused.answer)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "6000"


def test_a_recorded_file_is_found_on_its_document_alone() -> None:
    row = decode(exchange("quickbooks", "attachment/read_attachment#0").answer)["Attachable"]
    of_75, of_76 = (piece(id=int(one), document=DocumentKind.INVOICE, document_id=one, name="no_detail.xml") for one in ("75", "76"))
    for wanted, count in ((of_75, 1), (of_76, 0)):
        found = look_up([wanted], lambda entity, rest: [{"Id": row["Id"], "FileName": row["FileName"]}], lambda identifier: row)
        assert len(found[wanted.id]) == count


# --- the error catalogue ------------------------------------------------------------------------------------------------------

JUSTIFIED: tuple[tuple[type[Outcome], str, str], ...] = (
    (NotSent, "refused before it was read, for who we are or for what the company may do now", "100 110 120 130 140 150 3100 3200 3202"),
    (Throttled, "refused before it was read, because of a limit", "3001"),
    (Uncertain, "the request id is in use: perhaps by our own first attempt", "600"),
    (Uncertain, "the number is taken: perhaps by our own first attempt", "6140"),
    (Uncertain, "something broke inside, and nothing says before or after the books", "500 1000 10000"),
    (Rejected, "it names a document, an entry or a list that is not there or cannot be used so", "610 620 630 700 800 900 2500"),
    (Rejected, "it says that nothing was made", "1010 1020"),
    (Rejected, "the call is not one that the service takes", "1040 1050 2000 2130 4000 4001 4002 10100"),
    (
        Rejected,
        "a property of the document is missing, unknown, in the wrong form or out of range",
        "2010 2020 2030 2040 2050 2060 2070 2080 2090 2100 2110 2120 2140 2150 2160 2170 2180 2190 2200 2210 2220 2230 2240 2250 2260 2270"
        " 2280 2290 2300 2600 3000 5000",
    ),
    (Rejected, "somebody else changed it, or we may not", "5010 5020 5030"),
    (
        Rejected,
        "a rule of the books forbids it",
        "6000 6010 6070 6080 6090 6100 6150 6160 6170 6180 6190 6200 6210 6220 6230 6240 6250 6270 6310 6320 6430 6440 6450 6470 6480 6520"
        " 6540",
    ),
    (Rejected, "an attachment is refused", "6020 6030 6040 6041 6050"),
    (Rejected, "the company was reset: its books are others now", "10200"),
)  # fmt: skip


def test_every_code_of_the_catalogue_has_an_outcome_with_its_reason() -> None:
    catalogue = json.loads((CONTRACTS / "quickbooks" / "error-codes.json").read_text("utf-8"))
    justified = {code: outcome for outcome, _, codes in JUSTIFIED for code in codes.split()}
    assert sum(len(codes.split()) for _, _, codes in JUSTIFIED) == len(justified), "a code has two outcomes"
    assert justified.keys() == catalogue.keys()
    for code, fact in catalogue.items():
        for padded in (code, code.zfill(6)):
            error = {"Message": fact["message"], "Detail": "", "code": padded}
            for body in ({"Fault": {"Error": [error]}}, {"fault": {"error": [{key.lower(): value for key, value in error.items()}]}}):
                outcomes = {type(classify(kind, status, {}, json.dumps(body).encode())) for kind in DocumentKind for status in (200, 400)}
                assert outcomes == {justified[code]}, code


# --- reference data -----------------------------------------------------------------------------------------------------------


def rows_of(kind: str) -> list[dict[str, Any]]:
    """Every recorded row of a list, each once, the last one told."""
    found = {
        row["Id"]: row for name in LISTS for told_kind, row in entities(decode(exchange("quickbooks", name).answer)) if told_kind == kind
    }
    return list(found.values())


def chart_of(accounts: list[Any], customers: list[Any], preferences: Any) -> Chart:
    """The chart that our client, through python-quickbooks, makes of those rows."""
    lists = {"Account": accounts, "Customer": customers}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/preferences"):
            return httpx.Response(200, content=encode({"Preferences": preferences}))
        if "/companyinfo/" in request.url.path:
            return httpx.Response(200, json={"CompanyInfo": {"CompanyName": "Craig's Design"}})
        entity = request.content.decode().split()[3]
        rows = lists.get(entity, [])
        return httpx.Response(200, content=encode({"QueryResponse": {entity: rows} if rows else {}}))

    return chart_now(QuickBooksLedger(http=http(answer), realm_id="9130", currency="USD", clock=TestClock()))


def test_every_recorded_account_and_customer_is_in_the_chart_under_its_name() -> None:
    charts = SHARED / "data" / "charts"
    accounts = [*decode((charts / "qbo_sandbox_accounts.json").read_bytes()), *rows_of("Account")]
    customers, preferences = rows_of("Customer"), decode((charts / "qbo_sandbox_preferences.json").read_bytes())
    chart = chart_of(accounts, customers, preferences)
    assert [(a.id, a.type, a.active) for a in chart.accounts] == [(a["Id"], a["AccountType"], a["Active"]) for a in accounts]
    named = [a["FullyQualifiedName"] if a["Active"] else a["FullyQualifiedName"].removesuffix(" (deleted)") for a in accounts]
    assert [account.name for account in chart.accounts] == named
    assert (chart.currency, chart.lock.last_locked_day) == ("USD", None)
    assert len(customers) > 20
    # "Jack Doe" is a customer, and the short name of a job of "Doe, Jack": a full name is worth more than a short one.
    full = {customer["FullyQualifiedName"]: customer["Id"] for customer in customers}
    assert full["Jack Doe"] != full["Doe, Jack:Jack Doe"]
    for customer in customers:
        assert chart.customers[customer["FullyQualifiedName"].casefold()] == customer["Id"]
        assert chart.customers[customer["DisplayName"].casefold()] == full.get(customer["DisplayName"], customer["Id"])
    assert [note.code for note in chart.notes] == ["QUICKBOOKS_CUSTOM_NUMBERS_OFF"]


def test_the_recorded_answer_of_change_data_capture_is_read_as_what_changed() -> None:
    one = exchange("quickbooks", "cdc/basic#0")
    client = sdk_client(http(lambda request: httpx.Response(200, content=one.answer)), "9130")
    rows, as_of = _captured(client, ["Estimate"], "2011-10-10T09:00:00-07:00")
    assert rows is not None
    assert ([row["Id"] for row in rows["Estimate"]], as_of) == (["48", "46", "41", "100"], "2020-09-29T08:02:53.512-07:00")


def test_what_intuit_answers_is_what_intuits_schema_describes() -> None:
    """The judge of our own documents, judged: but for one known slip of Intuit's, nothing that it sent is called wrong."""
    judged, slips = 0, 0
    for one in quickbooks().values():
        for kind, told in entities(decode(one.answer)):
            wrong = against_the_schema(kind, told)
            slips += any(NOT_BY_THE_SCHEMA in fault for fault in wrong)
            judged += 1
            assert [fault for fault in wrong if NOT_BY_THE_SCHEMA not in fault] == [], one.name
    assert judged > 50
    assert slips


def test_the_recorded_amounts_are_exact_numbers() -> None:
    told = decode(exchange("quickbooks", "create/invoice#0").answer)["Invoice"]
    assert str(told["TotalAmt"]) == "100.00"
    assert isinstance(told["TotalAmt"], Decimal)
