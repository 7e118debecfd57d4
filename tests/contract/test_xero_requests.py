"""What we send to Xero, judged by Xero's own OpenAPI files."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.drafting import Draft, JournalEntryDraft
from connector.core.identity import Identity
from connector.core.mapping import Approval, Names
from connector.core.posting import State, WriteRequest
from connector.core.terms import CUSTOMERS_OWN
from connector.flows.check import check
from connector.flows.reversing import reverse
from connector.ledgers.exact_json import encode
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.xero.documents import phase_two, render
from connector.sandbox.faults import Fault
from connector.sandbox.wire import Request
from tests.contract.conftest import Run
from tests.contract.drafts import (
    ACCOUNTS,
    CUSTOMER,
    DIMENSIONS,
    ITEM,
    LISTS,
    TAXED,
    UNTAXED,
    VALUE,
    credits_of,
    headed_invoices,
    invoices,
    journals,
    numbers,
    taxed_invoices,
    taxes,
)
from tests.contract.reference import needs_reference
from tests.contract.scenes import INVOICES, SCENES, Scene
from tests.contract.wire import WatchedStage
from tests.contract.xero_schema import BASE, faults_of_request, faults_of_sign_in, judge_answer, operation_of
from tests.ledgers.rig import posting_of

pytestmark = needs_reference

ID, OTHER_ID = "0b159335-606b-485f-b51b-97b3b32bad32", "99cb8353-ce73-4a5d-8e0d-8b0edf86cfc4"
READ_LISTS = {
    ("get", f"/{name}") for name in ("Organisation", "Accounts", "Items", "TaxRates", "Contacts", "TrackingCategories", "Currencies")
}
WRITES = {
    "journal_entry": {("put", "/ManualJournals"), ("post", "/ManualJournals/{ManualJournalID}")},
    "invoice": {("put", "/Invoices")},
    "credit": {("put", "/CreditNotes")},
}
BATCH_WRITES = WRITES | {"journal_entry": {("put", "/ManualJournals"), ("post", "/ManualJournals")}}
SEARCHES = {("get", "/ManualJournals"), ("get", "/Invoices"), ("get", "/CreditNotes")}
READS = {
    "journal_entry": ("get", "/ManualJournals/{ManualJournalID}"),
    "invoice": ("get", "/Invoices/{InvoiceID}"),
    "credit": ("get", "/CreditNotes/{CreditNoteID}"),
}


def requests(stage: WatchedStage) -> list[Request]:
    """What was asked of Xero's accounting interface."""
    return [request for request in stage.wire.requests if request.path.startswith(BASE)]


def operations(asked: list[Request]) -> set[tuple[str, str]]:
    """The operations of Xero's file that those are."""
    found = [operation_of(request.method, request.path) for request in asked]
    return {(operation.method, operation.path) for operation in found if operation is not None}


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_request_of_a_run_is_one_by_xeros_openapi(scene: Scene, run: Run) -> None:
    stage = run(scene, "xero")
    asked = requests(stage)
    assert [fault for request in asked for fault in faults_of_request(request)] == []
    writes = BATCH_WRITES if scene.is_batched else WRITES
    assert operations(asked) == READ_LISTS | writes[scene.kind] | SEARCHES | {READS[scene.kind]}
    assert stage.vendor.violations == []


@pytest.mark.parametrize("scene", [Scene("journal_entry"), Scene("invoice"), Scene("invoice", gives_back=True)], ids=lambda one: one.kind)
def test_every_request_of_a_search_is_one_by_xeros_openapi(scene: Scene, tmp_path: Path) -> None:
    """Answers are lost, so documents are looked up, and a draft too many is deleted."""
    stage = scene.stage(tmp_path, "xero")
    path = {"journal_entry": "/ManualJournals", "invoice": "/Invoices", "credit": "/CreditNotes"}[scene.kind]
    stage.plan(Fault("drop_after_commit", method="PUT", path=f"*{path}", times=6))
    for _ in range(4):
        stage.sync()
        stage.clock.advance(400)
    assert len(stage.documents()) == 6
    with stage.world() as world:
        posting = next(world.store.every_posting())
        world.ledger.delete_draft(replace(posting, state=State.UNCERTAIN), OTHER_ID)
    asked = requests(stage)
    assert [fault for request in asked for fault in faults_of_request(request)] == []
    searches = {("get", path)} if scene.kind == "journal_entry" else {("get", "/Invoices"), ("get", "/CreditNotes")}
    assert operations(asked) == READ_LISTS | WRITES[scene.kind] | searches
    assert stage.vendor.violations == []


