"""The client against the stand-in: what is posted is found again, and what cannot be read proves nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from connector.core.drafting import Draft
from connector.core.identity import Identity, marker
from connector.core.mapping import DocumentKind, Names
from connector.core.matching import differences
from connector.core.posting import NotSent, Phase, Posted, Posting, Rejected, Throttled, Uncertain
from connector.ledgers.ledger import Ledger, Rendered, ServiceUnreachableError
from connector.ledgers.quickbooks.client import QuickBooksLedger
from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.transport import SandboxTransport
from connector.sandbox.world import Sandbox
from tests.ledgers.rig import (
    DAY,
    START,
    MemoryVault,
    TestClock,
    chart_now,
    http,
    invoice,
    journal,
    line,
    oauth,
    posting_of,
    same_token_again,
    soon,
)


class Rig:
    """One stand-in company and a client for it."""

    def __init__(self, **company: Any) -> None:
        self.sandbox = Sandbox.create(company=Company(**company), clock=SandboxClock(START, frozen=True))
        self.vendor, self.shell, self.clock = self.sandbox.vendors.quickbooks, self.sandbox.quickbooks, TestClock()
        transport = SandboxTransport(self.shell.handle)
        auth = oauth(
            transport.handle_request,
            MemoryVault(),
            self.clock,
            self.vendor.first_refresh_token,
            token_url="https://sign-in.example/oauth2/v1/tokens/bearer",
            client=(self.vendor.client_id, self.vendor.client_secret),
        )
        client = http(transport, clock=self.clock, auth=auth)
        self.ledger = QuickBooksLedger(http=client, realm_id=self.vendor.realm_id, currency="USD", clock=self.clock)
        self.chart = chart_now(self.ledger)

    def posting(self, draft: Draft, number: str = "4711", **changed: Any) -> Posting:
        identity = Identity(self.ledger.company_id, "upkeep", "", number, "cost")
        rendered = self.ledger.render(draft, identity, Names(), self.chart)
        assert isinstance(rendered, Rendered), rendered
        return posting_of(rendered, identity, self.ledger.key(identity, Phase.CREATE, 1), **changed)

    def documents(self) -> list[dict[str, Any]]:
        return list(self.vendor.documents())


@pytest.fixture
def rig() -> Rig:
    return Rig()


JOURNAL = journal(("HVAC repairs", "100.10"), ("Accrued maintenance", "-100.10"))


def test_it_is_a_ledger(rig: Rig) -> None:
    ledger: Ledger = rig.ledger
    assert (ledger.kind, ledger.company_id) == ("quickbooks", rig.vendor.realm_id)
    assert not ledger.delete_draft(rig.posting(JOURNAL), "1")
    assert ledger.visibility() == []
    with pytest.raises(NotImplementedError):
        ledger.phase_two(rig.posting(JOURNAL))


def test_the_chart_is_read_with_what_is_inactive(rig: Rig) -> None:
    accounts = {account.number: account for account in rig.chart.accounts}
    assert (accounts["6110"].name, accounts["6110"].active, accounts["6190"].active) == ("HVAC repairs", True, False)
    assert [number for number, account in accounts.items() if not account.journalable] == ["1100", "2000"]
    assert {"tax", "non", "state sales tax"} <= rig.chart.tax_codes.keys()
    assert {"maintenance labor", "maintenance parts"} <= rig.chart.items.keys()
    assert {("class", "facilities"), ("department", "plant")} <= rig.chart.tracking.keys()
    assert (rig.chart.currency, rig.chart.company_name, rig.chart.notes) == ("USD", "Sandbox Maintenance Co", ())


def test_a_short_name_that_several_carry_names_none_of_them(rig: Rig) -> None:
    items = rig.vendor.books.lists["Item"]
    for identifier, parent in (("901", "North"), ("902", "South")):
        items[identifier] = {"Id": identifier, "Name": "Visit", "FullyQualifiedName": f"{parent}:Visit", "Active": True, "Type": "Service"}
    items["903"] = {"Id": "903", "Name": "Drawer", "FullyQualifiedName": "Drawer", "Active": True, "Type": "Category"}
    known = chart_now(rig.ledger).items
    assert (known["north:visit"], known["south:visit"], known.get("visit"), known.get("drawer")) == ("901", "902", None, None)


def test_settings_that_weaken_the_net_are_noted(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    preferences = {"CurrencyPrefs": {"HomeCurrency": {"value": "USD"}}, "AccountingInfoPrefs": {}}
    monkeypatch.setattr(rig.vendor, "_preferences", lambda: preferences)
    chart = chart_now(rig.ledger)
    assert [note.code for note in chart.notes] == ["QUICKBOOKS_CUSTOM_NUMBERS_OFF"]
    assert {(note.dimension, note.problem.code) for note in chart.tracking_notes} == {
        ("class", "QUICKBOOKS_CLASSES_OFF"), ("department", "QUICKBOOKS_DEPARTMENTS_OFF"),
    }  # fmt: skip


def test_the_period_lock_is_read_anew(rig: Rig) -> None:
    assert rig.ledger.period_lock().last_locked_day is None
    rig.vendor.set_lock(DAY)
    assert rig.ledger.period_lock().last_locked_day == DAY


@pytest.mark.parametrize("draft", [JOURNAL, invoice(line(tax="State sales tax"))], ids=["journal", "invoice"])
def test_what_is_posted_is_what_was_meant_and_is_found_by_marker_by_id_and_by_date(rig: Rig, draft: Draft) -> None:
    posting = rig.posting(draft)
    outcome = rig.ledger.send(posting, soon(rig.clock))
    assert isinstance(outcome, Posted)
    assert differences(posting.expectation, outcome.document) == []
    assert rig.ledger.look_up([posting]) == {posting.marker: (outcome.document,)}
    assert rig.ledger.read(replace(posting, remote_id=outcome.document.id)) == outcome.document
    assert list(rig.ledger.documents(DAY, DAY)) == [outcome.document]
    assert list(rig.ledger.documents(DAY + timedelta(days=1), DAY + timedelta(days=9))) == []


def test_a_resend_under_the_same_key_posts_nothing_again(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    assert rig.ledger.send(posting, soon(rig.clock)) == rig.ledger.send(posting, soon(rig.clock))
    assert len(rig.documents()) == 1
    assert rig.vendor.violations == []


def test_a_number_that_is_taken_is_uncertain(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    rig.ledger.send(posting, soon(rig.clock))
    assert isinstance(rig.ledger.send(replace(posting, key="b" * 32), soon(rig.clock)), Uncertain)


@pytest.mark.parametrize(
    ("kind", "more", "outcome", "documents"),
    [
        ("refuse", {}, NotSent, 0),
        ("429", {}, Throttled, 0),
        ("5xx", {"status": 503}, Uncertain, 0),
        ("5xx_after_commit", {"status": 502}, Uncertain, 1),
        ("drop_before_commit", {}, Uncertain, 0),
        ("drop_after_commit", {}, Uncertain, 1),
        ("garbled", {}, Uncertain, 1),
        ("html", {"status": 504}, Uncertain, 0),
        ("html", {"status": 404}, Uncertain, 0),
    ],
)
def test_each_fault_has_its_outcome_and_the_look_up_tells_the_truth(
    rig: Rig, kind: Any, more: dict[str, Any], outcome: type, documents: int
) -> None:
    rig.shell.plan.plan([Fault(kind=kind, method="POST", path="*/journalentry", **more)])
    posting = rig.posting(JOURNAL)
    assert isinstance(rig.ledger.send(posting, soon(rig.clock)), outcome)
    assert len(rig.documents()) == documents
    assert len(rig.ledger.look_up([posting]).get(posting.marker, ())) == documents


def test_a_closed_period_is_a_refusal_with_the_vendors_code(rig: Rig) -> None:
    rig.vendor.set_lock(DAY)
    outcome = rig.ledger.send(rig.posting(JOURNAL), soon(rig.clock))
    assert isinstance(outcome, Rejected)
    assert (outcome.code, "closed" in outcome.message) == ("6210", True)


def test_a_look_up_of_many_is_one_query_for_forty_of_a_kind(rig: Rig) -> None:
    postings = [rig.posting(JOURNAL, str(number)) for number in range(85)]
    sent = [outcome for posting in postings[:3] if isinstance(outcome := rig.ledger.send(posting, soon(rig.clock)), Posted)]
    before = rig.ledger.calls["quickbooks"]
    found = rig.ledger.look_up(postings)
    assert found == {posting.marker: (outcome.document,) for posting, outcome in zip(postings[:3], sent, strict=True)}
    assert rig.ledger.calls["quickbooks"] - before == 3


def test_a_voided_invoice_is_shown_as_void_and_a_deleted_one_not_at_all(rig: Rig) -> None:
    posting = rig.posting(invoice())
    outcome = rig.ledger.send(posting, soon(rig.clock))
    assert isinstance(outcome, Posted)
    rig.vendor.void(outcome.document.id)
    assert [document.status for document in rig.ledger.look_up([posting])[posting.marker]] == ["void"]
    rig.vendor.delete("Invoice", outcome.document.id)
    assert rig.ledger.look_up([posting]) == {}
    assert rig.ledger.read(replace(posting, remote_id=outcome.document.id)) is None


def test_only_documents_with_a_marker_of_ours_are_listed(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    foreign = replace(posting.request, body=posting.request.body.replace(posting.marker.encode(), b"INV-7"))
    rig.ledger.send(replace(posting, key="c" * 32, request=foreign), soon(rig.clock))
    rig.ledger.send(posting, soon(rig.clock))
    assert [document.marker for document in rig.ledger.documents(date(2026, 1, 1), date(2026, 12, 31))] == [posting.marker]


# --- answers that prove nothing ---------------------------------------------------------------------------------------------------


def answering(status: int, body: Any) -> QuickBooksLedger:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    clock = TestClock()
    client = http(lambda request: httpx.Response(status, content=content), clock=clock, auth=oauth(same_token_again, MemoryVault(), clock))
    return QuickBooksLedger(http=client, realm_id="9130", currency="USD", clock=clock)


def ours(**changed: Any) -> Posting:
    return replace(Rig().posting(JOURNAL), marker=marker(Identity("9130", "upkeep", "", "4711", "cost")), remote_id="146", **changed)


GOOD = {
    "Id": "146",
    "DocNumber": marker(Identity("9130", "upkeep", "", "4711", "cost")),
    "TxnDate": "2026-02-20",
    "Line": [],
}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, []),
        (200, {}),
        (200, {"QueryResponse": []}),
        (200, {"QueryResponse": {"JournalEntry": {}}}),
        (200, {"QueryResponse": {"startPosition": 1, "maxResults": 5}}),
        (200, {"QueryResponse": {"JournalEntry": [{}]}}),
        (200, {"QueryResponse": {"JournalEntry": ["text"]}}),
        (200, {"QueryResponse": {"JournalEntry": [GOOD | {"DocNumber": "OTHER"}]}}),
        (200, {"QueryResponse": {}, "Fault": {"Error": [{"code": "4001"}]}}),
        (400, {"Fault": {"Error": [{"code": "4001", "Message": "Invalid query"}]}}),
        (400, {"QueryResponse": {}}),
        (401, {"QueryResponse": {}}),
        (403, b""),
        (503, {"QueryResponse": {}}),
    ],
)
def test_absence_is_never_concluded_from_an_answer_that_is_not_well_formed(status: int, body: Any) -> None:
    with pytest.raises(ServiceUnreachableError):
        answering(status, body).look_up([ours()])


def test_a_well_formed_answer_proves_absence_or_presence() -> None:
    assert answering(200, {"QueryResponse": {}, "time": ""}).look_up([ours()]) == {}
    assert list(answering(200, {"QueryResponse": {"JournalEntry": [GOOD]}}).look_up([ours()])) == [GOOD["DocNumber"]]


@pytest.mark.parametrize(
    ("kind", "entities"),
    [
        (DocumentKind.JOURNAL_ENTRY, ["JournalEntry"]),
        (DocumentKind.INVOICE, ["Invoice", "CreditMemo"]),
        (DocumentKind.CREDIT, ["Invoice", "CreditMemo"]),
    ],
)
def test_a_journal_asks_nothing_of_the_others_and_an_invoice_and_a_credit_are_asked_for_in_both(
    kind: DocumentKind, entities: list[str]
) -> None:
    asked: list[bytes] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.content)
        return httpx.Response(200, json={"QueryResponse": {}})

    ledger = QuickBooksLedger(http=http(handler), realm_id="9130", currency="USD", clock=TestClock())
    ledger.look_up([ours(kind=kind)] * 2)
    assert asked == [f"SELECT * FROM {name} WHERE DocNumber IN ('{GOOD['DocNumber']}') MAXRESULTS 1000".encode() for name in entities]


@pytest.mark.parametrize("code", ["610", "000610"])
def test_a_read_by_id_believes_610_only(code: str) -> None:
    assert answering(400, {"Fault": {"Error": [{"code": code}]}}).read(ours()) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"Fault": {"Error": [{"code": "2500"}]}}),
        (400, {"Fault": ["610"]}),
        (404, b"<html>"),
        (200, {}),
        (200, {"JournalEntry": GOOD | {"Id": "147"}}),
        (503, {"Fault": {"Error": [{"code": "610"}]}}),
    ],
)
def test_a_read_by_id_concludes_nothing_else(status: int, body: Any) -> None:
    with pytest.raises(ServiceUnreachableError):
        answering(status, body).read(ours())


@pytest.mark.parametrize("ask", [QuickBooksLedger.period_lock, chart_now, QuickBooksLedger.visibility])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, {}),
        (200, {"Fault": {"Error": []}}),
        (200, {"Preferences": {"AccountingInfoPrefs": {"BookCloseDate": "soon"}}}),
        (400, {"Fault": {"Error": [{"code": "4001", "Message": "m", "Detail": "d"}], "type": "ValidationFault"}}),
        (401, {"fault": {"error": [{"code": "3200"}]}}),
        (403, {"Fault": {"Error": [{"code": "3100", "Message": "m", "Detail": "d"}], "type": "SERVICE"}}),
        (503, b""),
    ],
)
def test_reference_data_that_cannot_be_read_is_an_unreachable_service(ask: Any, status: int, body: Any) -> None:
    with pytest.raises(ServiceUnreachableError):
        ask(answering(status, body))
