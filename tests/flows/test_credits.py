"""A work order that owes the customer money is credited, once, and counted as less than nothing wherever sums are told."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connector.core.mapping import DocumentKind
from connector.core.proof import Verdict
from connector.flows.explain import explain
from connector.flows.prove import Proof, prove
from connector.flows.reconcile import Reconciliation, reconcile
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from tests.everyday import a_few
from tests.flows.test_plan import calls_of_a_sync, planned
from tests.flows.test_tax import mapping as taxed_mapping
from tests.stage import Stage, batches_from
from tests.store.databases import migrated_file

LEDGERS = ("quickbooks", "xero")
# Where one of the two tells enough every day.
QUICKBOOKS, XERO = a_few(LEDGERS), a_few(reversed(LEDGERS))
ORACLE = {"quickbooks": "credit_memo", "xero": "credit_note"}
HOURS = 3600


def costs(*amounts: str) -> dict[str, Any]:
    return {"additionalCosts": [{"description": f"Cost {n}", "category": "Rental", "cost": a} for n, a in enumerate(amounts)]}


def refund(stage: Stage, number: str = "1", *amounts: str) -> str:
    """A work order whose customer gets 80.00 back, unless other amounts are told."""
    return stage.work_order(number, **costs(*(amounts or ("-100.00", "20.00"))))


def stage_of(folder: Path, ledger: str, **more: Any) -> Stage:
    return Stage(folder, ledger, "invoice", **more)


def create_fault(stage: Stage, kind: str, name: str = "credit", **more: Any) -> Fault:
    """A fault for the next credit, or invoice."""
    paths = {"quickbooks": {"credit": "*/creditmemo", "invoice": "*/invoice"}, "xero": {"credit": "*/CreditNotes", "invoice": "*/Invoices"}}
    return Fault(kind=kind, method="POST" if stage.ledger == "quickbooks" else "PUT", path=paths[stage.ledger][name], **more)  # type: ignore[arg-type]


def lose_database(stage: Stage) -> None:
    for suffix in ("", "-wal", "-shm", ".epoch", ".audit"):
        Path(f"{stage.database_path}{suffix}").unlink(missing_ok=True)
    stage.database_path.write_bytes(migrated_file())


def reconciled(stage: Stage) -> Reconciliation:
    with stage.world() as world:
        return reconcile(world)


def proven(stage: Stage) -> Proof:
    with stage.world() as world:
        return prove(world)


def kinds(stage: Stage) -> list[str]:
    return sorted(document["kind"] for document in stage.documents())


def findings(stage: Stage) -> list[str]:
    with stage.world() as world:
        return [finding.code for finding in world.store.findings()]


def problems(stage: Stage, number: str = "1") -> list[str]:
    with stage.world() as world:
        row = world.store.find(number)
        assert row is not None
        return list(row.codes)


@pytest.mark.parametrize("ledger", LEDGERS)
def test_what_is_owed_to_the_customer_becomes_a_credit_and_counts_as_less(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage)
    stage.work_order("2")
    report = stage.sync()
    assert (report.posted, report.held, report.amount_posted) == (2, 0, {"USD": Decimal("20.00")})
    assert kinds(stage) == sorted([ORACLE[ledger], "invoice"])
    told = reconciled(stage)
    assert (told.findings, told.posted_total, told.ledger_total) == ([], Decimal("20.00"), Decimal("20.00"))
    proof = proven(stage)
    assert proof.is_proven
    assert (proof.tally.booked, proof.tally.difference) == (Decimal("20.00"), 0)
    assert (proof.tally.invoiced.debits, proof.tally.invoiced.credits) == (Decimal("80.00"), Decimal("100.00"))
    assert proof.tally.invoiced.difference == 0
    assert stage.sync().posted == 0


@pytest.mark.parametrize("ledger", XERO)
def test_the_books_get_the_credit_to_the_accounts_of_an_invoice(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage)
    stage.sync()
    (document,) = stage.documents()
    sides = {(line["number"], line["debit"], line["credit"]) for line in document["lines"] if line["number"] != "2200"}
    revenue = next(item.income_account for item in stage.company.items if item.code == "OTHER")
    receivable = next(seed.number for seed in stage.company.chart if seed.kind == "receivable")
    assert sides == {(receivable, "0.00", "80.00"), (revenue, "100.00", "0.00"), (revenue, "0.00", "20.00")}


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_explain_shows_what_is_taken_back(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage)
    stage.sync()
    with stage.world() as world:
        told = explain(world, "1")
    assert told is not None
    assert (told.kind, told.amount) == ("credit", "-80.00")
    assert [(line["cost"], line["amount"], line["side"]) for line in told.lines] == [
        ("-100.00", "-100.00", "debit"),
        ("20.00", "20.00", "debit"),
    ]


@pytest.mark.parametrize("ledger", XERO)
def test_a_returned_part_is_credited_in_pieces_with_its_markup(ledger: str, tmp_path: Path) -> None:
    text = taxed_mapping("No tax", "No tax").replace("  items:", "  markup_percent: {parts: 50}\n  items:", 1)
    stage = stage_of(tmp_path, ledger, mapping_text=text)
    part = stage.upkeep.post("/api/v2/parts", json={"name": "Seal", "cost": "10.00", "quantity": 9}).json()["result"]["id"]
    stage.work_order("1", additionalCosts=[], parts=[{"id": part, "quantity": -2, "cost": "10.00"}])
    assert stage.sync().posted == 1
    with stage.world() as world:
        (posting,) = world.store.every_posting()
    body = posting.request.body.decode().replace(" ", "")
    assert ('"Qty":2' in body and '"UnitPrice":15' in body) or ('"Quantity":2' in body and '"UnitAmount":15' in body)
    assert proven(stage).is_proven


# --- exactly once -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", a_few(["drop_after_commit", "commit_late", "drop_before_commit", "5xx_after_commit"]))
@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_credit_whose_answer_is_lost_is_looked_for_and_never_made_twice(ledger: str, fault: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage)
    more: dict[str, Any] = {"seconds": 0.4} if fault == "commit_late" else {}
    stage.plan(create_fault(stage, fault, **more))
    stage.sync()
    stage.sync()
    assert kinds(stage) == [ORACLE[ledger]]
    assert proven(stage).is_proven


@pytest.mark.parametrize("ledger", XERO)
def test_a_credit_is_found_again_when_the_database_is_lost(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage)
    stage.sync()
    lose_database(stage)
    report = stage.sync()
    assert (report.posted, report.adopted, report.amount_posted) == (0, 1, {"USD": Decimal("-80.00")})
    assert kinds(stage) == [ORACLE[ledger]]


@pytest.mark.parametrize(("before", "after", "first"), [("100.00", "-100.00", "invoice"), ("-100.00", "100.00", "credit")])
@pytest.mark.parametrize("shared", a_few([True, False]))
@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_lost_database_never_leads_to_an_invoice_and_a_credit_for_one_work_order(
    ledger: str, shared: bool, before: str, after: str, first: str, tmp_path: Path
) -> None:
    """What the work order says now is another document than the one that was made for it: that one is found in the other list."""
    stage = stage_of(tmp_path, ledger, company=Company(switches={"numbers_across_kinds": shared}))
    identifier = refund(stage, "1", before)
    stage.sync()
    stage.change(identifier, **costs(after))
    lose_database(stage)
    stage.clock.advance(600)  # no key is remembered so long at Xero
    stage.sync()
    stage.sync()
    assert kinds(stage) == [{"invoice": "invoice", "credit": ORACLE[ledger]}[first]]
    assert problems(stage) == ["DOCUMENT_DIFFERS"]
    assert [row.verdict for row in proven(stage).rows] == [Verdict.DIFFERENT]


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_an_invoice_whose_answer_was_lost_stays_one_when_its_costs_fall_below_zero(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    identifier = refund(stage, "1", "100.00")
    stage.plan(*[create_fault(stage, "drop_after_commit", "invoice")])
    with stage.world() as world:
        assert world.policy.settle_seconds < HOURS
    stage.sync()
    stage.change(identifier, **costs("-100.00"))
    stage.sync()
    assert kinds(stage) == ["invoice"]
    assert findings(stage) == ["CHANGED_AFTER_POSTING"]


@pytest.mark.parametrize("ledger", XERO)
def test_an_intent_that_has_not_left_becomes_the_other_document(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    identifier = refund(stage, "1", "100.00")
    stage.vendor.set_lock("2026-02-28")
    stage.sync()
    assert problems(stage) == ["PERIOD_CLOSED"]
    stage.change(identifier, **costs("-100.00"))
    stage.vendor.set_lock(None)
    stage.sync()
    assert kinds(stage) == [ORACLE[ledger]]
    with stage.world() as world:
        assert [one.kind for one in world.store.every_posting()] == [DocumentKind.CREDIT]
    assert proven(stage).is_proven


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_a_refused_invoice_may_become_a_credit_under_a_key_of_its_own(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    identifier = refund(stage, "1", "100.00")
    code = {"quickbooks": "6000", "xero": "Account code '4300' is not a valid code for this document."}[ledger]
    stage.plan(create_fault(stage, "refusal", "invoice", code=code, status=400))
    stage.sync()
    assert kinds(stage) == []
    stage.change(identifier, **costs("-100.00"))
    stage.sync()
    assert kinds(stage) == [ORACLE[ledger]]
    assert stage.vendor.violations == []


@pytest.mark.parametrize("ledger", XERO)
def test_credits_leave_together_and_apart_from_invoices(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger, config_change=batches_from(2))
    for number in range(1, 5):
        refund(stage, str(number), "-10.00" if number % 2 else "10.00")
    assert stage.sync().posted == 4
    assert kinds(stage) == sorted([ORACLE[ledger], ORACLE[ledger], "invoice", "invoice"])
    ends = {"quickbooks": ("/batch",), "xero": ("/CreditNotes", "/Invoices")}[ledger]
    assert sum(one["method"] in ("POST", "PUT") and one["path"].endswith(ends) for one in stage.shell.log) == 2
    assert proven(stage).is_proven


@pytest.mark.parametrize(("ledger", "count"), a_few([("xero", 5), ("quickbooks", 5), ("xero", 2), ("xero", 41)]))
def test_credits_are_in_the_plan(ledger: str, count: int, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    for number in range(count):
        refund(stage, str(number), "-10.00" if number % 2 else "10.00")
    assert planned(stage).cost.calls == calls_of_a_sync(stage)


def test_what_an_earlier_release_held_as_a_negative_invoice_is_credited(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    refund(stage)
    stage.vendor.set_lock("2026-02-28")
    stage.sync()
    with closing(sqlite3.connect(stage.database_path)) as connection, connection:
        held = """UPDATE work_order SET problems = '[["NEGATIVE_INVOICE", "work order 1", "Its billable total is -80.00.", ""]]'"""
        assert connection.execute(held).rowcount == 1
    stage.vendor.set_lock(None)
    assert stage.sync().posted == 1
    assert kinds(stage) == ["credit_memo"]


# --- what people do to it -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ledger", LEDGERS)
def test_a_credit_that_a_person_ended_or_edited_is_told(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage, "1")
    refund(stage, "2")
    stage.sync()
    stage.clock.advance(HOURS)
    first, second = (document["id"] for document in stage.documents())
    stage.vendor.void(first)
    if ledger == "quickbooks":
        stage.vendor.edit_amount(second, 2)
    else:
        stage.vendor.edit_line_amount(second, 0, "150.00")
    stage.sync()
    assert sorted(findings(stage)) == ["DOCUMENT_DIFFERS", "DOCUMENT_VOIDED"]
    told = reconciled(stage)
    assert sorted(finding.code for finding in told.findings) == ["ALTERED", "VOIDED"]
    assert told.posted_total == Decimal("-160.00")
    assert told.ledger_total in (Decimal("-160.00"), Decimal("-130.00"))
    assert sorted(row.verdict for row in proven(stage).rows) == [Verdict.DIFFERENT, Verdict.VOIDED]


@pytest.mark.parametrize("ledger", QUICKBOOKS)
def test_a_credit_that_nobody_knows_is_counted_with_its_sign(ledger: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, ledger)
    refund(stage)
    stage.sync()
    lose_database(stage)
    told = reconciled(stage)
    assert [finding.code for finding in told.findings if finding.code != "NOT_PULLED"] == ["ORPHANED"]
    assert told.ledger_total == Decimal("-80.00")


# --- tax ----------------------------------------------------------------------------------------------------------------------

POLICIES = ("", "{amounts: inclusive}", "{amounts: none}")


@pytest.mark.parametrize("policy", a_few(POLICIES))
@pytest.mark.parametrize(("ledger", "country"), a_few([("quickbooks", "US"), ("xero", "AU"), ("quickbooks", "CA"), ("xero", "US")], 2))
def test_the_tax_is_given_back_as_it_was_charged(ledger: str, country: str, policy: str, tmp_path: Path) -> None:
    currency = {"US": "USD", "AU": "AUD", "CA": "CAD"}[country]
    codes = {"US": ("State sales tax", "NON"), "AU": ("GST", "GST Free"), "CA": ("GST/PST BC", "Exempt")}[country]
    if ledger == "xero":
        codes = ("OUTPUT", "EXEMPTOUTPUT" if country == "AU" else "NONE")
    company = Company(currency=currency, country=country, tax_percent="8")  # type: ignore[arg-type]
    stage = stage_of(tmp_path, ledger, company=company, mapping_text=taxed_mapping(codes[1], codes[0], currency, policy))
    refund(stage, "1", "-100.00", "20.00")
    assert stage.sync().posted == 1
    assert findings(stage) == []
    proof = proven(stage)
    assert proof.is_proven
    assert (proof.tally.tax < 0) == (policy != "{amounts: none}")
    told = reconciled(stage)
    assert (told.findings, told.difference) == ([], 0)


def test_a_credit_without_its_tax_is_an_alarm(tmp_path: Path) -> None:
    text = taxed_mapping("NON", "State sales tax")
    stage = stage_of(tmp_path, "quickbooks", mapping_text=text, company=Company(switches={"using_sales_tax": False}))
    refund(stage)
    stage.sync()
    assert findings(stage) == ["TAX_MISSING"]


# --- QuickBooks' own application of credits -----------------------------------------------------------------------------------


def test_a_credit_that_quickbooks_applied_by_itself_is_no_doubt(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", company=Company(switches={"auto_apply_credit": True}))
    stage.work_order("1")
    stage.sync()
    refund(stage, "2")
    stage.sync()
    stage.clock.advance(HOURS)
    stage.sync()
    balances = {one.kind: one.entity["Balance"] for one in stage.vendor.books.documents.values()}
    assert balances == {"Invoice": Decimal("20.00"), "CreditMemo": 0}
    assert findings(stage) == []
    assert reconciled(stage).findings == []
    assert proven(stage).is_proven