def test_a_run_that_asks_what_was_modified_and_a_check_ask_as_xeros_openapi_has_it(tmp_path: Path) -> None:
    stage = Scene("invoice").stage(tmp_path, "xero")
    stage.sync()
    stage.wire.requests.clear()
    stage.clock.advance(3600)
    stage.work_order("9")
    stage.sync()
    with stage.world() as world:
        check(world)
    asked = requests(stage)
    since = {operation_of(one.method, one.path).path for one in asked if "if-modified-since" in one.headers}  # type: ignore[union-attr]
    assert since == {"/Accounts", "/Items", "/Contacts", "/Invoices"}
    assert [fault for one in asked for fault in faults_of_request(one)] == []
    assert ("get", "/Users") in operations(asked)


def test_every_request_of_a_run_with_everything_in_the_head_is_one_by_xeros_openapi(tmp_path: Path) -> None:
    stage = INVOICES.headed(tmp_path, "xero", "customer", "  status: submitted\n")
    stage.work_order("1", customFields=[{"name": "PO number", "value": "PO 7"}])
    report = stage.sync()
    assert (report.posted, report.findings) == (1, 0)
    asked = requests(stage)
    assert [fault for one in asked for fault in faults_of_request(one)] == []
    assert ("get", "/BrandingThemes") in operations(asked)
    assert stage.vendor.violations == []


@pytest.mark.parametrize("scene", [INVOICES, Scene("invoice", country="AU", taxed="GST")], ids=lambda scene: scene.name)
def test_what_takes_an_invoice_back_is_asked_as_xeros_openapi_has_it(scene: Scene, tmp_path: Path) -> None:
    stage = scene.stage(tmp_path, "xero")
    stage.sync()
    stage.wire.requests.clear()
    stage.wire.exchanges.clear()
    for number in ("2", "5"):
        with stage.world() as world:
            asked = reverse(world, number, "billed twice")
        assert asked.reversal is not None
        assert asked.reversal.is_done, asked
    asked_for = requests(stage)
    assert [fault for one in asked_for for fault in faults_of_request(one)] == []
    writes = [(one.method.lower(), operation_of(one.method, one.path).path) for one in asked_for if one.method != "GET"]  # type: ignore[union-attr]
    assert writes == [("put", "/CreditNotes"), ("put", "/CreditNotes/{CreditNoteID}/Allocations")] * 2
    for one in stage.wire.exchanges:
        operation = operation_of(one.asked.method, one.asked.path)
        if operation is not None and "Allocations" in operation.path:
            wrong, _ = judge_answer(operation, one.answered.status, json.loads(one.answered.body, parse_float=Decimal))
            assert wrong == []
    assert stage.vendor.violations == []


def test_the_sign_in_asks_as_xero_describes_it(run: Run) -> None:
    (asked,) = [request for request in run(INVOICES, "xero").wire.requests if not request.path.startswith(BASE)]
    assert (asked.method, asked.path, asked.query) == ("POST", "/connect/token", "")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert faults_of_sign_in("RefreshToken", asked.form()) == []
    assert asked.form()["grant_type"] == "refresh_token"
    # The client's id and secret go into the header; the schema has them in the form, the other of OAuth's two places.
    assert asked.headers["authorization"].startswith("Basic ")
    assert asked.form().keys() == {"grant_type", "refresh_token"}


# --- drafts of every kind -----------------------------------------------------------------------------------------------------

