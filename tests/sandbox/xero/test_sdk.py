"""xero-python, unmodified, works with the stand-in over a socket, and the books agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from xero_python.accounting import (
    AccountingApi,
    Allocation,
    Allocations,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    LineAmountTypes,
    LineItem,
    LineItemTracking,
    ManualJournal,
    ManualJournalLine,
    ManualJournals,
)
from xero_python.api_client import ApiClient, Configuration
from xero_python.api_client.oauth2 import OAuth2Token
from xero_python.exceptions import AccountingBadRequestException
from xero_python.identity import IdentityApi

from connector.sandbox.serve import Served
from connector.sandbox.world import Sandbox

pytestmark = pytest.mark.sockets


@dataclass(frozen=True)
class Office:
    """A signed-in SDK, the organisation, and the address of the oracle beside it."""

    api: Any
    identity: Any
    tenant: str
    address: str

    def oracle(self, what: str) -> Any:
        return httpx.get(f"{self.address}/_sandbox/{what}").json()


@pytest.fixture
def office() -> Iterator[Office]:
    sandbox = Sandbox.create()
    vendor = sandbox.vendors.xero
    with Served(sandbox) as served:
        address = served.addresses["xero"]
        form = {"grant_type": "refresh_token", "refresh_token": vendor.first_refresh_token}
        token = httpx.post(f"{address}/connect/token", data=form, auth=(vendor.client_id, vendor.client_secret)).json()
        sign_in = OAuth2Token(client_id=vendor.client_id, client_secret=vendor.client_secret)
        client = ApiClient(Configuration(oauth2_token=sign_in), pool_threads=1)
        client.oauth2_token_getter(lambda: token)
        client.oauth2_token_saver(lambda changed: None)
        client.set_oauth2_token(token)
        api, identity = AccountingApi(client, base_url=f"{address}/api.xro/2.0"), IdentityApi(client, base_url=address)
        yield Office(api, identity, vendor.tenant_id, address)
        client.rest_client.pool_manager.clear()


def invoice(contact: str, number: str) -> Invoices:
    line = LineItem(description="Labor of Kim", quantity=Decimal("1.5"), unit_amount=Decimal("45.00"), account_code="4100", tax_type="NONE")
    bill = Invoice(
        type="ACCREC",
        contact=Contact(contact_id=contact),
        invoice_number=number,
        date=date(2026, 2, 20),
        due_date=date(2026, 3, 22),
        line_amount_types=LineAmountTypes.EXCLUSIVE,
        line_items=[line],
        status="AUTHORISED",
    )
    return Invoices(invoices=[bill])


def journal(amount: str, status: str, narration: str = "Leaking pump") -> ManualJournals:
    lines = [
        ManualJournalLine(line_amount=Decimal(amount), account_code="6100", description="Repair"),
        ManualJournalLine(line_amount=-Decimal(amount), account_code="2150", description="Labor"),
    ]
    whole = ManualJournal(
        narration=narration, date=date(2026, 2, 20), journal_lines=lines, status=status, line_amount_types=LineAmountTypes.NOTAX
    )
    return ManualJournals(manual_journals=[whole])


def test_an_invoice_for_a_new_contact_is_created_read_and_queried(office: Office) -> None:
    api, tenant = office.api, office.tenant
    made = api.create_contacts(tenant, Contacts(contacts=[Contact(name="Harbour Mill")]))
    saved = api.create_invoices(tenant, invoice(made.contacts[0].contact_id, "SDK-1"), idempotency_key="k" * 32).invoices[0]
    read = api.get_invoice(tenant, saved.invoice_id).invoices[0]
    found = api.get_invoices(tenant, where='Type=="ACCREC" AND InvoiceNumber=="SDK-1"').invoices
    assert (read.invoice_number, Decimal(str(read.total)), read.status) == ("SDK-1", Decimal("67.50"), "AUTHORISED")
    assert read.date == date(2026, 2, 20)
    assert read.contact.name == "Harbour Mill"
    assert [bill.invoice_id for bill in found] == [saved.invoice_id]
    assert [bill.invoice_id for bill in api.get_invoices(tenant, invoice_numbers=["SDK-1"]).invoices] == [saved.invoice_id]
    (told,) = office.oracle("documents")["documents"]
    assert (told["kind"], told["number"], told["total"]) == ("invoice", "SDK-1", "67.50")


def test_a_credit_note_is_created_read_queried_and_allocated_to_its_invoice(office: Office) -> None:
    api, tenant = office.api, office.tenant
    contact = api.get_contacts(tenant).contacts[0].contact_id
    bill = api.create_invoices(tenant, invoice(contact, "SDK-2")).invoices[0]
    note = CreditNote(
        type="ACCRECCREDIT",
        contact=Contact(contact_id=contact),
        credit_note_number="SDK-CN-1",
        date=date(2026, 2, 21),
        line_amount_types=LineAmountTypes.EXCLUSIVE,
        line_items=invoice(contact, "").invoices[0].line_items,
        status="AUTHORISED",
    )
    saved = api.create_credit_notes(tenant, CreditNotes(credit_notes=[note]), idempotency_key="k" * 32).credit_notes[0]
    found = api.get_credit_notes(tenant, where='CreditNoteNumber=="SDK-CN-1"').credit_notes
    assert [one.credit_note_id for one in found] == [saved.credit_note_id]
    assert Decimal(str(saved.remaining_credit)) == Decimal("67.50")
    wanted = Allocation(amount=Decimal("67.50"), date=date(2026, 2, 21), invoice=Invoice(invoice_id=bill.invoice_id))
    api.create_credit_note_allocation(tenant, saved.credit_note_id, Allocations(allocations=[wanted]))
    read = api.get_credit_note(tenant, saved.credit_note_id).credit_notes[0]
    assert (read.status, Decimal(str(read.remaining_credit))) == ("PAID", Decimal(0))
    assert [(one.invoice.invoice_id, Decimal(str(one.amount))) for one in read.allocations] == [(bill.invoice_id, Decimal("67.50"))]
    settled = api.get_invoice(tenant, bill.invoice_id).invoices[0]
    assert (settled.status, Decimal(str(settled.amount_due)), Decimal(str(settled.amount_credited))) == ("PAID", 0, Decimal("67.50"))


def test_a_manual_journal_is_no_part_of_the_books_before_it_is_posted(office: Office) -> None:
    api, tenant = office.api, office.tenant
    draft = api.create_manual_journals(tenant, journal("112.45", "DRAFT")).manual_journals[0]
    assert office.oracle("documents")["documents"] == []
    change = ManualJournals(
        manual_journals=[ManualJournal(manual_journal_id=draft.manual_journal_id, narration="Leaking pump", status="POSTED")]
    )
    api.update_manual_journal(tenant, draft.manual_journal_id, change)
    read = api.get_manual_journal(tenant, draft.manual_journal_id).manual_journals[0]
    found = api.get_manual_journals(tenant, where='Narration=="Leaking pump"').manual_journals
    assert (read.status, read.date) == ("POSTED", date(2026, 2, 20))
    assert sorted(Decimal(str(line.line_amount)) for line in read.journal_lines) == [Decimal("-112.45"), Decimal("112.45")]
    assert [entry.manual_journal_id for entry in found] == [draft.manual_journal_id]
    (told,) = office.oracle("documents")["documents"]
    assert (told["kind"], told["total"]) == ("journal_entry", "112.45")
    balance = office.oracle("trial-balance")
    assert balance["debit"] == balance["credit"] == "112.45"


def test_one_idempotency_key_makes_one_journal(office: Office) -> None:
    first = office.api.create_manual_journals(office.tenant, journal("10.00", "POSTED"), idempotency_key="a" * 32)
    again = office.api.create_manual_journals(office.tenant, journal("10.00", "POSTED"), idempotency_key="a" * 32)
    assert first.manual_journals[0].manual_journal_id == again.manual_journals[0].manual_journal_id
    assert len(office.oracle("documents")["documents"]) == 1


def test_in_a_call_without_a_summary_each_invoice_is_answered_on_its_own(office: Office) -> None:
    api, tenant = office.api, office.tenant
    contact = api.get_contacts(tenant).contacts[0].contact_id
    both = Invoices(invoices=[*invoice(contact, "SDK-2").invoices, *invoice(contact, "SDK-3").invoices])
    both.invoices[1].line_items[0].account_code = "9999"
    with pytest.raises(AccountingBadRequestException):
        api.create_invoices(tenant, both, summarize_errors=True, idempotency_key="s" * 32)
    assert office.oracle("documents")["documents"] == []
    told = api.create_invoices(tenant, both, summarize_errors=False, idempotency_key="e" * 32).invoices
    assert {one.invoice_number: (one.has_errors, one.status_attribute_string) for one in told} == {
        "SDK-2": (False, "OK"),
        "SDK-3": (True, "ERROR"),
    }
    again = api.create_invoices(tenant, both, summarize_errors=False, idempotency_key="e" * 32).invoices
    assert [one.invoice_id for one in again] == [one.invoice_id for one in told]
    assert [one["number"] for one in office.oracle("documents")["documents"]] == ["SDK-2"]


def test_a_line_carries_an_option_of_a_tracking_category(office: Office) -> None:
    api, tenant = office.api, office.tenant
    category = api.get_tracking_categories(tenant).tracking_categories[0]
    bill = invoice(api.get_contacts(tenant).contacts[0].contact_id, "SDK-4")
    bill.invoices[0].line_items[0].tracking = [LineItemTracking(name=category.name, option=category.options[0].name)]
    saved = api.create_invoices(tenant, bill, idempotency_key="t" * 32).invoices[0]
    (tracked,) = api.get_invoice(tenant, saved.invoice_id).invoices[0].line_items[0].tracking
    assert (tracked.name, tracked.option) == (category.name, category.options[0].name)
    assert tracked.tracking_category_id == category.tracking_category_id


def test_the_sdk_lists_the_organisations_of_its_consent_and_ends_one(office: Office) -> None:
    (connection,) = office.identity.get_connections()
    assert (connection.tenant_id, connection.tenant_type) == (office.tenant, "ORGANISATION")
    assert office.api.get_organisations(connection.tenant_id).organisations[0].organisation_id == connection.tenant_id
    office.identity.delete_connection(connection.id)
    assert office.identity.get_connections() == []


def test_the_sdk_raises_its_own_error_for_a_journal_that_does_not_balance(office: Office) -> None:
    wrong = journal("10.00", "POSTED")
    wrong.manual_journals[0].journal_lines[0].line_amount = Decimal("11.00")
    with pytest.raises(AccountingBadRequestException):
        office.api.create_manual_journals(office.tenant, wrong)
    assert office.oracle("documents")["documents"] == []


def test_the_sdk_reads_the_reference_data(office: Office) -> None:
    api, tenant = office.api, office.tenant
    accounts = {account.code: account.name for account in api.get_accounts(tenant).accounts}
    assert accounts["6100"] == "Repairs and maintenance"
    assert "NONE" in {rate.tax_type for rate in api.get_tax_rates(tenant).tax_rates}
    assert {category.name for category in api.get_tracking_categories(tenant).tracking_categories}
    assert api.get_organisations(tenant).organisations[0].base_currency.value == "USD"
    assert {item.code for item in api.get_items(tenant).items} >= {"LABOR", "PARTS"}


def test_files_and_a_note_are_put_on_documents_and_listed(office: Office) -> None:
    api, tenant = office.api, office.tenant
    contact = api.create_contacts(tenant, Contacts(contacts=[Contact(name="Harbour Mill")])).contacts[0].contact_id
    bill = api.create_invoices(tenant, invoice(contact, "SDK-9")).invoices[0].invoice_id
    entry = api.create_manual_journals(tenant, journal("10.00", "POSTED")).manual_journals[0].manual_journal_id
    pdf = b"%PDF\r\n\x00\xff"
    made = api.create_invoice_attachment_by_file_name(tenant, bill, "work-order.pdf", pdf, include_online=True).attachments[0]
    api.create_manual_journal_attachment_by_file_name(tenant, entry, "work-order.pdf", pdf)
    listed = api.get_invoice_attachments(tenant, bill).attachments
    assert [(one.attachment_id, one.file_name, one.content_length) for one in listed] == [(made.attachment_id, "work-order.pdf", 8)]
    assert len(api.get_manual_journal_attachments(tenant, entry).attachments) == 1
    read = api.get_invoice_attachment_by_file_name(tenant, bill, "work-order.pdf", "application/pdf")
    assert Path(read).read_bytes() == pdf
    note = HistoryRecords(history_records=[HistoryRecord(details="[SDK-9] Posted")])
    api.create_invoice_history(tenant, bill, note)
    assert [one.details for one in api.get_invoice_history(tenant, bill).history_records] == ["[SDK-9] Posted"]
