"""Recorded requests, replayed against the stand-in: its answers have the shape of QuickBooks' own.

Where they knowingly have not, the place is listed with the reason, and an entry that is no longer needed fails.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from connector.sandbox.company import Company
from connector.sandbox.quickbooks.faults import encode
from connector.sandbox.wire import Request, Response
from connector.sandbox.world import Sandbox
from tests.contract.cassettes import Recorded, exchange, recorded
from tests.contract.intuit_schema import decode
from tests.contract.reference import SHARED, needs_reference
from tests.contract.shapes import differences
from tests.contract.wrong_journals import RIGHT, TAKEN, WRONG

pytestmark = needs_reference

# What an answer of the stand-in knowingly lacks, or has beyond the recorded company's, and why.
ADDRESSES = {"BillAddr": "customers have no addresses", "ShipAddr": "customers have no addresses"}
INVOICE = ADDRESSES | {"CustomField": "the company has no fields of its own"}
BALANCES = {"Balance": "lists carry no balances; the trial balance does", "BalanceWithJobs": "the same"}
CUSTOMER = BALANCES | {"DefaultTaxCodeRef": "customers have no tax code of their own"}
ACCOUNT = {
    "AccountSubType": "accounts have no finer kinds",
    "AcctNum": "the recorded company has its account numbers switched off",
    "CurrentBalance": "lists carry no balances; the trial balance does",
    "CurrentBalanceWithSubAccounts": "the same",
}
OPTIONAL = ("CompanyName", "FamilyName", "Fax", "GivenName", "MiddleName", "Mobile", "PrimaryEmailAddr", "PrimaryPhone", "WebAddr")
CUSTOMERS = {
    **CUSTOMER,
    **ADDRESSES,
    **dict.fromkeys(OPTIONAL, "customers have a name and no more"),
    "Level": "customers have no jobs below them",
    "ParentRef": "the same",
}


def inside(place: str, known: dict[str, str]) -> dict[str, str]:
    """The known differences of an entity at a place of the answer."""
    return {f"{place}.{name}": reason for name, reason in known.items()}


REPLAYED = {
    "create/invoice#0": inside("Invoice", INVOICE),
    "delete/invoice#0": inside("Invoice", INVOICE),
    "delete/invoice#1": {},
    "void/invoice#0": inside("Invoice", INVOICE),
    "void/invoice#1": inside("Invoice", INVOICE),
    "create/customer#0": inside("Customer", CUSTOMER),
    "update/customer#0": inside("Customer", CUSTOMER),
    "error/400#0": inside("QueryResponse.Customer[]", CUSTOMERS),
    "error/400#1": {},
    "error/400_json#0": {},
    "error/401#0": {},
    "error/500#0": {},
    "error/500#1": {"time": "this one fault was recorded without its time"},
    "error/validation#0": {},
    "deactivate/account#0": inside("Account", ACCOUNT),
    "deactivate/account#1": inside("Account", ACCOUNT),
    "update/customer#1": inside("Customer", CUSTOMER | {"PrimaryPhone": "customers have a name and no more"}),
}
# Requests that the stand-in does not answer as QuickBooks did; KNOWS_NOT.md says so too.
NOT_REPLAYED = {
    "attachment/create_for_invoice#0": "a form; it is replayed below, with its boundary",
    "attachment/delete_attachment#0": "it was recorded without the company; it is replayed below",
    "attachment/error_estimate#0": "a form; it is replayed below, with its boundary",
    "attachment/read_attachment#0": "the same",
    "batch/basic#0": "it has no sales receipts; the one item that it knows is replayed alone",
    "cdc/basic#0": "it has no estimates, and looks back 30 days only",
    "deactivate/employee#0": "it has no employees",
    "deactivate/employee#1": "it has no employees",
    "misc/ampersand#0": "its vendors have a name and no more",
    "reports/gl#0": "it has no reports",
    "reports/profit_and_loss#0": "it has no reports",
    "update/sales_receipt#0": "it has no sales receipts",
    "update/sales_receipt#1": "it has no sales receipts",
}


def rest_of(one: Recorded) -> str:
    """The recorded path behind the company; some were recorded without one."""
    return "/".join(part for part in one.path.split("/") if part not in ("", "v3", "company", "-COMPANY_ID-"))


class Books:
    """A stand-in company, signed in to, whose ids stand in for those of the recorded one."""

    def __init__(self) -> None:
        # The recorded company numbers its documents itself.
        company = Company(customers=("Amy's Bird Sanctuary", "Weiskopf Consulting"), switches={"custom_txn_numbers": False})
        self.vendor = Sandbox.create(company=company).vendors.quickbooks
        self.bearer = self.sign_in(self.vendor)
        self.ids = {kind: next(iter(self.vendor.books.lists[kind])) for kind in ("Customer", "Item", "Account")}

    @staticmethod
    def sign_in(vendor: Any) -> str:
        basic = base64.b64encode(f"{vendor.client_id}:{vendor.client_secret}".encode()).decode()
        form = {"grant_type": "refresh_token", "refresh_token": vendor.first_refresh_token}
        headers = {"authorization": f"Basic {basic}", "content-type": "application/x-www-form-urlencoded"}
        answer = vendor.handle(Request("POST", "/oauth2/v1/tokens/bearer", "", headers, urlencode(form).encode()))
        return f"Bearer {json.loads(answer.body)['access_token']}"

    def replay(self, name: str) -> Response:
        """The recorded request, at our company, about our ids."""
        one = exchange("quickbooks", name)
        rest = rest_of(one)
        if name in ("delete/invoice#0", "void/invoice#0", "update/customer#0", "deactivate/account#0"):
            kind = rest.partition("/")[0]
            rest = f"{kind}/{self.ids[kind.capitalize()]}"
        if name == "deactivate/account#1":
            self.vendor.deactivate_account("Operating bank")
        body = json.dumps(self._ours(json.loads(one.body), rest.capitalize())).encode() if one.body else b""
        return self.ask(one, body, rest)

    def ask(self, one: Recorded, body: bytes, rest: str) -> Response:
        """That body, sent as the recorded one was."""
        bearer = "" if one.status == 401 else self.bearer
        path = f"/v3/company/{self.vendor.realm_id}/{rest}"
        return self.vendor.handle(Request(one.method, path, urlencode(one.params), {"authorization": bearer}, body))

    def _ours(self, told: dict[str, Any], kind: str) -> dict[str, Any]:
        if "Line" in told:
            told["CustomerRef"]["value"] = self.ids["Customer"]
            told["Line"][0]["SalesItemLineDetail"]["ItemRef"]["value"] = self.ids["Item"]
        elif "Id" in told:
            told["Id"] = self.ids[kind if kind in self.ids else "Invoice"]
        return told

    def create_invoice(self) -> Response:
        answer = self.replay("create/invoice#0")
        self.ids["Invoice"] = json.loads(answer.body)["Invoice"]["Id"]
        return answer


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.mark.parametrize("name", REPLAYED)
def test_the_stand_in_answers_in_the_shape_of_quickbooks(books: Books, name: str) -> None:
    answer = books.create_invoice()
    if name != "create/invoice#0":
        answer = books.replay(name)
    one = exchange("quickbooks", name)
    assert answer.status == one.status
    theirs, ours = decode(one.answer), decode(answer.body)
    assert differences(theirs, ours).keys() == REPLAYED[name].keys()
    if "Fault" in theirs:
        told, given = theirs["Fault"]["Error"][0], ours["Fault"]["Error"][0]
        assert (given["code"], given["Message"], ours["Fault"]["type"]) == (told["code"], told["Message"], theirs["Fault"]["type"])


def test_every_recorded_request_is_replayed_or_named_with_the_reason(books: Books) -> None:
    books.create_invoice()
    assert {one.name for one in recorded("quickbooks")} == REPLAYED.keys() | NOT_REPLAYED.keys()
    for name in NOT_REPLAYED:
        one = exchange("quickbooks", name)
        answer = books.ask(one, one.body, rest_of(one))
        assert answer.status != one.status or differences(decode(one.answer), decode(answer.body)), f"{one.name} can be replayed now"


def test_files_are_answered_in_the_shape_of_quickbooks(books: Books) -> None:
    books.create_invoice()

    def upload(name: str, kind: str) -> Any:
        told = exchange("quickbooks", f"attachment/{name}#0")
        form = told.body.replace(b'"value":"75"', f'"value":"{books.ids.get(kind, "75")}"'.encode())
        boundary = form.partition(b"\r\n")[0].removeprefix(b"--").decode()
        headers = {"authorization": books.bearer, "content-type": f"multipart/form-data; boundary={boundary}", "content-length": "1"}
        answer = books.vendor.handle(Request("POST", f"/v3/company/{books.vendor.realm_id}/upload", "requestid=r" + name, headers, form))
        assert differences(decode(told.answer), decode(answer.body)) == {}
        return decode(answer.body)["AttachableResponse"][0]

    assert upload("error_estimate", "Estimate")["Fault"]["Error"][0]["code"] == "6000"
    made = upload("create_for_invoice", "Invoice")["Attachable"]
    assert made["Size"] == 538
    for name, query, body in (
        ("read_attachment", "", b""),
        ("delete_attachment", "operation=delete&requestid=d", json.dumps({"Id": made["Id"]}).encode()),
    ):
        told = exchange("quickbooks", f"attachment/{name}#0")
        rest = f"attachable/{made['Id']}" if told.method == "GET" else "attachable"
        path = f"/v3/company/{books.vendor.realm_id}/{rest}"
        answer = books.vendor.handle(Request(told.method, path, query, {"authorization": books.bearer}, body))
        assert differences(decode(told.answer), decode(answer.body)) == {}, name


def test_what_changed_is_answered_in_the_envelope_that_was_recorded(books: Books) -> None:
    theirs = decode(exchange("quickbooks", "cdc/basic#0").answer)
    path, since = f"/v3/company/{books.vendor.realm_id}/cdc", urlencode({"entities": "invoice", "changedSince": "2026-01-01T00:00:00Z"})
    books.vendor._clock.set(datetime(2026, 1, 15, tzinfo=UTC))
    books.bearer = Books.sign_in(books.vendor)
    books.create_invoice()
    ours = decode(books.vendor.handle(Request("GET", path, since, {"authorization": books.bearer})).body)
    for told, kind in ((theirs, "Estimate"), (ours, "Invoice")):
        for part in told["CDCResponse"][0]["QueryResponse"]:
            part["Rows"] = [row["MetaData"] for row in part.pop(kind)]
    assert differences(theirs, ours) == {}


def test_a_batch_answers_an_invoice_that_is_not_there_in_the_shape_of_quickbooks(books: Books) -> None:
    one = exchange("quickbooks", "batch/basic#0")
    item = json.loads(one.body)["BatchItemRequest"][1]
    (theirs,) = [row for row in decode(one.answer)["BatchItemResponse"] if row["bId"] == item["bId"]]
    body = json.dumps({"BatchItemRequest": [item]}).encode()
    path = f"/v3/company/{books.vendor.realm_id}/batch"
    answer = books.vendor.handle(Request("POST", path, "requestid=r", {"authorization": books.bearer}, body))
    ours = decode(answer.body)
    assert differences({"BatchItemResponse": [theirs], "time": ""}, ours) == {}
    assert ours["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "610"


@pytest.mark.parametrize(("changed", "place"), WRONG, ids=[f"{place}-{number}" for number, (_, place) in enumerate(WRONG)])
def test_what_intuits_schema_refuses_the_stand_in_refuses_too(books: Books, changed: dict[str, Any], place: str) -> None:
    path, headers = f"/v3/company/{books.vendor.realm_id}/journalentry", {"authorization": books.bearer}
    sent = (RIGHT, {**RIGHT, "DocNumber": "2", **changed})
    told = [books.vendor.handle(Request("POST", path, "", headers, encode(journal))).status for journal in sent]
    assert told == [200, 200 if changed in TAKEN else 400]


def test_a_voided_invoice_says_so_in_the_words_that_were_recorded(books: Books) -> None:
    books.create_invoice()
    ours = json.loads(books.replay("void/invoice#1").body)["Invoice"]
    theirs = json.loads(exchange("quickbooks", "void/invoice#1").answer)["Invoice"]
    assert {name: ours[name] for name in ("PrivateNote", "TotalAmt", "Balance", "SyncToken")} == {
        name: theirs[name] for name in ("PrivateNote", "TotalAmt", "Balance", "SyncToken")
    }


def test_an_account_that_is_made_inactive_gets_the_word_that_was_recorded(books: Books) -> None:
    told = json.loads(exchange("quickbooks", "deactivate/account#1").answer)["Account"]
    books.vendor.deactivate_account("Rounding")
    (ours,) = [row for row in books.vendor.books.lists["Account"].values() if row["Name"].startswith("Rounding")]
    assert ours["Name"] == ours["FullyQualifiedName"] == "Rounding" + told["Name"].removeprefix("Fees Billed")


@pytest.mark.parametrize(
    ("file", "known"),
    [
        ("qbo_sandbox_accounts.json", {"[].AcctNum": "added"}),  # the recorded company has its account numbers switched off
        ("qbo_sandbox_preferences.json", {}),
    ],
)
def test_the_stand_in_tells_of_accounts_and_preferences_only_what_quickbooks_tells(books: Books, file: str, known: dict[str, str]) -> None:
    ours: dict[str, Any] = {
        "qbo_sandbox_accounts.json": list(books.vendor.books.lists["Account"].values()),
        "qbo_sandbox_preferences.json": json.loads(preferences(books).body)["Preferences"],
    }
    theirs = decode((Path(SHARED) / "data" / "charts" / file).read_bytes())
    found = differences(theirs, decode(encode(ours[file])))
    assert {place: what for place, what in found.items() if what != "missing"} == known


def preferences(books: Books) -> Response:
    path = f"/v3/company/{books.vendor.realm_id}/preferences"
    return books.vendor.handle(Request("GET", path, "", {"authorization": books.bearer}))