CHART = Chart(
    accounts=tuple(Account(ID, name, str(number * 400 or ""), "EXPENSE", active=True) for number, name in enumerate(ACCOUNTS)),
    items={ITEM.casefold(): "ITEM"},
    tax_codes={TAXED.casefold(): "OUTPUT", UNTAXED.casefold(): "NONE"},
    customers={CUSTOMER.casefold(): ID},
    tracking={(dimension, VALUE.casefold()): (ID, OTHER_ID) for dimension in DIMENSIONS},
    currency="USD",
    taxes=taxes("OUTPUT", "NONE"),
    lists=LISTS,
)


def sent(request: WriteRequest) -> Request:
    """The frozen request as the client sends it."""
    path, _, query = request.url.partition("?")
    headers = {**dict(request.headers), "xero-tenant-id": "tenant", "idempotency-key": "upkeep:tenant:key"}
    return Request(request.method, path, query, headers, request.body)


headed = headed_invoices((CUSTOMERS_OWN,), tuple(Approval))


@given(st.one_of(journals(), invoices(), taxed_invoices(), credits_of(taxed_invoices()), headed, credits_of(headed)), numbers)
@settings(max_examples=60, deadline=None)
def test_whatever_the_draft_its_bytes_are_a_document_by_xeros_openapi(draft: Draft, number: str) -> None:
    identity = Identity("tenant", "upkeep", "", number, "cost")
    rendered = render(draft, identity, Names(), CHART, "USD")
    assert isinstance(rendered, Rendered), rendered
    assert faults_of_request(sent(rendered.request)) == []
    if isinstance(draft, JournalEntryDraft):
        assert faults_of_request(sent(phase_two(posting_of(rendered, identity, "k", remote_id=ID)))) == []


# --- the judge ----------------------------------------------------------------------------------------------------------------

LINE = {"LineAmount": Decimal("1.50"), "AccountCode": "400"}
GOOD = {"Narration": "n", "JournalLines": [LINE]}


def put(journal: dict[str, Any], query: str = "summarizeErrors=false", path: str = f"{BASE}/ManualJournals", **headers: str) -> Request:
    told = {"content-type": "application/json", "xero-tenant-id": "t", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request("PUT", path, query, told, encode({"ManualJournals": [journal]}))


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        (put({**GOOD, "Unheard": 1}), "Unheard"),
        (put({"JournalLines": [LINE]}), "Narration"),
        (put({**GOOD, "Status": "posted"}), "Status"),
        (put({**GOOD, "UpdatedDateUTC": "2026-01-01"}), "UpdatedDateUTC"),
        (put({**GOOD, "ManualJournalID": "1"}), "ManualJournalID"),
        (put({**GOOD, "JournalLines": [{**LINE, "LineAmount": "1.50"}]}), "LineAmount"),
        (put({**GOOD, "JournalLines": [{**LINE, "Unheard": 1}]}), "Unheard"),
        (put(GOOD, "unitdp=4"), "unitdp"),
        (put(GOOD, "summarizeErrors=no"), "summarizeErrors"),
        (put(GOOD, x_unheard="1"), "x-unheard"),
        (put(GOOD, idempotency_key="k" * 129), "idempotency-key"),
        (put(GOOD, content_type="text/plain"), "JSON"),
        (put(GOOD, path=f"{BASE}/Unheard"), "Unheard"),
        (put(GOOD, path=f"{BASE}/ManualJournals/{ID}"), "PUT"),
        (replace(put(GOOD), headers={"content-type": "application/json"}), "xero-tenant-id"),
        (Request("GET", f"{BASE}/Accounts", "", {"xero-tenant-id": "t"}, b"{}"), "no body"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_judge_tells_a_wrong_request_and_where(request_: Request, place: str) -> None:
    """A judge that never condemns proves nothing: each of these is one step from a request that is in order."""
    assert faults_of_request(put(GOOD)) == []
    faults = faults_of_request(request_)
    assert any(place in fault for fault in faults), faults
