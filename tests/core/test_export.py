"""Which column of an export is what: the words, and where the place of a row is its id."""

from __future__ import annotations

import pytest

from connector.core.export import BY_ROW, DURATIONS, HEAD_WORDS, ROW_MONEY, ExportColumns, Word


@pytest.mark.parametrize(("header", "is_by_row"), [("Work Order ID", False), (BY_ROW, True)])
def test_the_place_of_a_row_is_its_id_only_where_that_is_said(header: str, is_by_row: bool) -> None:
    assert ExportColumns("columns.yaml:1", "d", {Word.ID: header}, {}, ("iso",), "UTC").is_by_row is is_by_row


def test_a_column_is_of_the_work_order_or_of_one_row_and_the_rows_money_is_of_rows() -> None:
    assert Word.COST_TOTAL in HEAD_WORDS
    assert Word.LABOR_COST in HEAD_WORDS
    assert not set(HEAD_WORDS) & {*DURATIONS, *ROW_MONEY}
