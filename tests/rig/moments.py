"""When to strike: a plan drawn from a seed before anything runs, so that the same seed strikes at the same moments again.

Random times alone mostly hit a process that reads or starts. So most moments are named points inside the process or the ledger's side of
a request, and only some are a time; and before every strike there is something new to post.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from tests.rig import points

STRIKES_IN_A_CYCLE = 8
CYCLES_IN_A_LANE = 5
FREEZE_SHARE = 0.12
COLD_SHARE = 0.03
# A forked process lives about so long when the machine is idle.
LIFE_SECONDS = 0.4
# Longer than the life of an access token and of any idempotency key; with all cycles of a lane shorter than Intuit's daily rotation.
JUMP_SECONDS = 4000
DOCUMENTS = ("journal_entry", "invoice")
BATCH_FROM = 2
LEDGERS = ("quickbooks", "xero")

# Only the first processes of an empty database pass the first ones, and only the first after a jump of time refreshes its sign-in.
AT_FIRST = tuple(p for p in points.EVERY_POINT if "migration" in p or "key file" in p or "token" in p)
SIGNING_IN = tuple(p for p in points.EVERY_POINT if "token" in p)
PHASE_TWO = tuple(p for p in points.EVERY_POINT if "phase" in p)
# What is done about a posting that was struck down while it was sent.
AFTERMATH = tuple(p for p in points.EVERY_POINT if "expire_leases" in p or "matched" in p or "noted_absent" in p)
ALONE = tuple(p for p in points.EVERY_POINT if "_batch" not in p)
SENDING = tuple(p for p in ALONE if any(word in p for word in ("lease", "record", "create")) and p not in AFTERMATH)
ANY = tuple(p for p in ALONE if p not in AT_FIRST and p not in PHASE_TWO)
# Points inside the writer's part, where a frozen process is not known to be dead.
FREEZING = tuple(p for p in (*ANY, *PHASE_TWO) if "mark_seen" not in p and "note_run" not in p)


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

    @property
    def is_of_a_write(self) -> bool:
        """Whether it leaves a posting behind whose fate is not known here."""
        return self.writes_only or self.point in SENDING or self.point in PHASE_TWO or "_batch" in self.point

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
    batch_from: int  # so many documents leave in one call; 0: each alone
    is_unhelpful: bool  # the ledger remembers no key and takes any number twice
    jumps: tuple[bool, ...]
    cycles: tuple[tuple[Strike, ...], ...]


def lane(seed: int, index: int, ledgers: tuple[str, ...], documents: tuple[str, ...]) -> Lane:
    """The plan of one lane: the same for the same seed, whatever happened in other lanes."""
    chance = random.Random(f"{seed}/{index}")
    ways = [(ledger, document) for ledger in ledgers for document in documents]
    ledger, document = ways[index % len(ways)]
    batch_from = BATCH_FROM if random.Random(f"{seed}/{index}/batches").random() < 0.5 else 0
    jumps = tuple(cycle > 0 and chance.random() < 0.5 for cycle in range(CYCLES_IN_A_LANE))
    cycles = tuple(
        _cycle(chance, is_first=cycle == 0, jumped=jumps[cycle], has_phases=(ledger, document) == ("xero", "journal_entry"))
        for cycle in range(CYCLES_IN_A_LANE)
    )
    if batch_from:
        cycles = tuple(tuple(_in_a_batch(strike) for strike in cycle) for cycle in cycles)
    return Lane(index, ledger, document, batch_from, index // len(ways) % 2 == 0, jumps, cycles)


def _in_a_batch(strike: Strike) -> Strike:
    """The same moment of a call that takes several documents along."""
    point = strike.point.removesuffix("_batch")
    together = f"{point}_batch" if point.endswith(("commit of lease", "commit of record")) else point
    return replace(strike, point=together, nth=1 if together != point else strike.nth, orders=max(BATCH_FROM, strike.orders))


def _cycle(chance: random.Random, *, is_first: bool, jumped: bool, has_phases: bool) -> tuple[Strike, ...]:
    strikes: list[Strike] = []
    for place in range(STRIKES_IN_A_CYCLE):
        rewarding: tuple[tuple[str, ...], ...] = (SENDING, SENDING, ANY)
        if place < 2 and (is_first or jumped):
            rewarding = (AT_FIRST if is_first else SIGNING_IN,)
        elif strikes and strikes[-1].is_of_a_write:
            rewarding = (AFTERMATH, SENDING, ANY)
        if has_phases and place > 1:
            rewarding += (PHASE_TWO,)
        strikes.append(_strike(chance, chance.choice(rewarding), has_phases=has_phases))
    return tuple(strikes)


def _strike(chance: random.Random, rewarding: tuple[str, ...], *, has_phases: bool) -> Strike:
    """One moment at random, where most of them hit something that matters."""
    orders, cold = chance.randint(1, 4), chance.random() < COLD_SHARE
    freeze = round(chance.uniform(0.05, 1.0), 3) if chance.random() < FREEZE_SHARE else 0.0
    kind = chance.random()
    if kind < 0.5:
        frozen = FREEZING if has_phases else tuple(p for p in FREEZING if p not in PHASE_TWO)
        point = chance.choice(frozen if freeze else rewarding)
        often = point in SENDING or point in PHASE_TWO or point == points.CREATING_TABLES
        return Strike("point", point, chance.randint(1, 2) if often else 1, 0.0, False, freeze, cold, orders)
    if kind < 0.9:
        writes_only = chance.random() < 0.7
        where, nth = chance.choice(("arrives", "committed", "committed")), chance.randint(1, 3 if writes_only else 7)
        later = round(chance.uniform(0.001, 0.02), 4) if where == "committed" and chance.random() < 0.5 else 0.0
        return Strike(where, "", nth, later, writes_only, freeze, cold, orders)
    return Strike("time", "", 1, round(chance.uniform(0.0, LIFE_SECONDS), 3), False, freeze, cold, orders)
