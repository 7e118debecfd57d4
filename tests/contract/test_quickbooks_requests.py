"""What we send to QuickBooks, judged by Intuit's own schemas and field limits."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.drafting import Draft
from connector.core.identity import Identity
from connector.core.mapping import Approval, Names
from connector.core.reference import Entry, ListKind
from connector.core.terms import CUSTOMERS_OWN
from connector.flows.reversing import reverse
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.quickbooks.documents import render
from connector.sandbox.wire import Request
from tests.contract.conftest import Run
from tests.contract.drafts import (
    ACCOUNTS,
    CUSTOMER,
    DIMENSIONS,
    ITEM,
    LISTS,
    TAXED,
    TERMS,
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
from tests.contract.intuit_schema import NOT_REQUIRED_HERE, against_the_limits, decode, faults_of, operations
from tests.contract.reference import needs_reference
from tests.contract.scenes import BATCHED, CREDITS, INVOICES, JOURNALS, SCENES, Scene
from tests.contract.wrong_journals import RIGHT, WRONG

pytestmark = needs_reference

KINDS = {"invoice": "Invoice", "creditmemo": "CreditMemo", "journalentry": "JournalEntry"}
ENTITY = {"invoice": "Invoice", "credit": "CreditMemo", "journal_entry": "JournalEntry"}
QUERY = re.compile(r"SELECT \* FROM [A-Z]\w+( WHERE .+)?( ORDERBY Id)?( STARTPOSITION \d+)?( MAXRESULTS \d+)?")
# The parameters that Intuit's reference names for a call of that kind.
CREATE_PARAMS, READ_PARAMS = {"minorversion", "requestid"}, {"minorversion", "query"}
REQUEST_ID_LENGTH_MAX = 50


def creates(requests: list[Request]) -> list[tuple[str, Any]]:
    """Every document that is created, alone or in a batch, with its kind."""
    found = [
        (request.path.rpartition("/")[2], decode(request.body))
        for request in requests
        if request.path.startswith("/v3/") and _is_create(request)
    ]
    alone = [(KINDS[name], told) for name, told in found if name in KINDS]
    items = [item for name, told in found if name == "batch" for item in told["BatchItemRequest"]]
    return [*alone, *((kind, item[kind]) for item in items for kind in item.keys() & set(KINDS.values()))]


def _is_create(request: Request) -> bool:
    return request.method == "POST" and request.path.rpartition("/")[2] in (*KINDS, "batch")


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_document_that_we_create_is_one_by_intuits_schema(scene: Scene, run: Run) -> None:
    created = creates(run(scene, "quickbooks").wire.requests)
    assert [kind for kind, _ in created] == [ENTITY[scene.kind]] * 6
    assert [fault for kind, told in created for fault in faults_of(kind, told)] == []


def test_a_document_with_everything_in_its_head_is_one_by_intuits_schema(tmp_path: Path) -> None:
    stage = INVOICES.headed(tmp_path, "quickbooks", "Net 30")
    stage.work_order("1", customFields=[{"name": "PO number", "value": "PO 7"}])
    report = stage.sync()
    assert (report.posted, report.findings) == (1, 0)
    ((kind, told),) = creates(stage.wire.requests)
    assert {"SalesTermRef", "BillEmail", "EmailStatus", "CustomerMemo", "DueDate"} <= told.keys()
    assert faults_of(kind, told) == []


@pytest.mark.parametrize("scene", BATCHED, ids=lambda scene: scene.name)
def test_a_batch_is_one_by_intuits_reference(scene: Scene, run: Run) -> None:
    """Items are named within ten characters, requestid and bId within fifty together; `operation` is one of Intuit's."""
    (batch,) = [request for request in run(scene, "quickbooks").wire.requests if request.path.endswith("/batch")]
    told = decode(batch.body)
    assert told.keys() == {"BatchItemRequest"}
    assert len(told["BatchItemRequest"]) == len(run(scene, "quickbooks").documents()) <= 30
    assert {frozenset(item) for item in told["BatchItemRequest"]} == {frozenset({"bId", "operation", ENTITY[scene.kind]})}
    assert {item["operation"] for item in told["BatchItemRequest"]} <= operations()
    names = [item["bId"] for item in told["BatchItemRequest"]]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 10
    assert len(batch.params()["requestid"]) <= 36


@pytest.mark.parametrize("scene", [JOURNALS, INVOICES, CREDITS, *BATCHED], ids=lambda scene: scene.name)
def test_every_call_has_the_address_and_the_parameters_of_intuits_reference(scene: Scene, run: Run) -> None:
    for request in run(scene, "quickbooks").wire.requests:
        assert request.headers["accept"] == "application/json"
        if request.path == "/oauth2/v1/tokens/bearer":
            _check_token_request(request)
        elif request.path.endswith("/query"):
            _check_query(request)
        elif request.method == "POST":
            _check_create(request)
        else:
            assert request.method == "GET"
            assert request.params().keys() <= READ_PARAMS


