"""What people and spreadsheets write into a cell is read as what they mean, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.upkeep.csv.cells import moment_of, number_of, seconds_of, shown

CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("cell", "decimal", "number"),
    [
        ("12.50", "", "12.50"), ("12,50", "", "12.50"), ("1,234.50", "", "1234.50"), ("1.234,50", "", "1234.50"),
        ("1 234,50", "", "1234.50"),
        ("$1,234.50", "point", "1234.50"), ("1,234", "point", "1234"), ("1.234", "comma", "1234"), ("1.234", "point", "1.234"),
        ("-5.00", "", "-5.00"), ("(5.00)", "", "-5.00"), ("$ -5.00", "", "-5.00"), ("-$5.00", "", "-5.00"), ("\u22125", "", "-5"),
        ("12.50 USD", "", "12.50"), ("EUR 12,50", "", "12.50"), ("1'234.50", "", "1234.50"), (".5", "", ".5"), ("5.", "point", "5"),
        ("0.125", "", "0.125"), ("1e3", "point", "1000"), ("1,234,567", "", "1234567"),
    ],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it(cell: str, decimal: str, number: str) -> None:
    assert number_of(cell, decimal) == Decimal(number)


@pytest.mark.parametrize(
    ("cell", "decimal"),
    [
        ("1,234", ""), ("1.234", ""), ("12,50", "point"), ("12.50", "comma"), ("1,23,456", ""),
        ("about 40", ""), ("", ""), ("(5", ""),
        ("--5", "point"), ("(-5)", ""), ("5-", ""), ("NaN", ""), ("=1+1", ""), ("5\x00", ""), ("12.50.1", ""), ("\u0665", ""),
        ("9" * 40, ""),
    ],
)  # fmt: skip
def test_what_is_no_number_or_could_be_two_is_none(cell: str, decimal: str) -> None:
    assert number_of(cell, decimal) is None


@settings(max_examples=40)
@given(st.text(max_size=20), st.sampled_from(["", "point", "comma"]))
def test_no_text_makes_reading_a_number_fail(cell: str, decimal: str) -> None:
    number = number_of(cell, decimal)
    assert number is None or number.is_finite()


@settings(max_examples=40)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2), st.sampled_from(["point", "comma"]))
def test_what_a_spreadsheet_writes_with_groups_is_read_back_exactly(number: Decimal, decimal: str) -> None:
    written = f"{number:,.2f}"
    swapped = written if decimal == "point" else written.translate(str.maketrans(",.", ".,"))
    assert number_of(swapped, decimal) == number


@pytest.mark.parametrize(
    ("cell", "unit", "seconds"),
    [
        ("1:30", 3600, 5400), ("1:30", 60, 5400), ("37:30:00", 3600, 135_000), ("0:00:59", 1, 59), ("1.5", 3600, 5400), ("90", 60, 5400),
        ("0", 60, 0), ("-1", 60, -60), ("1,5", 3600, 5400),
    ],
)  # fmt: skip
def test_time_is_read_with_colons_or_as_a_number_of_its_unit(cell: str, unit: int, seconds: int) -> None:
    assert seconds_of(cell, unit, "") == seconds


@pytest.mark.parametrize("cell", ["1:60", "1:5", ":30", "1:30:60", "an hour", "1:30 PM", ""])
def test_what_is_no_time_is_none(cell: str) -> None:
    assert seconds_of(cell, 3600, "") is None


@pytest.mark.parametrize(
    ("cell", "formats", "moment"),
    [
        ("2026-02-20T17:00:00Z", ("iso",), datetime(2026, 2, 20, 17, tzinfo=UTC)),
        ("2026-02-20 17:00", ("iso",), datetime(2026, 2, 20, 23, tzinfo=UTC)),
        ("2026-02-20", ("iso",), datetime(2026, 2, 20, 18, tzinfo=UTC)),
        ("4/6/16 14:00", ("%m/%d/%y %H:%M",), datetime(2016, 4, 6, 19, tzinfo=UTC)),
        ("20.02.2026", ("iso", "%d.%m.%Y"), datetime(2026, 2, 20, 18, tzinfo=UTC)),
        ("02/20/2026 05:00 PM", ("%m/%d/%Y %I:%M %p",), datetime(2026, 2, 20, 23, tzinfo=UTC)),
    ],
)
def test_a_date_is_read_in_its_zone_and_a_day_alone_is_its_noon(cell: str, formats: tuple[str, ...], moment: datetime) -> None:
    assert moment_of(cell, formats, CHICAGO) == moment


@pytest.mark.parametrize("cell", ["20/02/2026", "0001-01-01", "9999-12-31T23:59", "soon", ""])
def test_what_is_no_date_is_none(cell: str) -> None:
    assert moment_of(cell, ("iso", "%m/%d/%Y"), CHICAGO) is None


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('=HYPERLINK("https://app.onupkeep.com/1","150")', "150"), ('=hyperlink("https://x";"150")', "150"), ('="00150"', "00150"),
        (" 150 ", "150"), ("=1+1", "=1+1"), ("=cmd|'/c calc'!A0", "=cmd|'/c calc'!A0"),
    ],
)  # fmt: skip
def test_a_link_is_its_text_and_no_formula_is_ever_computed(cell: str, text: str) -> None:
    assert shown(cell) == text
