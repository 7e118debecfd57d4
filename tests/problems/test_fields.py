"""One reproducer for each field of an invoice that the ledger does not have, or does not know."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.core.problem import Problem
from connector.flows.check import check
from tests.flows.test_fields import RATES, abroad, held, stage_of


def told(folder: Path, ledger: str, invoice: str) -> Problem:
    """The one problem that a check tells and that holds the work order."""
    stage = stage_of(folder, ledger, invoice)
    with stage.world() as world:
        (problem,) = check(world).problems
    stage.work_order("1")
    assert stage.sync().posted == 0
    assert held(stage) == (problem.code,)
    assert problem.next_step
    return problem


def test_a_draft_is_not_promised_where_the_ledger_has_none(tmp_path: Path) -> None:
    problem = told(tmp_path, "quickbooks", "  status: draft\n")
    assert problem.code == "APPROVAL_NOT_OFFERED"
    assert problem.place.startswith(str(tmp_path / "mapping.yaml"))


@pytest.mark.parametrize(("ledger", "words"), [("quickbooks", "Did you mean 'net 30'"), ("xero", "Write `terms: customer`")])
def test_terms_that_the_ledger_does_not_have_are_told(ledger: str, words: str, tmp_path: Path) -> None:
    problem = told(tmp_path, ledger, "  terms: Net 31\n")
    assert problem.code == "TERMS_UNKNOWN"
    assert words in problem.next_step


def test_what_is_no_address_is_never_sent_to_the_ledger(tmp_path: Path) -> None:
    problem = told(tmp_path, "quickbooks", "  bill_email: {default: Front desk}\n")
    assert problem.code == "BILL_EMAIL_UNUSABLE"
    stage = stage_of(tmp_path, "quickbooks", "  bill_email: {by: Billing e-mail}\n")
    stage.work_order("2", customFields=[{"name": "Billing e-mail", "value": "a@example.com; b@example.com"}])
    stage.sync()
    assert held(stage, "2") == ("BILL_EMAIL_UNUSABLE",)


def test_a_branding_theme_that_xero_does_not_have_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, "xero", "  branding_theme: Tennants\n").code == "BRANDING_THEME_UNKNOWN"


@pytest.mark.parametrize(
    ("ledger", "document", "rates", "code"),
    [
        ("quickbooks", "invoice", "exchange_rates: [{from: 2026-02-21, rate: 1.5}]\n", "EXCHANGE_RATE_MISSING"),
        ("quickbooks", "journal_entry", "exchange_rates: ledger\n", "EXCHANGE_RATE_MISSING"),
        ("xero", "invoice", RATES, "EXCHANGE_RATE_UNUSABLE"),
        ("xero", "journal_entry", "exchange_rates: ledger\n", "JOURNAL_CURRENCY"),
    ],
)
def test_what_a_ledger_cannot_do_with_another_currency_is_told_before_it_is_sent(
    ledger: str, document: str, rates: str, code: str, tmp_path: Path
) -> None:
    stage = abroad(tmp_path, ledger, document, rates)
    with stage.world() as world:
        assert {problem.code for problem in check(world).problems} == {code}
    stage.work_order("1")
    assert stage.sync().posted == 0
    assert held(stage) == (code,)


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_currency_that_the_books_do_not_take_is_told(ledger: str, tmp_path: Path) -> None:
    stage = abroad(tmp_path, ledger, "invoice", "exchange_rates: ledger\n", currencies=())
    with stage.world() as world:
        assert "CURRENCY_MISMATCH" in {problem.code for problem in check(world).problems}
    stage.work_order("1")
    stage.sync()
    assert "CURRENCY_MISMATCH" in held(stage)


def test_a_customer_of_another_currency_than_the_document_is_told(tmp_path: Path) -> None:
    stage = abroad(tmp_path, "quickbooks", "invoice", RATES)
    for customer in stage.vendor.books.lists["Customer"].values():
        customer["CurrencyRef"] = {"value": "USD"}
    stage.work_order("1")
    stage.sync()
    assert held(stage) == ("CUSTOMER_CURRENCY",)
