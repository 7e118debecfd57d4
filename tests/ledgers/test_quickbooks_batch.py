"""A batch as QuickBooks takes it, and every answer to it: one outcome for each member, and never a guess."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connector.core.batch import Batch
from connector.core.posting import NotSent, Outcome, Posted, Posting, Rejected, Throttled, WriteRequest
from connector.ledgers.exact_json import encode
from connector.ledgers.quickbooks.batch import batch_request, classify_batch
from tests.ledgers.rig import sending
from tests.ledgers.test_quickbooks_faults import JOURNAL, THROTTLE_XML, fault

MARKERS = ("4711-ABCDEFGHIJKLM", "4712-ABCDEFGHIJKLM", "4713-ABCDEFGHIJKLM")
BAD_ACCOUNT = {"Fault": fault(("2500", "Invalid Reference Id", "Accounts element id 999 not found"))["Fault"]}


def member(number: int, marker: str) -> Posting:
    request = WriteRequest("POST", "/v3/company/9/journalentry", encode({"DocNumber": marker}))
    return replace(sending(marker=marker), id=number, request=request)


MEMBERS = tuple(member(number, marker) for number, marker in enumerate(MARKERS, 1))
BATCH = Batch(MEMBERS, batch_request("9", MEMBERS), "b" * 32)


def created(item: int, **changed: Any) -> dict[str, Any]:
    return {"bId": str(item), "JournalEntry": JOURNAL | {"Id": str(140 + item), "DocNumber": MARKERS[item - 1]} | changed}


def judge(status: int, body: Any, headers: dict[str, str] | None = None) -> list[Outcome]:
    return classify_batch(BATCH, status, headers or {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def answered(*items: dict[str, Any]) -> list[Outcome]:
    return judge(200, {"BatchItemResponse": list(items), "time": "2026-02-20T00:00:00.000-08:00"})


def ids(outcomes: list[Outcome]) -> list[str]:
    return [outcome.document.id if isinstance(outcome, Posted) else type(outcome).__name__ for outcome in outcomes]


def test_a_batch_holds_each_document_as_it_was_frozen_under_a_name_of_its_own() -> None:
    told = json.loads(BATCH.request.body)
    assert told == {
        "BatchItemRequest": [
            {"bId": str(number), "operation": "create", "JournalEntry": {"DocNumber": marker}} for number, marker in enumerate(MARKERS, 1)
        ]
    }
    assert BATCH.request.url == "/v3/company/9/batch"


def test_items_answered_in_another_order_are_told_apart_by_their_names() -> None:
    assert ids(answered(created(3), created(1), created(2))) == ["141", "142", "143"]


def test_one_that_is_refused_costs_no_other() -> None:
    outcomes = answered(created(1), {"bId": "2", **BAD_ACCOUNT}, created(3))
    assert ids(outcomes) == ["141", "Rejected", "143"]
    assert outcomes[1] == Rejected("2500", "Invalid Reference Id Accounts element id 999 not found")


def test_one_that_is_throttled_alone_is_tried_later_alone() -> None:
    outcomes = answered(created(1), created(2), {"bId": "3", "Fault": fault(("3001", "ThrottleExceeded", ""))["Fault"]})
    assert ids(outcomes) == ["141", "142", "Throttled"]


@pytest.mark.parametrize("code", ["10000", "600", "6140"])
def test_an_item_whose_fault_proves_nothing_is_in_doubt(code: str) -> None:
    assert ids(answered(created(1), {"bId": "2", "Fault": fault((code, "m", "d"))["Fault"]}, created(3))) == ["141", "Uncertain", "143"]


def test_an_item_that_is_missing_twice_there_or_nameless_is_in_doubt() -> None:
    assert ids(answered(created(1), created(3))) == ["141", "Uncertain", "143"]
    assert ids(answered(created(1), created(2), created(2), created(3))) == ["141", "Uncertain", "143"]
    assert ids(answered(created(1), created(2) | {"bId": None}, created(3))) == ["141", "Uncertain", "143"]
    assert ids(answered(created(1), created(2) | {"bId": 2}, created(3))) == ["141", "Uncertain", "143"]


def test_another_document_under_the_name_of_ours_is_not_taken() -> None:
    swapped = [created(2) | {"bId": "1"}, created(1) | {"bId": "2"}, created(3)]
    assert ids(answered(*swapped)) == ["Uncertain", "Uncertain", "143"]


def test_a_number_that_comes_back_in_small_letters_is_ours() -> None:
    assert ids(answered(created(1, DocNumber=MARKERS[0].lower()), created(2), created(3))) == ["141", "142", "143"]


@pytest.mark.parametrize("status", [400, 404, 500, 502, 504])
def test_a_batch_that_is_refused_as_a_whole_leaves_all_its_members_in_doubt(status: int) -> None:
    """Valid items of such a batch were found in the books of others."""
    assert ids(judge(status, fault(("2010", "m", "d")))) == ["Uncertain"] * 3


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"BatchItemResponse": {}}', fault(("10000", "m", "d")), b"[" * 100_000], ids=str
)
def test_an_answer_without_items_leaves_all_in_doubt(body: Any) -> None:
    assert ids(judge(200, body)) == ["Uncertain"] * 3


def test_what_is_no_item_is_passed_over() -> None:
    told = {"BatchItemResponse": [created(1), "half", None, created(2), created(3)]}
    assert ids(judge(200, told)) == ["141", "142", "143"]


def test_a_batch_that_is_refused_at_the_door_was_not_sent() -> None:
    assert judge(429, THROTTLE_XML) == [Throttled(60.0, "QuickBooks throttled the request")] * 3
    assert judge(401, b"") == [NotSent("QuickBooks refused the sign-in (401)")] * 3
