"""Two versions of a document beside each other, and the names of what they are booked to."""

from __future__ import annotations

from decimal import Decimal

from connector.core.booked import AccountNames, BookedLine, Sums
from connector.core.legs import AccountChange, Leg, Move, account_changes, moves, sums_of

NAMES = AccountNames({"7": "6100 Repairs", "6100": "6100 Repairs"}, {"3": ("7", "Labor"), "4": ("", "Parts")})


def leg(account: str, amount: str, what: str = "Crane", *beside: str, place: str = "m.yaml:3") -> Leg:
    return Leg(account, Decimal(amount), what, beside, place)


def test_a_line_is_called_by_its_own_account_before_that_of_its_item() -> None:
    told = [BookedLine("6100", "3", Decimal(1)), BookedLine("", "3", Decimal(1)), BookedLine("", "4", Decimal(1))]
    assert [NAMES.account(line) for line in told] == ["6100 Repairs", "6100 Repairs", "item Parts"]
    unknown = [BookedLine("99", "3", Decimal(1)), BookedLine("", "", Decimal(1)), BookedLine("", "8", Decimal(1))]
    assert [NAMES.account(line) for line in unknown] == ["99", "(no account)", "item 8"]
    assert [NAMES.item(line) for line in (told[0], unknown[1], unknown[2])] == ["Labor", "", "8"]


def test_a_leg_is_laid_beside_that_of_the_same_cost_on_the_same_side() -> None:
    before = [leg("A", "100"), leg("C", "-100"), leg("A", "5", "Labor"), leg("A", "5", "Labor")]
    now = [leg("B", "100", place="m.yaml:4"), leg("C", "-100", place="m.yaml:9"), leg("A", "5", "Labor"), leg("A", "6", "Labor")]
    assert moves(before, now) == [Move(before[0], now[0]), Move(before[3], now[3])]


def test_a_leg_that_is_new_or_gone_stands_alone_and_a_tax_code_is_a_difference() -> None:
    before, now = [leg("A", "1", "x", "tax code NON"), leg("A", "2", "gone")], [leg("A", "1", "x", "tax code TAX"), leg("A", "3", "new")]
    assert moves(before, now) == [Move(before[0], now[0]), Move(before[1], None), Move(None, now[1])]


def test_the_accounts_that_differ_are_told_with_both_sides() -> None:
    before, now = sums_of([leg("A", "100.10"), leg("C", "-100.10")]), sums_of([leg("B", "100.10"), leg("C", "-60.05"), leg("C", "-40.05")])
    assert account_changes(before, now) == [
        AccountChange("A", Sums(Decimal("100.10")), Sums()),
        AccountChange("B", Sums(), Sums(Decimal("100.10"))),
    ]
    assert [change.now.net - change.before.net for change in account_changes(before, now)] == [Decimal("-100.10"), Decimal("100.10")]
