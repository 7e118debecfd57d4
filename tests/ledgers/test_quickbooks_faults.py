"""Every answer that QuickBooks may give to a create, and the one thing that it proves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.core.mapping import DocumentKind
from connector.core.posting import NotSent, Outcome, Posted, Rejected, Throttled, Uncertain
from connector.core.refusal import PLAIN
from connector.ledgers.quickbooks.advice import ABOUT, ADVICE, STEPS, advise, next_step
from connector.ledgers.quickbooks.faults import classify
from tests.ledgers.rig import sending

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


# Intuit's whole catalogue, and what no fault of it says otherwise: code, what it means for the document, our problem, and words of the
# next step. The codes without a problem refuse no document.
MALFORMED = ("DOCUMENT_MALFORMED", "report it with this message")
ACCOUNT, CUSTOMER, ITEM, TAX = (
    (code, "Make it usable again in QuickBooks, or map another")
    for code in ("ACCOUNT_UNUSABLE", "NAME_UNUSABLE", "NAME_UNUSABLE", "TAX_CODE_UNUSABLE")
)
CONNECT, LOOKED_UP, PASSES = ("", "Run `connector connect`"), ("", "is asked whether the document is there"), ("", "the next sync goes on")
CATALOGUE: dict[str, tuple[type[Outcome], str, str]] = {  # type: ignore[valid-type]
    "100": (NotSent, *CONNECT),  # general authentication
    "110": (NotSent, *CONNECT),
    "120": (NotSent, "", "has lost access to the company"),
    "130": (NotSent, *PASSES),  # wrong cluster
    "140": (NotSent, *PASSES),  # locked out
    "150": (NotSent, *PASSES),  # under maintenance
    "500": (Uncertain, *LOOKED_UP),  # unsupported operation, seen in outages too
    "600": (Uncertain, *LOOKED_UP),  # the request id is in use
    "610": (Rejected, "NAME_UNUSABLE", "map another"),  # object not found: deleted, or made inactive
    "620": (Rejected, *MALFORMED),
    "630": (Rejected, *MALFORMED),
    "700": (Rejected, *MALFORMED),
    "800": (Rejected, *MALFORMED),
    "900": (Rejected, *MALFORMED),
    "1000": (Uncertain, *LOOKED_UP),  # the operation failed: no word of how far
    "1010": (Rejected, "LEDGER_REFUSED", "Mend what the ledger names"),  # the create failed: nothing was made
    "1020": (Rejected, "LEDGER_REFUSED", "Mend what the ledger names"),
    "1040": (Rejected, *MALFORMED),
    "1050": (Rejected, *MALFORMED),
    **{
        str(code): (Rejected, *MALFORMED)
        for code in (2000, 2010, 2020, *range(2030, 2210, 10), 2230, 2240, 2250, 2260, 2270, 2280, 2290, 2300, 2600)
    },
    "2210": (Rejected, "BILL_EMAIL_UNUSABLE", "Correct the address"),
    "2220": (Rejected, "CURRENCY_MISMATCH", "Set the connection's currency"),
    "2500": (Rejected, "NAME_UNUSABLE", "map another"),
    "3000": (Rejected, *MALFORMED),
    "3001": (Throttled, "", "sending goes on when it allows more"),
    "3100": (NotSent, "", "not for this company: check realm_id"),
    "3200": (NotSent, *CONNECT),
    "3202": (NotSent, *CONNECT),
    "4000": (Rejected, *MALFORMED),
    "4001": (Rejected, *MALFORMED),
    "4002": (Rejected, *MALFORMED),
    "5000": (Rejected, *MALFORMED),
    "5010": (Rejected, *MALFORMED),
    "5020": (Rejected, "PERMISSION_DENIED", "Give the user who connected the right"),
    "5030": (Rejected, "PLAN_LIMIT", "choose a plan that has it"),
    "6000": (Rejected, "LEDGER_REFUSED", "Mend what the ledger names"),
    "6010": (Rejected, *ACCOUNT),
    "6020": (Rejected, *MALFORMED),
    "6030": (Rejected, *MALFORMED),
    "6040": (Rejected, *MALFORMED),
    "6041": (Rejected, *MALFORMED),
    "6050": (Rejected, *MALFORMED),
    "6070": (Rejected, *MALFORMED),
    "6080": (Rejected, *MALFORMED),
    "6090": (Rejected, *MALFORMED),
    "6100": (Rejected, *TAX),
    "6140": (Uncertain, *LOOKED_UP),  # the number is taken, probably by us: never a refusal
    "6150": (Rejected, *MALFORMED),
    "6160": (Rejected, *TAX),
    "6170": (Rejected, *TAX),
    "6180": (Rejected, *MALFORMED),
    "6190": (Rejected, "COMPANY_INACTIVE", "Renew the company's QuickBooks subscription"),
    "6200": (Rejected, "PERIOD_CLOSED", "Reopen the period"),
    "6210": (Rejected, "PERIOD_CLOSED", "closed_period: next_open_day"),
    "6220": (Rejected, *MALFORMED),
    "6230": (Rejected, *TAX),
    "6240": (Rejected, *MALFORMED),
    "6250": (Rejected, *CUSTOMER),
    "6270": (Rejected, *ITEM),
    "6280": (Rejected, *MALFORMED),
    "6310": (Rejected, *CUSTOMER),
    "6320": (Rejected, *CUSTOMER),
    "6400": (Rejected, *MALFORMED),
    "6430": (Rejected, *ACCOUNT),
    "6440": (Rejected, *MALFORMED),
    "6450": (Rejected, *MALFORMED),
    "6470": (Rejected, *TAX),
    "6480": (Rejected, *MALFORMED),
    "6520": (Rejected, *ITEM),
    "6540": (Rejected, *MALFORMED),
    "10000": (Uncertain, *LOOKED_UP),  # an application error: it may have been booked
    "10100": (Rejected, *MALFORMED),
    "10200": (Rejected, "COMPANY_INACTIVE", "The books were reset"),
}
REFUSED_FOR_GOOD = [code for code, (meaning, *_) in CATALOGUE.items() if meaning is Rejected]
OF_THE_COMPANY = {"5020", "6190", "10200"}


@pytest.mark.parametrize("code", CATALOGUE)
@pytest.mark.parametrize("status", [400, 200])
def test_each_fault_of_the_catalogue_means_one_thing_for_the_document(code: str, status: int) -> None:
    assert type(judge(status, fault((code, "Message", "Detail")))) is CATALOGUE[code][0]
    assert type(judge(status, fault((f"00{code}", "Message", "Detail")))) is CATALOGUE[code][0]


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_fault_of_the_catalogue_tells_a_bookkeeper_what_to_do(code: str) -> None:
    _, problem, words = CATALOGUE[code]
    assert words in next_step(code)
    if problem:
        advice = advise(sending(), f"{code}: Message Detail")
        assert (advice.code, advice.next_step) == (problem, next_step(code))


def test_the_catalogue_is_what_the_advice_knows_and_nothing_stands_in_it_twice() -> None:
    assert sorted([*ADVICE, *ABOUT, *STEPS]) == sorted(CATALOGUE)


def test_a_fault_that_intuit_does_not_list_is_told_in_its_own_words() -> None:
    assert judge(400, fault(("7777", "New", "rule"))) == Rejected("7777", "New rule")
    assert (advise(sending(), "7777: New rule"), next_step("7777")) == (PLAIN, PLAIN.next_step)


@pytest.mark.parametrize("code", REFUSED_FOR_GOOD)
@pytest.mark.parametrize("status", [400, 200])
def test_a_validation_fault_is_a_refusal_with_its_code_and_words(code: str, status: int) -> None:
    expected = Rejected(code, "Message Detail", is_of_the_company=code in OF_THE_COMPANY)
    assert judge(status, fault((code, "Message", "Detail"))) == expected


def test_what_the_company_or_our_user_may_not_do_is_no_matter_of_the_sign_in() -> None:
    """A 403 whose fault says so is no reason to connect again."""
    assert judge(403, fault(("6190", "Invalid Company Status Error", ""))) == Rejected(
        "6190", "Invalid Company Status Error", is_of_the_company=True
    )
    assert judge(403, fault(("5020", "Permission Denied", ""))) == Rejected("5020", "Permission Denied", is_of_the_company=True)
    both = judge(400, fault(("6190", "Ended", ""), ("2300", "Unbalanced", "")))
    assert both == Rejected("2300, 6190", "Ended; Unbalanced", is_of_the_company=True)


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, fault(("2300", "Unbalanced", "")), Rejected("2300", "Unbalanced [intuit_tid 1-5f]")),
        (400, fault(("6140", "Taken", "")), Uncertain("QuickBooks answered with fault 6140: Taken [intuit_tid 1-5f]")),
        (503, b"<html>", Uncertain("QuickBooks answered 503 [intuit_tid 1-5f]")),
        (401, b"", NotSent("QuickBooks refused the sign-in (401) [intuit_tid 1-5f]")),
        (429, b"", Throttled(60.0, "QuickBooks throttled the request [intuit_tid 1-5f]")),
    ],
)
def test_intuits_name_for_the_answer_is_kept_for_their_support(status: int, body: Any, outcome: Outcome) -> None:
    assert judge(status, body, {"intuit_tid": "1-5f"}) == outcome
    assert judge(status, body, {"intuit-tid": "1-5f"}) == outcome
    assert judge(status, body, {"intuit_tid": "\n1-5f\x00"}) == outcome
    told = judge(status, body, {"intuit_tid": "1" * 99})
    assert f"[intuit_tid {'1' * 60}]" in str(told)


def test_a_posted_document_is_known_by_its_id_alone() -> None:
    assert judge(200, {"JournalEntry": JOURNAL}, {"intuit_tid": "1-5f"}) == judge(200, {"JournalEntry": JOURNAL})


def as_xml(code: str, kind: str = "ValidationFault") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><IntuitResponse time="2026-02-20T00:00:00.000-08:00"><Fault type="{kind}">'
        f'<Error code="{code}" element="Line"><Message>Debits &amp; credits</Message><Detail>differ\nby a cent</Detail></Error></Fault>'
        "</IntuitResponse>"
    ).encode()


def test_a_fault_in_xml_says_the_same_as_one_in_json() -> None:
    assert judge(400, as_xml("2300")) == Rejected("2300", "Debits & credits differ\nby a cent (Line)")
    assert judge(200, as_xml("002300")) == judge(400, as_xml("2300"))
    assert judge(400, as_xml("2300", "SystemFault")) == Uncertain(
        "QuickBooks answered with fault 2300: Debits & credits differ\nby a cent (Line)"
    )
    assert judge(400, as_xml("3001")) == THROTTLED
    assert isinstance(judge(503, as_xml("2300")), Uncertain)
    assert isinstance(judge(401, as_xml("3200")), NotSent)


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        (b"<IntuitResponse><Fault/></IntuitResponse>", Uncertain("QuickBooks answered with fault : without a word")),
        (b"<Fault><Error>no code</Error></Fault>", Uncertain("QuickBooks answered with fault : without a word")),
        (b"<IntuitResponse><JournalEntry/></IntuitResponse>", Uncertain("QuickBooks answered 400 with something that is not JSON")),
        (b'<Fault><Error code="2300"></Error><Error code="2500"></Error></Fault>', Rejected("2300, 2500", "without a word")),
    ],
)
def test_xml_that_holds_no_whole_fault_proves_nothing(body: bytes, outcome: Outcome) -> None:
    assert judge(400, body) == outcome


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
    [
        ("7", 7.0),
        ("1", 1.0),
        ("0.5", 0.5),
        ("90000", 90_000.0),
        ("90001", 60.0),
        ("inf", 60.0),
        ("0", 60.0),
        ("-1", 60.0),
        ("nan", 60.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 60.0),
    ],
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
    words = "QuickBooks refused the sign-in (3200): 3200 AuthenticationFailed Token expired. Run `connector connect`; nothing was booked"
    assert judge(400, UNAUTHORIZED) == NotSent(words)
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
    told = judge(400, fault(("3200", "", ""), ("120", "", ""), ("2300", "", "")))
    lost, again = (next_step(code).rstrip(".") for code in ("120", "3200"))
    assert told == NotSent(f"QuickBooks refused the sign-in (120, 3200): 120, 2300, 3200 without a word. {lost}. {again}")
    told = judge(403, fault(("3100", "ApplicationAuthorizationFailed", "wrong company"), ("3100", "", "")))
    assert told == NotSent(
        f"QuickBooks refused the sign-in (403): 3100 ApplicationAuthorizationFailed wrong company. {next_step('3100').rstrip('.')}"
    )
    assert judge(403, fault(("7777", "New", ""))) == NotSent("QuickBooks refused the sign-in (403): 7777 New")


def test_the_vendors_words_are_kept_up_to_a_length() -> None:
    assert judge(400, fault(("2300", "x" * 600, ""))) == Rejected("2300", "x" * 400)
    outcome = judge(400, fault(("6140", "x" * 600, "")))
    assert isinstance(outcome, Uncertain)
    assert len(outcome.reason) == 400
    told = judge(503, fault(("2300", "x" * 600, "")))
    assert isinstance(told, Uncertain)
    assert len(told.reason) == 400
    told = judge(403, fault(("7777", "x" * 600, "")))
    assert isinstance(told, NotSent)
    assert len(told.reason) == 300


def test_the_property_at_fault_is_told_once() -> None:
    """It says which name of the mapping is meant."""
    told = fault(("2500", "Invalid Reference Id", "Account is invalid"))
    told["Fault"]["Error"][0]["element"] = "AccountRef"
    assert judge(400, told) == Rejected("2500", "Invalid Reference Id Account is invalid (AccountRef)")
    told["Fault"]["Error"][0]["element"] = "Account"
    assert judge(400, told) == Rejected("2500", "Invalid Reference Id Account is invalid")


def test_what_a_server_error_says_is_kept() -> None:
    assert judge(500, fault(("10000", "An application error", "has occurred"))) == Uncertain(
        "QuickBooks answered 500: 10000 An application error has occurred"
    )


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
