"""Every answer that Xero may give to a write, and the one thing that it proves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Posted, Rejected, Throttled, Uncertain
from connector.ledgers.xero.faults import classify

JOURNAL = {
    "ManualJournalID": "99b15bbc-8b3d-4ac0-b1fa-47e6e3b5e6a1",
    "Status": "POSTED",
    "Narration": "UPK 4711-ABCDEFGHIJKLM",
    "Date": "/Date(1771545600000+0000)/",
    "JournalLines": [
        {"LineAmount": 10.10, "AccountCode": "6100", "AccountID": "a-60"},
        {"LineAmount": -10.10, "AccountCode": "2150", "AccountID": "a-21"},
    ],
}


def judge(status: int, body: Any, headers: dict[str, str] | None = None) -> Outcome:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(DocumentKind.JOURNAL_ENTRY, "USD", {"6100": "a-60", "2150": "a-21"}, status, headers or {}, raw)


def element(**changed: Any) -> dict[str, Any]:
    return {"ManualJournals": [{**JOURNAL, **changed}]}


def refused(*words: str) -> dict[str, Any]:
    errors = [{"Message": word} for word in words]
    return {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{"ValidationErrors": errors}],
    }


def test_a_whole_answer_is_a_document() -> None:
    outcome = judge(200, element())
    assert isinstance(outcome, Posted)
    assert str(outcome.document.total) == "10.1"


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_sign_in_was_never_processed(status: int) -> None:
    assert isinstance(judge(status, b""), NotSent)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504])
@pytest.mark.parametrize("body", [b"", b"The server is busy", b"<html/>", json.dumps(element()).encode()])
def test_a_server_error_proves_nothing_whatever_it_says(status: int, body: bytes) -> None:
    assert isinstance(judge(status, body), Uncertain)


def test_a_document_that_is_not_there_is_refused_in_whatever_words() -> None:
    assert isinstance(judge(404, b"<html>The resource you're looking for cannot be found</html>"), Rejected)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7", "x-rate-limit-problem": "minute"}, 7.0),
        ({"x-rate-limit-problem": "concurrent"}, 1.0),
        ({}, 60.0),
        ({"retry-after": "soon"}, 60.0),
        ({"retry-after": "-3"}, 0.0),
    ],
)
def test_an_empty_429_says_how_long_to_wait(headers: dict[str, str], seconds: float) -> None:
    outcome = judge(429, b"", headers)
    assert isinstance(outcome, Throttled)
    assert outcome.retry_after_seconds == seconds


def test_a_validation_error_is_a_refusal_with_all_its_words() -> None:
    assert judge(400, refused("Account code '9' is not valid", "The total must be zero")) == Rejected(
        "VALIDATION", "Account code '9' is not valid; The total must be zero"
    )


def test_a_failed_element_echoes_the_status_that_was_asked_for_and_is_still_refused() -> None:
    wrong = element(StatusAttributeString="ERROR", ValidationErrors=[{"Message": "Account archived"}])
    assert judge(200, wrong) == Rejected("VALIDATION", "Account archived")


@pytest.mark.parametrize("mark", [{"StatusAttributeString": "ERROR"}, {"HasErrors": True}, {"HasValidationErrors": True}])
def test_a_failed_element_without_a_word_is_refused_and_said_so(mark: dict[str, Any]) -> None:
    assert judge(200, element(**mark)) == Rejected("VALIDATION", "without a word")


def test_the_errors_of_a_line_and_of_the_contact_are_told_too() -> None:
    lines = [{"ValidationErrors": [{"Message": "Tax type is archived"}]}]
    contact = {"ValidationErrors": [{"Description": "Contact is archived"}]}
    assert judge(200, element(JournalLines=lines, Contact=contact)) == Rejected("VALIDATION", "Contact is archived; Tax type is archived")


@pytest.mark.parametrize(
    "words",
    ["Invoice # must be unique.", "Idempotency key used with a different request", "An error occurred in Xero. Check the API Status page"],
)
def test_what_may_be_our_own_document_is_not_believed_to_be_refused(words: str) -> None:
    assert isinstance(judge(400, refused(words)), Uncertain)


def test_a_400_without_elements_tells_its_own_words() -> None:
    assert judge(400, {"Message": "The body is malformed"}) == Rejected("VALIDATION", "The body is malformed")
    assert judge(400, {"Detail": "No tenant"}) == Rejected("VALIDATION", "No tenant")
    assert judge(400, {}) == Rejected("VALIDATION", "without a word")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b'{"ManualJournals": [',
        b"[]",
        b'"fine"',
        b"[" * 100_000,
        b"{}",
        b'{"ManualJournals": []}',
        b'{"ManualJournals": ["fine"]}',
        b'{"Invoices": [{}]}',
        b'{"ManualJournals": [{"Status": "POSTED"}]}',
    ],
)
def test_an_answer_that_is_no_document_proves_nothing(body: bytes) -> None:
    assert isinstance(judge(200, body), Uncertain)


@pytest.mark.parametrize("status", [201, 204, 302, 412])
def test_an_answer_of_another_status_proves_nothing(status: int) -> None:
    assert isinstance(judge(status, element()), Uncertain)


@pytest.mark.parametrize("field", ["JournalLines", "LineItems", "Contact", "ValidationErrors"])
@pytest.mark.parametrize("junk", [7, "junk", ["junk"], [None], {"a": 1}])
def test_an_answer_of_another_shape_never_stops_the_run(field: str, junk: Any) -> None:
    assert isinstance(judge(200, element(**{field: junk})), Posted | Uncertain | Rejected)