def _check_token_request(request: Request) -> None:
    assert (request.method, request.query) == ("POST", "")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["authorization"].startswith("Basic ")
    assert request.form().keys() == {"grant_type", "refresh_token"}
    assert request.form()["grant_type"] == "refresh_token"


def _check_query(request: Request) -> None:
    statement = request.body.decode() if request.method == "POST" else request.params()["query"]
    assert QUERY.fullmatch(statement), statement
    assert request.params().keys() <= READ_PARAMS
    if request.method == "POST":
        assert request.headers["content-type"] == "application/text"


def _check_create(request: Request) -> None:
    assert request.headers["content-type"] == "application/json"
    assert request.params().keys() == CREATE_PARAMS
    assert request.params()["minorversion"] == "75"
    assert 0 < len(request.params()["requestid"]) <= REQUEST_ID_LENGTH_MAX


@pytest.mark.parametrize("scene", [INVOICES, Scene("invoice", country="AU", taxed="GST")], ids=lambda scene: scene.name)
def test_what_takes_an_invoice_back_is_a_credit_memo_and_a_payment_by_intuits_schema(scene: Scene, tmp_path: Path) -> None:
    stage = scene.stage(tmp_path, "quickbooks")
    stage.sync()
    stage.wire.requests.clear()
    for number in ("2", "5"):
        with stage.world() as world:
            asked = reverse(world, number, "billed twice")
        assert asked.reversal is not None
        assert asked.reversal.is_done, asked
    written = [one for one in stage.wire.requests if one.method == "POST" and one.path.endswith(("/creditmemo", "/payment"))]
    assert [one.path.rpartition("/")[2] for one in written] == ["creditmemo", "payment"] * 2
    for one in written:
        _check_create(one)
        assert faults_of({"creditmemo": "CreditMemo", "payment": "Payment"}[one.path.rpartition("/")[2]], decode(one.body)) == []
    assert stage.vendor.violations == []


# --- drafts of every kind -----------------------------------------------------------------------------------------------------

US = Chart(
    accounts=tuple(Account(str(number), name, "", "Expense", active=True) for number, name in enumerate(ACCOUNTS)),
    items={ITEM.casefold(): "31"},
    tax_codes={"tax": "TAX", "non": "NON", TAXED.casefold(): "5", UNTAXED.casefold(): "NON"},
    customers={CUSTOMER.casefold(): "41"},
    tracking={(dimension, VALUE.casefold()): (dimension, "51") for dimension in DIMENSIONS},
    currency="USD",
    taxes=taxes("5", "6"),
    lists=LISTS,
)
PER_TRANSACTION = replace(US, lists={**LISTS, ListKind.SETTINGS: (Entry("p", ("p",), facts={"classes": "transaction", "terms": "7"}),)})
ABROAD = replace(US, tax_codes={TAXED.casefold(): "7", UNTAXED.casefold(): "8"}, taxes=taxes("7", "8"))


headed = headed_invoices((TERMS, "20th", CUSTOMERS_OWN), (Approval.AUTHORISED,))


@given(
    st.one_of(journals(), invoices(), taxed_invoices(), credits_of(taxed_invoices()), headed, credits_of(headed)),
    st.sampled_from((US, ABROAD, PER_TRANSACTION)),
    numbers,
)
@settings(max_examples=40, deadline=None)
def test_whatever_the_draft_its_bytes_are_a_document_by_intuits_schema(draft: Draft, chart: Chart, number: str) -> None:
    rendered = render(draft, Identity("9130", "upkeep", "", number, "cost"), Names(), chart, "9130")
    assert isinstance(rendered, Rendered), rendered
    kind = ENTITY[draft.kind]
    assert rendered.request.url == f"/v3/company/9130/{kind.lower()}"
    assert faults_of(kind, decode(rendered.request.body)) == []


# --- the judge ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("changed", "place"), WRONG, ids=[f"{place}-{number}" for number, (_, place) in enumerate(WRONG)])
def test_the_judge_tells_a_wrong_document_and_where(changed: dict[str, Any], place: str) -> None:
    """A judge that never condemns proves nothing: each of these is one step from a document that is in order."""
    assert faults_of("JournalEntry", RIGHT) == []
    assert any(place in fault for fault in faults_of("JournalEntry", {**RIGHT, **changed}))


def test_everything_that_is_excused_from_being_required_is_still_called_required() -> None:
    excused: set[str] = set()
    assert against_the_limits("JournalEntry", RIGHT, excused) == []
    assert excused == NOT_REQUIRED_HERE.keys()
