"""What a document carries besides its amounts, on the real flows: where it is booked, when it is due, whom it goes to."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.proof import Verdict
from connector.flows.check import check
from connector.flows.explain import explain
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.flows.status import status
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.quickbooks.lists import create_entry
from tests.everyday import a_few
from tests.stage import Stage


def stage_of(folder: Path, ledger: str, invoice: str = "", **more: Any) -> Stage:
    """A stage whose mapping has these further lines under `invoice:`."""
    company = more.setdefault("company", Company())
    plain = plain_mapping_text(company.currency)
    return Stage(folder, ledger, "invoice", mapping_text=plain.replace("  due_days: 30\n", f"  due_days: 30\n{invoice}"), **more)


def codes(stage: Stage) -> list[str]:
    with stage.world() as world:
        return [finding.code for finding in world.store.findings()]


def held(stage: Stage, number: str = "1") -> tuple[str, ...]:
    with stage.world() as world:
        row = world.store.find(number)
    assert row is not None
    return row.codes


def test_an_invoice_that_waited_while_account_codes_were_exchanged_is_booked_to_the_account_that_was_meant(tmp_path: Path) -> None:
    """A bookkeeper renumbers the chart between our decision and our send."""
    stage = Stage(tmp_path, "xero", "invoice")
    stage.work_order("1")
    stage.plan(Fault("429", method="PUT", path="*/Invoices", times=20))
    assert stage.sync().posted == 0
    accounts = {account.name: account for account in stage.vendor.books.accounts}
    meant, other = accounts["Other maintenance revenue"], accounts["Maintenance labor revenue"]
    meant.code, other.code = other.code, meant.code
    stage.shell.plan.clear()
    stage.clock.advance(3600)
    assert stage.sync().posted == 1
    (document,) = stage.documents()
    assert meant.name in {line["account"] for line in document["lines"]}


EVERY_FIELD = """\
  terms: {terms}
  service_date: worked
  bill_email: {{default: office@example.com}}
  memo: {{default: Thank you}}
  branding_theme: Tenants
