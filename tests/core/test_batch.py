"""Which postings may share one call, how many fit, and the key under which they leave."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.core.batch import BatchLimits, batch_key, calls_of, gathered, item_ids, may_share
from connector.core.mapping import DocumentKind
from connector.core.posting import Phase, Posting, State, WriteRequest
from tests.core.examples import PUMP, expectation

LIMITS = BatchLimits(items_max=3, bytes_max=100)


def posting(number: int, body: bytes = b"0123456789", **changed: object) -> Posting:
    ready = Posting(
        number, f"{number}-ABCDEFGHIJKLM", DocumentKind.JOURNAL_ENTRY, str(number), State.READY, expectation(),
        identity=replace(PUMP, work_order_number=str(number)), request=WriteRequest("POST", "/create", body),
    )  # fmt: skip
    return replace(ready, **changed)  # type: ignore[arg-type]


def numbers(calls: object) -> list[list[int]]:
    return [[one.id for one in call] for call in calls]  # type: ignore[attr-defined]


def test_a_backlog_leaves_in_calls_that_are_as_full_as_the_ledger_takes() -> None:
    assert numbers(calls_of([posting(n) for n in range(7)], LIMITS, 2)) == [[0, 1, 2], [3, 4, 5], [6]]


def test_fewer_documents_than_the_threshold_leave_each_alone() -> None:
    assert numbers(calls_of([posting(n) for n in range(3)], LIMITS, 4)) == [[0], [1], [2]]
    assert numbers(calls_of([posting(n) for n in range(4)], LIMITS, 4)) == [[0, 1, 2], [3]]


def test_a_threshold_of_zero_never_batches() -> None:
    assert numbers(calls_of([posting(n) for n in range(3)], LIMITS, 0)) == [[0], [1], [2]]


def test_a_call_holds_one_kind_of_document_and_one_kind_of_write() -> None:
    invoice = posting(2, kind=DocumentKind.INVOICE)
    draft = posting(4, phase=Phase.POST_DRAFT)
    mixed = [posting(1), invoice, posting(3), draft, posting(5, kind=DocumentKind.INVOICE)]
    assert numbers(calls_of(mixed, LIMITS, 2)) == [[1, 3], [2, 5], [4]]


def test_a_call_is_no_larger_than_the_ledger_takes_but_a_large_document_still_leaves() -> None:
    sized = [posting(1, b"x" * 60), posting(2, b"x" * 40), posting(3, b"x"), posting(4, b"x" * 500), posting(5, b"x")]
    assert numbers(gathered(sized, LIMITS)) == [[1, 2], [3], [4], [5]]


@pytest.mark.parametrize(
    ("changed", "may"),
    [
        ({}, True),
        ({"attempts": 1}, False),
        ({"attempted": True}, False),
        ({"phase": Phase.POST_DRAFT, "attempts": 1}, True),
        ({"phase": Phase.POST_DRAFT, "attempts": 2, "generation": 2}, False),
        ({"phase": Phase.POST_DRAFT, "attempted": True}, False),
    ],
)
def test_what_has_left_once_never_leaves_in_a_batch_again(changed: dict[str, object], may: bool) -> None:
    assert may_share(posting(1, **changed)) is may


def test_what_may_not_share_a_call_leaves_alone_beside_the_others() -> None:
    tried = posting(2, attempts=1)
    assert numbers(calls_of([posting(1), tried, posting(3)], LIMITS, 2)) == [[2], [1, 3]]


def test_the_same_bytes_have_the_same_key_and_no_others_do() -> None:
    request = WriteRequest("POST", "/batch", b"two documents")
    key = batch_key("realm-1", request)
    assert len(key) == 32
    assert key == batch_key("realm-1", request)
    others = [("realm-2", request), ("realm-1", replace(request, body=b"three")), ("realm-1", replace(request, url="/other"))]
    assert key not in {batch_key(*other) for other in others}


def test_every_item_of_the_fullest_call_has_a_name_of_its_own_that_quickbooks_takes() -> None:
    assert len(set(item_ids(50))) == 50
    assert max(map(len, item_ids(50))) <= 10
