"""Change data capture of the stand-in: what was made, changed or deleted, of lists and documents, and what it does not tell."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from connector.sandbox.quickbooks import lists
from tests.sandbox.quickbooks.test_rules import Caller, code_of

LISTS = "Account,Customer,Vendor,Item,Class,Department,Term"


def changed(caller: Caller, entities: str = LISTS, seconds: float = 60) -> dict[str, list[dict[str, Any]]]:
    """The rows that changed in the last so many seconds, by kind."""
    moment = caller.clock.now().timestamp() - seconds
    since = type(caller.clock.now()).fromtimestamp(moment, caller.clock.now().tzinfo).isoformat()
    answer = caller.call("GET", "cdc", query=urlencode({"entities": entities, "changedSince": since}))
    assert answer.status == 200, answer.body
    (part,) = json.loads(answer.body)["CDCResponse"]
    found = {}
    for told in part["QueryResponse"]:
        for kind in told.keys() - {"startPosition", "maxResults"}:
            assert told["maxResults"] == len(told[kind])
            found[kind] = told[kind]
    return found


@pytest.fixture
def caller() -> Caller:
    caller = Caller()
    caller.clock.advance(600)
    return caller


def test_nothing_has_changed_where_nothing_was_changed(caller: Caller) -> None:
    assert changed(caller) == {}
    assert changed(caller, seconds=3600).keys() == set(LISTS.split(",")) - {"Vendor"}


def test_a_renamed_entry_is_told_with_those_that_stand_under_it() -> None:
    for is_told in (True, False):
        caller = Caller(cdc_tells_children=is_told)
        under = {"Name": "Roofs", "AccountType": "Expense", "SubAccount": True, "ParentRef": {"value": caller.accounts["6100"]}}
        made = json.loads(caller.post(under, "account").body)["Account"]
        assert made["FullyQualifiedName"] == "Repairs and maintenance:Roofs"
        caller.clock.advance(600)
        caller.vendor.rename_account("Repairs and maintenance", "Buildings")
        names = {row["FullyQualifiedName"] for row in changed(caller)["Account"]}
        assert names == ({"Buildings", "Buildings:Roofs"} if is_told else {"Buildings"})


def test_an_entry_that_a_program_changes_is_told_and_one_that_it_leaves_as_it_was_is_not(caller: Caller) -> None:
    account = caller.vendor.books.lists["Account"][caller.accounts["6110"]]
    same = {"Id": account["Id"], "SyncToken": "0", "sparse": True, "Name": "HVAC repairs"}
    assert json.loads(caller.post(same, "account", "requestid=a").body)["Account"]["SyncToken"] == "0"
    assert changed(caller) == {}
    assert caller.post({**same, "Name": "Air", "Active": False}, "account", "requestid=b").status == 200
    assert [(row["Name"], row["Active"]) for row in changed(caller)["Account"]] == [("Air (deleted)", False)]
    assert code_of(caller.post({**same, "Name": "Air"}, "account", "requestid=c")) == "5010"
    assert code_of(caller.post({**same, "Id": "999"}, "account", "requestid=d")) == "610"
    assert code_of(caller.post({**same, "SyncToken": "1", "Name": "Electrical repairs"}, "account", "requestid=e")) == "6240"


def test_what_was_merged_or_deleted_is_told_last_and_by_its_id_alone(caller: Caller) -> None:
    gone = caller.accounts["6120"]
    lists.merge(caller.vendor.books, "Account", "Electrical repairs", "HVAC repairs")
    rows = changed(caller)["Account"]
    assert [row["Id"] for row in rows] == [caller.accounts["6110"], gone]
    assert rows[-1].keys() == {"domain", "status", "Id", "MetaData"}
    assert rows[-1]["status"] == "Deleted"


def test_what_was_booked_to_a_merged_account_is_booked_to_the_other_one(caller: Caller) -> None:
    caller.post(caller.journal(debit="6120"))
    lists.merge(caller.vendor.books, "Account", "Electrical repairs", "HVAC repairs")
    (document,) = caller.vendor.documents()
    assert [line["number"] for line in document["lines"]] == ["6110", "2100"]
    balance = caller.vendor.trial_balance()
    assert {row["account"]: row["debit"] for row in balance["accounts"]}["6110"] == "10.10"
    assert balance["debit"] == balance["credit"] == "10.10"
    read = json.loads(caller.call("GET", f"journalentry/{document['id']}").body)["JournalEntry"]
    assert read["Line"][0]["JournalEntryLineDetail"]["AccountRef"]["value"] == caller.accounts["6110"]


def test_documents_are_told_as_lists_are(caller: Caller) -> None:
    made = [json.loads(caller.post(caller.journal(DocNumber=f"J-{n}"), query=f"requestid=r{n}").body)["JournalEntry"] for n in (1, 2)]
    caller.clock.advance(600)
    assert changed(caller, "JournalEntry,Invoice") == {}
    caller.post({"Id": made[0]["Id"], "SyncToken": "0"}, query="operation=delete&requestid=d")
    caller.vendor.edit_amount(made[1]["Id"], 2)
    assert [(row["Id"], row.get("status")) for row in changed(caller, "journalentry")["JournalEntry"]] == [
        (made[1]["Id"], None), (made[0]["Id"], "Deleted"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"entities": "TaxCode", "changedSince": "2026-03-02T15:00:00Z"}, "500"),
        ({"entities": "Unicorn", "changedSince": "2026-03-02T15:00:00Z"}, "500"),
        ({"entities": "", "changedSince": "2026-03-02T15:00:00Z"}, "2020"),
        ({"entities": "Account", "changedSince": "yesterday"}, "2240"),
    ],
)
def test_what_cannot_be_asked_is_refused(caller: Caller, query: dict[str, str], code: str) -> None:
    assert code_of(caller.call("GET", "cdc", query=urlencode(query))) == code


@pytest.mark.parametrize("behaviour", ["refuse", "cut"])
def test_more_than_thirty_days_are_refused_or_cut_to_thirty(behaviour: str) -> None:
    caller = Caller(cdc_too_old=behaviour)
    caller.clock.advance(31 * 86_400)
    caller.access = json.loads(caller.sign_in(caller.vendor._sign_in.refresh_token).body)["access_token"]
    caller.vendor.rename_account("HVAC repairs", "Air")
    if behaviour == "cut":
        assert [row["Name"] for row in changed(caller, seconds=32 * 86_400)["Account"]] == ["Air"]
        return
    query = urlencode({"entities": "Account", "changedSince": "2020-01-01T00:00:00"})
    answer = caller.call("GET", "cdc", query=query)
    assert code_of(answer) == "500"
    assert b"older than fixed days is not supported" in answer.body


@pytest.mark.parametrize("behaviour", ["cut", "refuse"])
def test_a_thousand_objects_are_told_at_most_of_all_lists_together(behaviour: str) -> None:
    caller = Caller(cdc_too_many=behaviour)
    for number in range(990):
        caller.vendor.books.add("Class", f"Class {number}")
    query = urlencode({"entities": "Class,Account", "changedSince": caller.clock.now().isoformat()})
    answer = caller.call("GET", "cdc", query=query)
    if behaviour == "refuse":
        assert code_of(answer) == "10100"
        return
    classes, accounts = json.loads(answer.body)["CDCResponse"][0]["QueryResponse"]
    assert (len(classes["Class"]), len(accounts["Account"])) == (993, 7)


def test_a_change_may_be_told_late() -> None:
    caller = Caller(cdc_lag_seconds=300)
    caller.clock.advance(600)
    caller.vendor.rename_account("HVAC repairs", "Air")
    assert changed(caller) == {}
    caller.clock.advance(300)
    assert [row["Name"] for row in changed(caller, seconds=400)["Account"]] == ["Air"]


def test_an_entry_stands_under_one_that_is_there_and_of_its_kind(caller: Caller) -> None:
    assert code_of(caller.post({"Name": "X", "ParentRef": {"value": "999"}}, "class", "requestid=a")) == "2500"
    assert code_of(caller.post({"DisplayName": "X", "ParentRef": {"value": "2"}}, "vendor", "requestid=b")) == "2010"
    made = json.loads(caller.post({"DisplayName": "Mill Supplies"}, "vendor", "requestid=c").body)["Vendor"]
    assert "FullyQualifiedName" not in made
    assert code_of(caller.post({"DisplayName": "mill supplies"}, "vendor", "requestid=d")) == "6240"