"""


@pytest.mark.parametrize(("ledger", "terms"), [("quickbooks", "Net 30"), ("xero", "customer")])
def test_a_mapping_that_begins_to_use_further_fields_posts_nothing_again_and_calls_nothing_changed(
    ledger: str, terms: str, tmp_path: Path
) -> None:
    stage = stage_of(tmp_path, ledger)
    identifier = stage.work_order("1")
    assert stage.sync().posted == 1
    fields = EVERY_FIELD.format(terms=terms)
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("  due_days: 30\n", f"  due_days: 14\n{fields}"), "utf-8")
    stage.change(identifier, description="The pump is quiet now")
    stage.work_order("2")
    assert (stage.sync().posted, codes(stage), len(invoices(stage))) == (1, [], 2)
    with stage.world() as world:
        assert prove(world).is_proven
        assert reconcile(world).findings == []


# --- to the customer ----------------------------------------------------------------------------------------------------------


def test_address_and_memo_come_from_the_work_orders_own_fields(tmp_path: Path) -> None:
    lines = "  bill_email: {by: Billing e-mail, default: office@example.com}\n  memo: {by: PO number}\n"
    stage = stage_of(tmp_path, "quickbooks", lines)
    fields = [{"name": "Billing e-mail", "value": "pay@example.com"}, {"name": "PO number", "value": "PO 7"}]
    stage.work_order("1", customFields=fields)
    stage.work_order("2")
    assert (stage.sync().posted, codes(stage)) == (2, [])
    told = [(one["BillEmail"]["Address"], one.get("CustomerMemo", {}).get("value"), one["EmailStatus"]) for one in invoices(stage)]
    assert told == [("pay@example.com", "PO 7", "NotSet"), ("office@example.com", None, "NotSet")]


def test_the_memo_is_the_reference_in_xero(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "  bill_email: {default: office@example.com}\n  memo: {by: category, values: {HVAC: Cooling}}\n")
    stage.work_order("1")
    stage.work_order("2", category="Roof")
    assert (stage.sync().posted, codes(stage)) == (2, [])
    assert [one.reference for one in invoices(stage)] == ["Cooling", "UpKeep WO 2"]


@pytest.mark.parametrize(("word", "labor"), [("worked", "2026-02-18"), ("completed", "2026-02-19")])
def test_each_line_says_when_its_work_was_done_by_the_companys_calendar(word: str, labor: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", f"  service_date: {word}\n")
    logged = [{"duration": 60, "hourlyRate": "40.00", "dateStarted": "2026-02-19T03:00:00.000Z"}]
    stage.work_order("1", timeLogs=logged, dateCompleted="2026-02-20T03:00:00.000Z")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    days = [
        line["SalesItemLineDetail"]["ServiceDate"]
        for line in invoices(stage)[0]["Line"]
        if "ItemRef" in line.get("SalesItemLineDetail", {})
    ]
    assert days == [labor, "2026-02-19"]


@pytest.mark.parametrize(("place", "misplaced"), a_few(itertools.product(("transaction", "line"), ("dropped", "kept"))))
def test_an_invoices_class_stands_where_the_company_tracks_it(place: str, misplaced: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", company=Company(switches={"classes": place, "misplaced_classes": misplaced}))
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8") + "tracking: {class: {default: Facilities}, department: {default: Plant}}\n", "utf-8")
    with stage.world() as world:
        assert check(world).problems == ()
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    (told,) = invoices(stage)
    on_line = told["Line"][0]["SalesItemLineDetail"].get("ClassRef", {}).get("name", "")
    in_head = told.get("ClassRef", {}).get("name", "")
    assert (on_line, in_head) == (("Facilities", "") if place == "line" else ("", "Facilities"))
    assert told["DepartmentRef"]["name"] == "Plant"


def test_a_xero_invoice_has_the_branding_theme_of_that_name_and_their_list_is_read_for_it_alone(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "  branding_theme: tenants\n")
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    assert stage.vendor.books.themes[invoices(stage)[0].theme] == "Tenants"
    with stage.world() as world:
        assert check(world).problems == ()
        assert prove(world).is_proven
    asked = [entry["path"] for entry in stage.shell.log if entry["path"].endswith("/BrandingThemes")]
    assert len(asked) == 3
    (stage.folder / "mapping.yaml").write_text(plain_mapping_text("USD"), "utf-8")
    stage.work_order("2")
    stage.sync()
    assert len([entry for entry in stage.shell.log if entry["path"].endswith("/BrandingThemes")]) == 3


@pytest.mark.parametrize(("ledger", "document"), [("xero", "invoice"), ("xero", "journal_entry"), ("quickbooks", "invoice")])
def test_a_document_leads_back_to_its_work_order(ledger: str, document: str, tmp_path: Path) -> None:
    pattern = ("      kind: upkeep\n", "      kind: upkeep\n      work_order_url: https://up.test/wo/{id}?n={number}\n")
    stage = Stage(tmp_path, ledger, document, config_change=pattern)
    identifier = stage.work_order("A 1/2")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    url = f"https://up.test/wo/{identifier}?n=A%201%2F2"
    if ledger == "quickbooks":
        told = invoices(stage)[0]
        assert told["PrivateNote"].endswith(f" [{told['DocNumber']}] {url}")
    else:
        (one,) = stage.vendor.books.shelves[document].by_id.values()
        assert one.url == url


def test_a_sub_customer_is_billed_by_its_full_name(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    books = stage.vendor.books
    mall = next(row["Id"] for row in books.lists["Customer"].values() if row["DisplayName"] == "Harbor Mall")
    unit = create_entry(books, "Customer", {"DisplayName": "Unit 7", "ParentRef": {"value": mall}})
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("default: Internal departments", '"default": "Harbor Mall:Unit 7"'), "utf-8")
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    assert invoices(stage)[0]["CustomerRef"] == {"value": unit["Id"], "name": "Harbor Mall:Unit 7"}


def test_a_mapping_that_bills_nobody_is_checked_all_the_same(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", "  bill_email: {default: office@example.com}\n")
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("  customer: {default: Internal departments}\n", ""), "utf-8")
    with stage.world() as world:
        assert check(world).problems == ()


# --- terms --------------------------------------------------------------------------------------------------------------------


def invoices(stage: Stage) -> list[Any]:
    """Invoices as QuickBooks' or Xero's own books have them."""
    if stage.ledger == "xero":
        return list(stage.vendor.books.shelves["invoice"].by_id.values())
    return [stage.vendor.books.documents[identifier].entity for identifier in stage.vendor.books.by_kind["Invoice"]]


def test_terms_of_quickbooks_are_named_and_the_invoice_is_due_by_them(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", "  terms: due on receipt\n")
    stage.work_order("1")
    assert stage.sync().posted == 1
    (entity,) = invoices(stage)
    with stage.world() as world:
        told = explain(world, "1")
    assert told is not None
    assert [(row["field"], row["value"]) for row in told.head] == [("due", "2026-02-20"), ("terms", "due on receipt")]
    assert (entity["SalesTermRef"]["name"], entity["TxnDate"], entity["DueDate"]) == ("Due on receipt", "2026-02-20", "2026-02-20")
    assert codes(stage) == []


def test_terms_by_a_day_of_the_month_are_worked_out_by_quickbooks(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", "  terms: 20th of the month\n")
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    assert invoices(stage)[0]["DueDate"] == "2026-03-20"


@pytest.mark.parametrize(
    ("own", "companys", "due"), [("Due on receipt", "Net 30", "2026-02-20"), ("", "Net 30", "2026-03-22"), ("", "", "2026-04-21")]
)
def test_a_customers_own_terms_come_before_the_companys_and_due_days_last(own: str, companys: str, due: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", "  terms: customer\n")
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8").replace("due_days: 30", "due_days: 60"), "utf-8")
    ids = {row["Name"]: row["Id"] for row in stage.vendor.books.lists["Term"].values()}
    for customer in stage.vendor.books.lists["Customer"].values() if own else ():
        customer["SalesTermRef"] = {"value": ids[own]}
    stage.vendor.switches["default_terms"] = ids.get(companys, "")
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    assert invoices(stage)[0]["DueDate"] == due


@pytest.mark.parametrize(
    ("own", "organisations", "due"),
    a_few(
        [
            (("OFFOLLOWINGMONTH", 20), ("DAYSAFTERBILLDATE", 7), "2026-03-20"),
            (None, ("DAYSAFTERBILLMONTH", 7), "2026-03-07"),
            (None, None, "2026-03-22"),
        ]
    ),
)
def test_xero_invoices_are_due_by_the_contacts_terms_then_the_organisations(own: Any, organisations: Any, due: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "  terms: customer\n")
    stage.vendor.books.sales_terms = organisations
    for contact in stage.vendor.books.contacts.values():
        contact.sales_terms = own
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    assert invoices(stage)[0].due.isoformat() == due


def test_an_invoice_that_comes_back_with_another_due_date_is_a_doubt_and_a_later_change_of_it_is_none(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks", "  terms: Net 30\n")
    stage.work_order("1")
    assert stage.sync().findings == 0
    entity = invoices(stage)[0]
    entity["DueDate"] = "2026-12-31"
    stage.vendor.books.touch(entity)
    stage.clock.advance(3600)
    assert stage.sync().findings == 0


# --- currencies ---------------------------------------------------------------------------------------------------------------

RATES = "exchange_rates: [{from: 2000-01-01, rate: 1.25}, {from: 2026-02-20, rate: 1.5}]\n"
EUROS = ("    currency: USD", "    currency: EUR")


def abroad(folder: Path, ledger: str, document: str, rates: str, **switches: Any) -> Stage:
    """Books in dollars that take euros, fed by a company whose work orders are in euros."""
    known: Any = (("EUR", "1.25"),) if ledger == "xero" else ("EUR",)
    company = Company(switches={"currencies": known, **switches})
    stage = Stage(folder, ledger, document, company=company, mapping_text=plain_mapping_text("USD") + rates, config_change=EUROS)
    for customer in stage.vendor.books.lists["Customer"].values() if ledger == "quickbooks" else ():
        customer["CurrencyRef"] = {"value": "EUR"}
    return stage


@pytest.mark.parametrize("document", ["invoice", "journal_entry"])
def test_quickbooks_gets_euros_at_the_rate_that_the_mapping_has_for_the_day(document: str, tmp_path: Path) -> None:
    stage = abroad(tmp_path, "quickbooks", document, RATES)
    with stage.world() as world:
        assert check(world).problems == ()
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    (document_,) = stage.documents()
    assert (document_["currency"], document_["total"]) == ("EUR", "100.00")
    books = stage.vendor.trial_balance()
    assert (books["debit"], books["credit"]) == ("150.00", "150.00")
    with stage.world() as world:
        assert prove(world).is_proven
        assert (reconcile(world).findings, str(reconcile(world).difference)) == ([], "0.00")


@pytest.mark.parametrize("is_inverse", a_few([True, False]))
def test_xero_takes_its_own_rate_of_the_day(is_inverse: bool, tmp_path: Path) -> None:
    stage = abroad(tmp_path, "xero", "invoice", "exchange_rates: ledger\n", rate_is_inverse=is_inverse)
    with stage.world() as world:
        assert check(world).problems == ()
    stage.work_order("1")
    assert (stage.sync().posted, codes(stage)) == (1, [])
    assert [(one["currency"], one["total"]) for one in stage.documents()] == [("EUR", "100.00")]
    assert stage.vendor.trial_balance()["debit"] == "125.00"


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_another_currency_than_the_books_is_not_posted_without_a_word_in_the_mapping(ledger: str, tmp_path: Path) -> None:
    stage = abroad(tmp_path, ledger, "invoice", "")
    stage.work_order("1")
    assert stage.sync().posted == 0
    assert "CURRENCY_MISMATCH" in held(stage)


# --- approval -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", a_few(["draft", "submitted"]))
def test_an_invoice_that_is_left_to_a_person_is_outside_the_sums_until_it_is_approved(word: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", f"  status: {word}\n")
    stage.work_order("1")
    report = stage.sync()
    assert (report.posted, report.findings, report.needs_a_person()) == (1, 0, False)
    assert (stage.documents(), [draft["status"] for draft in stage.vendor.drafts()]) == ([], [word.upper()])
    with stage.world() as world:
        found, proof = reconcile(world), prove(world)
        assert (found.awaiting_approval, str(found.awaiting_total), found.findings) == (1, "100.00", [])
        assert not found.posted_total + found.ledger_total + found.documents
        assert [row.verdict for row in proof.rows] == [Verdict.AWAITING]
        assert proof.is_proven
        assert not proof.tally.expected + proof.tally.booked
        assert status(world).awaiting_approval == 1
    stage.vendor.approve(stage.vendor.drafts()[0]["id"])
    stage.clock.advance(3600)
    assert (stage.sync().posted, codes(stage)) == (0, [])
    with stage.world() as world:
        found = reconcile(world)
        assert (found.awaiting_approval, str(found.posted_total), str(found.difference), found.findings) == (0, "100.00", "0.00", [])
        assert (prove(world).is_proven, status(world).awaiting_approval) == (True, 0)


def test_a_draft_that_a_person_deletes_instead_of_approving_is_a_finding_and_never_posted_again(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "  status: draft\n")
    stage.work_order("1")
    stage.sync()
    stage.vendor.delete_draft(stage.vendor.drafts()[0]["id"])
    stage.clock.advance(3600)
    assert (stage.sync().posted, codes(stage)) == (0, ["DOCUMENT_DELETED"])
    assert stage.vendor.drafts() == []


def test_a_draft_whose_answer_was_lost_is_adopted_and_not_made_twice(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "  status: draft\n")
    stage.work_order("1")
    stage.plan(Fault("drop_after_commit", method="PUT", path="*/Invoices"))
    stage.sync()
    stage.clock.advance(3600)
    stage.sync()
    assert (held(stage), codes(stage), len(stage.vendor.drafts())) == ((), [], 1)
    with stage.world() as world:
        assert status(world).awaiting_approval == 1


def test_an_invoice_that_waits_although_nobody_meant_it_to_is_a_doubt_that_its_approval_closes(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", company=Company(switches={"authorised_becomes": "SUBMITTED"}))
    stage.work_order("1")
    stage.work_order("2")
    assert stage.sync().posted == 2
    assert codes(stage) == ["DOCUMENT_DIFFERS", "DOCUMENT_DIFFERS"]
    with stage.world() as world:
        assert [finding.code for finding in reconcile(world).findings] == ["ALTERED", "ALTERED"]
        assert [row.verdict for row in prove(world).rows] == [Verdict.DIFFERENT, Verdict.DIFFERENT]
    stage.vendor.approve(stage.vendor.drafts()[0]["id"])
    stage.clock.advance(3600)
    stage.sync()
    assert codes(stage) == ["DOCUMENT_DIFFERS"]
    stage.vendor.approve(stage.vendor.drafts()[0]["id"])
    stage.clock.advance(3600)
    assert not stage.sync().needs_a_person()


def test_a_draft_under_a_marker_of_ours_that_no_record_knows_is_told(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero", "  status: draft\n")
    identifier = stage.work_order("1")
    stage.sync()
    for path in stage.folder.glob("connector.db*"):
        path.unlink()
    with stage.world() as world:
        assert [finding.code for finding in reconcile(world).findings] == ["NOT_PULLED", "DRAFT_LEFT"]
    stage.upkeep.delete(f"/api/v2/work-orders/{identifier}")
    with stage.world() as world:
        assert [(row.verdict, int(row.booked)) for row in prove(world).rows] == [(Verdict.ORPHANED, 0)]
