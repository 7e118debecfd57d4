"""Money is exact."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.core.money import minor_unit_digits, parse_decimal, round_half_up


def test_halves_go_away_from_zero_as_both_ledgers_do() -> None:
    assert round_half_up(Decimal("1861.065"), 2) == Decimal("1861.07")
    assert round_half_up(Decimal("-0.005"), 2) == Decimal("-0.01")


@pytest.mark.parametrize(("text", "number"), [("12.50", "12.50"), (7, "7"), (" 3 ", "3"), ("-0.01", "-0.01"), ("1e2", "1E+2")])
def test_a_number_is_read_as_it_is_written(text: object, number: str) -> None:
    assert parse_decimal(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "N/A", "1_000", "NaN", "Infinity", "1e999", "٣", "9" * 40, None, True, 1.5, [], "12,50"])
def test_what_is_not_a_plain_number_is_unknown_and_never_guessed(text: object) -> None:
    assert parse_decimal(text) is None


def test_currencies_have_their_own_minor_units() -> None:
    assert [minor_unit_digits(currency) for currency in ("USD", "JPY", "KWD", "CLF")] == [2, 0, 3, 4]
