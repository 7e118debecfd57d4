"""Two versions of one work order's document beside each other: which of its legs moved, and what that does to the accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.core.booked import Sums


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg: the ledger's account, the debit-positive amount, what it is for, and the fact ("file:line") that decided.

    `beside` is what a ledger keeps of it besides its account: item, tax code, tracking, customer; `facts` are where those are written.
    """

    account: str
    amount: Decimal
    what: str
    beside: tuple[str, ...] = ()
    place: str = ""
    rule: str = ""
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """One leg before and now; None where there is none."""

    before: Leg | None
    now: Leg | None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """One account whose sums differ."""

    account: str
    before: Sums
    now: Sums


def moves(before: Sequence[Leg], now: Sequence[Leg]) -> list[Move]:
    """The legs that are not the same; each is laid beside the leg of the same cost on the same side."""
    there, here = _by_cost(before), _by_cost(now)
    pairs = [(leg, here.get(key)) for key, leg in there.items()] + [(None, leg) for key, leg in here.items() if key not in there]
    return [Move(one, other) for one, other in pairs if _booked(one) != _booked(other)]


def _by_cost(legs: Sequence[Leg]) -> dict[tuple[str, bool, int], Leg]:
    found: dict[tuple[str, bool, int], Leg] = {}
    counts: dict[tuple[str, bool], int] = {}
    for leg in legs:
        side = (leg.what, leg.amount > 0)
        counts[side] = counts.get(side, 0) + 1
        found[(*side, counts[side])] = leg
    return found


def _booked(leg: Leg | None) -> tuple[object, ...]:
    return () if leg is None else (leg.account, leg.amount, leg.beside)


def sums_of(legs: Iterable[Leg]) -> dict[str, Sums]:
    """The trial balance of these legs."""
    sums: dict[str, Sums] = {}
    for leg in legs:
        sums[leg.account] = sums.get(leg.account, Sums()).plus(leg.amount)
    return sums


def account_changes(before: dict[str, Sums], now: dict[str, Sums]) -> list[AccountChange]:
    """The accounts that two trial balances do not agree about, by name."""
    names = sorted(before.keys() | now.keys())
    changes = [AccountChange(name, before.get(name, Sums()), now.get(name, Sums())) for name in names]
    return [change for change in changes if change.before != change.now]
