"""What a posting expects is stored exactly, and what an earlier release stored is read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from connector.core.mapping import DocumentKind
from connector.core.posting import Expectation
from connector.store.frozen import expectation_text, read_expectation
from tests.core.examples import expectation

money = st.decimals(min_value="-9999999999.99", max_value="9999999999.99", places=2)
invoices = st.builds(
    Expectation,
    st.just(DocumentKind.INVOICE),
    st.just("4711-ABCDEFGHIJKLM"),
    st.just(date(2026, 2, 20)),
    st.just("USD"),
    money,
    tax=st.none() | money,
    net=money,
    tax_tolerance=money,
    tax_is_due=st.booleans(),
    gross=st.none() | money,
    includes_tax=st.booleans(),
    may_await=st.booleans(),
    due_date=st.none() | st.dates(),
    exchange_rate=st.none() | st.decimals(min_value="0.000001", max_value="99999", places=6),
)


@given(invoices)
def test_an_expectation_is_stored_and_read_exactly(expected: Expectation) -> None:
    assert read_expectation(expectation_text(expected)) == expected


def test_what_was_stored_before_taxes_were_foretold_is_read_and_stored_as_it_was() -> None:
    text = expectation_text(expectation())
    assert json.loads(text).keys() == {"kind", "marker", "date", "currency", "total", "lines", "net", "tax"}
    told = read_expectation(text)
    assert told == replace(expectation(), tax=None)
    assert (told.tax_tolerance, told.tax_is_due, told.gross, told.includes_tax) == (0, False, None, False)
