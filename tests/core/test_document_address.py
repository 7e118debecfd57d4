"""A document is named by its number, its id, or the address of its page: what a person pastes is read, and nothing is fetched."""

from __future__ import annotations

import pytest

from connector.core.document_address import TEXT_LENGTH_MAX, meant_document
from connector.core.identity import Identity, marker, narration
from connector.core.mapping import DocumentKind

GUID = "3f2b9c4e-0d5a-4c57-9a53-6a1d0c9b7e11"
MINE = Identity("1", "", "", "WO-1002", "cost")


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://app.qbo.intuit.com/app/invoice?txnId=145", DocumentKind.INVOICE),
        ("https://qbo.intuit.com/app/journal?txnId=145&redirect=x", DocumentKind.JOURNAL_ENTRY),
        ("qbo.intuit.com/app/creditmemo?TXNID=145#top", DocumentKind.CREDIT),
        ("https://c12.qbo.intuit.com/app/somethingnew?txnId=145", None),
    ],
)
def test_a_page_of_quickbooks_names_its_transaction(address: str, kind: DocumentKind | None) -> None:
    told = meant_document(f" {address} ")
    assert (told.words, told.ledger, told.kind, told.is_certain) == (("145",), "quickbooks", kind, True)


@pytest.mark.parametrize(
    "address",
    [
        f"https://go.xero.com/app/!Sand1/invoicing/view/{GUID}",
        f"https://go.xero.com/Journal/View.aspx?invoiceID={GUID.upper()}",
        f"go.xero.com/AccountsReceivable/ViewCreditNote.aspx?creditNoteID={GUID}",
        "https://go.xero.com/organisationlogin/default.aspx?shortcode=!x&redirecturl=%2FAccountsReceivable%2FView.aspx%3FInvoiceID%3D"
        + GUID,
    ],
)
def test_a_page_of_xero_names_its_document(address: str) -> None:
    told = meant_document(address)
    assert (told.words, told.ledger, told.kind, told.is_certain) == ((GUID,), "xero", None, True)


@pytest.mark.parametrize(
    "address", ["https://app.qbo.intuit.com/app/homepage", "https://go.xero.com/Dashboard", "https://[", "https://example.com/145"]
)
def test_a_page_that_names_no_document_leads_nowhere(address: str) -> None:
    assert (meant_document(address).words, meant_document(address).is_certain) == ((), True)


def test_a_host_that_only_looks_like_a_ledger_is_none() -> None:
    assert meant_document("https://qbo.intuit.com.example.com/app/invoice?txnId=1").words == ()


@pytest.mark.parametrize("text", [marker(MINE), marker(MINE).lower(), narration(MINE), f"see {narration(MINE)}, please"])
def test_our_own_number_is_found_alone_and_in_a_narration(text: str) -> None:
    told = meant_document(text)
    assert (told.words, told.ledger, told.is_certain) == ((marker(MINE),), "", True)


def test_a_plain_number_may_be_a_work_order_or_an_id() -> None:
    assert (meant_document(" 145 ").words, meant_document("145").is_certain) == (("145",), False)
    assert meant_document(GUID).is_certain
    assert meant_document("  ").words == ()


def test_a_text_without_an_end_is_cut() -> None:
    assert len(meant_document("1" * 100_000).words[0]) == TEXT_LENGTH_MAX
