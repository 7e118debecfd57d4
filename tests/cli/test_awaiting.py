"""What a bookkeeper sees of invoices that wait in the ledger: for approval, or for their money."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.cli.books import _print_reconciliation, _print_status
from connector.flows.reconcile import Reconciliation
from connector.flows.status import Status


def test_status_and_reconcile_tell_what_waits_for_approval_and_nothing_where_nothing_does(capsys: pytest.CaptureFixture[str]) -> None:
    told = Status("plant", "USD", {}, None, "", 0, (), awaiting_approval=2)
    _print_status(told)
    assert "2 documents posted, not in the books before a person approves in the ledger." in " ".join(capsys.readouterr().out.split())
    assert (told.to_json()["awaiting_approval"], told.needs_a_person()) == (2, False)
    report = Reconciliation("plant", "USD", awaiting_approval=1, awaiting_total=Decimal("1234.50"))
    _print_reconciliation(report)
    shown = " ".join(capsys.readouterr().out.split())
    assert "outside these sums, because they wait for approval in the ledger: 1 document, 1,234.50 USD" in shown
    assert (report.to_json()["awaiting_approval"], report.to_json()["awaiting_total"]) == (1, "1234.50")
    _print_reconciliation(Reconciliation("plant", "USD"))
    assert "approval" not in capsys.readouterr().out


def test_reconcile_tells_how_many_invoices_are_settled_and_what_is_owed(capsys: pytest.CaptureFixture[str]) -> None:
    report = Reconciliation("plant", "USD", invoices=3, settled=1, due_total=Decimal("2234.50"))
    _print_reconciliation(report)
    assert "1 of 3 invoices paid or credited whole; customers owe 2,234.50 USD, tax included" in " ".join(capsys.readouterr().out.split())
    told = report.to_json()
    assert (told["invoices"], told["settled"], told["due_total"]) == (3, 1, "2234.50")
    _print_reconciliation(Reconciliation("plant", "USD"))
    assert "owe" not in capsys.readouterr().out
