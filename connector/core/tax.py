"""Sales tax as the ledgers work it out: Decimal in, Decimal out, for a document's lines and the rates of their codes.

A ledger works the tax of a document out by a rule of its own, which it publishes or not. Where it does not, several rules are thought
possible: a prediction is the likeliest one, and its spread says how far the others are from it. How halves are rounded is published
by neither ledger, so both ways are among the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

from connector.core.money import ZERO

# Wider than an amount divided by a rate and multiplied by another.
_EXACT = Context(prec=60)


class Amounts(StrEnum):
    """What the amounts on an invoice are: before tax, with it, or without any."""

    EXCLUSIVE = "exclusive"
    INCLUSIVE = "inclusive"
    NONE = "none"


class Base(StrEnum):
    """What a component of a tax is charged on; the last two are compound."""

    AMOUNT = "amount"
    AMOUNT_PLUS_TAX = "amount_plus_tax"
    TAX = "tax"


class Rule(StrEnum):
    """Where a ledger rounds to cents before it adds up."""

    LINE = "line"  # the tax of each line (Xero's guide to rounding; Intuit's support for Canada)
    LINE_COMPONENT = "line_component"  # each component of each line
    COMPONENT = "component"  # each component, once, on the sum of its lines
    CODE = "code"  # each tax code, once, on the sum of its lines (seen in UK companies)


@dataclass(frozen=True, slots=True)
class Period:
    """A percentage and the days on which it is in force, both included; no end means until further notice."""

    start: date
    end: date | None
    percent: Decimal


@dataclass(frozen=True, slots=True)
class TaxComponent:
    """One tax in a rate, such as a state's or a city's share. `periods` are its percentages in time, if the ledger tells them."""

    name: str
    percent: Decimal
    base: Base = Base.AMOUNT
    periods: tuple[Period, ...] = ()

    def on(self, day: date) -> TaxComponent:
        """The component with the percentage that was in force on that day."""
        valid = [period for period in self.periods if period.start <= day and (period.end is None or day <= period.end)]
        return replace(self, percent=max(valid, key=lambda period: period.start).percent) if valid else self


@dataclass(frozen=True, slots=True)
class TaxRate:
    """What a tax code charges: its components in their order; none for a code without tax."""

    name: str
    components: tuple[TaxComponent, ...] = ()

    @property
    def shares(self) -> tuple[Decimal, ...]:
        """What each component takes of one unit before tax."""
        found: list[Decimal] = []
        for component in self.components:
            so_far = sum(found, ZERO)
            base = {Base.AMOUNT: Decimal(1), Base.AMOUNT_PLUS_TAX: 1 + so_far, Base.TAX: so_far}[component.base]
            found.append(base * component.percent / 100)
        return tuple(found)

    @property
    def share(self) -> Decimal:
        """What the rate takes of one unit before tax, all components together: 0.0825 for 8.25 %."""
        return sum(self.shares, ZERO)

    def on(self, day: date) -> TaxRate:
        """The rate as it was in force on that day."""
        return replace(self, components=tuple(component.on(day) for component in self.components))


NO_TAX = TaxRate("no tax")


@dataclass(frozen=True, slots=True)
class TaxedLine:
    """An amount of a document and the rate of its tax code."""

    amount: Decimal
    rate: TaxRate


class Scheme(StrEnum):
    """How a company's ledger comes to the tax of an invoice."""

    UNKNOWN = "unknown"  # the ledger's facts do not say
    OFF = "off"  # the company charges no sales tax
    BY_CODE = "by_code"  # from the rates of the codes
    BY_ADDRESS = "by_address"  # from addresses (QuickBooks' automated sales tax): the codes only say what is taxed


@dataclass(frozen=True, slots=True)
class Taxes:
    """What a ledger's reference data tell of its taxes: the scheme, and the sales rates by the ledger's id of the code."""

    scheme: Scheme = Scheme.UNKNOWN
    rates: Mapping[str, TaxRate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prediction:
    """The tax that the ledger will most likely work out, and how far from it another thinkable rule would be."""

    tax: Decimal
    spread: Decimal


Rounding = Callable[[Decimal], Decimal]


def rounded(amount: Decimal, digits: int, mode: str = ROUND_HALF_UP) -> Decimal:
    """Round to so many digits, halves away from zero unless the mode says otherwise."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=mode, context=_EXACT)


def net_of(gross: Decimal, rate: TaxRate, digits: int) -> Decimal:
    """What is left of an amount when its tax is taken out, rounded once."""
    return rounded(_EXACT.divide(gross, 1 + rate.share), digits)


def tax_of(lines: Sequence[TaxedLine], rule: Rule, digits: int, *, included: bool = False, mode: str = ROUND_HALF_UP) -> Decimal:
    """The tax of a document by one rule. `included`: the amounts are with their tax, which is taken out of them."""

    def cents(amount: Decimal) -> Decimal:
        return rounded(amount, digits, mode)

    if rule is Rule.LINE:
        return sum((_line_tax(line, cents, included=included) for line in lines), ZERO)
    if rule is Rule.CODE:
        by_code: dict[TaxRate, Decimal] = defaultdict(Decimal)
        for line in lines:
            by_code[line.rate] += line.amount
        return sum((_line_tax(TaxedLine(amount, rate), cents, included=included) for rate, amount in by_code.items()), ZERO)
    nets = [(line, _EXACT.divide(line.amount, 1 + line.rate.share) if included else line.amount) for line in lines]
    parts = [(part, net * share) for line, net in nets for part, share in zip(line.rate.components, line.rate.shares, strict=True)]
    if rule is Rule.LINE_COMPONENT:
        return sum((cents(part) for _, part in parts), ZERO)
    by_component: dict[TaxComponent, Decimal] = defaultdict(Decimal)
    for component, part in parts:
        by_component[component] += part
    return sum((cents(part) for part in by_component.values()), ZERO)


def _line_tax(line: TaxedLine, cents: Rounding, *, included: bool) -> Decimal:
    if included:
        return line.amount - cents(_EXACT.divide(line.amount, 1 + line.rate.share))
    return cents(line.amount * line.rate.share)


def predict(lines: Sequence[TaxedLine], rules: Sequence[Rule], digits: int, *, included: bool = False) -> Prediction:
    """The tax of a document by the first rule, halves away from zero, and how far the other rules and the other halves are from it."""
    modes = (ROUND_HALF_UP, ROUND_HALF_DOWN)
    figures = [tax_of(lines, rule, digits, included=included, mode=mode) for rule in rules for mode in modes]
    return Prediction(figures[0], max(abs(figure - figures[0]) for figure in figures))
