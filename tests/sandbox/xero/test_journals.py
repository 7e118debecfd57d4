"""What Xero refuses of manual journals and lets happen to them, its stand-in does in the same words."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.wire import Request, Response
from tests.sandbox.xero.caller import ZERO_ID, Caller, journal

NO_ACCOUNT = "Account code '{}' is not a valid code for this document."


def lines(*legs: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {"JournalLines": [{"LineAmount": amount, "AccountCode": account} | more for amount, account in legs]}


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no narration", {"Narration": None}, "Narration is a mandatory field."),
    ("a long narration", {"Narration": "x" * 4001}, "The Narration must be no longer than 4000 characters."),
    ("no lines", {"JournalLines": []}, "A Manual Journal must have at least two journal lines."),
    ("one line", lines(("0", "6100")), "A Manual Journal must have at least two journal lines."),
    ("no balance", lines(("100", "6100"), ("-10", "2100")), "The total debits (100.00) must equal total credits (-10.00)"),
    ("no amount", {"JournalLines": [{"AccountCode": "6100"}, {"AccountCode": "2100"}]}, "LineAmount is a mandatory field."),
    ("no account", {"JournalLines": [{"LineAmount": "1"}, {"LineAmount": "-1"}]}, NO_ACCOUNT.format("")),
    ("an unknown account", lines(("1", "999"), ("-1", "2100")), NO_ACCOUNT.format("999")),
    ("receivables", lines(("1", "1100"), ("-1", "2100")), NO_ACCOUNT.format("1100")),
    ("payables", lines(("1", "6100"), ("-1", "2000")), NO_ACCOUNT.format("2000")),
    ("retained earnings", lines(("1", "6100"), ("-1", "3900")), NO_ACCOUNT.format("3900")),
    ("the bank", lines(("1", "6100"), ("-1", "1010")), NO_ACCOUNT.format("1010")),
    ("an unknown status", {"Status": "VOID"}, "The status 'VOID' cannot be applied to the document"),
    ("born void", {"Status": "VOIDED"}, "The status 'VOIDED' cannot be applied to the document"),
    ("an id of its own", {"ManualJournalID": ZERO_ID}, "A new Manual Journal cannot carry a ManualJournalID"),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_journal_that_breaks_a_rule_is_refused_in_xeros_words_and_changes_nothing(change: dict[str, Any], message: str) -> None:
    assert message in Caller().complaints("PUT", "ManualJournals", journal(**change))


def test_a_journal_is_a_draft_without_tax_unless_it_says_otherwise() -> None:
    caller = Caller()
    made = caller.write("PUT", "ManualJournals", journal(Status=None, LineAmountTypes=None, Date=None, Url="https://cmms.example/4711"))
    assert (made["Status"], made["LineAmountTypes"], made["ShowOnCashBasisReports"]) == ("DRAFT", "NoTax", True)
    assert (made["Date"], made["Url"]) == ("/Date(1772409600000+0000)/", "https://cmms.example/4711")
    assert caller.vendor.documents() == []
    assert "missing explicit LineAmountTypes" in caller.vendor.violations


@pytest.mark.parametrize(("kind", "credit", "status"), [("Exclusive", "-108", 200), ("Exclusive", "-100", 400), ("Inclusive", "-100", 200)])
def test_a_journal_with_tax_balances_with_its_tax(kind: str, credit: str, status: int) -> None:
    caller = Caller()
    legs = [{"LineAmount": "100", "AccountCode": "6100", "TaxType": "INPUT"}, {"LineAmount": credit, "AccountCode": "2100"}]
    assert caller.call("PUT", "ManualJournals", journal(LineAmountTypes=kind, JournalLines=legs)).status == status
    balance = caller.vendor.trial_balance()
    assert balance["debit"] == balance["credit"]
    taxed = {row["account"]: row["debit"] for row in balance["accounts"]}["2200"]
    assert taxed == {("Exclusive", 200): "8.00", ("Exclusive", 400): "0.00", ("Inclusive", 200): "7.41"}[kind, status]


def test_a_third_decimal_in_a_journal_is_rounded_and_a_violation() -> None:
    caller = Caller()
    made = caller.write("PUT", "ManualJournals", journal(debit="10.005", credit="10.005"))
    assert [one["LineAmount"] for one in made["JournalLines"]] == [10.01, -10.01]
    assert "LineAmount of a journal with more than two decimal places" in caller.vendor.violations


MOVES = {"DRAFT": {"DRAFT", "POSTED", "DELETED"}, "POSTED": {"POSTED", "VOIDED"}, "VOIDED": set(), "DELETED": set()}


@pytest.mark.parametrize("before", MOVES)
@pytest.mark.parametrize("after", MOVES)
def test_a_journal_moves_only_where_xero_lets_it(before: str, after: str) -> None:
    caller = Caller()
    begun = {"VOIDED": "POSTED", "DELETED": "DRAFT"}.get(before, before)
    path = f"ManualJournals/{caller.write('PUT', 'ManualJournals', journal(Status=begun))['ManualJournalID']}"
    if begun != before:
        caller.call("POST", path, {"Status": before})
    if after in MOVES[before]:
        assert caller.call("POST", path, {"Status": after}).status == 200
        assert caller.rows(path)[0]["Status"] == after
        return
    over = before in ("VOIDED", "DELETED")
    message = "Manual Journal not of valid status for modification" if over else f"The status '{after}' cannot be applied to the document"
    assert caller.complaints("POST", path, {"Status": after}) == [message]
    assert caller.rows(path)[0]["Status"] == before


def test_a_draft_whose_account_is_missing_or_archived_is_not_posted() -> None:
    caller = Caller()
    told = json.loads(caller.call("PUT", "ManualJournals", journal(Status="DRAFT", **lines(("1", "999"), ("-1", "2100")))).body)
    [stripped] = told["ManualJournals"]
    assert [warning["Message"] for warning in stripped["Warnings"]] == [
        "Account code '999' has been removed as it does not match a recognised account."
    ]
    path = f"ManualJournals/{stripped['ManualJournalID']}"
    assert caller.complaints("POST", path, {"Status": "POSTED"}) == [NO_ACCOUNT.format("")]
    good = caller.write("PUT", "ManualJournals", journal(Status="DRAFT"))
    caller.vendor.archive_account("6100")
    assert caller.complaints("POST", f"ManualJournals/{good['ManualJournalID']}", {"Status": "POSTED"}) == [NO_ACCOUNT.format("6100")]


def test_a_locked_period_takes_the_draft_of_a_journal_and_not_the_journal() -> None:
    caller = Caller()
    posted = caller.write("PUT", "ManualJournals", journal("before"))
    caller.vendor.set_lock("2026-02-28")
    message = "The document date cannot be before the period lock date, currently set at 28-Feb-2026"
    assert caller.complaints("PUT", "ManualJournals", journal("after")) == [message]
    draft = caller.write("PUT", "ManualJournals", journal("draft", Status="DRAFT"))
    assert caller.complaints("POST", f"ManualJournals/{draft['ManualJournalID']}", {"Status": "POSTED"}) == [message]
    for change in ({"Status": "VOIDED"}, {"Date": "2026-03-01"}):
        assert caller.complaints("POST", f"ManualJournals/{posted['ManualJournalID']}", change) == [message]


def test_a_journal_that_is_not_there_is_not_found_alone_and_a_complaint_among_others() -> None:
    caller = Caller()
    gone = {"ManualJournalID": ZERO_ID, "Status": "POSTED"}
    assert caller.call("POST", "ManualJournals", gone).status == 404
    assert caller.call("GET", f"ManualJournals/{ZERO_ID}").status == 404
    answer = caller.call("POST", "ManualJournals", {"ManualJournals": [gone, journal()]}, "summarizeErrors=false")
    first, second = json.loads(answer.body)["ManualJournals"]
    assert "An existing Manual Journal with the specified ManualJournalID could not be found" in [
        error["Message"] for error in first["ValidationErrors"]
    ]
    assert second["StatusAttributeString"] == "OK"


@pytest.mark.parametrize("place", [0, -1])
def test_when_a_person_changes_a_leg_another_takes_up_the_difference(place: int) -> None:
    caller = Caller()
    made = caller.write("PUT", "ManualJournals", journal())
    caller.vendor.edit_line_amount(made["ManualJournalID"], place, "25" if place == 0 else "-25")
    [told] = caller.vendor.documents()
    assert (told["total"], Decimal(told["lines"][0]["debit"]), Decimal(told["lines"][1]["credit"])) == ("25.00", 25, 25)


def test_a_planned_refusal_has_the_shape_that_was_asked_for_and_commits_nothing() -> None:
    caller = Caller()
    whole = caller.vendor.handle
    for summarize, status in (("false", 200), ("true", 400)):
        caller.vendor.handle = lambda request: refuse_once(caller, whole, request)  # type: ignore[method-assign]
        answer = caller.call("PUT", "ManualJournals", {"ManualJournals": [journal()]}, f"summarizeErrors={summarize}")
        assert (answer.status, b"The books are asleep." in answer.body) == (status, True)
    assert caller.everything() == []
    assert caller.call("PUT", "ManualJournals", {"ManualJournals": [journal()]}, "summarizeErrors=false").status == 200
    assert len(caller.everything()) == 1


def refuse_once(caller: Caller, whole: Callable[[Request], Response], request: Request) -> Response:
    caller.vendor.handle = whole  # type: ignore[method-assign]
    return caller.vendor.refused(request, "The books are asleep.", 400)
