"""What Xero refuses, computes and lets happen to invoices and credit notes, its stand-in does in the same words."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connector.sandbox.company import Company
from tests.sandbox.xero.caller import ZERO_ID, Caller, line

NOT_OF_STATUS = "Invoice not of valid status for modification"
NO_ACCOUNT = "Account code '{}' is not a valid code for this document."
LOCKED = "The document date cannot be before the {} lock date, currently set at 28-Feb-2026"


def balances(caller: Caller) -> dict[str, Decimal]:
    """Every account that is not empty: debits positive, credits negative."""
    told = caller.vendor.trial_balance()
    assert told["debit"] == told["credit"]
    found = {row["account"]: Decimal(row["debit"]) - Decimal(row["credit"]) for row in told["accounts"]}
    return {account: amount for account, amount in found.items() if amount}


def status_of(caller: Caller, number: str) -> str:
    return str(caller.rows(f"Invoices/{number}")[0]["Status"])


# --- what is refused ------------------------------------------------------------------------------------------------------------------

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("no type", {"Type": None}, "Invoice not of valid type for creation"),
    ("a credit note's type", {"Type": "ACCRECCREDIT"}, "Invoice not of valid type for creation"),
    ("an id of its own", {"InvoiceID": ZERO_ID}, "Invoice not of valid type for creation"),
    ("born void", {"Status": "VOIDED"}, "Invoice not of valid status for creation"),
    ("born paid", {"Status": "PAID"}, "Invoice not of valid status for creation"),
    ("nobody", {"Contact": None}, "A Contact must be specified for this type of transaction"),
    (
        "a contact without a name",
        {"Contact": {"EmailAddress": "a@b.example"}},
        "The Contact must contain at least 1 of the following elements to identify the contact: Name, ContactID, ContactNumber",
    ),
    ("an unknown contact", {"Contact": {"ContactID": ZERO_ID}}, "The contact with the specified contact details could not be found"),
    ("a long reference", {"Reference": "x" * 256}, "The Reference field must be no longer than 255 characters."),
    ("a foreign currency", {"CurrencyCode": "EUR"}, "Organisation is not subscribed to currency EUR"),
    ("a long number", {"InvoiceNumber": "7" * 256}, "Invoice # must be no longer than 255 printable characters."),
    ("a number beyond ASCII", {"InvoiceNumber": "WO–1"}, "Invoice # must be no longer than 255 printable characters."),
    ("an unknown amount type", {"LineAmountTypes": "Net"}, "LineAmountTypes 'Net' is not valid"),
    ("nothing to pay for", {"LineItems": []}, "One or more line items must be specified"),
    ("no due date", {"DueDate": None}, "The due date must be specified."),
]

REFUSED_LINES: list[tuple[str, dict[str, Any], str]] = [
    ("no words", {"Description": None}, "Description must be specified."),
    ("too many words", {"Description": "x" * 4001}, "The description must be no longer than 4000 characters."),
    ("no account", {"AccountCode": None}, "Account code must be specified."),
    ("an unknown account", {"AccountCode": "999"}, NO_ACCOUNT.format("999")),
    ("receivables", {"AccountCode": "1100"}, NO_ACCOUNT.format("1100")),
    ("the bank", {"AccountCode": "1010"}, NO_ACCOUNT.format("1010")),
    (
        "an archived account",
        {"AccountCode": "6190"},
        "Account code '6190' has been archived, or has been deleted. Each line item must reference a valid account.",
    ),
    ("an unknown item", {"ItemCode": "PAINT"}, "Item code 'PAINT' is not valid"),
    ("a wrong total", {"LineAmount": "1.00"}, "The line total 1.00 does not match the expected line total 100.00"),
    (
        "an unknown tax",
        {"TaxType": "TAX999"},
        "The TaxType code TAX999 does not exist or cannot be used for this type of transaction.",
    ),
    ("tax of the other side", {"TaxType": "INPUT"}, "The TaxType code 'INPUT' cannot be used with account code '4100'"),
    ("more credit than work", {"UnitAmount": "-1"}, "The invoice total cannot be less than zero."),
    (
        "an unknown place",
        {"Tracking": [{"Name": "Department", "Option": "Moon"}]},
        "Tracking option 'Moon' of category 'Department' could not be found.",
    ),
    (
        "three places",
        {"Tracking": [{"Name": "Department", "Option": "Plant"}] * 3},
        "A maximum of 2 tracking categories can be assigned to a line item.",
    ),
]


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_an_invoice_that_breaks_a_rule_is_refused_in_xeros_words_and_changes_nothing(change: dict[str, Any], message: str) -> None:
    caller = Caller()
    assert message in caller.complaints("PUT", "Invoices", caller.invoice(**change))


@pytest.mark.parametrize(("change", "message"), [case[1:] for case in REFUSED_LINES], ids=[case[0] for case in REFUSED_LINES])
def test_a_line_that_breaks_a_rule_refuses_its_invoice(change: dict[str, Any], message: str) -> None:
    caller = Caller()
    assert message in caller.complaints("PUT", "Invoices", caller.invoice("WO-1", line(**change)))


def test_a_refused_invoice_is_echoed_as_it_was_meant_without_an_id() -> None:
    caller = Caller()
    [told] = json.loads(caller.call("PUT", "Invoices", caller.invoice(Contact=None)).body)["Elements"]
    assert (told["InvoiceID"], told["InvoiceNumber"], told["Status"]) == (ZERO_ID, "WO-1", "AUTHORISED")
    assert (told["Total"], told["Contact"]["ContactID"], "StatusAttributeString" in told) == (100.0, ZERO_ID, False)


def test_a_number_is_used_once_whatever_became_of_its_invoice() -> None:
    caller = Caller()
    for number, end in (("WO-1", None), ("WO-2", "VOIDED")):
        made = caller.made(number)
        if end:
            caller.write("POST", "Invoices", {"InvoiceID": made["InvoiceID"], "Status": end})
        assert caller.complaints("PUT", "Invoices", caller.invoice(number.lower())) == ["Invoice # must be unique."]
    two = {"Invoices": [caller.invoice("WO-3"), caller.invoice("WO-3")]}
    answer = caller.call("PUT", "Invoices", two, "summarizeErrors=false")
    assert [one["HasErrors"] for one in json.loads(answer.body)["Invoices"]] == [False, True]


def test_whether_a_void_number_may_be_used_again_is_a_switch_because_xero_does_not_say() -> None:
    caller = Caller(number_reuse_after_void=True)
    caller.write("POST", "Invoices", {"InvoiceID": caller.made()["InvoiceID"], "Status": "VOIDED"})
    assert caller.made()["InvoiceNumber"] == "WO-1"


def test_a_suppliers_number_is_theirs_and_may_come_twice() -> None:
    caller = Caller()
    for _ in range(2):
        caller.made("4711", line(AccountCode="6100"), Type="ACCPAY")
    assert balances(caller) == {"6100": Decimal("200.00"), "2000": Decimal("-200.00")}


def test_an_invoice_without_a_number_gets_the_next_free_one() -> None:
    caller = Caller()
    caller.made("INV-0002")
    assert [caller.made(InvoiceNumber=None)["InvoiceNumber"] for _ in range(2)] == ["INV-0003", "INV-0004"]


# --- locked periods -------------------------------------------------------------------------------------------------------------------


def test_a_locked_period_takes_drafts_and_nothing_that_touches_the_ledger() -> None:
    caller = Caller()
    open_one = caller.made("WO-1")
    caller.vendor.set_lock("2026-02-28")
    message = LOCKED.format("period")
    assert caller.complaints("PUT", "Invoices", caller.invoice("WO-2")) == [message]
    draft = caller.made("WO-3", Status="DRAFT")
    assert caller.complaints("POST", "Invoices", {"InvoiceID": draft["InvoiceID"], "Status": "AUTHORISED"}) == [message]
    for change in ({"Status": "VOIDED"}, {"Reference": "changed"}, {"Date": "2026-03-01"}):
        assert caller.complaints("POST", "Invoices", {"InvoiceID": open_one["InvoiceID"], **change}) == [message]
    assert caller.made("WO-4", Date="2026-03-01")["Status"] == "AUTHORISED"


def test_an_adviser_may_write_before_the_period_lock_and_nobody_before_the_end_of_year_lock() -> None:
    caller = Caller(adviser=True)
    caller.vendor.set_lock("2026-02-28")
    assert caller.made()["Status"] == "AUTHORISED"
    caller.vendor.set_lock("2026-02-28", date(2026, 2, 28))
    assert caller.complaints("PUT", "Invoices", caller.invoice("WO-2")) == [LOCKED.format("end of year")]
    [organisation] = caller.get("Organisation")["Organisations"]
    assert organisation["EndOfYearLockDate"] == organisation["PeriodLockDate"] == "/Date(1772236800000+0000)/"


# --- amounts --------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "amounts", "tax", "total"),
    [
        ("Exclusive", ("25.06", "25.61", "25.63"), 11.44, 87.74),  # 11.445 in one sum.
        ("Inclusive", ("89.00", "541.25", "500"), 147.43, 1130.25),
        ("NoTax", ("25.06", "25.61", "25.63"), 0.0, 76.3),
    ],
)
def test_tax_is_rounded_on_each_line_and_then_added_up(kind: str, amounts: tuple[str, ...], tax: float, total: float) -> None:
    caller = Caller(company=Company(tax_percent="15"))
    made = caller.made(
        "WO-1", *[line("1", amount, TaxType=None if kind == "NoTax" else "OUTPUT") for amount in amounts], LineAmountTypes=kind
    )
    assert (made["TotalTax"], made["Total"]) == (tax, total)
    assert balances(caller)["1100"] == Decimal(str(total))


def test_the_tax_of_a_line_is_what_was_sent_when_something_was_sent() -> None:
    assert Caller().made("WO-1", line(TaxType="OUTPUT", TaxAmount="7.99"))["TotalTax"] == 7.99


def test_a_price_has_two_decimals_unless_four_are_asked_for() -> None:
    caller = Caller()
    body = caller.invoice("WO-1", line("3", "33.3333"))
    assert caller.write("PUT", "Invoices", body)["Total"] == 99.99
    made = caller.write("PUT", "Invoices", body | {"InvoiceNumber": "WO-2"}, "summarizeErrors=true&unitdp=4")
    assert (made["Total"], made["LineItems"][0]["UnitAmount"]) == (100.0, 33.3333)
    assert caller.rows("Invoices/WO-2", unitdp=4)[0]["LineItems"][0]["UnitAmount"] == 33.3333
    assert caller.rows("Invoices/WO-2")[0]["LineItems"][0]["UnitAmount"] == 33.33


@pytest.mark.parametrize(
    ("sent", "quantity", "unit", "amount"),
    [
        ({"UnitAmount": None, "LineAmount": "90"}, 2.0, 45.0, 90.0),
        ({"Quantity": None, "LineAmount": "100"}, 2.0, 50.0, 100.0),
        ({"Quantity": None}, 1.0, 50.0, 50.0),
        ({"Quantity": None, "UnitAmount": None, "LineAmount": "7.5"}, 1.0, 7.5, 7.5),
        ({"UnitAmount": None}, 2.0, 0.0, 0.0),
        ({"DiscountRate": "10"}, 2.0, 50.0, 90.0),
    ],
)
def test_a_missing_factor_follows_from_the_others(sent: dict[str, Any], quantity: float, unit: float, amount: float) -> None:
    [made] = Caller().made("WO-1", line(**sent))["LineItems"]
    assert (made["Quantity"], made["UnitAmount"], made["LineAmount"]) == (quantity, unit, amount)


def test_an_item_brings_its_account_and_its_name_and_a_line_of_words_costs_nothing() -> None:
    caller = Caller()
    lines = [line(ItemCode="parts", AccountCode=None, Description=None), {"Description": "Thank you"}]
    part, words = caller.made("WO-1", *lines)["LineItems"]
    assert (part["ItemCode"], part["AccountCode"], part["Description"]) == ("PARTS", "4200", "Maintenance parts")
    assert ("UnitAmount" in words, words["LineAmount"]) == (False, 0.0)


def test_tracking_is_given_by_name_or_by_id() -> None:
    caller = Caller()
    [department] = [row for row in caller.rows("TrackingCategories") if row["Name"] == "Department"]
    plant = next(one for one in department["Options"] if one["Name"] == "Plant")
    by_id = {"TrackingCategoryID": department["TrackingCategoryID"], "TrackingOptionID": plant["TrackingOptionID"]}
    [made] = caller.made("WO-1", line(Tracking=[by_id, {"name": "class", "option": "tenants"}]))["LineItems"]
    assert [(one["Name"], one["Option"]) for one in made["Tracking"]] == [("Department", "Plant"), ("Class", "Tenants")]


def test_an_account_that_xero_does_not_know_is_taken_from_a_draft_with_a_warning() -> None:
    caller = Caller()
    answer = caller.call("PUT", "Invoices", caller.invoice("WO-1", line(AccountCode="476"), Status="DRAFT"), "summarizeErrors=false")
    [told] = json.loads(answer.body)["Invoices"]
    assert (told["StatusAttributeString"], "AccountCode" in told["LineItems"][0]) == ("WARNING", False)
    assert told["Warnings"] == [{"Message": "Account code '476' has been removed as it does not match a recognised account."}]
    assert caller.complaints("POST", "Invoices", {"InvoiceNumber": "WO-1", "Status": "AUTHORISED"}) == ["Account code must be specified."]


def test_a_draft_whose_account_was_archived_meanwhile_cannot_be_approved() -> None:
    caller = Caller()
    caller.made("WO-1", Status="DRAFT")
    caller.vendor.archive_account("4100")
    assert caller.complaints("POST", "Invoices", {"InvoiceNumber": "WO-1", "Status": "AUTHORISED"}) == [NO_ACCOUNT.format("4100")]


def test_an_australian_line_without_tax_is_outside_the_bas() -> None:
    caller = Caller(company=Company(country="AU", currency="AUD", timezone="Australia/Sydney"))
    made = caller.made("WO-1", line(TaxType=None), LineAmountTypes="NoTax")
    assert made["LineItems"][0]["TaxType"] == "BASEXCLUDED"
    assert caller.made("WO-2", line(TaxType=None))["TotalTax"] == 10.0
    refused = caller.complaints("PUT", "Invoices", caller.invoice("WO-3", line(TaxType="EXEMPTOUTPUT", AccountCode="6100")))
    assert refused == ["The TaxType code 'EXEMPTOUTPUT' cannot be used with account code '6100'"]


# --- a life ---------------------------------------------------------------------------------------------------------------------------

MOVES = {
    "DRAFT": {"DRAFT", "SUBMITTED", "AUTHORISED", "DELETED"},
    "SUBMITTED": {"SUBMITTED", "AUTHORISED", "DRAFT", "DELETED"},
    "AUTHORISED": {"AUTHORISED", "VOIDED"},
    "VOIDED": set(),
    "DELETED": set(),
}


@pytest.mark.parametrize("before", MOVES)
@pytest.mark.parametrize("after", [*MOVES, "PAID"])
def test_an_invoice_moves_only_where_xero_lets_it(before: str, after: str) -> None:
    caller = Caller()
    begun = {"VOIDED": "AUTHORISED", "DELETED": "DRAFT"}.get(before, before)
    caller.made("WO-1", Status=begun)
    if begun != before:
        caller.write("POST", "Invoices/WO-1", {"Status": before})
    if after in MOVES[before]:
        assert caller.write("POST", "Invoices", {"InvoiceNumber": "WO-1", "Status": after})["Status"] == after
    else:
        assert NOT_OF_STATUS in caller.complaints("POST", "Invoices", {"InvoiceNumber": "WO-1", "Status": after})
        assert status_of(caller, "WO-1") == before


def test_post_changes_the_invoice_of_that_number_where_put_refuses_it() -> None:
    caller = Caller()
    made = caller.made("WO-1")
    changed = caller.write("POST", "Invoices", caller.invoice("WO-1", line("1"), Reference="4711"))
    assert (changed["InvoiceID"], changed["Total"], changed["Reference"]) == (made["InvoiceID"], 50.0, "4711")
    assert balances(caller) == {"1100": Decimal("50.00"), "4100": Decimal("-50.00")}
    assert "POST where PUT creates: /api.xro/2.0/Invoices" in caller.vendor.violations


def test_a_line_keeps_its_id_and_one_that_is_left_out_is_deleted() -> None:
    caller = Caller()
    first, _ = caller.made("WO-1", line(), line("1"))["LineItems"]
    kept = line("3", LineItemID=first["LineItemID"])
    after = caller.write("POST", "Invoices", {"InvoiceNumber": "WO-1", "LineItems": [kept, line(LineItemID=ZERO_ID)]})["LineItems"]
    assert after[0]["LineItemID"] == first["LineItemID"]
    assert len(after) == 2
    assert ZERO_ID not in {one["LineItemID"] for one in after}


def test_an_id_that_is_not_there_is_not_found_alone_and_a_complaint_among_others() -> None:
    caller = Caller()
    unknown = caller.invoice(InvoiceID=ZERO_ID.replace("0", "1"))
    assert caller.call("POST", "Invoices", unknown).status == 404
    assert caller.call("POST", "Invoices/WO-9", {"Status": "VOIDED"}).status == 404
    assert caller.call("GET", "Invoices/WO-9").status == 404
    answer = caller.call("POST", "Invoices", {"Invoices": [unknown, caller.invoice("WO-2")]}, "summarizeErrors=false")
    errors = [[error["Message"] for error in one.get("ValidationErrors", [])] for one in json.loads(answer.body)["Invoices"]]
    assert errors == [["An existing Invoice with the specified InvoiceID could not be found"], []]


def test_a_new_name_makes_a_new_contact_once_and_its_fields_are_a_violation() -> None:
    caller = Caller()
    two = {"Invoices": [caller.invoice(number, Contact={"Name": "Harbour Mill"}) for number in ("WO-1", "WO-2")]}
    first, second = json.loads(caller.call("PUT", "Invoices", two).body)["Invoices"]
    assert first["Contact"]["ContactID"] == second["Contact"]["ContactID"] == caller.contact("Harbour Mill")
    known = caller.made("WO-3", Contact={"Name": "harbor mall"})
    assert known["Contact"]["Name"] == "Harbor Mall"
    assert "contact with extra fields: name" in caller.vendor.violations


def test_a_contact_is_found_by_number_and_renamed_by_an_invoice_that_names_it_otherwise() -> None:
    caller = Caller()
    made = caller.write("PUT", "Contacts", {"Name": "Harbour Mill", "ContactNumber": "C-7"})
    by_number = caller.made("WO-1", Contact={"ContactNumber": "C-7"})
    assert by_number["Contact"]["ContactID"] == made["ContactID"]
    caller.made("WO-2", Contact={"ContactID": made["ContactID"], "Name": "Harbour Mills"})
    assert caller.rows(f"Contacts/{made['ContactID']}")[0]["Name"] == "Harbour Mills"


# --- credit notes ---------------------------------------------------------------------------------------------------------------------


def credit_note(caller: Caller, number: str = "CN-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = caller.invoice(number, *lines) | {"Type": "ACCRECCREDIT", "CreditNoteNumber": number} | more
    return caller.write("PUT", "CreditNotes", {name: value for name, value in body.items() if name not in ("InvoiceNumber", "DueDate")})


def allocation(invoice: dict[str, Any], amount: str) -> dict[str, Any]:
    return {"Allocations": [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}, "Amount": amount, "Date": "2026-02-21"}]}


def test_a_credit_note_takes_back_what_an_invoice_brought() -> None:
    caller = Caller()
    invoice, note = caller.made(), credit_note(caller)
    assert balances(caller) == {}
    assert (note["CreditNoteNumber"], note["RemainingCredit"]) == ("CN-1", 100.0)
    [done] = json.loads(caller.call("PUT", "CreditNotes/CN-1/Allocations", allocation(invoice, "40")).body)["Allocations"]
    assert (done["Amount"], done["Invoice"]["InvoiceNumber"], done["IsDeleted"]) == (40, "WO-1", False)
    [shown] = caller.rows("Invoices/WO-1")
    assert (shown["AmountDue"], shown["AmountCredited"], shown["Status"]) == (60.0, 40.0, "AUTHORISED")
    caller.call("PUT", "CreditNotes/CN-1/Allocations", allocation(invoice, "60"))
    assert status_of(caller, "WO-1") == "PAID"
    assert caller.rows("CreditNotes/CN-1")[0]["Status"] == "PAID"


def test_an_invoice_with_credit_on_it_can_neither_be_voided_nor_changed() -> None:
    caller = Caller()
    invoice = caller.made()
    credit_note(caller)
    caller.call("PUT", "CreditNotes/CN-1/Allocations", allocation(invoice, "40"))
    assert caller.complaints("POST", "Invoices", {"InvoiceNumber": "WO-1", "Status": "VOIDED"}) == [
        "The status VOIDED cannot be applied to the invoice because it has payments or credit notes allocated to it."
    ]
    assert caller.complaints("POST", "Invoices", {"InvoiceNumber": "WO-1", "Reference": "x"}) == [
        "This document cannot be edited as it has a payment or credit note allocated to it."
    ]


def test_credit_goes_only_where_it_fits() -> None:
    caller = Caller()
    invoice, draft = caller.made("WO-1"), caller.made("WO-2", Status="DRAFT")
    other = caller.made("WO-3", Contact={"ContactID": caller.contact("Harbor Mall")})
    credit_note(caller, "CN-1", line("1", "150"))
    credit_note(caller, "CN-2", Status="DRAFT")
    cases = [
        ("CN-1", invoice, "100.01", "Payment amount exceeds the amount outstanding on this document"),
        ("CN-1", invoice, "0", "Payment amount exceeds the amount outstanding on this document"),
        ("CN-1", draft, "1", "Invoice not of valid status for allocation"),
        ("CN-1", other, "1", "Invoice not of valid status for allocation"),
        ("CN-2", invoice, "1", "Credit Note not of valid status for allocation"),
    ]
    for note, to, amount, message in cases:
        assert caller.complaints("PUT", f"CreditNotes/{note}/Allocations", allocation(to, amount)) == [message]
    for body in ({"Allocations": [{"Amount": "1"}]}, {"Allocations": [{"Invoice": {"InvoiceID": invoice["InvoiceID"]}}]}):
        assert caller.call("PUT", "CreditNotes/CN-1/Allocations", body).status == 400
    assert caller.call("PUT", "Invoices/WO-1/Allocations", allocation(invoice, "1")).status == 501


# --- notes ----------------------------------------------------------------------------------------------------------------------------


def test_a_note_in_the_history_stays_with_its_document() -> None:
    caller = Caller()
    caller.made()
    caller.call("PUT", "Invoices/WO-1/History", {"HistoryRecords": [{"Details": "From work order 4711"}]})
    [note] = json.loads(caller.call("GET", "Invoices/WO-1/History").body)["HistoryRecords"]
    assert (note["Details"], note["DateUTCString"]) == ("From work order 4711", "2026-03-02 15:00:00")
    assert caller.call("PUT", "Invoices/WO-1/History", {"HistoryRecords": [{}]}).status == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "Invoices/WO-1/Unicorns", 404),
        ("GET", "Invoices/WO-1/History/1", 404),
        ("POST", "Invoices/WO-1/History", 501),
        ("PUT", "Invoices/WO-1", 501),
        ("DELETE", "Invoices/WO-1", 501),
        ("GET", "Unicorns", 404),
        ("DELETE", "Contacts", 501),
        ("GET", "Contacts/1/Unicorns", 404),
    ],
)
def test_what_xero_does_not_have_is_not_there(method: str, path: str, status: int) -> None:
    caller = Caller()
    caller.made()
    answer = caller.call(method, path, {})
    assert (answer.status, answer.body) == (status, b"")


# --- a person at the screen -----------------------------------------------------------------------------------------------------------


def test_a_person_changes_a_line_and_the_books_follow() -> None:
    caller = Caller()
    made = caller.made("WO-1", line(TaxType="OUTPUT"), line("1", "10"))
    caller.vendor.edit_line_amount(made["InvoiceID"], 0, "200")
    [shown] = caller.rows("Invoices/WO-1")
    assert (shown["Total"], shown["TotalTax"]) == (226.0, 16.0)
    assert balances(caller) == {"1100": Decimal("226.00"), "4100": Decimal("-210.00"), "2200": Decimal("-16.00")}


def test_a_person_cannot_end_what_is_not_there_or_not_theirs_to_end() -> None:
    caller = Caller()
    made = caller.made()
    with pytest.raises(ValueError, match="AUTHORISED cannot become DELETED"):
        caller.vendor.delete_draft(made["InvoiceID"])
    with pytest.raises(KeyError):
        caller.vendor.void("nothing")
    with pytest.raises(KeyError):
        caller.vendor.archive_account("999")
    with pytest.raises(KeyError):
        caller.vendor.rename_account("999", "x")


@pytest.mark.parametrize("shared", [False, True])
def test_whether_a_credit_note_may_have_an_invoice_s_number_is_a_switch_because_xero_does_not_say(shared: bool) -> None:
    caller = Caller(numbers_across_kinds=shared)
    made = caller.made("BOTH")
    note = {name: value for name, value in caller.invoice().items() if name not in ("InvoiceNumber", "DueDate")}
    body = {"CreditNotes": [note | {"Type": "ACCRECCREDIT", "CreditNoteNumber": made["InvoiceNumber"]}]}
    if shared:
        assert caller.complaints("PUT", "CreditNotes", body) == ["Credit Note # must be unique."]
    else:
        assert caller.write("PUT", "CreditNotes", body)["RemainingCredit"] == 100
