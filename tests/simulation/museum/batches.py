"""Several documents in one call."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connector.core.batch import Batch
from connector.core.clock import Deadline
from connector.core.posting import Outcome, Posted, Rejected, Uncertain
from connector.ledgers.exact_json import decode, encode
from connector.ledgers.quickbooks import batch as quickbooks_batch
from connector.ledgers.quickbooks import client as quickbooks
from connector.ledgers.quickbooks.client import MINOR_VERSION, QuickBooksLedger
from connector.ledgers.quickbooks.faults import judged
from tests.simulation.history import BATCH_FROM
from tests.simulation.museum.accident import Accident, Caught
from tests.simulation.museum.stories import calls_with, helpless


def a_400_refuses_all(patch: pytest.MonkeyPatch) -> None:
    """A batch that is answered with 400 counts as refused, every member of it; each is asked again at the next sync."""
    classify = quickbooks_batch.classify_batch

    def believe(batch: Batch, status: int, headers: Mapping[str, str], body: bytes) -> list[Outcome]:
        if status != 400:
            return classify(batch, status, headers, body)
        return [Rejected("400", "the batch was refused")] * len(batch.members)

    patch.setattr(quickbooks, "classify_batch", believe)


def answers_paired_by_position(patch: pytest.MonkeyPatch) -> None:
    """The first answer of a batch counts as that of its first member, and so on; what it says is not compared with what was sent."""

    def pair(batch: Batch, status: int, headers: Mapping[str, str], body: bytes) -> list[Outcome]:
        if status != 200:
            return [Uncertain(str(status))] * len(batch.members)
        rows = decode(body)["BatchItemResponse"]
        return [judged(member.kind, status, row) for member, row in zip(batch.members, rows, strict=True)]

    patch.setattr(quickbooks, "classify_batch", pair)


def a_batch_under_new_item_ids(patch: pytest.MonkeyPatch) -> None:
    """A batch whose answer is lost goes out again under its requestid, with item ids made anew for the attempt."""
    send = QuickBooksLedger.send_batch

    def send_again(self: QuickBooksLedger, batch: Batch, deadline: Deadline) -> list[Outcome]:
        outcomes = send(self, batch, deadline)
        if not all(isinstance(outcome, Uncertain) for outcome in outcomes):
            return outcomes
        items = decode(batch.request.body)["BatchItemRequest"]
        body = encode({"BatchItemRequest": [{**item, "bId": uuid.uuid4().hex[:10]} for item in items]})
        params = {"minorversion": MINOR_VERSION, "requestid": batch.key}
        answer: Any = self._http.attempt(replace(batch.request, body=body), params=params, headers={}, deadline=deadline)
        if not isinstance(answer, httpx.Response) or answer.status_code != 200:
            return outcomes
        rows = decode(answer.content)["BatchItemResponse"]
        again = [judged(member.kind, 200, row) for member, row in zip(batch.members, rows, strict=True)]
        return [outcome if isinstance(outcome, Posted) else lost for outcome, lost in zip(again, outcomes, strict=True)]

    patch.setattr(QuickBooksLedger, "send_batch", send_again)


def together(**chosen: Any) -> Any:
    """The helpless ledger, to which two documents go in one call."""
    return replace(helpless("quickbooks", **chosen), batch_from=BATCH_FROM)


ACCIDENTS = (
    Accident(
        "a batch answered with 400 whose valid items were created",
        a_400_refuses_all,
        calls_with("400_after_commit", together(lookup_lag_seconds=15)),
        Caught("duplicate", at=14, within=30),
    ),
    Accident(
        "positional pairing of batch answers",
        answers_paired_by_position,
        calls_with("drop_before_commit", together(shuffle_batch=True)),
        Caught("another document", at=0, within=30),
    ),
    Accident(
        "a replayed batch under new item ids",
        a_batch_under_new_item_ids,
        calls_with("drop_after_commit", together(key_life_seconds=3600)),
        Caught("duplicate", at=14, within=30),
    ),
)
