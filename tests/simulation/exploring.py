"""The small scope, played: a world that was met before is not played on from again, because what follows depends on nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.simulation.history import Verdict
from tests.simulation.small import KINDS, Case, digest, first_run, firsts, judged, orders_of, play_case, scene_of, second_run, settings

# Which setting, how many work orders, which kind of what goes wrong; and which block of its cases, of how many.
Job = tuple[int, int, str, int, int]
BLOCKS = 8  # so that a stopped run loses minutes


@dataclass(frozen=True, slots=True)
class Slice:
    """Every so many-th case, from a given one on; the whole by default."""

    number: int = 0
    of: int = 1

    def has(self, index: int) -> bool:
        """Whether the case with that number belongs to it."""
        return index % self.of == self.number % self.of


@dataclass
class Explored:
    """What a job covered of what exists, and how many cases of it were played to their end."""

    job: Job
    exist: int = 0
    covered: int = 0
    pairs: int = 0
    played: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, case: Case, verdict: Verdict) -> None:
        """One more case played to its end."""
        self.played += 1
        self.violations += [f"{violation}\n  python -m tests.simulation --case {case.told()}" for violation in verdict.violations]

    def told(self) -> str:
        """The job in one line."""
        number, orders, kind, block, blocks = self.job
        setting = settings()[number]
        switches = " ".join(f"{name}={value}" for name, value in setting.switches)
        pairs = f", {self.pairs} with a second crash" if self.pairs else ""
        return (
            f"{setting.ledger} {setting.document}, {orders} work orders, {kind}, block {block + 1} of {blocks}: "
            f"{self.covered} of {self.exist}{pairs}, "
            f"{self.played} to the end, {len(self.violations)} violations ({switches})"
        )

    def __iadd__(self, other: Explored) -> Explored:
        """The counts of both."""
        self.exist += other.exist
        self.covered += other.covered
        self.pairs += other.pairs
        self.played += other.played
        self.violations += other.violations
        return self


def jobs(blocks: int = 1) -> list[Job]:
    """Every setting, with one and with two work orders, by kind of what goes wrong, in blocks."""
    kinds = [(number, orders, kind) for number, setting in enumerate(settings()) for orders in orders_of(setting) for kind in KINDS]
    return [(*which, block, blocks) for which in kinds for block in range(blocks)]


def explore(job: Job, part: Slice) -> Explored:
    """Play what belongs to the slice of one job's cases."""
    number, orders, kind, block, blocks = job
    explored, seen = Explored(job), Counter[str]()
    # So that a slice has some of every job, the short ones too.
    spread = (number * 2 + orders) * len(KINDS) + KINDS.index(kind)
    every = list(firsts(settings()[number], orders, kind))
    for index in range(len(every) * block // blocks, len(every) * (block + 1) // blocks):
        explored.exist += 1
        if part.has(index + spread):
            explored.covered += 1
            _explore(every[index], explored, seen, is_followed=kind == "crashes")
    return explored


def _explore(case: Case, explored: Explored, seen: Counter[str], *, is_followed: bool) -> None:
    with TemporaryDirectory(prefix="case-") as folder:
        scene = scene_of(case.setting, case.orders, Path(folder))
        endings = first_run(scene, case)
        world = f"{case.setting.server_database} {digest(scene)}"
        if world in seen and not any(ending.bug for ending in endings):
            explored.pairs += seen[world]
            return
        endings += second_run(scene, case)
        explored.add(case, judged(scene, endings))
    seen[world] = endings[-1].steps if is_followed else 0
    explored.pairs += seen[world]
    for step in range(1, seen[world] + 1):
        again = replace(case, dies_again_at=step)
        explored.add(again, play_case(again))
