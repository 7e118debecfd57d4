"""Several elements in one call to Xero: refused as a whole or one by one, as `summarizeErrors` asks."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.wire import Request, Response
from connector.sandbox.world import Sandbox
from tests.stage import START


class Caller:
    """A signed-in app in front of the stand-in's rules."""

    def __init__(self, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        self.vendor = Sandbox.create(Company(switches=switches), self.clock).vendors.xero
        basic = base64.b64encode(f"{self.vendor.client_id}:{self.vendor.client_secret}".encode()).decode()
        form = f"grant_type=refresh_token&refresh_token={self.vendor.first_refresh_token}".encode()
        told = self.vendor.handle(Request("POST", "/connect/token", "", {"authorization": f"Basic {basic}"}, form))
        self.access = json.loads(told.body)["access_token"]

    def put(self, *amounts: tuple[str, str], key: str = "k1", query: str = "summarizeErrors=false") -> Response:
        """One PUT of one manual journal for each pair of debit and credit."""
        headers = {
            "authorization": f"Bearer {self.access}",
            "xero-tenant-id": self.vendor.tenant_id,
            "accept": "application/json",
            "content-type": "application/json",
            "idempotency-key": key,
        }
        body = json.dumps({"ManualJournals": [journal(n, *pair) for n, pair in enumerate(amounts, 1)]}).encode()
        return self.vendor.handle(Request("PUT", "/api.xro/2.0/ManualJournals", query, headers, body))

    def narrations(self) -> list[str]:
        return sorted(document["number"] for document in self.vendor.documents())


def journal(number: int, debit: str, credit: str) -> dict[str, Any]:
    lines = [{"LineAmount": debit, "AccountCode": "6100"}, {"LineAmount": f"-{credit}", "AccountCode": "2100"}]
    head = {"Narration": f"Job {number}", "Date": "2026-02-20", "Status": "POSTED", "LineAmountTypes": "NoTax"}
    return head | {"JournalLines": lines}


GOOD, WRONG = ("10.00", "10.00"), ("10.00", "11.00")


def elements(answer: Response) -> list[tuple[str, str]]:
    assert answer.status == 200, answer.body
    return [(element["Narration"], element["StatusAttributeString"]) for element in json.loads(answer.body)["ManualJournals"]]


def test_one_by_one_the_good_ones_are_posted_and_the_wrong_one_is_named() -> None:
    caller = Caller()
    assert elements(caller.put(GOOD, WRONG, GOOD)) == [("Job 1", "OK"), ("Job 2", "ERROR"), ("Job 3", "OK")]
    assert caller.narrations() == ["Job 1", "Job 3"]
    assert caller.vendor.violations == []


@pytest.mark.parametrize("query", ["", "summarizeErrors=true"])
def test_as_a_whole_one_wrong_element_refuses_all(query: str) -> None:
    caller = Caller()
    answer = caller.put(GOOD, WRONG, query=query)
    assert (answer.status, caller.narrations()) == (400, [])
    assert [element["Narration"] for element in json.loads(answer.body)["Elements"]] == ["Job 2"]


def test_the_good_ones_of_a_refused_call_may_be_in_the_books_all_the_same() -> None:
    caller = Caller(partial_commit_on_400=True)
    assert caller.put(GOOD, WRONG, query="summarizeErrors=true").status == 400
    assert caller.narrations() == ["Job 1"]


def test_elements_may_be_answered_in_another_order() -> None:
    assert [name for name, _ in elements(Caller(shuffle_batch=True).put(GOOD, GOOD))] == ["Job 2", "Job 1"]


def test_the_key_covers_the_whole_call_for_six_minutes() -> None:
    caller = Caller()
    first = caller.put(GOOD, WRONG)
    caller.clock.advance(359)
    assert caller.put(GOOD, WRONG).body == first.body
    assert caller.narrations() == ["Job 1"]
    caller.clock.advance(2)
    caller.put(GOOD, WRONG)
    assert caller.narrations() == ["Job 1", "Job 1"]


def test_more_than_fifty_elements_are_a_violation() -> None:
    caller = Caller()
    caller.put(*[GOOD] * 50)
    assert caller.vendor.violations == []
    caller.put(*[GOOD] * 51, key="k2")
    assert len(caller.vendor.violations) == 1
