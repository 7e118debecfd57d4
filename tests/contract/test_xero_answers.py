"""What our stand-in for Xero answers: judged by Xero's OpenAPI, and held beside Xero's examples and what was recorded.

Where the stand-in knowingly differs, the place is listed with the reason, and an entry that is no longer needed fails.
"""

from __future__ import annotations

import json
from collections import defaultdict
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from tests.contract.cassettes import exchange, recorded
from tests.contract.conftest import Run
from tests.contract.examples import examples
from tests.contract.reference import SHARED, needs_reference
from tests.contract.scenes import CREDITS, INVOICES, JOURNALS, SCENES, Scene
from tests.contract.shapes import differences
from tests.contract.wire import WatchedStage
from tests.contract.xero_schema import BASE, Operation, faults_of_sign_in, judge_answer, operation_of

pytestmark = needs_reference

# What Xero answers although its file does not name it; each is seen in an example or a recording of Xero's own.
BEYOND = {
    "Id": "stands around every answer",
    "Status": "the same",
    "ProviderName": "the same",
    "DateTimeUTC": "the same",
    "Invoices[].DateString": "the date once more, without a zone",
    "Invoices[].DueDateString": "the same",
    "Invoices[].LineItems[].ValidationErrors": "the errors of a line stand in the line",
    "CreditNotes[].DateString": "the date once more, without a zone",
    "CreditNotes[].ID": "the id once more",
    "CreditNotes[].LineItems[].ValidationErrors": "the errors of a line stand in the line",
    "TrackingCategories[].Options[].IsDeleted": "says what its status says",
}
CHARTS = {"demo_global_accounts": "/Accounts", "demo_global_taxrates": "/TaxRates", "demo_tracking": "/TrackingCategories"}

# What the stand-in's answers lack, by operation: names below the element, each group with its reason.
SIMPLE = "its contacts have a name, a number and an e-mail address"
SETTLED = "it has no payments, and its credit notes are not shown at the invoice"
NOT_KEPT = "it does not keep them"
ADDRESSES = {SIMPLE: "Contact.Addresses Contact.ContactGroups Contact.ContactPersons Contact.Phones"}
PERSON = {
    SIMPLE: f"{ADDRESSES[SIMPLE]} Contact.BankAccountDetails Contact.EmailAddress Contact.FirstName Contact.LastName Contact.IsCustomer"
    " Contact.IsSupplier Contact.PurchasesTrackingCategories Contact.SalesTrackingCategories Contact.UpdatedDateUTC"
}
# Those whom Xero's examples of credit notes show.
PAYER = {
    SIMPLE: f"{ADDRESSES[SIMPLE]} Contact.BankAccountDetails Contact.EmailAddress Contact.FirstName Contact.LastName Contact.UpdatedDateUTC"
}
ONCE_MORE = {"the date is there once, as recorded": "UpdatedDateUTCString"}
MISSING: dict[tuple[str, str], dict[str, str]] = {
    ("get", "/Organisation"): {
        "it says what the connector asks about": "APIKey Addresses CreatedDateUTC DefaultPurchasesTax DefaultSalesTax ExternalLinks"
        " FinancialYearEndDay FinancialYearEndMonth OrganisationEntityType PaymentTerms Phones SalesTaxBasis SalesTaxPeriod TaxNumber"
    },
    ("get", "/Accounts"): {NOT_KEPT: "AddToWatchlist BankAccountType Description HasAttachments ReportingCode ReportingCodeName"},
    ("get", "/Items"): {"its items are sold only, at any price": "Description IsTrackedAsInventory PurchaseDetails SalesDetails.UnitPrice"},
    ("get", "/Currencies"): {},
    ("get", "/TaxRates"): {NOT_KEPT: "ReportTaxType"},
    ("get", "/Contacts"): {
        SIMPLE: "Addresses Balances BankAccountDetails CompanyNumber ContactGroups ContactPersons EmailAddress FirstName HasAttachments"
        " LastName Phones PurchasesDefaultLineAmountType SalesDefaultLineAmountType TaxNumbeType TaxNumber"
    },
    ("get", "/TrackingCategories"): {
        "the status says it, and of the three words more that Xero has for it, one": "Options[].HasValidationErrors Options[].IsActive"
        " Options[].IsArchived"
    },
    ("get", "/ManualJournals"): {},
    ("get", "/ManualJournals/{ManualJournalID}"): {NOT_KEPT: "Attachments"},
    ("put", "/ManualJournals"): {"nothing is wrong with the journals of these runs": "ValidationErrors Warnings"},
    ("post", "/ManualJournals/{ManualJournalID}"): {NOT_KEPT: "Attachments"},
    ("get", "/Invoices"): {
        **ADDRESSES,
        **ONCE_MORE,
        SETTLED: "AmountCredited CreditNotes FullyPaidOnDate Payments",
        NOT_KEPT: "BrandingThemeID HasAttachments RepeatingInvoiceID",
        "a recorded line has all options of its category, which no file describes": "LineItems[].Tracking[].Options",
    },
    ("get", "/Invoices/{InvoiceID}"): {
        **PERSON,
        **ONCE_MORE,
        SETTLED: "FullyPaidOnDate Payments",
        NOT_KEPT: "Attachments HasAttachments",
        "of a write only": "StatusAttributeString ValidationErrors",
    },
    ("put", "/Invoices"): {**PERSON, **ONCE_MORE},
    ("get", "/CreditNotes"): {**ADDRESSES, **ONCE_MORE, SETTLED: "Payments[]", NOT_KEPT: "HasAttachments"},
    ("get", "/CreditNotes/{CreditNoteID}"): {**PAYER, **ONCE_MORE, SETTLED: "Payments[]", NOT_KEPT: "Attachments HasAttachments"},
    ("put", "/CreditNotes"): {**PAYER, **ONCE_MORE, "nothing is wrong with the credit notes of these runs": "ValidationErrors"},
}
PATHS = {path for _, path in MISSING}


