"""The summary says what the stored explanation says, and an explanation of an earlier release is read too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector.core.disposition import Disposition, Remembered
from connector.core.summary import SummaryLine, basis_in_words, summary_of
from tests.core.test_evidence import NOW, piece

LINE: dict[str, Any] = {
    "actual": "Labor Kim",
    "quantity": "2.0000",
    "unit_price": "48.50",
    "cost": "97.00",
    "basis": "user",
    "amount": "97.00",
    "side": "debit",
    "account": "HVAC repairs",
    "rule": "mappings/j.yaml:14",
    "because": "cost_codes: HVAC",
    "tracking": ["class: North"],
}


def remembered(told: dict[str, Any] | None, **changed: Any) -> Remembered:
    explanation = json.dumps(told) if told is not None else ""
    row = Remembered(
        "wo-1", "4711", NOW, Disposition.POSTED, "digest", amount=Decimal("97.00"), currency="USD", title="Pump", explanation=explanation
    )
    return replace(row, **changed)


def test_every_line_has_its_actual_its_account_and_the_line_of_the_mapping() -> None:
    told = {"date": "2026-02-20", "asset": "RTU-3", "location": "Chicago", "lines": [LINE, {**LINE, "tax_code": "TAX", "tracking": None}]}
    summary = summary_of(piece(), remembered(told, completed_on=date(2026, 2, 19)), "quickbooks")
    assert dict(summary.facts) == {
        "Asset": "RTU-3",
        "Location": "Chicago",
        "Completed on": "2026-02-19",
        "Booked on": "2026-02-20",
        "Ledger": "QuickBooks Online, company realm-1",
        "Document number": piece().marker,
        "Ledger's id": "146",
    }
    assert (summary.total, summary.made_on, summary.mapping_digest) == ("97.00", "2026-03-02 15:00 UTC", "digest")
    first = SummaryLine(
        "Labor Kim",
        "2.0000",
        "48.50",
        "rate of the user",
        "HVAC repairs",
        "debit",
        "97.00",
        "class: North",
        "cost_codes: HVAC",
        "j.yaml:14",
    )
    assert summary.lines == (first, replace(first, account="HVAC repairs, tax code TAX", tracking=""))


def test_what_an_earlier_release_did_not_store_is_left_out() -> None:
    summary = summary_of(piece(), remembered(None, amount=None), "xero")
    assert (summary.lines, summary.total) == ((), "")
    assert [name for name, _ in summary.facts] == ["Booked on", "Ledger", "Document number", "Ledger's id"]


def test_where_a_price_came_from_is_said_without_the_path_of_a_file() -> None:
    assert basis_in_words("rate table /srv/books/mapping.yaml:12") == "rate at mapping.yaml:12"
    assert (basis_in_words("part now"), basis_in_words("the ledger's rounding")) == ("cost of the part now", "the ledger's rounding")
    assert basis_in_words("overtime /srv/books/mapping.yaml:9") == "overtime at mapping.yaml:9"
    assert basis_in_words("part then", "2026-01-07T08:00:00+00:00") == "cost of the part then of 2026-01-07"
