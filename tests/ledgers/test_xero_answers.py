"""Xero's answers as its catalogue has them: status and body, what each means for the document, and what a bookkeeper does about it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from connector.core.mapped_names import ACCOUNT, CUSTOMER, ITEM, TAX_CODE, TRACKING
from connector.core.posting import NotSent, Outcome, Posted, Posting, Rejected, Throttled, Uncertain, WriteRequest
from connector.core.refusal import PLAIN
from connector.ledgers.xero.advice import advise
from tests.ledgers.test_xero_faults import BILL, CREATE, JOURNAL, POST_DRAFT, ZERO_ID, exception, judge, ok, refused

# Every sentence of Xero's catalogue: our problem, and words of its next step.
USABLE = "Make it usable again in Xero, or map another"
CATALOGUE = {
    "The document date cannot be before the period lock date, currently set at 30-Nov-2018": ("PERIOD_CLOSED", "Reopen the period in Xero"),
    "The document date cannot be before the end of year lock date, currently set at 30-Nov-2018": ("PERIOD_CLOSED", "next_open_day"),
    "You have reached the limit of invoices you can approve.": ("PLAN_LIMIT", "choose a larger one"),
    "Organisation is not subscribed to currency EUR": ("CURRENCY_MISMATCH", "Set the connection's currency"),
    "The TaxType code NONE does not exist or cannot be used for this type of transaction.": ("TAX_CODE_UNUSABLE", USABLE),
    "The TaxType code 'EXEMPTOUTPUT' cannot be used with account code '51305'": ("TAX_CODE_UNUSABLE", USABLE),
    "Account code '999' is not a valid code for this document.": ("ACCOUNT_UNUSABLE", USABLE),
    "Account code '310' has been archived, or has been deleted. Each line item must reference a valid account.": (
        "ACCOUNT_UNUSABLE",
        USABLE,
    ),
    "Account code '476' has been removed as it does not match a recognised account.": ("ACCOUNT_UNUSABLE", USABLE),
    "Item code 'PUMP' is not valid": ("NAME_UNUSABLE", USABLE),
    "Tracking option 'North' of category 'Region' could not be found.": ("NAME_UNUSABLE", USABLE),
    "A Contact must be specified for this type of transaction": ("NAME_UNUSABLE", USABLE),
    "The Contact must contain at least 1 of the following elements to identify the contact: Name, ContactID": ("NAME_UNUSABLE", USABLE),
    "The total debits (100.00) must equal total credits (-10.00)": ("DOCUMENT_MALFORMED", "report it with this message"),
    "The line total 1.00 does not match the expected line total 100.00": ("DOCUMENT_MALFORMED", "report it"),
    "JSON for post data was invalid": ("DOCUMENT_MALFORMED", "report it"),
    "Narration is a mandatory field.": ("DOCUMENT_MALFORMED", "report it"),
    # Somebody was there before us: the look before the next send says what became of it.
    "Invoice not of valid status for modification": ("LEDGER_REFUSED", "asked again at the next sync"),
    "Invoice not of valid type for creation": ("DOCUMENT_MALFORMED", "report it"),
    "The description must be no longer than 4000 characters.": ("DOCUMENT_MALFORMED", "report it"),
    "Payment amount exceeds the amount outstanding on this document": ("LEDGER_REFUSED", "Mend what the ledger names"),
    "The document with the supplied id was not found for this endpoint.": ("LEDGER_REFUSED", "Mend what the ledger names"),
    "Buchungsperiode geschlossen": ("LEDGER_REFUSED", "asked again at the next sync"),
}


@pytest.mark.parametrize("words", CATALOGUE)
@pytest.mark.parametrize("status", [200, 400])
def test_each_sentence_of_the_catalogue_is_a_refusal_that_tells_a_bookkeeper_what_to_do(words: str, status: int) -> None:
    outcome = judge(status, ok(refused(words)) if status == 200 else exception(refused(words)))
    assert outcome == Rejected("VALIDATION", words)
    advice = advise(JOURNALED, f"VALIDATION: {words.upper()}")
    assert (advice.code, CATALOGUE[words][1] in advice.next_step) == (CATALOGUE[words][0], True)
    assert advise(JOURNALED, f"VALIDATION: {words}") == advice


@pytest.mark.parametrize("words", ["Invoice # must be unique.", "Idempotency Key: k is used with a different request."])
def test_what_may_be_ours_already_is_never_a_refusal(words: str) -> None:
    assert isinstance(judge(400, exception(refused(words))), Uncertain)


def test_words_that_nobody_foresaw_are_told_as_they_are() -> None:
    assert advise(JOURNALED, "") == PLAIN
    assert advise(JOURNALED, "404: Xero does not know this document") == PLAIN


# --- which name is meant ------------------------------------------------------------------------------------------------------

TRACKED = {"Tracking": [{"TrackingCategoryID": "c-1", "TrackingOptionID": "o-1"}]}
JOURNAL_BODY = {
    "ManualJournals": [
        {"JournalLines": [{"LineAmount": 1, "AccountCode": "6100", **TRACKED}, {"LineAmount": -1, "AccountID": "2a-bc"}]},
    ]
}
LINES = [{"ItemCode": "PUMP", "TaxType": "OUTPUT"}, {"AccountCode": "200", "TaxType": "NONE"}, {"AccountCode": "610"}]
INVOICE_BODY = {"Invoices": [{"Contact": {"ContactID": "x"}, "LineItems": LINES}]}


def with_body(posting: Posting, body: Any) -> Posting:
    return replace(posting, request=WriteRequest("PUT", "/x", json.dumps(body).encode()))


JOURNALED, BILLED = with_body(CREATE, JOURNAL_BODY), with_body(BILL, INVOICE_BODY)


@pytest.mark.parametrize(
    ("posting", "words", "meant"),
    [
        (JOURNALED, "Account code '6100' has been archived", {(0, ACCOUNT)}),
        (JOURNALED, "ACCOUNT CODE '2A-BC' has been archived", {(1, ACCOUNT)}),
        (JOURNALED, "Account code '' is not a valid code for this document.", {(0, ACCOUNT), (1, ACCOUNT)}),
        (JOURNALED, "Tracking option is unknown", {(0, TRACKING)}),
        (BILLED, "Account code '610' is not valid", {(2, ACCOUNT)}),
        (BILLED, "Item code 'pump' is not valid", {(0, ITEM)}),
        (BILLED, "The TaxType code NONE does not exist", {(1, TAX_CODE)}),
        (BILLED, "The TaxType code 'OUTPUT' cannot be used with account code '200'", {(0, TAX_CODE)}),
        (BILLED, "A Contact must be specified", {(-1, CUSTOMER)}),
        (with_body(BILL, {"Invoices": [*INVOICE_BODY["Invoices"], {}]}), "Account code '610' is not valid", set()),
        (with_body(BILL, {"Invoices": [{}]}), "Account code '610' is not valid", set()),
    ],
)
def test_a_code_in_the_words_is_looked_for_in_what_was_sent(posting: Posting, words: str, meant: set[Any]) -> None:
    assert advise(posting, f"VALIDATION: {words}").meant == meant


# --- answers without documents ------------------------------------------------------------------------------------------------

DETAIL = "An error occurred in Xero. Check the API Status page http://status.developer.xero.com for current service status."
PROBLEM = {"Type": None, "Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful", "Instance": ZERO_ID, "Extensions": {}}


def in_small_letters(problem: dict[str, Any]) -> dict[str, Any]:
    return {key.lower(): value for key, value in problem.items()}


@pytest.mark.parametrize("case", [dict, in_small_letters])
@pytest.mark.parametrize(
    ("status", "detail", "words"),
    [
        (401, "TokenExpired: token expired at 01/23/2020 18:21:16", "T: TokenExpired: token expired at 01/23/2020 18:21:16"),
        (
            401,
            "AuthorizationUnsuccessful",
            "T: AuthorizationUnsuccessful. The sign-in does not cover this: run `connector connect`, and agree to all that is asked",
        ),
        (
            403,
            "AuthenticationUnsuccessful",
            "T: AuthenticationUnsuccessful. The organisation is not connected any more: run `connector connect`",
        ),
    ],
)
def test_a_refused_sign_in_says_why_and_what_to_do_in_either_case_of_its_keys(case: Any, status: int, detail: str, words: str) -> None:
    told = judge(status, case(PROBLEM | {"Title": "T:", "Detail": detail}))
    assert told == NotSent(f"Xero refused the sign-in ({status}): {words}")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (500, {"Title": "An error occurred", "Detail": DETAIL, "Status": 500}, Uncertain(f"Xero answered 500: An error occurred {DETAIL}")),
        (500, in_small_letters({"Title": "Bad", "Detail": "Body"}), Uncertain("Xero answered 500: Bad Body")),
        (500, {"Title": "x" * 300}, Uncertain(f"Xero answered 500: {'x' * 200}")),
        (500, {"Message": "none of these"}, Uncertain("Xero answered 500")),
        (503, b"The Organisation is offline", Uncertain("Xero answered 503: The Organisation is offline")),
        (
            503,
            b" The Xero API is\r\ncurrently offline for maintenance ",
            Uncertain("Xero answered 503: The Xero API is currently offline for maintenance"),
        ),
        (502, b"<html><body>Bad Gateway</body></html>", Uncertain("Xero answered 502")),
        (502, b"\xff", Uncertain("Xero answered 502: \ufffd")),
        (501, b"", Uncertain("Xero answered 501")),
        (412, b"", Uncertain("Xero answered 412")),
        (404, b"", Uncertain("Xero answered 404")),
        (403, b"", NotSent("Xero refused the sign-in (403)")),
        (429, b"", Throttled(60.0, "Xero throttled the request (no reason given)")),
    ],
)
def test_an_answer_in_another_shape_keeps_its_words_and_proves_nothing_else(status: int, body: Any, outcome: Outcome) -> None:
    assert judge(status, body) == outcome


@pytest.mark.parametrize(("status", "body"), [(200, b""), (400, b"<html>"), (200, b"[]")])
def test_an_answer_that_is_no_object_says_so(status: int, body: bytes) -> None:
    assert judge(status, body) == Uncertain(f"Xero answered {status} with something that is not a JSON object")


def test_a_journal_is_in_the_currency_of_the_books() -> None:
    outcome = judge(200, ok(JOURNAL))
    assert isinstance(outcome, Posted)
    assert outcome.document.currency == "USD"


def test_an_empty_404_is_an_answer_to_phase_two_only() -> None:
    assert judge(404, b"", posting=POST_DRAFT) == Rejected("404", "Xero does not know this document")
    assert judge(404, b"", posting=CREATE) == Uncertain("Xero answered 404")


@pytest.mark.parametrize("status", ["ARCHIVED", "SETASIDE", "submitted"])
def test_an_unknown_status_in_a_200_is_looked_up_and_never_taken_for_posted(status: str) -> None:
    assert judge(200, ok(JOURNAL | {"Status": status})) == Uncertain(f"Xero answered 200 with the unknown status {status}")


def test_xeros_name_for_the_answer_is_kept_for_their_support() -> None:
    trace = {"xero-correlation-id": "ab-1"}
    assert judge(503, b"", trace) == Uncertain("Xero answered 503 [xero-correlation-id ab-1]")
    assert judge(400, exception(refused("No.")), trace) == Rejected("VALIDATION", "No. [xero-correlation-id ab-1]")
    assert judge(200, ok(JOURNAL), trace) == judge(200, ok(JOURNAL))
