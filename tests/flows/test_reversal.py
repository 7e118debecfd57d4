"""An invoice is taken back once: by a credit of its lines in an open period, applied to exactly that invoice."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.core.posting import State
from connector.core.proof import Verdict
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.flows.reversing import Asked, reverse
from connector.flows.status import status
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.flows.test_credits import LEDGERS, ORACLE, QUICKBOOKS, XERO, findings, kinds, lose_database, refund
from tests.flows.test_tax import mapping as taxed_mapping
from tests.stage import Stage

BECAUSE = "billed to the wrong tenant"


def invoiced(folder: Path, ledger: str, *numbers: str, **more: Any) -> Stage:
    """Invoices of 100.00 and 20.00 for each number."""
    stage = Stage(folder, ledger, "invoice", **more)
    for number in numbers or ("1",):
        refund(stage, number, "100.00", "20.00")
    assert stage.sync().posted == len(numbers or ("1",))
    stage.clock.advance(60)
    return stage


def taken_back(stage: Stage, number: str = "1", because: str = BECAUSE) -> Asked:
    with stage.world() as world:
        return reverse(world, number, because)


def codes(asked: Asked) -> list[str]:
    return [problem.code for problem in asked.problems]


def invoice_of(stage: Stage, place: int = 0) -> str:
    return str([document["id"] for document in stage.documents() if document["kind"] == "invoice"][place])


def open_amounts(stage: Stage) -> list[Decimal]:
    """What is due on each invoice and left of each credit."""
    if stage.ledger == "quickbooks":
        return [Decimal(one.entity["Balance"]) for one in stage.vendor.books.documents.values() if one.kind in ("Invoice", "CreditMemo")]
    shelves = stage.vendor.books.shelves
    return [one.total - one.paid - one.credited for kind in ("invoice", "credit_note") for one in shelves[kind].by_id.values()]


def application_fault(stage: Stage, kind: str, **more: Any) -> Fault:
    """A fault for the write that applies the credit."""
    path, method = ("*/payment", "POST") if stage.ledger == "quickbooks" else ("*/Allocations", "PUT")
    return Fault(kind=kind, method=method, path=path, **more)  # type: ignore[arg-type]


def credit_fault(stage: Stage, kind: str, **more: Any) -> Fault:
    path, method = ("*/creditmemo", "POST") if stage.ledger == "quickbooks" else ("*/CreditNotes", "PUT")
    return Fault(kind=kind, method=method, path=path, **more)  # type: ignore[arg-type]


def assert_whole(stage: Stage) -> None:
    """One invoice, one credit, both settled, and nobody doubts anything."""
    assert kinds(stage) == sorted([ORACLE[stage.ledger], "invoice"])
    assert open_amounts(stage) == [0, 0]
    assert findings(stage) == []
    with stage.world() as world:
        told, proof = reconcile(world), prove(world)
        assert (told.findings, told.posted_total, told.ledger_total) == ([], 0, 0)
        assert [row.verdict for row in proof.rows] == [Verdict.REVERSED]
        assert proof.is_proven
        assert (proof.tally.booked, proof.tally.expected, proof.tally.tax) == (0, 0, 0)
        (reversal,) = world.store.reversals()
        assert reversal.is_done
        assert status(world).reversed == 1


@pytest.mark.parametrize("ledger", LEDGERS)
def test_an_invoice_is_taken_back_and_settled_by_its_credit(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    asked = taken_back(stage)
    assert (asked.problems, asked.stopped) == ((), ())
    assert asked.reversal is not None
    assert asked.reversal.is_done
    assert (asked.reversal.because, asked.reversal.credit.expectation.settles) == (BECAUSE, invoice_of(stage))
    assert_whole(stage)
    stage.clock.advance(600)
    assert stage.sync().findings == 0
    assert_whole(stage)
    assert stage.vendor.violations == []


@pytest.mark.parametrize("ledger", XERO)
def test_the_credit_has_the_invoice_s_lines_on_the_first_open_day(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    stage.vendor.set_lock("2026-03-05")
    taken_back(stage)
    by_kind = {document["kind"]: document for document in stage.documents()}
    invoice, credit = by_kind["invoice"], by_kind[ORACLE[ledger]]
    assert credit["date"] == "2026-03-06"
    turned = sorted((line["number"], line["debit"], line["credit"]) for line in credit["lines"])
    assert turned == sorted((line["number"], line["credit"], line["debit"]) for line in invoice["lines"])


@pytest.mark.parametrize("ledger", LEDGERS)
def test_reconcile_says_which_invoices_were_paid_or_credited_and_what_is_owed(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger, "1", "2", "3", "4")
    taken_back(stage, "2")
    stage.vendor.pay(invoice_of(stage, 2))
    stage.vendor.pay(invoice_of(stage, 3), "20.00")
    with stage.world() as world:
        told = reconcile(world)
    assert (told.invoices, told.settled, told.due_total, told.findings) == (4, 2, Decimal("220.00"), [])


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_only_the_invoice_that_is_meant_is_settled(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger, "1", "2", "3")
    taken_back(stage, "2")
    assert open_amounts(stage) == [Decimal(120), 0, Decimal(120), 0]


@pytest.mark.parametrize("ledger", XERO)
def test_asking_twice_takes_back_once(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    first, second = taken_back(stage), taken_back(stage, because="asked again")
    assert second.reversal == first.reversal
    assert_whole(stage)


# --- exactly once -------------------------------------------------------------------------------------------------------------

LOST = ["drop_after_commit", "drop_before_commit", "5xx_after_commit", "5xx", "garbled", "429"]


@pytest.mark.parametrize("fault", a_few(LOST))
@pytest.mark.parametrize("ledger", LEDGERS)
def test_an_application_whose_answer_is_lost_is_looked_for_before_it_is_sent_again(ledger: str, fault: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    stage.plan(application_fault(stage, fault))
    taken_back(stage)
    stage.sync()
    assert_whole(stage)


@pytest.mark.parametrize("fault", a_few(LOST))
@pytest.mark.parametrize("ledger", XERO)
def test_a_credit_whose_answer_is_lost_is_looked_for_and_then_applied(ledger: str, fault: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    stage.plan(credit_fault(stage, fault))
    taken_back(stage)
    stage.sync()
    assert_whole(stage)


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_an_application_that_is_committed_late_is_not_made_twice(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    stage.plan(application_fault(stage, "commit_late", seconds=0.4))
    taken_back(stage)
    assert_whole(stage)
    path = "/payment" if ledger == "quickbooks" else "/Allocations"
    assert sum(one["path"].endswith(path) and one["method"] != "GET" for one in stage.shell.log) == 1


@pytest.mark.parametrize("ledger", XERO)
def test_a_lost_database_finds_the_credit_that_is_there_when_it_is_asked_again(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    taken_back(stage)
    lose_database(stage)
    stage.clock.advance(90_000 if ledger == "quickbooks" else 600)
    assert stage.sync().adopted == 1
    asked = taken_back(stage)
    assert asked.problems == ()
    assert_whole(stage)


@pytest.mark.parametrize("ledger", QUICKBOOKS)
@pytest.mark.parametrize("is_half", [False, True], ids=["before the credit", "before its application"])
def test_a_period_closed_since_does_not_hide_the_credit_from_yesterdays_database(is_half: bool, ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    if is_half:
        stage.plan(application_fault(stage, "429", times=9))
        taken_back(stage)
        stage.shell.plan.clear()
    backup = stage.back_up()
    stage.clock.advance(600)
    taken_back(stage)
    stage.restore(backup)
    stage.clock.advance(90_000 if ledger == "quickbooks" else 600)
    stage.vendor.set_lock(stage.clock.now().date())
    stage.sync() if is_half else taken_back(stage)
    assert_whole(stage)


@pytest.mark.parametrize("ledger", XERO)
def test_a_credit_that_a_person_applied_by_hand_is_adopted(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    code = {"quickbooks": "6000", "xero": "Credit Note not of valid status for allocation"}[ledger]
    stage.plan(application_fault(stage, "refusal", code=code, status=400))
    asked = taken_back(stage)
    assert asked.reversal is not None
    assert asked.reversal.credit.state is State.HELD
    (told,) = findings(stage)
    assert told == "LEDGER_REFUSED"
    taken_back(stage)
    assert_whole(stage)


# --- what stands against it ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ledger", XERO)
@pytest.mark.parametrize(
    ("does", "code"),
    [
        (lambda stage: stage.vendor.pay(invoice_of(stage)), "REVERSAL_OF_PAID"),
        (lambda stage: stage.vendor.pay(invoice_of(stage), "1.00"), "REVERSAL_OF_PAID"),
        (lambda stage: stage.vendor.void(invoice_of(stage)), "REVERSAL_OF_DEAD"),
    ],
)
def test_an_invoice_that_was_paid_or_voided_is_not_taken_back(ledger: str, does: Any, code: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    does(stage)
    asked = taken_back(stage)
    assert codes(asked) == [code]
    assert asked.reversal is None
    assert len(stage.documents()) == (0 if code == "REVERSAL_OF_DEAD" else 1)


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_an_invoice_that_was_edited_is_not_taken_back(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    if ledger == "quickbooks":
        stage.vendor.edit_amount(invoice_of(stage), 2)
    else:
        stage.vendor.edit_line_amount(invoice_of(stage), 0, "101.00")
    assert codes(taken_back(stage)) == ["REVERSAL_OF_CHANGED"]


@pytest.mark.parametrize(
    ("document", "cost", "code"),
    [
        ("journal_entry", "100.00", "REVERSAL_OF_OTHER_KIND"),
        ("invoice", "-100.00", "REVERSAL_OF_OTHER_KIND"),
    ],
)
def test_a_journal_or_a_credit_is_not_taken_back(document: str, cost: str, code: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, "quickbooks", document)
    refund(stage, "1", cost)
    stage.sync()
    assert codes(taken_back(stage)) == [code]


def test_what_was_never_posted_is_not_taken_back(tmp_path: Path) -> None:
    stage = invoiced(tmp_path, "xero")
    assert codes(taken_back(stage, "77")) == ["REVERSAL_OF_NOTHING"]


def test_quickbooks_that_applies_credits_by_itself_gets_no_reversal(tmp_path: Path) -> None:
    stage = invoiced(tmp_path, "quickbooks", company=Company(switches={"auto_apply_credit": True}))
    assert codes(taken_back(stage)) == ["QUICKBOOKS_APPLIES_CREDITS"]
    assert kinds(stage) == ["invoice"]


# --- tax ----------------------------------------------------------------------------------------------------------------------

COUNTRIES = [("quickbooks", "CA"), ("xero", "AU"), ("quickbooks", "US"), ("quickbooks", "AU"), ("xero", "US")]
CODES = {"US": ("State sales tax", "NON"), "AU": ("GST", "GST Free"), "CA": ("GST/QST QC - 9.5", "Exempt")}


@pytest.mark.parametrize("policy", a_few(["", "{amounts: inclusive}", "{amounts: none}"]))
@pytest.mark.parametrize(("ledger", "country"), a_few(COUNTRIES, 2))
def test_the_tax_is_taken_back_to_the_cent(ledger: str, country: str, policy: str, tmp_path: Path) -> None:
    currency = {"US": "USD", "AU": "AUD", "CA": "CAD"}[country]
    codes = CODES[country] if ledger == "quickbooks" else ("OUTPUT", "EXEMPTOUTPUT" if country == "AU" else "NONE")
    company = Company(currency=currency, country=country, tax_percent="8.25")  # type: ignore[arg-type]
    text = taxed_mapping(codes[1], codes[0], currency, policy)
    stage = Stage(tmp_path, ledger, "invoice", company=company, mapping_text=text)
    refund(stage, "1", "33.33", "0.07", "9.99")
    assert stage.sync().posted == 1
    taken_back(stage)
    assert_whole(stage)


def test_a_rate_that_changed_since_changes_nothing_in_what_is_taken_back(tmp_path: Path) -> None:
    text = taxed_mapping("Exempt", "GST/PST BC", "CAD")
    stage = Stage(tmp_path, "quickbooks", "invoice", company=Company(currency="CAD", country="CA"), mapping_text=text)
    refund(stage, "1", "33.33")
    stage.sync()
    for rate in stage.vendor.books.lists["TaxRate"].values():
        rate["RateValue"] += 1
    taken_back(stage)
    assert_whole(stage)


def test_automated_sales_tax_takes_back_what_it_charged_although_the_address_is_taxed_otherwise_now(tmp_path: Path) -> None:
    company = Company(tax_percent="8.25", switches={"automated_sales_tax": True})
    stage = Stage(tmp_path, "quickbooks", "invoice", company=company, mapping_text=taxed_mapping("NON", "TAX"))
    refund(stage, "1", "33.33")
    stage.sync()
    stage.vendor.switches["address_percent"] = {"Internal departments": "9.5"}
    taken_back(stage)
    assert_whole(stage)


def test_a_credit_that_comes_to_other_cents_is_not_applied_and_told(tmp_path: Path) -> None:
    """Xero works the tax out anew; a rate that was edited meanwhile leads to another total, which would settle too much or too little."""
    stage = Stage(tmp_path, "xero", "invoice", mapping_text=taxed_mapping("NONE", "OUTPUT"))
    refund(stage, "1", "100.00")
    stage.sync()
    rates = stage.vendor.books.tax_rates
    rates["OUTPUT"] = replace(rates["OUTPUT"], rate=Decimal(20))
    asked = taken_back(stage)
    assert asked.reversal is not None
    assert asked.reversal.credit.state is State.HELD
    with stage.world() as world:
        told = {finding.code: finding.message for finding in world.store.findings()}
    assert told.keys() == {"DOCUMENT_DIFFERS", "TAX_DIFFERS"}
    assert "total with tax is 120.00, expected" in told["DOCUMENT_DIFFERS"]
    assert open_amounts(stage) == [Decimal("108.00"), Decimal("120.00")]


# --- what people do after it --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_a_credit_that_a_person_voids_is_told_and_proven_wrong(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    taken_back(stage)
    stage.clock.advance(600)
    (credit,) = [one["id"] for one in stage.documents() if one["kind"] == ORACLE[ledger]]
    stage.vendor.void(credit)
    stage.sync()
    assert findings(stage) == ["DOCUMENT_VOIDED"]
    with stage.world() as world:
        assert [row.verdict for row in prove(world).rows] == [Verdict.POSTED]


def test_a_payment_that_a_person_deletes_leaves_the_credit_unapplied_and_that_is_told(tmp_path: Path) -> None:
    stage = invoiced(tmp_path, "quickbooks")
    taken_back(stage)
    stage.clock.advance(600)
    (payment,) = [i for i, one in stage.vendor.books.documents.items() if one.kind == "Payment"]
    stage.vendor.delete("Payment", payment)
    stage.sync()
    with stage.world() as world:
        (finding,) = world.store.findings()
    assert finding.code == "DOCUMENT_DIFFERS"
    assert "it settles no single invoice" in finding.message


@pytest.mark.parametrize("ledger", XERO)
def test_a_credit_deleted_before_it_was_applied_is_never_made_again_by_itself(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    stage.plan(application_fault(stage, "drop_before_commit"))
    with stage.world() as world:
        quick = replace(world, stopping=lambda: len(stage.documents()) > 1 and bool(world.store.postings(State.UNCERTAIN)))
        reverse(quick, "1", BECAUSE)
    (credit,) = [one["id"] for one in stage.documents() if one["kind"] == ORACLE[ledger]]
    stage.vendor.void(credit) if ledger == "xero" else stage.vendor.delete("CreditMemo", credit)
    stage.sync()
    stage.sync()
    assert kinds(stage) == ["invoice"]
    assert findings(stage) == ["DOCUMENT_DEAD"]


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_a_period_that_is_closed_between_the_credit_and_its_application_is_told(ledger: str, tmp_path: Path) -> None:
    stage = invoiced(tmp_path, ledger)
    stage.plan(application_fault(stage, "429", times=9))
    taken_back(stage)
    stage.shell.plan.clear()
    stage.vendor.set_lock("2026-03-31")
    stage.clock.advance(600)
    stage.sync()
    assert findings(stage) == ["PERIOD_CLOSED"]
    stage.vendor.set_lock(None)
    taken_back(stage)
    assert_whole(stage)
