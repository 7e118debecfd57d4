"""Work order 4711, its decision and its intent, and how far its posting can be brought."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.core.disposition import Decision, Disposition, Intent
from connector.core.identity import Identity, idempotency_key, marker
from connector.core.mapping import DocumentKind
from connector.core.posting import Expectation, LedgerDocument, LedgerLine, Posted, Posting, State, WriteRequest
from connector.core.problem import Problem
from connector.store.connection_store import ConnectionStore
from tests.store.databases import REALM

CHANGED_AT = datetime(2026, 2, 20, 17, 0, tzinfo=UTC)
HELD_BACK = Problem("ACCOUNT_UNKNOWN", "mapping.yaml:4", "There is no account 'Repairs'.", "Name one that exists.")


def identity(number: str = "4711", flow: str = "cost", company: str = REALM) -> Identity:
    return Identity(company, "upkeep", "", number, flow)


def expectation(covered: Identity, total: str = "100.00") -> Expectation:
    amount = Decimal(total)
    lines = (LedgerLine("61", amount), LedgerLine("21", -amount))
    return Expectation(DocumentKind.JOURNAL_ENTRY, marker(covered), date(2026, 2, 20), "USD", amount, lines, None, amount)


def intent(covered: Identity, body: bytes = b'{"Line":[]}', total: str = "100.00") -> Intent:
    return Intent(
        covered,
        DocumentKind.JOURNAL_ENTRY,
        marker(covered),
        f"UpKeep work order {covered.work_order_number}",
        idempotency_key(covered, "create", 1),
        WriteRequest("POST", "/v3/company/realm-1/journalentry", body, (("accept", "application/json"),)),
        expectation(covered, total),
    )


def decision(number: str = "4711", intended: Intent | None = None, **changed: Any) -> Decision:
    facts: dict[str, Any] = {
        "source_id": f"id-{number}",
        "number": number,
        "title": "Leaking pump",
        "updated_at": CHANGED_AT,
        "disposition": Disposition.QUEUED,
        "mapping_digest": "digest-1",
        "intent": intended or intent(identity(number)),
        "amount": Decimal("100.00"),
        "currency": "USD",
        "completed_on": date(2026, 2, 20),
        "facts": "facts-1",
        "content": "content-1",
    }
    return Decision(**(facts | changed))


def held(number: str = "4711", **changed: Any) -> Decision:
    facts: dict[str, Any] = {"disposition": Disposition.HELD, "problems": (HELD_BACK,), "intent": None}
    return decision(number, **(facts | changed))


def document(posting: Posting, **changed: Any) -> LedgerDocument:
    """The ledger's document as it should be."""
    expected = posting.expectation
    facts: dict[str, Any] = {
        "id": "146",
        "kind": expected.kind,
        "marker": expected.marker,
        "status": "live",
        "date": expected.date,
        "currency": expected.currency,
        "total": expected.total,
        "lines": expected.lines,
        "version": "0",
    }
    return LedgerDocument(**(facts | changed))


def queue(store: ConnectionStore, *numbers: str) -> list[Posting]:
    """Decide to post these work orders; their postings."""
    store.decide([decision(number) for number in numbers or ("4711",)], CHANGED_AT)
    return store.postings(State.READY)


def leased(store: ConnectionStore, seconds: float = 180) -> Posting:
    """The one ready posting, with the right to send it."""
    (ready,) = store.postings(State.READY)
    posting = store.lease(ready, seconds)
    assert posting is not None
    return posting


def posted(store: ConnectionStore) -> Posting:
    """The one ready posting, sent and answered."""
    posting = leased(store)
    return store.record(posting, Posted(document(posting)))


def later(seconds: float) -> datetime:
    return CHANGED_AT + timedelta(seconds=seconds)
