"""What explain tells of a document's head."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from connector.core.drafting import Heading
from connector.core.exchange import Exchange
from connector.core.head_told import told_of_head
from connector.core.mapping import Approval
from tests.core.examples import expectation, fact
from tests.ledgers.rig import invoice, journal


def test_each_field_that_is_written_is_told_with_its_line_and_no_other() -> None:
    heading = Heading(Approval.DRAFT, "m:9", bill_email=fact("pay@example.com", 2), terms=fact("Net 30", 3))
    draft = replace(invoice(), heading=heading, exchange=Exchange("m:1", Decimal("1.10")))
    expected = expectation(due_date=date(2026, 3, 22), exchange_rate=Decimal("1.10"))
    assert told_of_head(draft, expected) == [
        ["exchange rate", "1.10", "m:1"],
        ["due", "2026-03-22", ""],
        ["terms", "Net 30", "mapping.yaml:3"],
        ["bill_email", "pay@example.com", "mapping.yaml:2"],
        ["status", "draft", "m:9"],
    ]
    assert told_of_head(invoice(), expectation()) == []


def test_a_journal_has_a_rate_at_most() -> None:
    entry = journal(("6110", "1"), ("2100", "-1"))
    assert told_of_head(entry, expectation()) == []
    assert told_of_head(replace(entry, exchange=Exchange("m:1", Decimal(2))), expectation(exchange_rate=Decimal(2))) == [
        ["exchange rate", "2", "m:1"]
    ]
