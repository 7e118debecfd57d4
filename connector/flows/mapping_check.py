"""Whether a mapping can be trusted: its own mistakes, what the live chart says to it, and what in UpKeep it has no fact for. No writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from connector.core.disposition import Disposition, Remembered
from connector.core.facts import WhenFact
from connector.core.mapping_lint import lint
from connector.core.money import ZERO, plain
from connector.core.problem import Problem
from connector.core.unmapped import Missing, known_beside, missing_in
from connector.flows.check import ledger_problems
from connector.flows.world import World
from connector.ledgers.near import as_compared, near

_UNREACHABLE = frozenset({"LEDGER_UNREACHABLE", "COMPANY_INACTIVE", "LIMIT_REACHED"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """The held work orders behind something: how many, their whole cost, and of how many the cost is not known."""

    count: int = 0
    amount: Decimal = ZERO
    unknown: int = 0

    def with_one(self, row: Remembered) -> Waiting:
        """One more."""
        return Waiting(self.count + 1, self.amount + (row.amount or ZERO), self.unknown + (row.amount is None))

    def to_json(self) -> dict[str, object]:
        """As JSON values; money as a decimal string."""
        return {"work_orders": self.count, "amount": plain(self.amount), "of_unknown_amount": self.unknown}


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A value that work orders have and the mapping has no fact for; `near` are values that it does have and that may be meant."""

    missing: Missing
    waiting: Waiting
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappingChecked:
    """What a person should know of a connection's mapping before it is used."""

    connection: str
    currency: str
    company_name: str  # "" when the books could not be read
    facts: int
    problems: tuple[Problem, ...]
    waiting: Mapping[Problem, Waiting]  # behind some of the problems
    unmapped: tuple[Unmapped, ...]  # the most money first
    overridden: tuple[tuple[WhenFact, WhenFact], ...]

    @property
    def is_unreachable(self) -> bool:
        """Whether the ledger could not be asked."""
        return not self.company_name and any(problem.code in _UNREACHABLE for problem in self.problems)


def check_mapping(world: World) -> MappingChecked:
    """Compare the mapping with itself, with the ledger's lists as they are now, and with what our own records hold for want of a fact."""
    linted = lint(world.mapping)
    told, chart = ledger_problems(world)
    held = list(world.store.remembered_with(Disposition.HELD))
    problems = (*linted.problems, *told)
    return MappingChecked(
        connection=world.policy.connection,
        currency=world.policy.currency,
        company_name=chart.company_name if chart else "",
        facts=len(world.mapping.index.facts),
        problems=problems,
        waiting=_behind(problems, held),
        unmapped=tuple(_unmapped(world, held)),
        overridden=linted.overridden,
    )


def _behind(problems: Iterable[Problem], held: Iterable[Remembered]) -> dict[Problem, Waiting]:
    """What waits behind each problem that some held work order has too, wherever the line stood when that was decided."""
    waiting: dict[tuple[str, str], Waiting] = {}
    for row in held:
        for key in {(problem.code, problem.message) for problem in row.problems}:
            waiting[key] = waiting.get(key, Waiting()).with_one(row)
    return {one: waiting[one.code, one.message] for one in problems if (one.code, one.message) in waiting}


def _unmapped(world: World, held: Iterable[Remembered]) -> Iterator[Unmapped]:
    waiting: dict[Missing, Waiting] = {}
    for row in held:
        found = {missing for problem in row.problems if (missing := missing_in(problem, world.mapping)) is not None}
        for missing in found:
            waiting[missing] = waiting.get(missing, Waiting()).with_one(row)
    for missing, behind in sorted(waiting.items(), key=lambda one: (-one[1].amount, one[0].key, one[0].value)):
        yield Unmapped(missing, behind, tuple(near(missing.value, as_compared(known_beside(missing, world.mapping)))))
