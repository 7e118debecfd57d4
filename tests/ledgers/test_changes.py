"""How each ledger is asked what changed, and what of its answers can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connector.core.mapping import DocumentKind
from connector.ledgers.ledger import Changes, CompanyInactiveError, ServiceUnreachableError
from connector.ledgers.quickbooks import changes as quickbooks
from connector.ledgers.quickbooks.client import QuickBooksLedger
from connector.ledgers.xero import changes as xero
from connector.ledgers.xero.client import XeroLedger
from tests.ledgers.rig import START, TestClock, http
from tests.ledgers.test_quickbooks_faults import JOURNAL as ENTRY
from tests.ledgers.test_quickbooks_faults import fault
from tests.ledgers.test_xero_faults import DRAFT_ID, INVOICE, JOURNAL, OTHER_ID

BOTH = (DocumentKind.JOURNAL_ENTRY, DocumentKind.INVOICE)
DAY = timedelta(days=1)
TOLD_AT = datetime(2026, 3, 2, 15, 0, 5, tzinfo=UTC)


def all_of_them(ids: Sequence[str]) -> set[str]:
    return {identifier.casefold() for identifier in ids}


# --- QuickBooks ---------------------------------------------------------------------------------------------------------------


def answered(*responses: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"CDCResponse": [{"QueryResponse": list(responses)}], "time": "2026-03-02T07:00:05.000-08:00", **more}


def ask(body: Any, since: datetime | None = START - DAY, ours: Any = all_of_them, status: int = 200) -> tuple[Changes, httpx.URL]:
    seen: list[httpx.URL] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.url)
        return httpx.Response(status, json=body)

    ledger = QuickBooksLedger(http=http(handler), realm_id="9130", currency="USD", clock=TestClock())
    return ledger.changes(BOTH, since, ours), seen[0]


def test_quickbooks_is_asked_for_both_kinds_in_one_call() -> None:
    _, url = ask(answered({}))
    assert url.path == "/v3/company/9130/cdc"
    assert dict(url.params) == {"minorversion": "75", "entities": "Invoice,JournalEntry", "changedSince": "2026-03-01T15:00:00+00:00"}


def test_what_changed_and_what_was_deleted_is_told_with_quickbooks_own_moment() -> None:
    gone = {"domain": "QBO", "status": "Deleted", "Id": "147", "MetaData": {"LastUpdatedTime": "2026-03-02T07:00:00-08:00"}}
    found, _ = ask(answered({"JournalEntry": [ENTRY, gone], "startPosition": 1, "maxResults": 2}, {}))
    assert [(one.id, one.status) for one in found.documents] == [("146", "live"), ("147", "deleted")]
    assert (found.until, found.is_whole) == (TOLD_AT, True)


def test_strangers_documents_are_not_read_closely() -> None:
    """Whatever shape they have, they keep nobody from seeing ours."""
    found, _ = ask(answered({"JournalEntry": [ENTRY, {"Id": "9"}]}), ours=lambda ids: {"146"})
    assert [one.id for one in found.documents] == ["146"]


@pytest.mark.parametrize("moment", [None, "", "soon", "2026-03-02T07:00:05"])
def test_without_quickbooks_own_moment_nothing_is_whole(moment: Any) -> None:
    found, _ = ask(answered({}, time=moment))
    assert (found.until, found.is_whole) == (None, False)


@pytest.mark.parametrize(
    ("since", "asked", "is_whole"),
    [
        (None, "2026-03-02T14:59:00+00:00", False),
        (START - 29 * DAY, "2026-02-01T15:00:00+00:00", True),
        (START - 29 * DAY - timedelta(seconds=1), "2026-02-01T15:00:00+00:00", False),
        (START + 40 * DAY, "2026-04-11T15:00:00+00:00", True),
    ],
)
def test_quickbooks_is_asked_for_no_more_than_it_remembers(since: datetime | None, asked: str, is_whole: bool) -> None:
    found, url = ask(answered({}), since)
    assert (url.params["changedSince"], found.is_whole) == (asked, is_whole)


def test_quickbooks_memory_is_measured_by_its_own_clock_too() -> None:
    params = quickbooks.question(BOTH, START, START)
    assert quickbooks.is_whole(params, START, START + 30 * DAY, 0)
    assert not quickbooks.is_whole(params, START, START + 30 * DAY + timedelta(seconds=1), 0)


@pytest.mark.parametrize(("count", "is_whole"), [(999, True), (1000, False)])
def test_as_many_changes_as_quickbooks_shows_at_most_may_not_be_all(count: int, is_whole: bool) -> None:
    rows = [{**ENTRY, "Id": str(number)} for number in range(1, count + 1)]
    found, _ = ask(answered({"JournalEntry": rows[:500]}, {"Invoice": rows[500:]}), ours=lambda ids: set())
    assert (found.documents, found.is_whole) == ((), is_whole)


@pytest.mark.parametrize("code", ["10100", "500"])
def test_what_quickbooks_cannot_tell_is_listed_instead(code: str) -> None:
    found, _ = ask({**fault((code, "Too much", "")), "time": "2026-03-02T15:00:05Z"}, status=400)
    assert found == Changes((), TOLD_AT, is_whole=False)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"CDCResponse": None},
        answered(None),  # type: ignore[arg-type]
        answered({"maxResults": 2}),
        answered({"JournalEntry": [{}]}),
        answered({"JournalEntry": [{"Id": 146}]}),
        answered({"JournalEntry": ["text"]}),
        answered({"JournalEntry": [{"Id": "146", "TxnDate": ""}]}),
        fault(("4001", "no", "")),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_any_other_answer_proves_nothing(body: Any, status: int) -> None:
    with pytest.raises(ServiceUnreachableError):
        ask(body, status=status)


def test_a_company_whose_subscription_ended_is_told_as_such() -> None:
    with pytest.raises(CompanyInactiveError, match="6190 Ended"):
        ask(fault(("6190", "Ended", "")), status=400)


# --- Xero ---------------------------------------------------------------------------------------------------------------------


def listed(plural: str, *elements: dict[str, Any], moment: str = "/Date(1772463605000+0000)/") -> dict[str, Any]:
    return {"Id": OTHER_ID, "Status": "OK", "DateTimeUTC": moment, plural: list(elements)}


def ask_xero(answers: Any, since: datetime | None = START - DAY, ours: Any = all_of_them) -> tuple[Changes, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/Accounts"):
            return httpx.Response(200, json={"Status": "OK", "Accounts": []})
        seen.append(request)
        return answers[request.url.path.rpartition("/")[2]]  # type: ignore[no-any-return]

    ledger = XeroLedger(http=http(handler, service="xero"), tenant_id="t", currency="USD", clock=TestClock())
    return ledger.changes(BOTH, since, ours), seen


def test_xero_is_asked_for_each_kind_with_a_moment_without_a_zone() -> None:
    invoices, journals = httpx.Response(200, json=listed("Invoices", INVOICE)), httpx.Response(200, json=listed("ManualJournals", JOURNAL))
    found, seen = ask_xero({"Invoices": invoices, "ManualJournals": journals})
    assert [request.headers["if-modified-since"] for request in seen] == ["2026-03-01T15:00:00"] * 2
    assert sorted(one.id for one in found.documents) == sorted([OTHER_ID, DRAFT_ID])
    assert (found.until, found.is_whole) == (TOLD_AT, True)


def test_xero_without_a_moment_of_the_last_time_tells_its_own_only() -> None:
    empty = {name: httpx.Response(200, json=listed(name)) for name in ("Invoices", "ManualJournals")}
    found, seen = ask_xero(empty, None)
    assert (seen[0].headers["if-modified-since"], found) == ("2026-03-02T14:59:00", Changes((), TOLD_AT, is_whole=False))


def test_xero_strangers_documents_are_not_read_closely() -> None:
    bill, odd = {"Type": "ACCPAY", "InvoiceID": OTHER_ID}, {"ManualJournalID": OTHER_ID, "JournalLines": "none"}
    answers = {
        "Invoices": httpx.Response(200, json=listed("Invoices", bill)),
        "ManualJournals": httpx.Response(200, json=listed("ManualJournals", odd)),
    }
    found, _ = ask_xero(answers, ours=lambda ids: set())
    assert found.documents == ()


def test_the_earliest_moment_of_several_answers_counts_and_none_when_one_is_silent() -> None:
    answers = {
        "Invoices": httpx.Response(200, json=listed("Invoices")),
        "ManualJournals": httpx.Response(304, headers={"date": "Mon, 02 Mar 2026 14:00:00 GMT"}),
    }
    assert ask_xero(answers)[0].until == START - timedelta(hours=1)
    for silent in (
        httpx.Response(304),
        httpx.Response(304, headers={"date": "soon"}),
        httpx.Response(200, json=listed("ManualJournals", moment="")),
    ):
        assert ask_xero({**answers, "ManualJournals": silent})[0].until is None
    assert xero.earliest([]) is None


@pytest.mark.parametrize("answer", [httpx.Response(304), httpx.Response(200, json={"Status": "OK"})])
def test_a_list_of_xero_that_was_asked_for_nothing_of_the_kind_is_no_list(answer: httpx.Response) -> None:
    """Only who asks with a moment may be told that nothing was modified."""
    ledger = XeroLedger(http=http(lambda request: answer, service="xero"), tenant_id="t", currency="USD", clock=TestClock())
    with pytest.raises(ServiceUnreachableError):
        list(ledger.documents(START.date(), START.date()))
