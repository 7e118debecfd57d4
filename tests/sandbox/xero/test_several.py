"""Several elements in one call to Xero: refused as a whole or one by one, as `summarizeErrors` asks."""

from __future__ import annotations

import json

import pytest

from connector.sandbox.faults import Fault, FaultPlan
from connector.sandbox.shell import Shell
from connector.sandbox.wire import Response
from tests.sandbox.xero.caller import Caller, journal


def put(caller: Caller, *amounts: tuple[str, str], key: str = "k1", query: str = "summarizeErrors=false") -> Response:
    """One PUT of one manual journal for each pair of debit and credit."""
    journals = [journal(f"Job {number}", *pair) for number, pair in enumerate(amounts, 1)]
    body = json.dumps({"ManualJournals": journals}).encode()
    return caller.call("PUT", "ManualJournals", body, query, idempotency_key=key)


def narrations(caller: Caller) -> list[str]:
    return sorted(document["number"] for document in caller.vendor.documents())


GOOD, WRONG = ("10.00", "10.00"), ("10.00", "11.00")


def elements(answer: Response) -> list[tuple[str, str]]:
    assert answer.status == 200, answer.body
    return [(element["Narration"], element["StatusAttributeString"]) for element in json.loads(answer.body)["ManualJournals"]]


def test_one_by_one_the_good_ones_are_posted_and_the_wrong_one_is_named() -> None:
    caller = Caller()
    assert elements(put(caller, GOOD, WRONG, GOOD)) == [("Job 1", "OK"), ("Job 2", "ERROR"), ("Job 3", "OK")]
    assert narrations(caller) == ["Job 1", "Job 3"]
    assert caller.vendor.violations == []


@pytest.mark.parametrize("query", ["", "summarizeErrors=true"])
def test_as_a_whole_one_wrong_element_refuses_all(query: str) -> None:
    caller = Caller()
    answer = put(caller, GOOD, WRONG, query=query)
    assert (answer.status, narrations(caller)) == (400, [])
    assert [element["Narration"] for element in json.loads(answer.body)["Elements"]] == ["Job 2"]


def test_the_good_ones_of_a_refused_call_may_be_in_the_books_all_the_same() -> None:
    caller = Caller(partial_commit_on_400=True)
    assert put(caller, GOOD, WRONG, query="summarizeErrors=true").status == 400
    assert narrations(caller) == ["Job 1"]


def test_elements_may_be_answered_in_another_order() -> None:
    assert [name for name, _ in elements(put(Caller(shuffle_batch=True), GOOD, GOOD))] == ["Job 2", "Job 1"]


def test_the_key_covers_the_whole_call_for_six_minutes() -> None:
    caller = Caller()
    first = put(caller, GOOD, WRONG)
    caller.clock.advance(359)
    assert put(caller, GOOD, WRONG).body == first.body
    assert narrations(caller) == ["Job 1"]
    caller.clock.advance(2)
    put(caller, GOOD, WRONG)
    assert narrations(caller) == ["Job 1", "Job 1"]


def test_more_than_fifty_elements_are_a_violation() -> None:
    caller = Caller()
    put(caller, *[GOOD] * 50)
    assert caller.vendor.violations == []
    put(caller, *[GOOD] * 51, key="k2")
    assert len(caller.vendor.violations) == 1


def test_a_call_may_break_off_half_way_and_its_500_stays_under_its_key() -> None:
    """A field report: a 500 in the middle of a batch had created 289 invoices."""
    caller = Caller()
    shell = Shell(caller.vendor, FaultPlan([Fault("half_commit", status=500)]), caller.clock)
    body = {"ManualJournals": [journal(f"Job {number}", *GOOD) for number in (1, 2, 3)]}
    request = caller.request("PUT", "ManualJournals", body, "summarizeErrors=false", idempotency_key="k1")
    assert [shell.handle(request).status for _ in range(2)] == [500, 500]
    assert narrations(caller) == ["Job 1"]


def test_a_call_may_be_answered_400_although_it_was_done() -> None:
    caller = Caller()
    shell = Shell(caller.vendor, FaultPlan([Fault("400_after_commit")]), caller.clock)
    body = {"ManualJournals": [journal(f"Job {number}", *GOOD) for number in (1, 2)]}
    assert shell.handle(caller.request("PUT", "ManualJournals", body, "summarizeErrors=false")).status == 400
    assert narrations(caller) == ["Job 1", "Job 2"]


def test_several_are_changed_by_their_ids_in_one_post() -> None:
    caller = Caller()
    drafts = [journal(f"Job {number}", *GOOD, Status="DRAFT") for number in (1, 2)]
    made = json.loads(caller.call("PUT", "ManualJournals", {"ManualJournals": drafts}, "summarizeErrors=false").body)["ManualJournals"]
    posted = [{**draft, "ManualJournalID": one["ManualJournalID"], "Status": "POSTED"} for draft, one in zip(drafts, made, strict=True)]
    assert narrations(caller) == []
    assert elements(caller.call("POST", "ManualJournals", {"ManualJournals": posted}, "summarizeErrors=false")) == [
        ("Job 1", "OK"),
        ("Job 2", "OK"),
    ]
    assert narrations(caller) == ["Job 1", "Job 2"]
    assert caller.vendor.violations == []