def exact(body: bytes) -> Any:
    """JSON whose numbers are all of one kind, for a comparison of shapes."""
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)


def answers(stage: WatchedStage) -> list[tuple[Operation, int, bytes]]:
    """What the accounting interface answered to which operation."""
    told = []
    for one in stage.wire.exchanges:
        operation = operation_of(one.asked.method, one.asked.path) if one.asked.path.startswith(BASE) else None
        if operation is not None:
            told.append((operation, one.answered.status, one.answered.body))
    return told


@cache
def seen_at_xero() -> list[tuple[Operation, int, bytes]]:
    """What Xero answered to our operations, by its examples, in recordings and in the charts of its demo company."""
    told = [(Operation(one.path, one.method, {}), one.status, one.body) for one in examples() if one.status == 200 and one.path in PATHS]
    for one in recorded("xero"):
        operation = operation_of(one.method, one.path) if one.path.startswith(BASE) and "json" in one.headers["content-type"] else None
        if operation is not None:
            told.append((operation, one.status, one.answer))
    charts = SHARED / "data" / "charts"
    return told + [(Operation(path, "get", {}), 200, (charts / f"{name}.json").read_bytes()) for name, path in CHARTS.items()]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_every_answer_of_the_stand_in_is_one_by_xeros_openapi(scene: Scene, run: Run) -> None:
    for operation, status, body in answers(run(scene, "xero")):
        wrong, beyond = judge_answer(operation, status, json.loads(body, parse_float=Decimal))
        assert wrong == [], operation
        assert beyond <= BEYOND.keys(), operation


def test_what_goes_beyond_the_openapi_is_needed_and_was_seen_at_xero(run: Run) -> None:
    used, seen = (
        {place for operation, status, body in told for place in judge_answer(operation, status, json.loads(body, parse_float=Decimal))[1]}
        for told in ([*answers(run(INVOICES, "xero")), *answers(run(CREDITS, "xero"))], seen_at_xero())
    )
    assert used == BEYOND.keys()
    assert used <= seen


def test_the_answers_of_the_stand_in_have_the_shape_of_xeros(run: Run) -> None:
    """All answers to an operation together, beside all that is known of Xero's: kinds of values agree, and what is missing is listed."""
    ours, theirs = defaultdict(list), defaultdict(list)
    for scene in (JOURNALS, INVOICES, CREDITS):
        for operation, _, body in answers(run(scene, "xero")):
            ours[operation.method, operation.path].append(exact(body))
    for operation, _, body in seen_at_xero():
        theirs[operation.method, operation.path].append(exact(body))
    assert ours.keys() == MISSING.keys()
    for key, known in MISSING.items():
        found = differences(theirs[key], ours[key])
        assert {place: what for place, what in found.items() if what not in ("missing", "added")} == {}, key
        missing = {place.split("[].", maxsplit=2)[2] for place, what in found.items() if what == "missing"}
        assert missing == {name for names in known.values() for name in names.split()}, key


# --- the sign-in --------------------------------------------------------------------------------------------------------------


def test_the_sign_in_of_the_stand_in_answers_as_xeros(run: Run) -> None:
    (body,) = [one.answered.body for one in run(INVOICES, "xero").wire.exchanges if one.asked.path == "/connect/token"]
    theirs, ours = exchange("xero", "test_api_client/cassettes/test_token_api_refresh_token#0").answer, exact(body)
    found = differences(exact(theirs), ours)
    assert found == {"id_token": "missing"}  # who it is, which the connector does not ask
    # The file does not name the scope, which Xero was recorded to answer.
    for told in (json.loads(theirs), json.loads(body)):
        assert [fault for fault in faults_of_sign_in("AccessToken", told) if "'scope'" not in fault] == []
