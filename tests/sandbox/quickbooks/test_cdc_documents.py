"""What QuickBooks tells of documents that changed: made, edited and voided ones whole, deleted ones by a stone, within its limits."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.wire import Response
from tests.sandbox.quickbooks.test_rules import Caller, code_of
from tests.stage import START


def told(answer: Response) -> list[dict[str, Any]]:
    assert answer.status == 200, answer.body
    content = json.loads(answer.body)
    assert content.keys() == {"CDCResponse", "time"}
    return list(content["CDCResponse"][0]["QueryResponse"])


def ask(caller: Caller, since: Any = START, entities: str = "JournalEntry,Invoice") -> Response:
    moment = since if isinstance(since, str) else since.isoformat()
    return caller.call("GET", "cdc", query=f"entities={entities}&changedSince={moment.replace('+', '%2B')}")


def made(caller: Caller, number: str) -> str:
    answer = caller.post(caller.journal(DocNumber=number), query=f"requestid={number}")
    return str(json.loads(answer.body)["JournalEntry"]["Id"])


def ids(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["Id"], row.get("status", "")) for part in parts for row in part.get("JournalEntry", [])]


def test_nothing_changed_is_an_empty_part_for_each_kind() -> None:
    assert told(ask(Caller())) == [{}, {}]


def test_what_was_made_is_told_whole_and_what_was_deleted_by_a_stone_behind_it() -> None:
    caller = Caller()
    first, second = made(caller, "J-1"), made(caller, "J-2")
    caller.vendor.delete("JournalEntry", first)
    parts = told(ask(caller))
    assert ids(parts) == [(second, ""), (first, "Deleted")]
    whole, stone = parts[0]["JournalEntry"]
    assert (whole["DocNumber"], len(whole["Line"])) == ("J-2", 2)
    assert stone.keys() == {"domain", "status", "Id", "MetaData"}
    assert parts[0]["maxResults"] == 2


def test_an_edit_and_a_void_count_and_have_their_moment() -> None:
    caller = Caller()
    document = made(caller, "J-1")
    caller.clock.advance(60)
    later = caller.clock.now()
    assert ids(told(ask(caller, later))) == []
    caller.vendor.edit_amount(document, 2)
    assert ids(told(ask(caller, later))) == [(document, "")]
    caller.clock.advance(60)
    caller.vendor.void(document)
    (row,) = told(ask(caller, caller.clock.now()))[0]["JournalEntry"]
    assert (row["SyncToken"], row["PrivateNote"]) == ("2", "Voided")
    assert row["MetaData"]["CreateTime"] < row["MetaData"]["LastUpdatedTime"]


def test_quickbooks_looks_back_thirty_days() -> None:
    caller = Caller()
    assert ask(caller, START - timedelta(days=30)).status == 200
    assert ask(caller, START - timedelta(days=31)).status == 400
    cut = Caller(cdc_too_old="cut")
    made(cut, "J-1")
    cut.clock.advance(31 * 86_400 - 60)
    cut.access = json.loads(cut.sign_in(cut.vendor.first_refresh_token).body)["access_token"]
    assert ids(told(ask(cut, START - timedelta(days=1)))) == []


def test_more_than_a_thousand_are_cut_or_refused() -> None:
    for switch, shown in (("cut", 1000), ("refuse", 0)):
        caller = Caller(cdc_too_many=switch)
        for number in range(1001):
            made(caller, f"J-{number}")
        answer = ask(caller)
        if shown:
            assert len(ids(told(answer))) == shown
        else:
            assert code_of(answer) == "10100"


@pytest.mark.parametrize(
    ("since", "entities", "code"), [("soon", "Invoice", "2240"), ("", "Invoice", "2240"), (START, "", "2020"), (START, "TaxCode", "500")]
)
def test_a_question_that_is_none_is_refused(since: Any, entities: str, code: str) -> None:
    assert code_of(ask(Caller(), since, entities)) == code
