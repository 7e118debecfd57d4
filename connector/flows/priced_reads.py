"""Read work orders at the prices that they had when they were first seen complete, and doubt a time unit before it reaches the books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from connector.core.disposition import Decision, Disposition, Remembered
from connector.core.plausible_time import ENTRIES_MIN, doubt_of_unit, durations_of, place_of
from connector.core.prices_then import RELEASED, kept_in, prices_in, with_prices, written
from connector.core.problem import Problem
from connector.flows.world import World
from connector.upkeep.source import WorkOrderHead, WorkOrderRead

# So many time entries of a run are looked at together; the newest of them.
ENTRIES_MAX = 1_000


@dataclass(slots=True)
class PricedReads:
    """What one run has read so far of a company's time."""

    world: World
    durations: list[Decimal] = field(default_factory=list)
    stands: list[Problem] | None = None  # the doubt of an earlier run, once it was looked for

    def read(self, heads: Sequence[WorkOrderHead], remembered: Mapping[str, Remembered]) -> Iterator[tuple[WorkOrderHead, WorkOrderRead]]:
        """A bounded number of work orders; all of them are read before the first is given, so that their time is judged together."""
        return self.judged([(head, self.world.source.read(head)) for head in heads], remembered)

    def judged(
        self, found: Sequence[tuple[WorkOrderHead, WorkOrderRead]], remembered: Mapping[str, Remembered]
    ) -> Iterator[tuple[WorkOrderHead, WorkOrderRead]]:
        """The same of what was read already."""
        reads = [(head, self._at_prices_then(read, remembered.get(head.id))) for head, read in found]
        self.durations = [*self.durations, *durations_of(read.work_order for _, read in reads)][-ENTRIES_MAX:]
        doubt = self._doubt() if any(_is_timed(read) for _, read in reads) else None
        for head, read in reads:
            yield head, replace(read, problems=(*read.problems, doubt)) if doubt and _is_timed(read) else read

    def _doubt(self) -> Problem | None:
        """By this run's entries, where they are enough; else what an earlier run found of the unit that is configured still."""
        rules = self.world.policy.cost_rules
        if rules.time_unit_is_checked:
            return None
        if len(self.durations) >= ENTRIES_MIN:
            return doubt_of_unit(self.durations, rules.time_unit)
        if self.stands is None:
            place = place_of(rules.time_unit)
            held = self.world.store.remembered_with(Disposition.HELD)
            self.stands = [one for row in held for one in row.problems if one.code == "TIME_UNIT_DOUBTFUL" and one.place == place][:1]
        return next(iter(self.stands), None)

    def _at_prices_then(self, read: WorkOrderRead, before: Remembered | None) -> WorkOrderRead:
        if read.work_order is None:
            return read
        kept = {} if before is None or before.mapping_digest == RELEASED else kept_in(before.explanation)
        return replace(read, work_order=with_prices(read.work_order, kept, self.world.clock.now()))

    def kept(self, decision: Decision, read: WorkOrderRead, before: Remembered | None) -> Decision:
        """The decision with the prices that it was made at; a work order that is open again has none yet."""
        if read.work_order is None:
            was = {} if before is None or before.mapping_digest == RELEASED else kept_in(before.explanation)
            return replace(decision, explanation=written(decision.explanation, was))
        if decision.disposition is Disposition.OPEN:
            return decision
        return replace(decision, explanation=written(decision.explanation, prices_in(read.work_order, self.world.clock.now())))


def _is_timed(read: WorkOrderRead) -> bool:
    return read.work_order is not None and any(entry.seconds for entry in read.work_order.labor)
