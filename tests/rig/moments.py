"""When to strike: a plan drawn from a seed before anything runs, so that the same seed strikes at the same moments again.

Random times alone mostly hit a process that reads or starts. So most moments are named points inside the process or the ledger's side of
a request, and only some are a time; and before every strike there is something new to post.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.rig import points

STRIKES_IN_A_CYCLE = 5
CYCLES_IN_A_LANE = 6
# Longer than the life of an access token and of any idempotency key; with all cycles of a lane shorter than Intuit's daily rotation.
JUMP_SECONDS = 4000
DOCUMENTS = ("journal_entry", "invoice")
LEDGERS = ("quickbooks", "xero")

# In an empty database only the first processes pass these, and a sign-in is refreshed only after a jump of time.
AT_FIRST = tuple(p for p in points.EVERY_POINT if "migration" in p or "file" in p or "token" in p)
PHASE_TWO = tuple(p for p in points.EVERY_POINT if "phase" in p)
USUAL = tuple(p for p in points.EVERY_POINT if p not in AT_FIRST and p not in PHASE_TWO)
# Points inside the writer's part, where a frozen process is not known to be dead.
FREEZING = tuple(p for p in (*USUAL, *PHASE_TWO) if "mark_seen" not in p and "note_run" not in p)


@dataclass(frozen=True)
class Strike:
    """One moment: at a named point of the process, on the ledger's side of a request, or after some seconds."""

    where: str  # point, arrives, committed, time
    point: str = ""
    nth: int = 1
    seconds: float = 0.0  # after the commit, or after the start
    writes_only: bool = False
    freeze_seconds: float = 0.0  # 0: kill
    cold: bool = False
    orders: int = 1  # new work orders in UpKeep before it

    def told(self) -> str:
        """The moment in words, for the count of what was tried."""
        what = "freeze" if self.freeze_seconds else "kill"
        if self.where == "point":
            return f"{what} {self.point}"
        if self.where == "time":
            return f"{what} at a random time"
        later = ", milliseconds after" if self.seconds else ""
        return f"{what} as a {'write' if self.writes_only else 'request'} {'arrives' if self.where == 'arrives' else 'is done'}{later}"


@dataclass(frozen=True)
class Lane:
    """One company from its first day: its ledger, its documents, and the strikes of each cycle."""

    index: int
    ledger: str
    document: str
    forgets_keys: bool  # the ledger remembers no idempotency key at all
    jumps: tuple[bool, ...]
    cycles: tuple[tuple[Strike, ...], ...]


def lane(seed: int, index: int, ledgers: tuple[str, ...], documents: tuple[str, ...]) -> Lane:
    """The plan of one lane: the same for the same seed, whatever happened in other lanes."""
    chance = random.Random(f"{seed}/{index}")
    ways = [(ledger, document) for ledger in ledgers for document in documents]
    ledger, document = ways[index % len(ways)]
    jumps = tuple(cycle > 0 and chance.random() < 0.5 for cycle in range(CYCLES_IN_A_LANE))
    has_phases = (ledger, document) == ("xero", "journal_entry")
    cycles = tuple(
        tuple(strike(chance, has_phases=has_phases, signs_in=cycle == 0 or jumps[cycle]) for _ in range(STRIKES_IN_A_CYCLE))
        for cycle in range(CYCLES_IN_A_LANE)
    )
    return Lane(index, ledger, document, chance.random() < 0.5, jumps, cycles)


def strike(chance: random.Random, *, has_phases: bool, signs_in: bool) -> Strike:
    """One moment at random, the rewarding ones more often."""
    orders, cold = chance.randint(1, 4), chance.random() < 0.05
    freeze = round(chance.uniform(0.05, 1.0), 3) if chance.random() < 0.12 else 0.0
    kind = chance.random()
    if kind < 0.5:
        point = chance.choice(_points(chance, has_phases=has_phases, signs_in=signs_in, freezes=bool(freeze)))
        often = any(word in point for word in ("lease", "record", "create", "phase two", "matched", "tables"))
        return Strike("point", point, chance.randint(1, 3) if often else 1, 0.0, False, freeze, cold, orders)
    if kind < 0.9:
        writes_only = chance.random() < 0.7
        where, nth = chance.choice(("arrives", "committed", "committed")), chance.randint(1, 4 if writes_only else 9)
        later = round(chance.uniform(0.001, 0.02), 4) if where == "committed" and chance.random() < 0.5 else 0.0
        return Strike(where, "", nth, later, writes_only, freeze, cold, orders)
    return Strike("time", "", 1, round(chance.uniform(0.0, 0.8), 3), False, freeze, cold, orders)


def _points(chance: random.Random, *, has_phases: bool, signs_in: bool, freezes: bool) -> tuple[str, ...]:
    if freezes:
        return FREEZING if has_phases else tuple(p for p in FREEZING if p not in PHASE_TWO)
    if signs_in and chance.random() < 0.6:
        return AT_FIRST
    return PHASE_TWO if has_phases and chance.random() < 0.4 else USUAL
