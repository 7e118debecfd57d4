"""What was recorded of QuickBooks' change data capture, read as our client reads its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connector.core.mapping import DocumentKind
from connector.ledgers.exact_json import decode
from connector.ledgers.quickbooks.changes import moment_of, rows_of
from connector.ledgers.quickbooks.documents import parse
from tests.contract.cassettes import exchange
from tests.contract.reference import needs_reference

pytestmark = needs_reference


def test_a_recorded_answer_is_read_with_every_object_and_its_moment() -> None:
    """It was asked for estimates, which are written like invoices."""
    told = decode(exchange("quickbooks", "cdc/basic#0").answer.replace(b'"Estimate":[', b'"Invoice":['))
    found = [parse(kind, row) for kind, row in rows_of(told)]
    assert [(one.kind, one.status) for one in found] == [(DocumentKind.INVOICE, "live")] * 4
    assert moment_of(told) == datetime(2020, 9, 29, 15, 2, 53, 512_000, tzinfo=UTC)


def test_an_answer_to_another_question_proves_nothing() -> None:
    with pytest.raises(ValueError, match="counts objects"):
        rows_of(decode(exchange("quickbooks", "cdc/basic#0").answer))
