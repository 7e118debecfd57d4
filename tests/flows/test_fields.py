"""What a document carries besides its amounts, on the real flows: where it is booked, when it is due, whom it goes to."""

from __future__ import annotations

from pathlib import Path

from connector.sandbox.faults import Fault
from tests.stage import Stage


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
