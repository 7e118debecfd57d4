"""A guess says how it was made: by the exact name, by its words, by a slip of the pen; what is like nothing is not guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.core.guessing import EXACT, NEAR, NOTHING, WORDS, Guess, Offered, Seen, guess, likely_cost_code

CHART = [
    Offered("Repairs and maintenance", "6100"),
    Offered("Repairs and maintenance:HVAC repairs", "6110"),
    Offered("HVAC repairs and filters", "6111"),
    Offered("Plumbing", "6130"),
]


@pytest.mark.parametrize(
    ("word", "number", "how"),
    [
        ("Plumbing", "6130", EXACT),
        (" plumbing ", "6130", EXACT),
        ("HVAC repairs", "6110", EXACT),
        ("hvac", "6110", WORDS),
        ("filters HVAC", "6111", WORDS),
        ("Plumbin", "6130", NEAR),
    ],
)
def test_a_word_leads_to_an_entry_by_name_by_words_or_by_a_slip(word: str, number: str, how: str) -> None:
    found = guess((word,), CHART)
    assert found.entry is not None
    assert (found.entry.number, found.how) == (number, how)


@pytest.mark.parametrize("word", ["Elevators", "", "  ", "!?"])
def test_a_word_that_is_like_nothing_is_not_guessed(word: str) -> None:
    assert guess((word,), CHART) == NOTHING == Guess(None)


def test_the_first_word_that_leads_anywhere_counts() -> None:
    assert guess(("Elevators", "HVAC", "Plumbing"), CHART).entry == CHART[1]
    assert guess((), CHART) == NOTHING


def seen(**values: int) -> list[Seen]:
    return [Seen("" if value == "none" else value, count, Decimal(1)) for value, count in values.items()]


def test_the_cost_code_is_the_key_that_most_work_orders_have_one_of_few_values_under() -> None:
    assert likely_cost_code({"category": seen(none=9, HVAC=1), "GL": seen(none=1, A=6, B=3)}) == "GL"
    assert likely_cost_code({"category": seen(HVAC=5, Roof=5), "GL": seen(A=10)}) == "category"
    numbers = {str(number): 1 for number in range(10)}
    assert likely_cost_code({"category": seen(none=8, HVAC=2), "Ticket": seen(**numbers)}) == "category"
    assert likely_cost_code({"location": seen(Roof=3), "team": seen(Night=3)}) == "category"
    assert likely_cost_code({}) == "category"
