"""From what a job cost to what its customer is billed: coverage, bill rates, billed hours, markup, and a limit (pure).

The order, written once: what a contract covers costs the customer nothing. Time is rounded up, then raised to the minimum. An hour costs
its bill rate, else its cost with the markup; everything else its cost with the markup. Each price is rounded to the cent once. At last the
sum is cut to the limit, every line by its share, so that labor and parts keep the tax that is theirs and the lines come to exactly that.
Every step says on its charge which line of the mapping asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from connector.core.billing_rules import AboveLimit, BillingRules, BillRate, Coverage, HoursRule, Per
from connector.core.cost_rules import SECONDS_PER_HOUR
from connector.core.costing import CostFact, CostKind
from connector.core.facts import folded
from connector.core.mapping import Condition, Fact, InvoiceRules, Mapping, find, fits
from connector.core.money import AMOUNT_LIMIT, ZERO, minor_unit_digits, parse_decimal, plain, to_cents
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, WorkOrder

# The key of labor of which only its cost is known (core/costing.py).
LABOR_TOTAL = "labor-total"
# What the key of a time entry's overtime has behind it (core/labor.py).
OVERTIME = "-overtime"
DayOf = Callable[[CostFact], date]


@dataclass(frozen=True, slots=True)
class Charge:
    """What is billed for one cost: quantity × price, rounded once. `because` are the rules that made it another price than the cost.

    `is_told_only`: it bills nothing and only says why. `is_shown`: the invoice has a line of it. `is_rest`: it explains no cost of its
    own, but what of all of them is above the limit.
    """

    fact: CostFact
    quantity: Decimal
    price: Decimal
    amount: Decimal
    text: str
    because: tuple[Fact, ...] = ()
    is_told_only: bool = False
    is_shown: bool = True
    is_rest: bool = False


def bill(
    work_order: WorkOrder, facts: Sequence[CostFact], mapping: Mapping, currency: str, day_of: DayOf
) -> tuple[list[Charge], list[Problem]]:
    """Price every cost for the customer; `day_of` tells when labor was done. What cannot be priced is a Problem, never zero."""
    covered = _covered(work_order, mapping)
    billed = [fact for fact in facts if fact.kind not in covered]
    problems = _without_hours(work_order, billed, mapping.invoice.billing)
    times = _times(work_order, billed, mapping.invoice.billing)
    charges: list[Charge] = []
    for fact in facts:
        if fact.kind in covered:
            charges.append(_covered_charge(fact, *covered[fact.kind]))
            continue
        if mapping.invoice.billing.bill_rates and fact.key not in times and fact.key.rpartition(OVERTIME)[0] in times:
            charges.append(_in_bill_rate(fact))
            continue
        time = times.get(fact.key) if fact.kind is CostKind.LABOR else None
        charge = (
            _charge(fact, mapping.invoice, currency) if time is None else _labor_charge(work_order, fact, time, mapping, currency, day_of)
        )
        if isinstance(charge, Problem):
            problems.append(charge)
        elif fact.amount or charge.amount:
            charges.append(charge)
    problems += [_too_large(work_order, charge) for charge in charges if abs(charge.amount) > AMOUNT_LIMIT]
    return _within_limit(work_order, charges, mapping.invoice, currency, problems)


def _too_large(work_order: WorkOrder, charge: Charge) -> Problem:
    return Problem(
        "AMOUNT_TOO_LARGE",
        f"work order {work_order.number}, {charge.fact.description[:60]}",
        f"{plain(charge.amount)} to be billed is more than one ledger line can carry ({AMOUNT_LIMIT}).",
        "Correct the quantity or the price in UpKeep, or the markup in the mapping.",
    )


def turned(charge: Charge) -> Charge:
    """The charge as a credit says it: what came back is counted in pieces, what was charged is taken off by its price."""
    if charge.is_told_only:
        return charge
    if charge.quantity < 0:
        return replace(charge, quantity=-charge.quantity, amount=charge.amount * -1)
    return replace(charge, price=charge.price * -1, amount=charge.amount * -1)


# --- coverage -----------------------------------------------------------------------------------------------------------------


def whole_coverage(work_order: WorkOrder, facts: Iterable[CostFact], mapping: Mapping) -> Problem | None:
    """Why nothing of a work order is billed: everything that it cost is covered. None when something is left to bill."""
    covered = _covered(work_order, mapping)
    kinds = {fact.kind for fact in facts if fact.amount}
    if not kinds or kinds - covered.keys():
        return None
    condition = next(found[0] for kind, found in covered.items() if kind in kinds)
    return Problem(
        "COVERED",
        condition.place,
        f"Nothing of work order {work_order.number} is billed: it is {_told(condition)}.",
        "Nothing to do, unless the rule is wrong: then change it under coverage in the mapping.",
    )


def _covered(work_order: WorkOrder, mapping: Mapping) -> dict[CostKind, tuple[Condition, Coverage]]:
    """Which kinds of cost are covered; of several rules for one kind, that which stands first tells why."""
    found: dict[CostKind, tuple[Condition, Coverage]] = {}
    for condition, coverage in mapping.coverage:
        if fits(work_order, condition):
            for kind in coverage.kinds:
                found.setdefault(kind, (condition, coverage))
    return found


def _covered_charge(fact: CostFact, condition: Condition, coverage: Coverage) -> Charge:
    told = _told(condition)
    because = (Fact(told, condition.place, "coverage"),)
    return Charge(fact, Decimal(1), ZERO, ZERO, f"{fact.description} ({told})", because, is_told_only=True, is_shown=coverage.shows_line)


def _told(condition: Condition) -> str:
    return f"covered: {condition.reason or condition.key}"


# --- labor --------------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Time:
    """One time entry, and what of it is billed."""

    entry: LaborEntry
    seconds: Decimal
    because: list[Fact] = field(default_factory=list)


def _without_hours(work_order: WorkOrder, billed: Iterable[CostFact], rules: BillingRules) -> list[Problem]:
    if not rules.needs_hours or not any(fact.key == LABOR_TOTAL and fact.amount for fact in billed):
        return []
    message = "Only what its labor cost is known, not its hours, which the mapping bills by."
    next_step = "Log the time in UpKeep; or bill labor by cost and markup, without bill_rates, minimum_hours and round_hours_up."
    return [Problem("LABOR_HOURS_UNKNOWN", f"work order {work_order.number}, labor", message, next_step)]


def _times(work_order: WorkOrder, billed: Iterable[CostFact], rules: BillingRules) -> dict[str, _Time]:
    """The time that is billed, by the key of its cost; empty where the mapping has no rule about hours."""
    if not rules.needs_hours:
        return {}
    keys = {fact.key for fact in billed if fact.kind is CostKind.LABOR}
    times = {entry.key: _Time(entry, entry.seconds) for entry in work_order.labor if entry.key in keys}
    for rule, round_up in ((rules.rounding, True), (rules.minimum, False)):
        if rule is not None:
            for group in _groups(times.values(), rule.per):
                _bill_up(group, rule, round_up=round_up)
    return times


def _groups(times: Iterable[_Time], per: Per) -> Iterable[list[_Time]]:
    groups: dict[str, list[_Time]] = {}
    for time in times:
        worker = time.entry.worker.id if time.entry.worker else ""
        groups.setdefault({Per.ENTRY: time.entry.key, Per.WORKER: worker, Per.WORK_ORDER: ""}[per], []).append(time)
    return groups.values()


def _bill_up(group: list[_Time], rule: HoursRule, *, round_up: bool) -> None:
    """Bill the hours of a group up to what the rule says. What is added stands on the longest entry; of equals, the first by its key."""
    total, step = sum((time.seconds for time in group), ZERO), rule.hours * SECONDS_PER_HOUR
    meant = (total // step + (1 if total % step else 0)) * step if round_up else max(total, step)
    if total <= 0 or meant == total:
        return
    longest = min(group, key=lambda time: (-time.seconds, time.entry.key))
    longest.seconds += meant - total
    per, is_key = rule.per.value.replace("_", " "), "round_hours_up" if round_up else "minimum_hours"
    how = f"rounded up to {plain(rule.hours)} h" if round_up else f"at least {plain(rule.hours)} h"
    told = f"{_hours(meant)} h instead of {_hours(total)} h: {how} per {per}"
    longest.because.append(Fact(told, rule.place, f"invoice: {is_key}"))


def _hours(seconds: Decimal) -> str:
    told = plain(round(seconds / SECONDS_PER_HOUR, 2))
    return told.rstrip("0").rstrip(".")


def _in_bill_rate(fact: CostFact) -> Charge:
    """What overtime costs more is no price: the bill rate is all that the hour costs the customer."""
    told = "in the bill rate"
    because = (Fact(told, "", "invoice: bill_rates"),)
    return Charge(fact, Decimal(1), ZERO, ZERO, f"{fact.description} ({told})", because, is_told_only=True, is_shown=False)


def rate_to_bill(entry: LaborEntry, day: date, rates: Iterable[BillRate]) -> BillRate | None:
    """The rate for this worker, trade and category of time: the worker's before the trade's before the category's, then the latest.

    Where rates go by trade and the source does not tell this one's, nobody knows which is right, unless the worker has an own one.
    """
    rates = [rate for rate in rates if rate.valid_from <= day]
    names = {folded(name) for name in (entry.worker.id, entry.worker.name) if name} if entry.worker else set()
    fitting = [
        rate
        for rate in rates
        if (not rate.worker or folded(rate.worker) in names)
        and (not rate.trade or folded(rate.trade) == folded(entry.trade))
        and (not rate.category or folded(rate.category) == folded(entry.category))
    ]
    found = max(fitting, key=lambda rate: (bool(rate.worker), bool(rate.trade), bool(rate.category), rate.valid_from), default=None)
    is_unsure = found is not None and not found.worker and not entry.trade and any(rate.trade for rate in rates)
    return None if is_unsure else found


def _labor_charge(work_order: WorkOrder, fact: CostFact, time: _Time, mapping: Mapping, currency: str, day_of: DayOf) -> Charge | Problem:
    rates = mapping.invoice.billing.bill_rates
    charge = _charge(fact, mapping.invoice, currency)
    if rates:
        day = time.entry.worked_on if fact.worked_at is None and time.entry.worked_on else day_of(fact)
        rate = rate_to_bill(time.entry, day, rates)
        if rate is None:
            return Problem(
                "LABOR_WITHOUT_BILL_RATE",
                f"work order {work_order.number}, {fact.description[:60]}",
                f"Time is logged, and no rate under bill_rates holds for it on {day}, or its trade is not known.",
                "Add one under invoice: bill_rates in the mapping for this worker, or one for everyone; or set the job title in UpKeep.",
            )
        told = f"bill rate {plain(rate.rate_per_hour)} an hour"
        charge = replace(charge, price=rate.rate_per_hour, because=(Fact(told, rate.place, "invoice: bill_rates"),))
    elif not time.because:
        return charge
    # Multiply before dividing: a third of an hour is not a finite decimal.
    amount = to_cents(time.seconds * charge.price / SECONDS_PER_HOUR, currency)
    return replace(charge, quantity=time.seconds / SECONDS_PER_HOUR, amount=amount, because=(*time.because, *charge.because))


# --- markup and limit ---------------------------------------------------------------------------------------------------------


def _charge(fact: CostFact, rules: InvoiceRules, currency: str) -> Charge:
    """A cost with its markup."""
    percent, place, told = rules.markup_percent.get(fact.kind, ZERO), rules.billing.markup_places.get(fact.kind, ""), ""
    tiers = rules.billing.tiers.get(fact.kind)
    if tiers is not None:
        tier = tiers.of(fact.unit_price, fact.amount)
        percent, place, told = tier.percent, tier.place, f", {tiers.told(tier)}"
    markup = 1 + percent / 100
    because = (Fact(f"markup {plain(percent)} %{told}", place, "invoice: markup_percent"),) if percent else ()
    return Charge(fact, fact.quantity, fact.unit_price * markup, to_cents(fact.amount * markup, currency), fact.description, because)


def _within_limit(
    work_order: WorkOrder, charges: list[Charge], rules: InvoiceRules, currency: str, problems: list[Problem]
) -> tuple[list[Charge], list[Problem]]:
    told = find(work_order, rules.not_to_exceed)
    if told is None or problems:
        return charges, problems
    limit = parse_decimal(told.value)
    if limit is None or limit <= 0:
        message = f"Its limit '{told.value[:40]}' ({rules.not_to_exceed.key}) is no amount above zero."
        return charges, [Problem("LIMIT_UNREADABLE", f"work order {work_order.number}", message, "Write it like 1200.00 in UpKeep.")]
    total = sum((charge.amount for charge in charges), ZERO)
    if total <= limit:
        return charges, []
    limit = limit.quantize(Decimal(1).scaleb(-minor_unit_digits(currency)), rounding=ROUND_DOWN)
    if rules.billing.above_limit is AboveLimit.HOLD:
        message = f"Work order {work_order.number} comes to {plain(total)}, above its limit of {plain(limit)}."
        next_step = "Raise the limit in UpKeep once the customer has agreed, or let the mapping bill as far as the limit (`above:`)."
        return charges, [Problem("ABOVE_LIMIT", told.place, message, next_step)]
    return _cut(charges, total, limit, replace(told, rule="invoice: not_to_exceed"), rules.billing.above_limit, currency), []


def _cut(charges: Sequence[Charge], total: Decimal, limit: Decimal, rule: Fact, above: AboveLimit, currency: str) -> list[Charge]:
    """Every charge by its share of the limit. Running sums are rounded, in the order of their keys, so that no cent is lost or made."""
    shares: dict[int, Decimal] = {}
    running = billed = ZERO
    for number in sorted(range(len(charges)), key=lambda number: (charges[number].fact.key, charges[number].text)):
        running += charges[number].amount
        shares[number] = to_cents(limit * running / total, currency) - billed
        billed += shares[number]
    made = [_share(charge, shares[number], limit, rule) for number, charge in enumerate(charges)]
    if above is AboveLimit.ZERO_LINE:
        largest = max(charges, key=lambda charge: (charge.amount, charge.fact.key))
        text = f"Above the limit of {plain(limit)}: {plain(total - limit)} not billed"
        because = (replace(rule, value=text),)
        made.append(Charge(largest.fact, Decimal(1), ZERO, ZERO, text, because, is_told_only=True, is_rest=True))
    return made


def _share(charge: Charge, share: Decimal, limit: Decimal, rule: Fact) -> Charge:
    if share == charge.amount:
        return charge
    told = f"{plain(share)} of {plain(charge.amount)}"
    because = (*charge.because, replace(rule, value=f"{told}: limit {plain(limit)}"))
    return replace(charge, quantity=Decimal(1), price=share, amount=share, text=f"{charge.text} ({told})", because=because)
