"""What the logged time of a work order costs.

Precedence, written once: a line's own rate; else the labor cost that the source shows for the work order; else the rate that the source
has for the user; else the company's dated rate table (core/labor_rates.py); else the line is a Problem, never zero. The source's labor
cost is compared with its own rates first: where they agree to a cent a line, the lines are kept, because they say more. Overtime is a fact
of its own beside the line that it belongs to, and never on a line with a rate of its own, which says already what the hour cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from connector.core.cost_fact import CostFact, CostKind
from connector.core.cost_rules import SECONDS_PER_HOUR, CostRules
from connector.core.labor_rates import LaborRate, rate_in_force
from connector.core.money import minor_unit_digits, plain, round_half_up, to_cents
from connector.core.overtime import Premium, premiums
from connector.core.problem import Problem
from connector.core.work_order import LaborEntry, Reference, WorkOrder

OF_USER = ("user", "user then")
OF_WORK_ORDER = "labor cost of the work order"
RATE_TABLE = "rate table"
ZERO = Decimal(0)
# An hourly rate worked out of a labor cost is no finer than this.
RATE_DIGITS = 4


@dataclass(slots=True)
class Labor:
    """The labor of one work order as it is priced; `at_source` is what the source itself counts of it."""

    work_order: WorkOrder
    rates: Sequence[LaborRate]
    completed: date
    currency: str
    rules: CostRules
    facts: list[CostFact] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    at_source: Decimal = ZERO

    def price(self) -> None:
        """Price every line by the precedence above."""
        logged = [entry for entry in self.work_order.labor if entry.seconds]
        total = self.work_order.labor_total or ZERO
        own = [entry for entry in logged if entry.rate_per_hour and entry.rate_basis not in OF_USER]
        if total and len(own) < len(logged):
            logged = self._by_labor_cost(logged, own, total)
        elif total and not logged:
            self._whole(total)
        self._lines(logged, own)

    def _lines(self, logged: list[LaborEntry], own: list[LaborEntry]) -> None:
        """Each line, and behind it what overtime costs more."""
        extra, doubtful = premiums(logged, self.rules)
        for entry in logged:
            fact = self._line(entry)
            if fact is None:
                continue
            self.facts.append(fact)
            if not fact.basis.startswith(RATE_TABLE):
                self.at_source += fact.amount
            for number, part in enumerate(() if entry in own else extra.get(entry.key, ()), 1):
                self.facts.append(self._premium(entry, fact, part, number))
        if any(entry not in own for entry in doubtful):
            self._overtime_unknown()

    def _by_labor_cost(self, logged: list[LaborEntry], own: list[LaborEntry], total: Decimal) -> list[LaborEntry]:
        """The lines that are left to be priced one by one, where the source shows the labor cost of all."""
        rated = [entry for entry in logged if entry.rate_per_hour]
        known = sum((self._amount(entry, entry.rate_per_hour or ZERO) for entry in rated), ZERO)
        cent = Decimal(1).scaleb(-minor_unit_digits(self.currency))
        if rated and abs(known - total) <= cent * len(rated):
            return logged
        rest = total - sum((self._amount(entry, entry.rate_per_hour or ZERO) for entry in own), ZERO)
        others = [entry for entry in logged if entry not in own]
        some_are_rated = any(entry.rate_per_hour for entry in others)
        if rest <= 0 or (some_are_rated and not all(entry.rate_per_hour for entry in others)):
            message = f"UpKeep shows a labor cost of {plain(total)}, the rates of its lines come to {plain(known)}."
            self._add("LABOR_COST_DIFFERS", "labor", message, "Enter each line's hourly rate in UpKeep.")
            return own
        shared = self._shared(others, to_cents(rest, self.currency))
        if shared is None:
            self._whole(rest)
            return own
        by_key = {entry.key: entry for entry in shared}
        return [by_key.get(entry.key, entry) for entry in logged]

    def _shared(self, entries: list[LaborEntry], rest: Decimal) -> list[LaborEntry] | None:
        """The lines of one worker with the rate that their labor cost comes to; None where it is no rate, or there are several workers."""
        if len({entry.worker.id if entry.worker else "" for entry in entries}) > 1:
            return None
        rate = round_half_up(rest * SECONDS_PER_HOUR / sum((entry.seconds for entry in entries), ZERO), RATE_DIGITS)
        if sum((self._amount(entry, rate) for entry in entries), ZERO) != rest:
            return None
        told_at = self.work_order.updated_at
        return [replace(entry, rate_per_hour=rate, rate_basis=OF_WORK_ORDER, priced_at=told_at) for entry in entries]

    def _whole(self, total: Decimal) -> None:
        """Labor of which only its cost is known."""
        amount = to_cents(total, self.currency)
        told_at = self.work_order.updated_at
        fact = CostFact("labor-total", CostKind.LABOR, "Labor", Decimal(1), amount, amount, OF_WORK_ORDER, priced_at=told_at)
        self.facts.append(fact)
        self.at_source += amount
        if self.rules.overtime:
            self._overtime_unknown()

    def _line(self, entry: LaborEntry) -> CostFact | None:
        rate, basis, priced_at = entry.rate_per_hour, entry.rate_basis, entry.priced_at
        day = self.rules.day_of(entry) or self.completed
        if rate and basis not in (*OF_USER, OF_WORK_ORDER):
            priced_at = priced_at or entry.worked_at or day
        elif not rate:
            found = rate_in_force(entry.worker, day, self.rates, entry.vendor, entry.trade)
            if found is None:
                message, step = "Time is logged but no hourly rate is known for it.", "Add the worker under labor_rates in the mapping; or "
                self._add(
                    "LABOR_WITHOUT_RATE", f"labor of {_who(entry.worker)}", message, step + "set the rate in UpKeep, then release it."
                )
                return None
            rate, basis, priced_at = found.rate_per_hour, f"{RATE_TABLE} {found.place}".strip(), found.dated
        label = f"Labor {_who(entry.worker)}" + (f" ({entry.category})" if entry.category else "")
        hours, amount = entry.seconds / SECONDS_PER_HOUR, self._amount(entry, rate)
        return CostFact(entry.key, CostKind.LABOR, label, hours, rate, amount, basis, entry.category, entry.worked_at, priced_at)

    def _premium(self, entry: LaborEntry, line: CostFact, part: Premium, number: int) -> CostFact:
        """What overtime costs more than the line itself."""
        price = line.unit_price * (part.rule.multiplier - 1)
        return replace(
            line,
            key=f"{entry.key}-overtime" + (f"-{number}" if number > 1 else ""),
            description=f"Overtime {_who(entry.worker)} (× {plain(part.rule.multiplier)})",
            quantity=part.seconds / SECONDS_PER_HOUR,
            unit_price=price,
            amount=to_cents(part.seconds * price / SECONDS_PER_HOUR, self.currency),
            basis=f"overtime {part.rule.place}".strip(),
        )

    def _amount(self, entry: LaborEntry, rate: Decimal) -> Decimal:
        # Multiply before dividing: a third of an hour is not a finite decimal.
        return to_cents(entry.seconds * rate / SECONDS_PER_HOUR, self.currency)

    def _overtime_unknown(self) -> None:
        message = "The mapping has rules for overtime, and UpKeep does not say when this time was worked."
        self._add("OVERTIME_UNKNOWN", "labor", message, "Log the time with its start in UpKeep, or give each line its own hourly rate.")

    def _add(self, code: str, what: str, message: str, next_step: str) -> None:
        self.problems.append(Problem(code, f"work order {self.work_order.number}, {what}", message, next_step))


def _who(worker: Reference | None) -> str:
    return str(worker) if worker else "nobody named"
