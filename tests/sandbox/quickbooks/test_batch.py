"""Several writes in one call to QuickBooks: each item is committed or refused on its own, and answered under its own name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.sandbox.faults import Fault, FaultKind, FaultPlan
from connector.sandbox.shell import Shell
from connector.sandbox.wire import Response
from tests.sandbox.quickbooks.test_rules import Caller, code_of


def item(caller: Caller, number: int, **more: Any) -> dict[str, Any]:
    return {"bId": f"b{number}", "operation": "create", "JournalEntry": caller.journal(DocNumber=f"J-{number}")} | more


def send(caller: Caller, *items: dict[str, Any], query: str = "requestid=r1") -> Response:
    return caller.call("POST", "batch", {"BatchItemRequest": list(items)}, query)


def answers(response: Response) -> dict[str, dict[str, Any]]:
    assert response.status == 200, response.body
    return {answer["bId"]: answer for answer in json.loads(response.body)["BatchItemResponse"]}


def code(answer: dict[str, Any]) -> str:
    return str(answer["Fault"]["Error"][0]["code"])


def numbers(caller: Caller) -> list[str]:
    return sorted(document["number"] for document in caller.vendor.documents())


def test_one_refused_item_leaves_the_others_in_the_books() -> None:
    caller = Caller()
    wrong = item(caller, 2, JournalEntry=caller.journal(amounts=(1, 2), DocNumber="J-2"))
    told = answers(send(caller, item(caller, 1), wrong, item(caller, 3)))
    assert (code(told["b2"]), numbers(caller)) == ("2300", ["J-1", "J-3"])
    assert told["b1"].keys() == {"bId", "JournalEntry"}
    assert told["b2"].keys() == {"bId", "Fault"}


def test_a_document_is_changed_voided_and_deleted_and_a_question_answered_in_one_batch() -> None:
    caller = Caller()
    made = [json.loads(caller.post(caller.journal(DocNumber=f"J-{n}"), query=f"requestid=s{n}").body)["JournalEntry"] for n in (1, 2, 3)]
    change = {**caller.journal(DocNumber="J-9"), "Id": made[0]["Id"], "SyncToken": "0"}
    gone, void = ({"Id": entry["Id"], "SyncToken": "0"} for entry in made[1:])
    told = answers(
        send(
            caller,
            {"bId": "u", "operation": "update", "JournalEntry": change},
            {"bId": "d", "operation": "delete", "JournalEntry": gone},
            {"bId": "v", "operation": "update", "optionsData": "void", "JournalEntry": void},
            {"bId": "q", "Query": "select count(*) from JournalEntry"},
        )
    )
    assert told["u"]["JournalEntry"]["DocNumber"] == "J-9"
    assert told["d"]["JournalEntry"]["status"] == "Deleted"
    assert told["q"]["QueryResponse"]["totalCount"] == 1  # A journal entry cannot be void: it is deleted.
    assert numbers(caller) == ["J-9"]


@pytest.mark.parametrize(
    ("expected", "change"),
    [
        ("2170", {"operation": "post"}),
        ("2170", {"operation": ""}),
        ("2010", {"JournalEntry": [1]}),
        ("2010", {"Invoice": {}}),
        ("2020", {"operation": "delete"}),
        ("2020", {"operation": "update"}),
        ("4000", {"Query": "everything"}),
    ],
)
def test_an_item_that_makes_no_sense_is_refused_alone(expected: str, change: dict[str, Any]) -> None:
    caller = Caller()
    told = answers(send(caller, item(caller, 1, **change), item(caller, 2)))
    assert (code(told["b1"]), numbers(caller)) == (expected, ["J-2"])


def test_thirty_items_are_taken_and_thirty_one_are_refused_as_a_whole() -> None:
    caller = Caller()
    assert code_of(send(caller, *(item(caller, n) for n in range(31)))) == "1040"
    assert numbers(caller) == []
    assert len(answers(send(caller, *(item(caller, n) for n in range(30)), query="requestid=r2"))) == 30
    assert len(numbers(caller)) == 30


@pytest.mark.parametrize(("body", "expected"), [(b"{", "2010"), (b"[]", "2010"), (b'{"BatchItemRequest": [1]}', "2010")])
def test_what_is_no_batch_is_refused(body: bytes, expected: str) -> None:
    assert code_of(Caller().call("POST", "batch", body, "requestid=r1")) == expected


def test_a_batch_without_items_or_with_a_nameless_one_is_refused() -> None:
    caller = Caller()
    assert code_of(send(caller)) == "2020"
    assert code_of(send(caller, item(caller, 1), item(caller, 2, bId=""))) == "2020"
    assert numbers(caller) == []


@pytest.mark.parametrize(("request_id", "identifier"), [("r" * 37, "b1"), ("r1", "b" * 11)])
def test_request_id_and_item_id_have_to_fit_together(request_id: str, identifier: str) -> None:
    caller = Caller()
    assert code_of(send(caller, item(caller, 1, bId=identifier), query=f"requestid={request_id}")) == "2130"
    assert numbers(caller) == []


def test_the_same_batch_again_gets_the_same_answers_and_adds_nothing() -> None:
    caller = Caller(warn_duplicate_journal_number=False)
    wrong = item(caller, 2, JournalEntry=caller.journal(amounts=(1, 2)))
    batch = [item(caller, 1), wrong, item(caller, 3)]
    first, again = answers(send(caller, *batch)), answers(send(caller, *batch))
    assert [told["b1"]["JournalEntry"]["Id"] for told in (first, again)] == [first["b1"]["JournalEntry"]["Id"]] * 2
    assert code(again["b2"]) == "2300"
    assert numbers(caller) == ["J-1", "J-3"]
    assert caller.vendor.violations == []


def test_the_same_documents_under_other_item_ids_are_posted_again() -> None:
    """The pair of requestid and bId is what QuickBooks remembers: a batch built anew is a new batch."""
    caller = Caller(warn_duplicate_journal_number=False)
    send(caller, item(caller, 1))
    send(caller, item(caller, 1, bId="other"))
    assert numbers(caller) == ["J-1", "J-1"]


def test_a_batch_without_a_requestid_is_posted_again_and_a_violation() -> None:
    caller = Caller(warn_duplicate_journal_number=False)
    for _ in range(2):
        send(caller, item(caller, 1, bId="0f31d5a2-6d3c-4c3d-9c7e-5a7f1f0a8d11"), query="")
    assert numbers(caller) == ["J-1", "J-1"]
    assert len(caller.vendor.violations) == 2


def test_a_batch_sent_again_may_meet_the_unexpected_error_of_2016() -> None:
    caller = Caller(batch_replay="6000")
    assert "JournalEntry" in answers(send(caller, item(caller, 1)))["b1"]
    assert code(answers(send(caller, item(caller, 1)))["b1"]) == "6000"
    assert numbers(caller) == ["J-1"]


def test_items_may_be_answered_in_another_order() -> None:
    caller = Caller(shuffle_batch=True)
    assert list(answers(send(caller, item(caller, 1), item(caller, 2)))) == ["b2", "b1"]


def test_more_than_forty_batches_a_minute_are_counted_and_refused_only_with_limits() -> None:
    for enforced, refused in ((False, 0), (True, 2)):
        caller = Caller(enforce_limits=enforced)
        sent = []
        for n in range(42):
            sent.append(caller.call("POST", "batch", {"BatchItemRequest": [item(caller, n)]}, f"requestid=r{n}").status)
            caller.clock.advance(0.11)  # Ten calls a second are another limit.
        assert (sent.count(429), caller.vendor.over_limit()["batch"]) == (refused, 2)


def struck(caller: Caller, fault: FaultKind, items: int) -> Response:
    """A batch of so many journals, or a journal alone, that meets that fault."""
    shell = Shell(caller.vendor, FaultPlan([Fault(fault)]), caller.clock)
    if items == 1:
        return shell.handle(caller.request("POST", "journalentry", caller.journal(), "requestid=r1"))
    body = {"BatchItemRequest": [item(caller, number) for number in range(1, items + 1)]}
    return shell.handle(caller.request("POST", "batch", body, "requestid=r1"))


def test_a_batch_may_break_off_half_way() -> None:
    caller = Caller()
    assert struck(caller, "half_commit", 3).status == 503
    assert numbers(caller) == ["J-1"]


def test_a_batch_may_be_answered_400_although_it_was_done() -> None:
    caller = Caller()
    assert struck(caller, "400_after_commit", 3).status == 400
    assert numbers(caller) == ["J-1", "J-2", "J-3"]


def test_a_document_alone_is_either_done_or_not() -> None:
    caller = Caller()
    assert struck(caller, "half_commit", 1).status == 503
    assert numbers(caller) == []
    assert struck(caller, "400_after_commit", 1).status == 200
    assert numbers(caller) == ["J-1"]
