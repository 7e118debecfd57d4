"""Every answer that QuickBooks may give to a create, and the one thing that it proves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Posted, Rejected, Throttled, Uncertain
from connector.ledgers.quickbooks.faults import classify

JOURNAL = {
    "Id": "146",
    "SyncToken": "0",
    "DocNumber": "4711-ABCDEFGHIJKLM",
    "TxnDate": "2026-02-20",
    "CurrencyRef": {"value": "USD"},
    "TotalAmt": 0,
    "Line": [
        {
            "Amount": 10.1,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": a}},
        }
        for side, a in (("Debit", "60"), ("Credit", "21"))
    ],
}
THROTTLE_XML = (
    b'<IntuitResponse time="2017-01-01T00:00:00.000-08:00"><Fault type="SERVICE"><Error code="3001"><Message>message=ThrottleExceeded; '
    b"errorCode=003001; statusCode=429</Message><Detail>Try again later</Detail></Error></Fault></IntuitResponse>"
)
THROTTLED = Throttled(60.0, "QuickBooks throttled the request")


def judge(status: int, body: Any, headers: dict[str, str] | None = None) -> Outcome:
    return classify(DocumentKind.JOURNAL_ENTRY, status, headers or {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def fault(*errors: tuple[str, str, str]) -> dict[str, Any]:
    rows = [{"Message": message, "Detail": detail, "code": code, "element": ""} for code, message, detail in errors]
    return {"Fault": {"Error": rows, "type": "ValidationFault"}, "time": "2026-02-20T00:00:00.000-08:00"}


REFUSED_FOR_GOOD = [
    610, 620, 630, 700, 800, 1040, 2000, 2010, 2020, 2030, 2050, 2090, 2130, 2170, 2220, 2240, 2250, 2260, 2270, 2280, 2290, 2300, 2500,
    2600, 3000, 4000, 4001, 4002, 5010, 5020, 5030, 6000, 6010, 6070, 6080, 6090, 6100, 6150, 6160, 6170, 6180, 6190, 6200, 6210, 6220,
    6230, 6240, 6250, 6270, 6280, 6400, 6430, 6440, 6450, 6470, 6480, 6520, 6540, 10100, 10200,
]  # fmt: skip


@pytest.mark.parametrize("code", REFUSED_FOR_GOOD)
@pytest.mark.parametrize("status", [400, 200])
def test_a_validation_fault_is_a_refusal_with_its_code_and_words(code: int, status: int) -> None:
    assert judge(status, fault((str(code), "Message", "Detail"))) == Rejected(str(code), "Message Detail")


@pytest.mark.parametrize("code", ["600", "0600", "6140", "10000", "500", "", "0"])
@pytest.mark.parametrize("status", [400, 200])
def test_a_fault_after_which_it_may_have_been_booked_is_uncertain(code: str, status: int) -> None:
    assert isinstance(judge(status, fault((code, "Duplicate", "already used"))), Uncertain)


@pytest.mark.parametrize(
    "words", ["An unexpected error occurred while accessing or saving your data", "Unexpected Error", "Business error (-30000)"]
)
def test_a_business_fault_in_unexpected_words_is_uncertain(words: str) -> None:
    assert isinstance(judge(400, fault(("6000", "A business validation error has occurred", words))), Uncertain)


@pytest.mark.parametrize("code", ["100", "110", "120", "130", "140", "150", "3100", "003100", "3200", "3202"])
def test_a_fault_of_the_sign_in_means_that_nothing_was_sent(code: str) -> None:
    assert isinstance(judge(400, fault((code, "AuthenticationFailed", ""))), NotSent)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, THROTTLE_XML),
        (429, b""),
        (429, fault(("3001", "message=ThrottleExceeded", "Try again later"))),
        (403, THROTTLE_XML),
        (400, fault(("003001", "message=ThrottleExceeded", ""))),
        (200, fault(("3001", "message=ThrottleExceeded", ""))),
    ],
)
def test_a_throttle_is_one_in_every_form(status: int, body: Any) -> None:
    assert judge(status, body) == THROTTLED


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("7", 7.0), ("1", 1.0), ("0.5", 0.5), ("0", 60.0), ("-1", 60.0), ("nan", 60.0), ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0)],
)
def test_a_throttle_waits_as_long_as_told_when_told(told: str, seconds: float) -> None:
    assert judge(429, b"", {"retry-after": told}) == Throttled(seconds, "QuickBooks throttled the request")


UNAUTHORIZED = {
    "warnings": None,
    "intuitObject": None,
    "fault": {"error": [{"message": "AuthenticationFailed", "detail": "Token expired", "code": "3200"}], "type": "AUTHENTICATION"},
    "time": 1,
}


@pytest.mark.parametrize(("status", "body"), [(401, UNAUTHORIZED), (401, b""), (403, fault(("3100", "Forbidden", ""))), (403, b"<html>")])
def test_who_is_refused_at_the_door_has_sent_nothing(status: int, body: Any) -> None:
    assert isinstance(judge(status, body), NotSent)


def test_the_lower_case_envelope_is_read_under_any_status() -> None:
    assert judge(400, UNAUTHORIZED) == NotSent("QuickBooks refused the sign-in (3200)")
    small = {"fault": {"error": [{"message": "Unbalanced", "detail": "by a cent", "code": "2300"}]}}
    assert judge(400, small) == Rejected("2300", "Unbalanced by a cent")


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
@pytest.mark.parametrize(
    "body", [b"<html>", b"", fault(("2300", "unbalanced", "")), {"JournalEntry": JOURNAL}], ids=["html", "none", "fault", "doc"]
)
def test_a_server_error_is_uncertain_whatever_it_says(status: int, body: Any) -> None:
    assert isinstance(judge(status, body), Uncertain)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""),
        (200, b'{"JournalEntry": {"Id": "1'),
        (200, b"<html>"),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe"),
        (200, []),
        (200, {}),
        (200, {"JournalEntry": None}),
        (200, {"JournalEntry": []}),
        (200, {"Invoice": JOURNAL}),
        (201, {"JournalEntry": JOURNAL}),
        (302, b""),
        (400, {}),
        (400, b"<html>Bad Request</html>"),
        (404, b"<html>Not Found</html>"),
        (408, {}),
        (200, {"Fault": "text", "JournalEntry": JOURNAL}),
        (200, {"Fault": ["text"], "JournalEntry": JOURNAL}),
        (200, {**fault(("2300", "unbalanced", "")), "JournalEntry": JOURNAL}),
        (400, {"Fault": {"Error": []}}),
        (400, {"Fault": {"Error": ["text"]}}),
        (400, {"Fault": {"Error": {"code": "2300"}}}),
        (400, {"Fault": {"type": "ValidationFault"}}),
        (400, {"Fault": {"Error": [{}]}}),
        (400, fault(("2300", "unbalanced", ""), ("600", "Duplicate Request ID", ""))),
    ],
)
def test_an_answer_that_proves_nothing_is_uncertain(status: int, body: Any) -> None:
    assert isinstance(judge(status, body), Uncertain)


@pytest.mark.parametrize(
    "changed",
    [
        {"Id": ""},
        {"Id": "abc"},
        {"Id": "²"},
        {"Id": "1; drop"},
        {"Id": None},
        {"TxnDate": ""},
        {"TxnDate": None},
        {"Line": None},
        {"Line": ["text"]},
        {"Line": [{"DetailType": "JournalEntryLineDetail", "Amount": "NaN", "JournalEntryLineDetail": {}}]},
        {"CurrencyRef": "USD"},
    ],
)
def test_a_document_that_cannot_be_read_is_uncertain(changed: dict[str, Any]) -> None:
    assert isinstance(judge(200, {"JournalEntry": JOURNAL | changed}), Uncertain)


def test_a_created_document_is_posted_with_what_it_shows() -> None:
    outcome = judge(200, {"JournalEntry": JOURNAL, "unknown": 1})
    assert isinstance(outcome, Posted)
    assert (outcome.document.id, outcome.document.marker, str(outcome.document.total)) == ("146", "4711-ABCDEFGHIJKLM", "10.1")


def test_several_errors_are_told_together() -> None:
    outcome = judge(400, fault(("2500", "Invalid Reference Id", "Invalid Reference Id"), ("2050", "Too long", "")))
    assert outcome == Rejected("2050, 2500", "Invalid Reference Id; Too long")


def test_a_refusal_without_words_says_so() -> None:
    assert judge(400, fault(("2300", "", ""))) == Rejected("2300", "without a word")


def test_only_leading_zeros_are_no_part_of_a_code() -> None:
    assert judge(400, fault(("0X20300", "m", ""))) == Rejected("X20300", "m")


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (503, b"", "QuickBooks answered 503"),
        (404, b"<html>", "QuickBooks answered 404 with something that is not JSON"),
        (200, {**fault(("2300", "no", "")), "JournalEntry": JOURNAL}, "QuickBooks answered 200 with a fault and a document"),
        (400, {}, "QuickBooks answered 400 without a fault that can be read"),
        (200, {}, "QuickBooks answered 200 without the document"),
        (
            200,
            {"JournalEntry": JOURNAL | {"TxnDate": ""}},
            "QuickBooks answered 200 with a document that cannot be read (ValueError)",
        ),
        (400, {"Fault": {"Error": []}}, "QuickBooks answered with fault : without a word"),
        (400, fault(("6140", "taken", ""), ("2300", "no", "")), "QuickBooks answered with fault 2300, 6140: taken; no"),
    ],
)
def test_what_is_uncertain_says_what_was_answered(status: int, body: Any, words: str) -> None:
    """A person reads it in the held list, and decides by it whom to ask."""
    assert judge(status, body) == Uncertain(words)


def test_who_is_refused_reads_by_which_fault() -> None:
    assert judge(401, b"") == NotSent("QuickBooks refused the sign-in (401)")
    assert judge(400, fault(("3200", "", ""), ("120", "", ""))) == NotSent("QuickBooks refused the sign-in (120, 3200)")


def test_the_vendors_words_are_kept_up_to_a_length() -> None:
    assert judge(400, fault(("2300", "x" * 600, ""))) == Rejected("2300", "x" * 500)
    outcome = judge(400, fault(("6140", "x" * 600, "")))
    assert isinstance(outcome, Uncertain)
    assert len(outcome.reason) == 400


@pytest.mark.parametrize("told", [{**JOURNAL, "status": "Deleted"}, {"Id": "146", "domain": "QBO", "status": "Deleted"}])
def test_a_create_that_is_answered_with_a_deleted_document_is_uncertain(told: Any) -> None:
    """Nothing is in the books, so it is not posted, whatever became of it: a look-up decides."""
    assert judge(200, {"JournalEntry": told}) == Uncertain("QuickBooks answered 200 with a document that is deleted")


def test_a_create_that_is_answered_with_a_void_invoice_is_uncertain() -> None:
    void = {"Id": "9", "TxnDate": "2026-02-20", "TotalAmt": 0, "PrivateNote": "Voided"}
    told = classify(DocumentKind.INVOICE, 200, {}, json.dumps({"Invoice": void}).encode())
    assert told == Uncertain("QuickBooks answered 200 with a document that is void")


def test_a_fault_of_the_system_is_uncertain_whatever_its_code() -> None:
    """The others say what is wrong with our document; this one says that something broke, and not when."""
    told = fault(("10200", "Company Reset", ""))
    told["Fault"]["type"] = "SystemFault"
    assert isinstance(judge(400, told), Uncertain)
    assert isinstance(judge(200, {"fault": {"error": told["Fault"]["Error"], "type": "SystemFault"}}), Uncertain)
    throttled = fault(("3001", "message=ThrottleExceeded", ""))
    throttled["Fault"]["type"] = "SystemFault"
    assert judge(200, throttled) == THROTTLED


def test_a_fault_that_says_only_that_the_operation_failed_is_uncertain() -> None:
    assert isinstance(judge(400, fault(("1000", "Operation failed", ""))), Uncertain)
