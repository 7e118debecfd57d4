"""What QuickBooks refuses, its stand-in refuses too, with the vendor's own status and code."""

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

    def __init__(self, *, enforce_limits: bool = False, country: Any = "US", currency: str = "USD", **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        company = Company(country=country, currency=currency, switches=switches)
        sandbox = Sandbox.create(company, self.clock, enforce_limits=enforce_limits)
        self.vendor = sandbox.vendors.quickbooks
        self.access = ""
        self.access = json.loads(self.sign_in(self.vendor.first_refresh_token).body)["access_token"]
        accounts = self.vendor.books.lists["Account"]
        self.accounts = {entry["AcctNum"]: identifier for identifier, entry in accounts.items()}

    def sign_in_again(self) -> str:
        return str(json.loads(self.sign_in(self.vendor._sign_in.refresh_token).body)["access_token"])

    def sign_in(self, refresh_token: str, secret: str = "") -> Response:
        basic = base64.b64encode(f"{self.vendor.client_id}:{secret or self.vendor.client_secret}".encode()).decode()
        body = f"grant_type=refresh_token&refresh_token={refresh_token}".encode()
        return self.vendor.handle(Request("POST", "/oauth2/v1/tokens/bearer", headers={"authorization": f"Basic {basic}"}, body=body))

    def call(self, method: str, path: str, body: Any = None, query: str = "") -> Response:
        return self.vendor.handle(self.request(method, path, body, query))

    def request(self, method: str, path: str, body: Any = None, query: str = "") -> Request:
        headers = {"authorization": f"Bearer {self.access}"}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return Request(method, f"/v3/company/{self.vendor.realm_id}/{path}", query, headers, raw)

    def post(self, entity: dict[str, Any], kind: str = "journalentry", query: str = "requestid=r1") -> Response:
        return self.call("POST", kind, entity, query)

    def journal(
        self, debit: str = "6100", credit: str = "2100", amounts: tuple[float, float] = (10.1, 10.1), **more: Any
    ) -> dict[str, Any]:
        sides = zip(("Debit", "Credit"), (debit, credit), amounts, strict=True)
        lines = [
            {
                "Amount": amount,
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": self.accounts.get(account, account)}},
            }
            for side, account, amount in sides
        ]
        return {"DocNumber": "J-1", "TxnDate": "2026-02-20", "Line": lines, **more}


def code_of(answer: Response) -> str:
    assert answer.status == 400, answer.body
    return str(json.loads(answer.body)["Fault"]["Error"][0]["code"])


REFUSALS = [
    ("2010", {"Colour": "red"}, {}),
    ("2050", {"DocNumber": "X" * 22}, {}),
    ("2240", {"TxnDate": "20.02.2026"}, {}),
    ("2500", {}, {"debit": "999999"}),
    ("610", {}, {"debit": "6190"}),
    ("6000", {}, {"debit": "1100"}),
    ("2290", {}, {"amounts": (-1, -1)}),
    ("2300", {}, {"amounts": (10.1, 10.0)}),
    ("2020", {"Line": []}, {}),
    ("2010", {"Line": ["text"]}, {}),
    ("2010", {"CurrencyRef": {"value": "USD", "colour": "red"}}, {}),
    ("2010", {"CurrencyRef": "USD"}, {}),
    ("6000", {"CurrencyRef": {"value": "EUR"}}, {}),
    ("2110", {}, {"amounts": (1.123456, 1.123456)}),
    ("2110", {}, {"amounts": (1e10, 1e10)}),
]


@pytest.mark.parametrize(("code", "change", "shape"), REFUSALS, ids=[case[0] for case in REFUSALS])
def test_a_wrong_journal_entry_is_refused_in_the_vendors_words_and_changes_nothing(code: str, change: Any, shape: Any) -> None:
    caller = Caller()
    assert code_of(caller.post({**caller.journal(**shape), **change})) == code
    assert caller.vendor.documents() == []


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("2010", {"Colour": "red"}),
        ("2010", {"JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "1"}, "Memo": "x"}}),
        ("2010", {"JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "1", "colour": "red"}}}),
        ("2170", {"DetailType": "SalesItemLineDetail"}),
        ("2170", {"DetailType": None}),
        ("2050", {"Description": "x" * 4001}),
    ],
)
def test_a_wrong_line_is_refused_however_deep_the_fault_is(code: str, change: dict[str, Any]) -> None:
    caller = Caller()
    entity = caller.journal()
    entity["Line"][0] |= change
    assert code_of(caller.post(entity)) == code
    assert caller.vendor.documents() == []


def test_a_closed_period_and_a_number_in_use_are_refused() -> None:
    caller = Caller()
    assert caller.post(caller.journal()).status == 200
    assert code_of(caller.post(caller.journal(), query="requestid=r2")) == "6140"
    caller.vendor.set_lock("2026-02-28")
    assert code_of(caller.post(caller.journal(DocNumber="J-2"), query="requestid=r3")) == "6210"


def test_what_is_not_json_is_refused() -> None:
    caller = Caller()
    assert code_of(caller.call("POST", "journalentry", b"{", "requestid=r1")) == "2010"
    assert code_of(caller.call("POST", "journalentry", [1], "requestid=r2")) == "2010"


def test_a_request_id_gives_the_same_answer_until_it_is_forgotten() -> None:
    caller = Caller(warn_duplicate_journal_number=False)
    first = caller.post(caller.journal())
    assert caller.post(caller.journal()).body == first.body
    caller.clock.advance(3601)
    caller.access = json.loads(caller.sign_in(caller.vendor.first_refresh_token).body)["access_token"]
    assert caller.post(caller.journal()).body != first.body
    assert len(caller.vendor.documents()) == 2


@pytest.mark.parametrize(("behaviour", "documents"), [("replay", 1), ("600", 1), ("execute", 2)])
def test_another_body_under_a_request_id_is_a_switch_and_always_a_violation(behaviour: str, documents: int) -> None:
    caller = Caller(body_mismatch=behaviour)
    caller.post(caller.journal())
    answer = caller.post(caller.journal(DocNumber="J-2"))
    assert (answer.status == 400) == (behaviour == "600")
    assert len(caller.vendor.documents()) == documents
    assert caller.vendor.violations


def test_a_write_without_a_request_id_is_a_violation() -> None:
    caller = Caller()
    assert caller.post(caller.journal(), query="").status == 200
    assert caller.vendor.violations


def test_a_wrong_secret_a_dead_token_and_another_company_are_refused() -> None:
    caller = Caller(rotate="each")
    assert caller.sign_in(caller.vendor.first_refresh_token).status == 400  # It rotated at the first sign-in.
    assert caller.sign_in("any", secret="wrong").status == 401
    caller.clock.advance(3601)
    assert caller.call("GET", "preferences").status == 401
    other = caller.vendor.handle(Request("GET", "/v3/company/1/preferences", headers={"authorization": f"Bearer {caller.access}"}))
    assert other.status == 401


def test_calls_beyond_ten_a_second_are_counted_and_refused_only_with_limits() -> None:
    for enforced, refused in ((False, 0), (True, 3)):
        caller = Caller(enforce_limits=enforced)
        answers = [caller.call("GET", "preferences").status for _ in range(13)]
        assert answers.count(429) == refused
        assert caller.vendor.over_limit()["second"] == 3


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("select everything", "4000"),
        ("select * from Unicorn", "4001"),
        ("select * from JournalEntry where PrivateNote = 'x'", "4001"),
        ("select * from JournalEntry startposition 0", "4001"),
    ],
)
def test_a_query_that_quickbooks_does_not_know_is_refused(statement: str, code: str) -> None:
    assert code_of(Caller().call("GET", "query", query=f"query={statement.replace(' ', '%20').replace('*', '%2A')}")) == code


def test_a_query_finds_pages_counts_and_shows_nothing_that_was_deleted() -> None:
    caller = Caller()
    for number in range(5):
        caller.post(caller.journal(DocNumber=f"J-{number}"), query=f"requestid=r{number}")
    found = json.loads(
        caller.call("GET", "query", query="query=select%20*%20from%20JournalEntry%20startposition%202%20maxresults%202").body
    )
    assert len(found["QueryResponse"]["JournalEntry"]) == 2
    counted = caller.call("GET", "query", query="query=select%20count(*)%20from%20JournalEntry%20where%20DocNumber%20like%20'J-%25'")
    assert json.loads(counted.body)["QueryResponse"]["totalCount"] == 5
    identifier = found["QueryResponse"]["JournalEntry"][0]["Id"]
    caller.post({"Id": identifier, "SyncToken": "0"}, query="operation=delete&requestid=d1")
    assert code_of(caller.call("GET", f"journalentry/{identifier}")) == "610"
    assert len(caller.vendor.documents()) == 4


def test_a_stale_sync_token_is_refused() -> None:
    caller = Caller()
    made = json.loads(caller.post(caller.journal()).body)["JournalEntry"]
    assert code_of(caller.post({**caller.journal(), "Id": made["Id"], "SyncToken": "9"}, query="requestid=u1")) == "5010"
