"""What we send to QuickBooks, judged by Intuit's own schemas and field limits."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.costing import CostKind
from connector.core.drafting import Draft, InvoiceDraft, InvoiceLine, JournalEntryDraft, JournalLine, clean_text
from connector.core.identity import Identity
from connector.core.mapping import Fact, Names
from connector.core.money import AMOUNT_LIMIT
from connector.ledgers.ledger import Account, Chart, Rendered
from connector.ledgers.quickbooks.documents import render
from connector.sandbox.wire import Request
from tests.contract.intuit_schema import NOT_REQUIRED_HERE, against_the_limits, decode, faults_of
from tests.contract.reference import needs_reference
from tests.contract.scenes import SCENES, Scene

pytestmark = needs_reference

KINDS = {"invoice": "Invoice", "journalentry": "JournalEntry"}
QUERY = re.compile(r"SELECT \* FROM [A-Z]\w+( WHERE .+)?( ORDERBY Id)?( STARTPOSITION \d+)?( MAXRESULTS \d+)?")
# The parameters that Intuit's reference names for a call of that kind.
CREATE_PARAMS, READ_PARAMS = {"minorversion", "requestid"}, {"minorversion", "query"}
REQUEST_ID_LENGTH_MAX = 50


def creates(requests: list[Request]) -> list[tuple[str, Request]]:
    """The requests that create a document, with the entity that each creates."""
    found = [(KINDS.get(request.path.rpartition("/")[2], ""), request) for request in requests if request.method == "POST"]
    return [(kind, request) for kind, request in found if kind]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_document_that_we_create_is_one_by_intuits_schema(scene: Scene, tmp_path: Path) -> None:
    stage = scene.stage(tmp_path, "quickbooks")
    report = stage.sync()
    assert (report.posted, report.held) == (6, 0)
    created = creates([exchange.asked for exchange in stage.wire.exchanges])
    assert len(created) == 6
    assert [fault for kind, request in created for fault in faults_of(kind, decode(request.body))] == []


@pytest.mark.parametrize("document", ["journal_entry", "invoice"])
def test_every_call_has_the_address_and_the_parameters_of_intuits_reference(document: str, tmp_path: Path) -> None:
    stage = Scene(document).stage(tmp_path, "quickbooks")
    stage.sync()
    with stage.world() as world:
        list(world.ledger.documents(date(2026, 1, 1), date(2026, 3, 31)))
    for request in (exchange.asked for exchange in stage.wire.exchanges):
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


# --- drafts of every kind -----------------------------------------------------------------------------------------------------

texts = st.text(max_size=30).map(clean_text)
amounts = st.decimals(Decimal("0.01"), AMOUNT_LIMIT, places=2)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
US = Chart(
    accounts=tuple(Account(str(number), f"Account {number}", "", "Expense", active=True) for number in range(4)),
    items={"item": "31"},
    tax_codes={"tax": "TAX", "non": "NON", "state": "5"},
    customers={"customer": "41"},
    tracking={("class", "one"): ("class", "51"), ("department", "one"): ("department", "52")},
    currency="USD",
)
ABROAD = Chart(US.accounts, US.items, {"state": "7", "non": "8", "7": "7"}, US.customers, US.tracking, currency="USD")
charts = st.sampled_from((US, ABROAD))
tracking = st.lists(st.sampled_from(("class", "department")), unique=True).map(lambda named: tuple((one, Fact("one", "")) for one in named))


@st.composite
def journals(draw: Any) -> Draft:
    """A balanced journal entry: every debit has its credit."""
    lines = []
    for amount in draw(st.lists(amounts, min_size=1, max_size=8)):
        pair = [draw(st.integers(0, 3)), draw(st.integers(0, 3))]
        sides = draw(st.permutations((True, False)))
        lines += [
            JournalLine(Fact(f"Account {account}", ""), is_debit, amount, draw(texts), draw(tracking))
            for account, is_debit in zip(pair, sides, strict=True)
        ]
    return JournalEntryDraft("4711", draw(days), "USD", tuple(lines), draw(texts))


@st.composite
def invoices(draw: Any) -> Draft:
    lines = []
    for amount in draw(st.lists(amounts, min_size=1, max_size=8)):
        tax = draw(st.sampled_from((None, "state", "non")))
        quantity = draw(st.decimals(Decimal("0.0001"), Decimal(100_000), places=4))
        item, code = Fact("item", ""), Fact(tax, "") if tax else None
        lines.append(InvoiceLine(CostKind.LABOR, item, None, code, draw(texts), quantity, amount, amount, draw(tracking)))
    return InvoiceDraft("4711", draw(days), draw(days), "USD", Fact("customer", ""), tuple(lines), draw(texts))


@given(st.one_of(journals(), invoices()), charts, st.text(max_size=40))
@settings(max_examples=40, deadline=None)
def test_whatever_the_draft_its_bytes_are_a_document_by_intuits_schema(draft: Draft, chart: Chart, number: str) -> None:
    rendered = render(draft, Identity("9130", "upkeep", "", number, "cost"), Names(), chart, "9130")
    assert isinstance(rendered, Rendered), rendered
    kind = "JournalEntry" if isinstance(draft, JournalEntryDraft) else "Invoice"
    assert rendered.request.url == f"/v3/company/9130/{kind.lower()}"
    assert faults_of(kind, decode(rendered.request.body)) == []


# --- the judge ----------------------------------------------------------------------------------------------------------------

LEG = {"PostingType": "Debit", "AccountRef": {"value": "60"}}
LINE = {"Amount": Decimal("1.50"), "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": LEG}


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"Unheard": "of"}, "Unheard"),
        ({"DocNumber": "1" * 22}, "DocNumber"),
        ({"TxnDate": "2026/01/02"}, "TxnDate"),
        ({"PrivateNote": "x" * 4001}, "PrivateNote"),
        ({"CurrencyRef": {"name": "Dollar"}}, "CurrencyRef"),
        ({"CurrencyRef": {"value": "USD", "colour": "green"}}, "CurrencyRef"),
        ({"TotalAmt": Decimal(1)}, "TotalAmt"),
        ({"Adjustment": "true"}, "Adjustment"),
        ({"Line": [{**LINE, "Amount": "1.50"}]}, "Amount"),
        ({"Line": [{**LINE, "Amount": Decimal("1.123456")}]}, "Amount"),
        ({"Line": [{**LINE, "Amount": Decimal("12345678901")}]}, "Amount"),
        ({"Line": [{**LINE, "JournalEntryLineDetail": {**LEG, "PostingType": "debit"}}]}, "PostingType"),
        ({"Line": [{**LINE, "JournalEntryLineDetail": {**LEG, "Memo": "x"}}]}, "Memo"),
        ({"Line": [{**LINE, "JournalEntryLineDetail": {"PostingType": "Debit"}}]}, "AccountRef"),
        ({"Line": [{**LINE, "DetailType": "Unheard"}]}, "DetailType"),
        ({"Line": [{**LINE, "Description": "x" * 4001}]}, "Description"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_judge_tells_a_wrong_document_and_where(changed: dict[str, Any], place: str) -> None:
    """A judge that never condemns proves nothing: each of these is one step from a document that is in order."""
    told = {"DocNumber": "1", "TxnDate": "2026-01-02", "Line": [LINE]}
    assert faults_of("JournalEntry", told) == []
    assert any(place in fault for fault in faults_of("JournalEntry", {**told, **changed}))


def test_everything_that_is_excused_from_being_required_is_still_called_required() -> None:
    excused: set[str] = set()
    assert against_the_limits("JournalEntry", {"Line": [LINE]}, excused) == []
    assert excused == NOT_REQUIRED_HERE.keys()
