"""python-quickbooks and intuit-oauth, unmodified, work with the stand-in over a socket, and the books agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest
from intuitlib.client import AuthClient
from intuitlib.enums import Scopes
from intuitlib.exceptions import AuthClientError
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.exceptions import ObjectNotFoundException, QuickbooksException
from quickbooks.objects.account import Account
from quickbooks.objects.attachable import Attachable
from quickbooks.objects.base import AttachableRef, LinkedTxn
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.detailline import SalesItemLine, SalesItemLineDetail
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.journalentry import JournalEntry, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences

from connector.sandbox.quickbooks.consent import REGISTERED
from connector.sandbox.serve import Served
from connector.sandbox.world import Sandbox

pytestmark = pytest.mark.sockets


@dataclass(frozen=True)
class Office:
    """A signed-in SDK client, and the address of the oracle beside it."""

    client: Any
    address: str

    def oracle(self, what: str) -> Any:
        return httpx.get(f"{self.address}/_sandbox/{what}").json()


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    # oauthlib refuses http unless told otherwise; loopback is all that the stand-in has.
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    sandbox = Sandbox.create()
    vendor = sandbox.vendors.quickbooks
    with Served(sandbox) as served:
        address = served.addresses["quickbooks"]
        auth = AuthClient(
            vendor.client_id,
            vendor.client_secret,
            redirect_uri="http://localhost/callback",
            environment=f"{address}/.well-known/openid_sandbox_configuration/",
        )
        auth.refresh(refresh_token=vendor.first_refresh_token)
        client = QuickBooks(auth_client=auth, refresh_token=auth.refresh_token, company_id=vendor.realm_id)
        client.api_url_v3 = f"{address}/v3"
        yield Office(client, address)
        client.session.close()


def first(entity: Any, client: Any, **wanted: str) -> Any:
    found = entity.filter(qb=client, **wanted)
    assert len(found) == 1, wanted
    return found[0]


def journal(client: Any, amount: str, number: str) -> JournalEntry:
    entry = JournalEntry()
    entry.DocNumber, entry.TxnDate, entry.PrivateNote = number, "2026-02-20", "Leaking pump"
    for side, name in (("Debit", "Repairs and maintenance"), ("Credit", "Maintenance labor applied")):
        line = JournalEntryLine()
        line.Amount, line.Description = Decimal(amount), f"{side} of {number}"
        line.JournalEntryLineDetail = JournalEntryLineDetail()
        line.JournalEntryLineDetail.PostingType = side
        line.JournalEntryLineDetail.AccountRef = first(Account, client, Name=name).to_ref()
        entry.Line.append(line)
    return entry


def invoice(client: Any, customer: Customer, item: Item) -> Invoice:
    bill = Invoice()
    bill.DocNumber, bill.TxnDate, bill.CustomerRef = "SDK-1", "2026-02-20", customer.to_ref()
    line = SalesItemLine()
    line.Amount, line.Description = Decimal("67.50"), "Labor of Kim"
    line.SalesItemLineDetail = SalesItemLineDetail()
    line.SalesItemLineDetail.ItemRef = item.to_ref()
    line.SalesItemLineDetail.Qty, line.SalesItemLineDetail.UnitPrice = Decimal("1.5"), Decimal("45.00")
    bill.Line.append(line)
    return bill


def test_a_journal_entry_is_created_read_and_found_by_its_number(office: Office) -> None:
    saved = journal(office.client, "112.45", "SDK-JE-1").save(qb=office.client)
    read = JournalEntry.get(int(saved.Id), qb=office.client)
    found = JournalEntry.filter(DocNumber="sdk-je-1", qb=office.client)
    assert (read.DocNumber, read.TxnDate, read.PrivateNote) == ("SDK-JE-1", "2026-02-20", "Leaking pump")
    assert [Decimal(str(line.Amount)) for line in read.Line] == [Decimal("112.45")] * 2
    assert [entry.Id for entry in found] == [saved.Id]
    assert JournalEntry.count("DocNumber = 'SDK-JE-1'", qb=office.client) == 1
    (told,) = office.oracle("documents")["documents"]
    assert (told["kind"], told["number"], told["total"]) == ("journal_entry", "SDK-JE-1", "112.45")
    balance = office.oracle("trial-balance")
    assert (balance["debit"], balance["credit"]) == ("112.45", "112.45")


def test_an_invoice_for_a_new_customer_and_a_new_item_is_created_read_and_queried(office: Office) -> None:
    client = office.client
    customer = Customer()
    customer.DisplayName = "Harbour Mill"
    customer.save(qb=client)
    item = Item()
    item.Name, item.Type = "Pump service", "Service"
    item.IncomeAccountRef = first(Account, client, AccountType="Income", AcctNum="4100").to_ref()
    item.save(qb=client)
    saved = invoice(client, customer, item).save(qb=client)
    read = Invoice.get(int(saved.Id), qb=client)
    found = Invoice.where("DocNumber IN ('SDK-1', 'SDK-2') AND TxnDate >= '2026-02-01'", qb=client)
    assert Decimal(str(read.TotalAmt)) == Decimal("67.50")
    assert read.CustomerRef.value == customer.Id
    assert [bill.Id for bill in found] == [saved.Id]
    (told,) = office.oracle("documents")["documents"]
    assert (told["kind"], told["total"], len(told["lines"])) == ("invoice", "67.50", 2)


def test_a_credit_memo_is_created_read_queried_and_applied_to_the_invoice_that_it_takes_back(office: Office) -> None:
    client = office.client
    customer, item = first(Customer, client, DisplayName="Riverside Apartments"), Item.all(qb=client)[0]
    bill = invoice(client, customer, item)
    memo = CreditMemo()
    memo.DocNumber, memo.TxnDate, memo.CustomerRef, memo.Line = "SDK-CM-1", "2026-02-21", customer.to_ref(), bill.Line
    bill.save(qb=client)
    saved = memo.save(qb=client)
    read = CreditMemo.get(int(saved.Id), qb=client)
    assert [Decimal(str(amount)) for amount in (read.TotalAmt, read.Balance, read.RemainingCredit)] == [Decimal("67.50")] * 3
    assert [one.Id for one in CreditMemo.filter(DocNumber="sdk-cm-1", qb=client)] == [saved.Id]
    assert sorted(told["kind"] for told in office.oracle("documents")["documents"]) == ["credit_memo", "invoice"]
    payment = Payment()
    payment.TotalAmt, payment.CustomerRef = 0, customer.to_ref()
    for kind, identifier in (("Invoice", bill.Id), ("CreditMemo", saved.Id)):
        line, link = PaymentLine(), LinkedTxn()
        link.TxnId, link.TxnType = identifier, kind
        line.Amount, line.LinkedTxn = Decimal("67.50"), [link]
        payment.Line.append(line)
    payment.save(qb=client)
    assert [Decimal(str(one.Balance)) for one in (Invoice.get(int(bill.Id), qb=client), CreditMemo.get(int(saved.Id), qb=client))] == [0, 0]
    accounts = {row["number"] if "number" in row else row["account"]: row for row in office.oracle("trial-balance")["accounts"]}
    assert {row["debit"] == row["credit"] for row in accounts.values()} == {True}
    since = office.oracle("clock")["now"]
    CreditMemo.get(int(saved.Id), qb=client).delete(qb=client)
    assert [(one.Id, one.status) for one in change_data_capture([CreditMemo], since, qb=client).CreditMemo] == [(saved.Id, "Deleted")]


def test_one_request_id_makes_one_document_however_often_the_sdk_saves(office: Office) -> None:
    entry = journal(office.client, "10.00", "SDK-JE-2")
    once = entry.save(qb=office.client, request_id="a" * 32)
    again = journal(office.client, "10.00", "SDK-JE-2").save(qb=office.client, request_id="a" * 32)
    assert once.Id == again.Id
    assert len(office.oracle("documents")["documents"]) == 1


def test_the_sdk_raises_its_own_errors_for_refusals(office: Office) -> None:
    journal(office.client, "10.00", "SDK-JE-3").save(qb=office.client)
    with pytest.raises(QuickbooksException, match="Duplicate Document Number") as duplicate:
        journal(office.client, "10.00", "SDK-JE-3").save(qb=office.client)
    assert duplicate.value.error_code == 6140
    with pytest.raises(ObjectNotFoundException):
        JournalEntry.get(999_999, qb=office.client)
    customer = Customer()
    customer.DisplayName = "riverside apartments"
    with pytest.raises(QuickbooksException) as taken:
        customer.save(qb=office.client)
    assert taken.value.error_code == 6240


def test_a_deleted_journal_entry_and_a_voided_invoice_leave_the_balances(office: Office) -> None:
    client = office.client
    entry = journal(client, "10.00", "SDK-JE-4").save(qb=client)
    JournalEntry.get(int(entry.Id), qb=client).delete(qb=client)
    bill = invoice(client, first(Customer, client, DisplayName="Riverside Apartments"), Item.all(qb=client)[0]).save(qb=client)
    Invoice.get(int(bill.Id), qb=client).void(qb=client)
    assert office.oracle("documents")["documents"] == []
    balance = office.oracle("trial-balance")
    assert (balance["debit"], balance["credit"]) == ("0.00", "0.00")


def test_a_batch_of_the_sdk_tells_what_was_posted_and_what_was_refused(office: Office) -> None:
    entries = [journal(office.client, "10.00", f"SDK-B-{number}") for number in range(32)]
    entries[31].Line[0].Amount = Decimal("11.00")
    result = batch_create(entries, qb=office.client)
    assert (len(result.successes), [fault.Error[0].code for fault in result.faults]) == (31, ["2300"])
    assert len(office.oracle("documents")["documents"]) == 31
    assert office.oracle("requests")["counts"]["POST /v3/company/{id}/batch"] == 2


def test_what_was_saved_is_changed_by_who_has_its_newest_version_and_by_nobody_else(office: Office) -> None:
    client = office.client
    entry = journal(client, "10.00", "SDK-JE-6").save(qb=client)
    mine, theirs = JournalEntry.get(int(entry.Id), qb=client), JournalEntry.get(int(entry.Id), qb=client)
    for line in mine.Line:
        line.Amount = Decimal("12.50")
    assert mine.save(qb=client).SyncToken == "1"
    theirs.PrivateNote = "Looked at"
    with pytest.raises(QuickbooksException) as stale:
        theirs.save(qb=client)
    assert stale.value.error_code == 5010
    balance = office.oracle("trial-balance")
    assert (balance["debit"], balance["credit"]) == ("12.50", "12.50")


def test_a_batch_of_the_sdk_changes_and_deletes(office: Office) -> None:
    client = office.client
    made = batch_create([journal(client, "10.00", f"SDK-C-{number}") for number in range(3)], qb=client).successes
    for entry in made:
        entry.PrivateNote = f"Looked at {entry.DocNumber}"
    made[2].SyncToken = "7"
    changed = batch_update(made, qb=client)
    assert [entry.PrivateNote for entry in changed.successes] == ["Looked at SDK-C-0", "Looked at SDK-C-1"]
    assert [(fault.Error[0].code, fault.original_object.DocNumber) for fault in changed.faults] == [("5010", "SDK-C-2")]
    assert batch_delete(changed.successes, qb=client).faults == []
    assert [told["number"] for told in office.oracle("documents")["documents"]] == ["SDK-C-2"]


def test_the_sdk_orders_pages_chooses_and_reads_the_company(office: Office) -> None:
    client = office.client
    down = [customer.DisplayName for customer in Customer.all(order_by="DisplayName DESC", qb=client)]
    assert down == sorted(down, reverse=True)
    assert len(down) > 3
    page = Customer.all(order_by="DisplayName DESC", start_position=2, max_results=2, qb=client)
    assert [customer.DisplayName for customer in page] == down[1:3]
    for number, day in (("SDK-Q-1", "2026-02-20"), ("SDK-Q-2", "2026-02-18"), ("SDK-Q-3", "2026-02-19")):
        entry = journal(client, "10.00", number)
        entry.TxnDate = day
        entry.save(qb=client)
    by_day = JournalEntry.where("DocNumber LIKE 'SDK-Q-%'", order_by="TxnDate", qb=client)
    assert [entry.DocNumber for entry in by_day] == ["SDK-Q-2", "SDK-Q-3", "SDK-Q-1"]
    chosen = JournalEntry.choose(["SDK-Q-1", "SDK-Q-3", "SDK-Q-9"], field="DocNumber", qb=client)
    assert {entry.DocNumber for entry in chosen} == {"SDK-Q-1", "SDK-Q-3"}
    assert CompanyInfo.get(1, qb=client).CompanyName == "Sandbox Maintenance Co"
    assert Preferences.get(qb=client).SalesFormsPrefs.CustomTxnNumbers is True
    with pytest.raises(QuickbooksException) as unknown:
        JournalEntry.filter(PrivateNote="Leaking pump", qb=client)
    assert unknown.value.error_code == 4001


def test_the_sdk_reads_what_changed_and_what_was_deleted(office: Office) -> None:
    client = office.client
    entry = journal(client, "10.00", "SDK-JE-5").save(qb=client)
    since = office.oracle("clock")["now"]
    account = first(Account, client, AcctNum="6110")
    account.Name = "Air"
    account.save(qb=client)
    customer = first(Customer, client, DisplayName="Harbor Mall")
    customer.Active = False
    customer.save(qb=client)
    JournalEntry.get(int(entry.Id), qb=client).delete(qb=client)
    told = change_data_capture([Account, Customer, Item, JournalEntry], since, qb=client)
    assert [(one.Id, one.FullyQualifiedName) for one in told.Account] == [(account.Id, "Air")]
    assert [(one.DisplayName, one.Active) for one in told.Customer] == [("Harbor Mall (deleted)", False)]
    assert [(one.Id, one.status) for one in told.JournalEntry] == [(entry.Id, "Deleted")]
    assert not hasattr(told, "Item")
    by_datetime = change_data_capture([Account], datetime.fromisoformat(since), qb=client)
    assert account.Id in [one.Id for one in by_datetime.Account]


def test_the_sdk_goes_through_the_consent_and_disconnects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    sandbox = Sandbox.create()
    vendor = sandbox.vendors.quickbooks
    with Served(sandbox) as served:
        discovery = f"{served.addresses['quickbooks']}/.well-known/openid_sandbox_configuration/"
        auth = AuthClient(vendor.client_id, vendor.client_secret, redirect_uri=REGISTERED[0], environment=discovery)
        back = httpx.URL(httpx.get(auth.get_authorization_url([Scopes.ACCOUNTING])).headers["location"]).params
        auth.get_bearer_token(back["code"], realm_id=back["realmId"])
        assert (back["state"], auth.realm_id) == (auth.state_token, vendor.realm_id)
        auth.refresh()
        assert auth.revoke() is True
        with pytest.raises(AuthClientError, match="invalid_grant"):
            auth.refresh()
        auth.close()


def test_a_file_is_attached_to_an_invoice_found_at_it_and_deleted(office: Office) -> None:
    client = office.client
    bill = invoice(client, first(Customer, client, DisplayName="Riverside Apartments"), first(Item, client, Name="Maintenance labor"))
    bill.save(qb=client)
    file = Attachable()
    file.AttachableRef.append(AttachableRef())
    file.AttachableRef[0].EntityRef = bill.to_ref()
    file.FileName, file.ContentType, file._FileBytes = "work order.pdf", "application/pdf", b"%PDF\r\n\x00\xff--\r\n"
    saved = file.save(qb=client)
    (found,) = Attachable.where(f"AttachableRef.EntityRef.Type='Invoice' AND AttachableRef.EntityRef.value='{bill.Id}'", qb=client)
    assert (found.Id, found.FileName, int(found.Size)) == (saved.Id, "work order.pdf", 12)
    note = Attachable()
    note.Note, note.AttachableRef = "Seen by Kim", file.AttachableRef
    assert note.save(qb=client).Note == "Seen by Kim"
    Attachable.get(saved.Id, qb=client).delete(qb=client)
    assert Attachable.filter(FileName="work order.pdf", qb=client) == []
