"""The one door, for several documents at once: nothing leaves that was not stored and leased, and one call gives each an outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from connector.core.batch import Batch
from connector.core.posting import LedgerDocument, NotSent, Outcome, Posted, State, Throttled, Uncertain, WriteRequest
from connector.ledgers.gateway import UnstoredWriteError, write_batch
from connector.ledgers.http import LedgerHttp
from tests.core.examples import ledger_document
from tests.ledgers.rig import http, sending, soon

MEMBERS = tuple(replace(sending(marker=f"{number}-ABCDEFGHIJKLM"), id=number) for number in (1, 2))
BATCH = Batch(MEMBERS, WriteRequest("POST", "/v3/company/9/batch", b"two documents"), "b" * 32)
MADE_AT = datetime(2026, 2, 20, 17, 0, tzinfo=UTC)

Classify = Callable[[int, Mapping[str, str], bytes], list[Outcome]]


def both_posted(status: int, headers: Mapping[str, str], body: bytes) -> list[Outcome]:
    made: LedgerDocument = replace(ledger_document(), made_at=MADE_AT)
    return [Posted(made), Uncertain("only one")]


def send(client: LedgerHttp, batch: Batch = BATCH, classify: Classify = both_posted) -> list[Outcome]:
    return write_batch(client, batch, params={"requestid": batch.key}, headers={}, deadline=soon(), classify=classify)


def test_a_batch_leaves_in_one_call_with_its_frozen_bytes_and_its_key() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, headers={"date": "Fri, 20 Feb 2026 17:00:30 GMT"})

    first, second = send(http(handler))
    assert [(request.content, request.url.params["requestid"]) for request in seen] == [(BATCH.request.body, BATCH.key)]
    assert isinstance(first, Posted)
    assert first.age_seconds == 30
    assert second == Uncertain("only one")


def test_a_batch_whose_answer_is_lost_leaves_all_its_members_in_doubt() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("trouble")

    client = http(handler)
    assert [type(outcome) for outcome in send(client)] == [Uncertain, Uncertain]
    assert client.calls == {"quickbooks": 1}


def test_without_a_connection_no_member_was_sent() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("trouble")

    assert [type(outcome) for outcome in send(http(handler))] == [NotSent, NotSent]


def test_an_answer_that_cannot_be_read_at_all_leaves_all_in_doubt() -> None:
    def fail(status: int, headers: Mapping[str, str], body: bytes) -> list[Outcome]:
        raise LookupError("nobody foresaw this")

    assert send(http(lambda request: httpx.Response(200)), classify=fail) == [Uncertain("the answer could not be read (LookupError)")] * 2


@pytest.mark.parametrize(
    "batch",
    [
        replace(BATCH, key=""),
        replace(BATCH, request=replace(BATCH.request, body=b"")),
        replace(BATCH, members=(MEMBERS[0], replace(MEMBERS[1], state=State.READY))),
        replace(BATCH, members=(MEMBERS[0], replace(MEMBERS[1], token=0))),
    ],
    ids=["without a key", "without bytes", "a member without a lease", "a member without a token"],
)
def test_a_batch_that_was_not_stored_and_leased_does_not_leave(batch: Batch) -> None:
    client = http(lambda request: httpx.Response(200))
    with pytest.raises(UnstoredWriteError):
        send(client, batch)
    assert client.calls == {"quickbooks": 0}


def test_an_item_that_is_throttled_pauses_the_company(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[tuple[float, str]] = []
    client = http(lambda request: httpx.Response(200))
    monkeypatch.setattr(client, "pause", lambda seconds, reason: paused.append((seconds, reason)))
    throttled = Throttled(60.0, "QuickBooks throttled the request")
    assert send(client, classify=lambda status, headers, body: [Uncertain("x"), throttled]) == [Uncertain("x"), throttled]
    assert paused == [(60.0, "QuickBooks throttled the request")]
