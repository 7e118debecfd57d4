"""The client against the stand-in: what is posted is found again whatever people do to it, and what cannot be read proves nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from connector.core.drafting import Draft
from connector.core.identity import Identity, marker, narration
from connector.core.mapping import DocumentKind, Names
from connector.core.matching import differences
from connector.core.posting import LedgerDocument, NotSent, Outcome, Phase, Posted, Posting, Rejected, State, Throttled, Uncertain
from connector.ledgers.ledger import Ledger, Rendered, ServiceUnreachableError
from connector.ledgers.xero.client import XeroLedger
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
    fact,
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
    """One stand-in organisation and a client for it."""

    def __init__(self, *, tenant: str = "", **company: Any) -> None:
        self.sandbox = Sandbox.create(company=Company(**company), clock=SandboxClock(START, frozen=True))
        self.vendor, self.shell, self.clock = self.sandbox.vendors.xero, self.sandbox.xero, TestClock()
        self.tenant = tenant or self.vendor.tenant_id
        self.ledger = self.client()
        self.chart = chart_now(self.ledger) if not tenant else None

    def client(self, wrapped: Callable[[httpx.BaseTransport], httpx.BaseTransport] = lambda transport: transport) -> XeroLedger:
        transport = wrapped(SandboxTransport(self.shell.handle))
        auth = oauth(
            transport.handle_request,
            MemoryVault(),
            self.clock,
            self.vendor.first_refresh_token,
            token_url="https://sign-in.example/connect/token",
            client=(self.vendor.client_id, self.vendor.client_secret),
            service="xero",
        )
        return XeroLedger(
            http=http(transport, clock=self.clock, auth=auth, service="xero"), tenant_id=self.tenant, currency="USD", clock=self.clock
        )

    def posting(self, draft: Draft, number: str = "4711", **changed: Any) -> Posting:
        identity = Identity(self.ledger.company_id, "upkeep", "", number, "cost")
        assert self.chart is not None
        rendered = self.ledger.render(draft, identity, Names(), self.chart)
        assert isinstance(rendered, Rendered), rendered
        facts = {"narration": rendered.narration, "key": self.ledger.key(identity, Phase.CREATE, 1)} | changed
        return posting_of(rendered, identity, **facts)

    def drafted(self, posting: Posting) -> Posting:
        """The posting of phase two, after a first phase that went well."""
        outcome = self.ledger.send(posting, soon(self.clock))
        assert isinstance(outcome, Posted), outcome
        known = replace(posting, remote_id=outcome.document.id)
        key = self.ledger.key(posting.identity, Phase.POST_DRAFT, 1)
        return replace(known, phase=Phase.POST_DRAFT, request=self.ledger.phase_two(known), key=key)

    def post(self, posting: Posting) -> LedgerDocument:
        """Bring it into the books, in one phase or two."""
        outcome: Outcome = self.ledger.send(posting, soon(self.clock))
        if isinstance(outcome, Posted) and outcome.document.status == "draft":
            outcome = self.ledger.send(self.drafted(posting), soon(self.clock))
        assert isinstance(outcome, Posted), outcome
        return outcome.document

    def in_the_books(self) -> int:
        return len(self.vendor.documents())

    def in_all(self) -> int:
        return len(self.vendor.documents()) + len(self.vendor.drafts())

    def edit(self, document_id: str, **changed: Any) -> None:
        """A person at the screen changes a field."""
        shelf = next(shelf for shelf in self.vendor.books.shelves.values() if document_id in shelf.by_id)
        self.vendor.books.commit(replace(shelf.by_id[document_id], **changed))


@pytest.fixture
def rig() -> Rig:
    return Rig()


JOURNAL = journal(("HVAC repairs", "100.10"), ("Accrued maintenance", "-100.10"))
INVOICE = invoice(line(tax="Tax on Sales"))
BOTH = pytest.mark.parametrize("draft", [JOURNAL, INVOICE], ids=["journal", "invoice"])


def test_it_is_a_ledger(rig: Rig) -> None:
    ledger: Ledger = rig.ledger
    assert (ledger.kind, ledger.company_id, ledger.repeats_errors) == ("xero", rig.vendor.tenant_id, True)
    assert ledger.visibility() == []
    ledger.close()


def test_the_period_lock_is_read_anew(rig: Rig) -> None:
    assert rig.ledger.period_lock().last_locked_day is None
    rig.vendor.set_lock(DAY)
    assert rig.ledger.period_lock().last_locked_day == DAY


@BOTH
def test_what_is_posted_is_what_was_meant_and_is_found_by_marker_by_id_and_by_date(rig: Rig, draft: Draft) -> None:
    posting = rig.posting(draft)
    document = rig.post(posting)
    assert document.status == "live"
    assert differences(posting.expectation, document) == []
    assert rig.ledger.look_up([posting]) == {posting.marker: (document,)}
    assert rig.ledger.read(replace(posting, remote_id=document.id)) == document
    assert list(rig.ledger.documents(DAY, DAY)) == [document]
    assert list(rig.ledger.documents(DAY + timedelta(days=1), DAY + timedelta(days=9))) == []
    assert (rig.in_the_books(), rig.vendor.violations) == (1, [])


def test_a_unit_price_keeps_its_four_decimals(rig: Rig) -> None:
    posting = rig.posting(invoice(line(quantity=Decimal("6.25"), unit_price=Decimal("1.0016"), amount=Decimal("6.26"))))
    assert differences(posting.expectation, rig.post(posting)) == []


def test_a_journal_is_a_draft_first_and_then_the_same_document_is_posted(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    second = rig.drafted(posting)
    assert (rig.in_the_books(), rig.in_all()) == (0, 1)
    assert [document.status for document in rig.ledger.look_up([posting])[posting.marker]] == ["draft"]
    outcome = rig.ledger.send(second, soon(rig.clock))
    assert isinstance(outcome, Posted)
    assert (outcome.document.id, outcome.document.status) == (second.remote_id, "live")
    assert (rig.in_the_books(), rig.in_all()) == (1, 1)


def test_posting_a_draft_twice_by_its_id_posts_it_once(rig: Rig) -> None:
    second = rig.drafted(rig.posting(JOURNAL))
    rig.ledger.send(second, soon(rig.clock))
    assert isinstance(rig.ledger.send(replace(second, key="b" * 32), soon(rig.clock)), Posted)
    assert (rig.in_the_books(), rig.in_all()) == (1, 1)


def test_phase_two_posts_what_was_meant_whatever_a_person_made_of_the_draft(rig: Rig) -> None:
    second = rig.drafted(rig.posting(JOURNAL))
    rig.vendor.edit_line_amount(second.remote_id, 0, "7.00")
    outcome = rig.ledger.send(second, soon(rig.clock))
    assert isinstance(outcome, Posted)
    assert differences(second.expectation, outcome.document) == []


@BOTH
def test_a_resend_under_the_same_key_creates_nothing_again(rig: Rig, draft: Draft) -> None:
    posting = rig.posting(draft)
    assert rig.ledger.send(posting, soon(rig.clock)) == rig.ledger.send(posting, soon(rig.clock))
    assert rig.in_all() == 1


def test_an_invoice_number_that_is_taken_is_uncertain_and_a_void_one_too(rig: Rig) -> None:
    posting = rig.posting(INVOICE)
    document = rig.post(posting)
    assert isinstance(rig.ledger.send(replace(posting, key="b" * 32), soon(rig.clock)), Uncertain)
    rig.vendor.void(document.id)
    assert isinstance(rig.ledger.send(replace(posting, key="c" * 32), soon(rig.clock)), Uncertain)
    assert rig.in_all() == 0


def test_a_key_that_was_used_for_another_request_is_uncertain(rig: Rig) -> None:
    rig.ledger.send(rig.posting(JOURNAL), soon(rig.clock))
    other = rig.posting(JOURNAL, "12", key=rig.posting(JOURNAL).key)
    assert isinstance(rig.ledger.send(other, soon(rig.clock)), Uncertain)
    assert rig.in_all() == 1


def test_a_server_error_is_repeated_under_its_key_and_a_new_key_is_a_new_request(rig: Rig) -> None:
    rig.shell.plan.plan([Fault(kind="5xx", status=500, method="PUT")])
    posting = rig.posting(JOURNAL)
    assert [isinstance(rig.ledger.send(posting, soon(rig.clock)), Uncertain) for _ in range(2)] == [True, True]
    again = replace(posting, key=rig.ledger.key(posting.identity, Phase.CREATE, 2))
    assert isinstance(rig.ledger.send(again, soon(rig.clock)), Posted)
    assert rig.in_all() == 1


def test_every_write_of_a_document_has_a_key_of_its_own_with_the_tenant_in_it(rig: Rig) -> None:
    seen: list[str] = []

    class Watch(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            seen.extend(value for name, value in request.headers.items() if name == "idempotency-key")
            return self.inner.handle_request(request)

    rig.ledger = rig.client(Watch)
    rig.post(rig.posting(JOURNAL))
    rig.post(rig.posting(INVOICE, "12"))
    assert len(set(seen)) == 3
    assert all(key.startswith(f"upkeep:{rig.tenant}:") and len(key) <= 128 for key in seen)


FAULTS: list[tuple[Any, dict[str, Any], type, int]] = [
    ("refuse", {}, NotSent, 0),
    ("429", {}, Throttled, 0),
    ("5xx", {"status": 500}, Uncertain, 0),
    ("5xx", {"status": 503}, Uncertain, 0),
    ("5xx_after_commit", {"status": 502}, Uncertain, 1),
    ("drop_before_commit", {}, Uncertain, 0),
    ("drop_after_commit", {}, Uncertain, 1),
    ("garbled", {}, Uncertain, 1),
    ("html", {"status": 504}, Uncertain, 0),
    ("html", {"status": 404}, Uncertain, 0),
    ("html", {"status": 403}, NotSent, 0),
    ("html", {"status": 200}, Uncertain, 0),
]


@BOTH
@pytest.mark.parametrize(("kind", "more", "outcome", "documents"), FAULTS)
def test_each_fault_has_its_outcome_and_the_look_up_tells_the_truth(
    rig: Rig, draft: Draft, kind: Any, more: dict[str, Any], outcome: type, documents: int
) -> None:
    rig.shell.plan.plan([Fault(kind=kind, method="PUT", **more)])
    posting = rig.posting(draft)
    assert isinstance(rig.ledger.send(posting, soon(rig.clock)), outcome)
    assert rig.in_all() == documents
    assert len(rig.ledger.look_up([posting]).get(posting.marker, ())) == documents


@pytest.mark.parametrize(("kind", "more", "outcome", "documents"), FAULTS)
def test_each_fault_in_phase_two_has_its_outcome_and_the_look_up_tells_the_truth(
    rig: Rig, kind: Any, more: dict[str, Any], outcome: type, documents: int
) -> None:
    second = rig.drafted(rig.posting(JOURNAL))
    rig.shell.plan.plan([Fault(kind=kind, method="POST", path="*/ManualJournals/*", **more)])
    assert isinstance(rig.ledger.send(second, soon(rig.clock)), outcome)
    assert [found.status for found in rig.ledger.look_up([second])[second.marker]] == [("draft", "live")[documents]]


@pytest.mark.parametrize("draft", [INVOICE, JOURNAL], ids=["invoice", "journal"])
def test_an_unknown_status_in_the_answer_is_uncertain_and_the_look_up_tells_the_truth(draft: Draft) -> None:
    rig = Rig(switches={"unknown_enum_in_answer": True})
    posting = rig.posting(draft)
    assert isinstance(rig.ledger.send(posting, soon(rig.clock)), Uncertain)
    assert [found.warnings for found in rig.ledger.look_up([posting])[posting.marker]] == [()]


def test_a_closed_period_refuses_the_posting_and_keeps_the_draft(rig: Rig) -> None:
    second = rig.drafted(rig.posting(JOURNAL))
    rig.vendor.set_lock(DAY)
    for posting in (second, rig.posting(INVOICE, "12")):
        outcome = rig.ledger.send(posting, soon(rig.clock))
        assert isinstance(outcome, Rejected)
        assert (outcome.code, "period lock date" in outcome.message or "year lock date" in outcome.message) == ("VALIDATION", True)
    assert (rig.in_the_books(), rig.in_all()) == (0, 1)


def test_an_account_that_xero_strips_from_a_draft_is_heard_and_never_posted(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    posting = replace(posting, request=replace(posting.request, body=posting.request.body.replace(b'"6110"', b'"476"')))
    outcome = rig.ledger.send(posting, soon(rig.clock))
    assert isinstance(outcome, Posted)
    assert any("has been removed" in wrong for wrong in differences(posting.expectation, outcome.document))
    known = replace(posting, remote_id=outcome.document.id)
    assert isinstance(
        rig.ledger.send(replace(known, phase=Phase.POST_DRAFT, request=rig.ledger.phase_two(known), key="b"), soon(rig.clock)), Rejected
    )
    assert rig.in_the_books() == 0


def test_another_tenant_is_refused_at_the_door_and_proves_nothing() -> None:
    rig, own = Rig(tenant="11111111-2222-4333-8444-555555555555"), Rig()
    posting = replace(own.posting(INVOICE), remote_id="d312dd5e-a53e-46d1-9d51-c569ef4570b7")
    assert isinstance(rig.ledger.send(posting, soon(rig.clock)), NotSent)
    for ask in (
        lambda: chart_now(rig.ledger),
        rig.ledger.period_lock,
        lambda: rig.ledger.look_up([posting]),
        lambda: rig.ledger.read(posting),
    ):
        with pytest.raises(ServiceUnreachableError):
            ask()
    with pytest.raises(ServiceUnreachableError, match="is the tenant_id that of an organisation which you connected"):
        chart_now(rig.ledger)


# --- look-ups -----------------------------------------------------------------------------------------------------------------


def test_a_look_up_of_many_invoices_is_one_call_for_fifty(rig: Rig) -> None:
    postings = [rig.posting(INVOICE, str(number)) for number in range(105)]
    sent = {posting.marker: (rig.post(posting),) for posting in postings[:3]}
    before = rig.ledger.calls["xero"]
    assert rig.ledger.look_up(postings) == sent
    # A work order has an invoice or a credit: the credit notes are counted, and read as they are few.
    assert rig.ledger.calls["xero"] - before == 3 + 2


def test_a_look_up_of_few_invoices_asks_for_their_credit_notes_by_number(rig: Rig) -> None:
    postings = [rig.posting(INVOICE, str(number)) for number in range(3)]
    before = rig.ledger.calls["xero"]
    assert rig.ledger.look_up([*postings, *postings]) == {}
    assert rig.ledger.calls["xero"] - before == 1 + 3


def test_a_look_up_of_many_journals_reads_all_of_them_when_that_takes_fewer_calls(rig: Rig) -> None:
    postings = [rig.posting(JOURNAL, str(number)) for number in range(105)]
    sent = {posting.marker: (rig.post(posting),) for posting in postings[:3]}
    before = rig.ledger.calls["xero"]
    assert rig.ledger.look_up(postings) == sent
    assert rig.ledger.calls["xero"] - before == 2
    assert rig.ledger.look_up(postings[:2]) == dict(list(sent.items())[:2])
    assert rig.ledger.calls["xero"] - before == 4


@pytest.mark.parametrize("others", [0, 5])
def test_a_document_is_found_whatever_a_person_did_to_its_date_or_letters(rig: Rig, others: int) -> None:
    for draft in (JOURNAL, INVOICE):
        posting = rig.posting(draft, f"47{draft.total}")
        document = rig.post(posting)
        number = posting.narration or posting.marker
        rig.edit(document.id, day=date(2019, 1, 1), number=number.lower())
        asked = [posting, *(rig.posting(draft, str(number)) for number in range(others))]
        assert [found.id for found in rig.ledger.look_up(asked)[posting.marker]] == [document.id]


@pytest.mark.parametrize("others", [0, 5])
@pytest.mark.parametrize("number", ['4711" OR Narration!="', "4711\\", "Müller 泵 & Söhne +17%", "", "  "])
def test_a_work_order_number_asks_for_nothing_but_itself(rig: Rig, number: str, others: int) -> None:
    foreign = rig.posting(JOURNAL, "12")
    rig.post(foreign)
    posting = rig.posting(JOURNAL, number)
    asked = [posting, *(rig.posting(JOURNAL, str(number)) for number in range(100, 100 + others))]
    assert rig.ledger.look_up(asked) == {}
    document = rig.post(posting)
    assert rig.ledger.look_up(asked) == {posting.marker: (document,)}


def test_a_narration_that_cannot_be_quoted_is_looked_for_among_all(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    document = rig.post(posting)
    for text in ("", 'a "quoted" word', "a\\"):
        assert rig.ledger.look_up([replace(posting, narration=text)]) == {posting.marker: (document,)}


@pytest.mark.parametrize("others", [0, 5])
def test_two_drafts_of_one_narration_are_both_found_the_known_one_first(rig: Rig, others: int) -> None:
    posting = rig.posting(JOURNAL)
    ids = [rig.drafted(replace(posting, key=key * 32)).remote_id for key in "abc"]
    asked = [posting, *(rig.posting(JOURNAL, str(number)) for number in range(others))]
    assert {found.id for found in rig.ledger.look_up(asked)[posting.marker]} == set(ids)
    for known in ids:
        asked[0] = replace(posting, remote_id=known)
        assert rig.ledger.look_up(asked)[posting.marker][0].id == known


def test_a_voided_document_is_shown_as_void_and_a_deleted_draft_as_deleted(rig: Rig) -> None:
    posting, other = rig.posting(JOURNAL), rig.posting(INVOICE, "12")
    rig.vendor.void(rig.post(posting).id)
    rig.vendor.void(rig.post(other).id)
    found = rig.ledger.look_up([posting, other])
    assert [document.status for documents in found.values() for document in documents] == ["void", "void"]
    third = rig.posting(JOURNAL, "13")
    rig.vendor.delete_draft(rig.drafted(third).remote_id)
    assert [document.status for document in rig.ledger.look_up([third])[third.marker]] == ["deleted"]


def test_a_suppliers_bill_of_the_same_number_is_not_ours(rig: Rig) -> None:
    posting = rig.posting(INVOICE)
    document = rig.post(posting)
    rig.edit(document.id, type="ACCPAY")
    assert rig.ledger.look_up([posting]) == {}
    assert list(rig.ledger.documents(DAY, DAY)) == []


def test_only_documents_with_a_marker_of_ours_are_listed(rig: Rig) -> None:
    ours, theirs = rig.post(rig.posting(JOURNAL)), rig.post(rig.posting(JOURNAL, "12"))
    rig.edit(theirs.id, number="Accrual of February [INV-7]")
    assert [document.id for document in rig.ledger.documents(date(2026, 1, 1), date(2026, 12, 31))] == [ours.id]


def test_a_document_that_does_not_exist_is_none_by_its_id(rig: Rig) -> None:
    assert rig.ledger.read(rig.posting(JOURNAL, remote_id="d312dd5e-a53e-46d1-9d51-c569ef4570b7")) is None


# --- surplus drafts -----------------------------------------------------------------------------------------------------------


def test_a_surplus_draft_is_deleted_by_its_id_and_the_known_one_never(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    kept, surplus = (rig.drafted(replace(posting, key=key * 32)).remote_id for key in "ab")
    waiting = replace(posting, state=State.UNCERTAIN, remote_id=kept)
    assert not rig.ledger.delete_draft(waiting, kept)
    assert rig.ledger.delete_draft(waiting, surplus)
    assert [draft.status for draft in rig.ledger.look_up([waiting])[posting.marker]] == ["draft", "deleted"]


def test_a_draft_beside_what_is_posted_is_deleted(rig: Rig) -> None:
    posting = rig.posting(JOURNAL)
    document = rig.post(posting)
    copy = rig.drafted(replace(posting, key="b" * 32)).remote_id
    assert rig.ledger.delete_draft(replace(posting, state=State.POSTED, remote_id=document.id), copy)
    assert rig.in_the_books() == 1


def test_a_document_that_somebody_posted_meanwhile_is_not_deleted(rig: Rig) -> None:
    document = rig.post(rig.posting(JOURNAL))
    assert not rig.ledger.delete_draft(rig.posting(JOURNAL, state=State.UNCERTAIN), document.id)
    assert rig.in_the_books() == 1


@pytest.mark.parametrize("changed", [{"state": State.SENDING}, {"state": State.HELD}, {"kind": DocumentKind.INVOICE}])
def test_drafts_are_deleted_only_while_nothing_is_on_its_way(rig: Rig, changed: dict[str, Any]) -> None:
    second = rig.drafted(rig.posting(JOURNAL))
    posting = rig.posting(JOURNAL, **({"state": State.UNCERTAIN} | changed))
    assert not rig.ledger.delete_draft(posting, second.remote_id)
    assert rig.in_all() == 1


def test_what_is_no_id_is_never_part_of_an_address(rig: Rig) -> None:
    assert not rig.ledger.delete_draft(rig.posting(JOURNAL, state=State.UNCERTAIN), "../Invoices")


# --- the deadline -------------------------------------------------------------------------------------------------------------


def test_reading_accounts_before_a_write_counts_into_its_deadline(rig: Rig) -> None:
    class Slow(httpx.BaseTransport):
        def __init__(self, inner: httpx.BaseTransport) -> None:
            self.inner = inner

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/Accounts"):
                rig.clock.sleep(60)
            return self.inner.handle_request(request)

    rig.ledger = rig.client(Slow)
    posting = rig.posting(JOURNAL)
    assert isinstance(rig.ledger.send(posting, soon(rig.clock)), NotSent)
    assert rig.in_all() == 0
    assert isinstance(rig.ledger.send(posting, soon(rig.clock)), Posted)


def test_a_write_whose_answer_could_not_be_understood_is_not_sent(rig: Rig) -> None:
    rig.ledger = rig.client()
    rig.shell.plan.plan([Fault(kind="5xx", method="GET", path="*/Accounts", times=9)])
    assert isinstance(rig.ledger.send(rig.posting(JOURNAL), soon(rig.clock)), NotSent)
    assert isinstance(rig.ledger.send(rig.posting(INVOICE), soon(rig.clock)), Posted)


# --- answers that prove nothing -----------------------------------------------------------------------------------------------

PUMP = Identity("t", "upkeep", "", "4711", "cost")
ID = "d312dd5e-a53e-46d1-9d51-c569ef4570b7"
ROW = {
    "ManualJournalID": ID,
    "Narration": narration(PUMP),
    "Date": "/Date(1771545600000+0000)/",
    "Status": "POSTED",
    "JournalLines": [],
}
BILL = {
    "InvoiceID": ID,
    "Type": "ACCREC",
    "InvoiceNumber": marker(PUMP),
    "Date": "/Date(1771545600000+0000)/",
    "Status": "PAID",
    "Total": 1,
}
NOTE = {name: value for name, value in BILL.items() if not name.startswith("Invoice")} | {
    "CreditNoteID": "0e64a623-c2a1-446a-93ed-eb897f118cbc",
    "Type": "ACCRECCREDIT",
    "CreditNoteNumber": marker(PUMP),
}


def answering(status: int, body: Any, pages: list[Any] | None = None) -> XeroLedger:
    """A ledger that answers everything alike, but for its accounts and the pages given."""
    clock = TestClock()

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/Accounts"):
            return httpx.Response(200, json={"Accounts": []})
        told = pages[int(request.url.params["page"]) - 1] if pages else body
        return httpx.Response(status, content=told if isinstance(told, bytes) else json.dumps(told).encode())

    client = http(handler, clock=clock, auth=oauth(same_token_again, MemoryVault(), clock), service="xero")
    return XeroLedger(http=client, tenant_id="t", currency="USD", clock=clock)


def ours(kind: DocumentKind = DocumentKind.JOURNAL_ENTRY, **changed: Any) -> Posting:
    posting = Rig().posting(JOURNAL if kind is DocumentKind.JOURNAL_ENTRY else INVOICE)
    return replace(posting, **({"marker": marker(PUMP), "narration": narration(PUMP), "remote_id": ID} | changed))


def listed(*rows: Any, plural: str = "ManualJournals", page: int = 1, pages: int = 1, count: int | None = None) -> dict[str, Any]:
    counted = len(rows) if count is None else count
    paging = {"page": page, "pageSize": 1000, "pageCount": pages, "itemCount": counted}
    return {"Status": "OK", "pagination": paging, plural: list(rows)}


BAD_LISTS = [
    (200, b""),
    (200, b"<html>"),
    (200, b'{"ManualJournals": [{'),
    (200, b"[" * 100_000),
    (200, []),
    (200, {}),
    (200, {"ManualJournals": {}, "Invoices": {}}),
    (200, {"ManualJournals": ["text"], "Invoices": ["text"]}),
    (200, {"ManualJournals": [{}], "Invoices": [{}]}),
    (200, {"ManualJournals": [], "Invoices": [], "Status": "ERROR"}),
    (200, {"ManualJournals": [], "Invoices": [], "ErrorNumber": 51, "Type": "HighVolumeException"}),
    (200, {"ManualJournals": [], "Invoices": [], "pagination": "text"}),
    (200, {"ManualJournals": [], "Invoices": [], "pagination": {"page": 1}}),
    (200, {"ManualJournals": [], "Invoices": [], "pagination": {"page": 1, "pageCount": float("inf"), "itemCount": 0}}),
    (200, {"ManualJournals": [], "Invoices": [], "pagination": {"page": 2, "pageCount": 2, "itemCount": 1}}),
    (200, {"ManualJournals": [], "Invoices": [], "pagination": {"page": 1, "pageCount": 1, "itemCount": 1}}),
    (200, {"ManualJournals": [], "Invoices": [], "pagination": {"page": 1, "pageCount": 2, "itemCount": 1}}),
    (400, {"ManualJournals": [], "Invoices": []}),
    (401, {"ManualJournals": [], "Invoices": []}),
    (403, b""),
    (404, b""),
    (429, b""),
    (503, b"The Organisation is offline"),
]


@pytest.mark.parametrize("kind", list(DocumentKind))
@pytest.mark.parametrize("count", [1, 5])
@pytest.mark.parametrize(("status", "body"), BAD_LISTS)
def test_absence_is_never_concluded_from_an_answer_that_is_not_well_formed(kind: DocumentKind, count: int, status: int, body: Any) -> None:
    ledger = answering(status, body)
    with pytest.raises(ServiceUnreachableError):
        ledger.look_up([ours(kind)] * count)
    with pytest.raises(ServiceUnreachableError):
        list(ledger.documents(DAY, DAY))


@pytest.mark.parametrize(
    "row",
    [
        ROW | {"Narration": "UpKeep work order 12 [12-ABCDEFGHIJKLM]"},
        ROW | {"Narration": None},
        ROW | {"ManualJournalID": "0"},
        ROW | {"Status": None, "Date": None},
        ROW | {"JournalLines": None},
        ROW | {"JournalLines": [{"LineAmount": "NaN"}]},
    ],
)
def test_a_look_up_answered_with_other_or_broken_journals_decides_nothing(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceUnreachableError):
        answering(200, listed(row)).look_up([ours()])


@pytest.mark.parametrize(
    "row", [BILL | {"InvoiceNumber": "INV-0007"}, BILL | {"Type": None}, BILL | {"Type": "ACCRECCREDIT"}, BILL | {"Total": None}]
)
def test_a_look_up_answered_with_other_or_broken_invoices_decides_nothing(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceUnreachableError):
        answering(200, listed(row, plural="Invoices")).look_up([ours(DocumentKind.INVOICE)])


def test_a_well_formed_answer_proves_absence_or_presence() -> None:
    assert answering(200, listed()).look_up([ours()]) == {}
    assert answering(200, {"ManualJournals": []}).look_up([ours()]) == {}
    assert answering(200, {"ManualJournals": []}).look_up([ours()] * 5) == {}
    assert list(answering(200, listed(ROW)).look_up([ours()])) == [marker(PUMP)]


@pytest.mark.parametrize("kind", [DocumentKind.INVOICE, DocumentKind.CREDIT])
def test_an_invoice_and_a_credit_note_are_found_in_whichever_list_they_stand(kind: DocumentKind) -> None:
    lists: list[tuple[list[Any], list[Any], list[DocumentKind]]] = [
        ([BILL], [], [DocumentKind.INVOICE]),
        ([], [NOTE], [DocumentKind.CREDIT]),
        ([BILL], [NOTE], [DocumentKind.INVOICE, DocumentKind.CREDIT]),
        ([], [NOTE | {"Type": "ACCPAYCREDIT"}], []),
    ]
    for invoices, notes, found in lists:
        told = answering(200, {"Invoices": invoices, "CreditNotes": notes}).look_up([ours(kind)])
        assert [document.kind for document in told.get(marker(PUMP), ())] == found
    with pytest.raises(ServiceUnreachableError):
        answering(200, {"Invoices": []}).look_up([ours(kind)])


def test_nothing_is_asked_for_nothing() -> None:
    assert answering(503, b"").look_up([]) == {}


def test_other_journals_among_all_of_them_are_passed_over_unread() -> None:
    foreign = {"ManualJournalID": "x", "Narration": "Depreciation", "Status": None}
    found = answering(200, listed(foreign, ROW)).look_up([replace(ours(), narration="")])
    assert [document.id for documents in found.values() for document in documents] == [ID]
    both = listed(foreign, ROW) | {"Invoices": [BILL | {"InvoiceID": "x", "InvoiceNumber": "INV-7"}, BILL | {"Type": "ACCPAY"}]}
    both |= {"CreditNotes": [NOTE | {"CreditNoteID": "x", "CreditNoteNumber": "CN-7"}, NOTE | {"Type": "ACCPAYCREDIT"}]}
    assert [document.id for document in answering(200, both).documents(DAY, DAY)] == [ID]


def rows_of(count: int, start: int = 0) -> list[dict[str, Any]]:
    return [ROW | {"ManualJournalID": f"{number:08}-0000-4000-8000-000000000000"} for number in range(start, start + count)]


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ([listed(*rows_of(3), page=1, pages=2, count=4), listed(*rows_of(1, 3), page=2, pages=2, count=4)], 4),
        # Somebody added one meanwhile: a row is shown twice, and counts once.
        ([listed(*rows_of(3), page=1, pages=2, count=4), listed(*rows_of(3, 2), page=2, pages=2, count=5)], 5),
        # Pages that are not counted end with one that is shorter than any page of Xero's.
        ([{"ManualJournals": rows_of(100)}, {"ManualJournals": rows_of(99, 100)}], 199),
        ([{"ManualJournals": rows_of(100)}, {"ManualJournals": []}], 100),
    ],
)
def test_every_page_is_read_and_every_row_once(pages: list[Any], found: int) -> None:
    assert len(answering(200, None, pages).look_up([ours()])[marker(PUMP)]) == found


@pytest.mark.parametrize(
    "pages",
    [
        [listed(*rows_of(3), pages=2, count=4)] * 2,
        [listed(*rows_of(3), pages=2, count=4), listed(page=2, pages=2, count=4)],
        [listed(*rows_of(3), pages=3, count=4), listed(page=2, pages=3, count=4)],
        [listed(*rows_of(2), pages=2, count=5), listed(*rows_of(2, 2), page=2, pages=2, count=5)],
        [{"ManualJournals": rows_of(100)}] * 2,
        [listed(*rows_of(3), page=1, pages=2, count=4), {"ManualJournals": rows_of(3)}],
    ],
    ids=["the same page", "an empty end", "an empty middle", "fewer than counted", "page ignored", "the same rows"],
)
def test_a_list_with_a_page_missing_proves_nothing(pages: list[Any]) -> None:
    with pytest.raises(ServiceUnreachableError):
        answering(200, None, pages).look_up([ours()])


def test_pages_are_walked_in_an_order_that_no_edit_changes(rig: Rig) -> None:
    rig.ledger.look_up([rig.posting(JOURNAL), rig.posting(INVOICE)])
    asked = [
        httpx.QueryParams(entry["query"]) for entry in rig.shell.log if "pageSize" in entry["query"] and "Contacts" not in entry["path"]
    ]
    assert [params["order"] for params in asked] == ["InvoiceID", "CreditNoteID", "ManualJournalID"]


def test_a_list_of_other_dates_than_asked_for_proves_nothing() -> None:
    with pytest.raises(ServiceUnreachableError):
        list(answering(200, listed(ROW)).documents(DAY + timedelta(days=1), DAY + timedelta(days=2)))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, b"<html>gateway</html>"),
        (200, b""),
        (200, b"<html>"),
        (200, {}),
        (200, {"ManualJournals": []}),
        (200, {"ManualJournals": ["text"]}),
        (200, {"ManualJournals": [ROW, ROW]}),
        (200, {"ManualJournals": [ROW | {"ManualJournalID": "99cb8353-ce73-4a5d-8e0d-8b0edf86cfc4"}]}),
        (400, {"ManualJournals": [ROW]}),
        (403, b""),
        (503, b""),
    ],
)
def test_a_read_by_id_concludes_nothing_else(status: int, body: Any) -> None:
    with pytest.raises(ServiceUnreachableError):
        answering(status, body).read(ours())


def test_a_read_by_id_believes_an_empty_404_only() -> None:
    assert answering(404, b"").read(ours()) is None
    found = answering(200, {"ManualJournals": [ROW]}).read(ours(remote_id=ID.upper()))
    assert found is not None
    assert found.id == ID


def test_an_account_without_a_number_is_posted_and_recognised(rig: Rig) -> None:
    account = rig.vendor.books.account("6110")
    assert account is not None
    account.code = ""
    rig.chart = chart_now(rig.ledger)
    posting = rig.posting(journal(("HVAC repairs", "1.00"), ("2100", "-1.00"), tracking=(("department", fact("Plant")),)))
    assert differences(posting.expectation, rig.post(posting)) == []
