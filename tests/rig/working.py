"""One strike, one cycle, one lane: strike the real processes at the planned moments, let it come to rest, ask the books."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.rig.checker import Verdict, check
from tests.rig.ground import UNHELPFUL, Ground, Tripwire, ground
from tests.rig.moments import JUMP_SECONDS, Lane, Strike
from tests.rig.nursery import Child, Nursery
from tests.store.databases import PostgresServer

# After the last fault so many syncs bring everything to rest; on a server the dead writer's lease must run out meanwhile.
SYNCS_TO_REST_MAX = 4


@dataclass
class Tally:
    """What the rig did and found."""

    kills: int = 0
    freezes: int = 0
    cycles: int = 0
    syncs: int = 0
    late: int = 0
    moments: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)

    def struck(self, strike: Strike) -> None:
        """It hit a living process."""
        self.moments[strike.told()] += 1
        if strike.freeze_seconds:
            self.freezes += 1
        else:
            self.kills += 1


class UnsoundEndError(Exception):
    """A process that nobody killed ended in a way that it must not."""


def work_lane(nursery: Nursery, lane: Lane, postgres: PostgresServer | None, tally: Tally, *, kills: int, ends: float) -> None:
    """A company from its empty database through all its cycles, or until there are enough kills or no time is left."""
    switches = UNHELPFUL if lane.is_unhelpful else {}
    with ground(nursery, lane.ledger, lane.document, postgres, switches=switches, batch_from=lane.batch_from) as here:
        chance = random.Random(lane.index)
        verdict = Verdict()
        for jump, strikes in zip(lane.jumps, lane.cycles, strict=True):
            if tally.kills >= kills or time.monotonic() > ends:
                break
            if jump:
                here.running.sandbox.clock.advance(JUMP_SECONDS)
            for strike in strikes:
                _move_on(here, chance, strike.orders)
                carry_out(here, strike, tally)
            verdict = come_to_rest(here, tally)
            tally.cycles += 1
            if verdict.wrong:
                break
        tally.late += here.watched.late
        tally.verdict.add(verdict)


def _move_on(here: Ground, chance: random.Random, orders: int) -> None:
    """The world goes on: new work orders, now and then one that is not ready or cannot be read."""
    for _ in range(orders):
        here.work_order(chance.randint(1, 99_999))
    if chance.random() < 0.1:
        here.work_order(status="inProgress")
    if chance.random() < 0.1:
        here.work_order(additionalCosts=[{"description": "Crane", "category": "Rental", "cost": "see invoice"}])


def carry_out(here: Ground, strike: Strike, tally: Tally) -> None:
    """Start a sync and strike it at that moment; a moment that does not come is a sync like any other."""
    number = signal.SIGSTOP if strike.freeze_seconds else signal.SIGKILL
    child = here.start(strike=f"{strike.point}|{strike.nth}|{number.name}" if strike.where == "point" else "", cold=strike.cold)
    wire = None
    if strike.where in ("arrives", "committed"):
        wire = Tripwire(
            here.watched,
            lambda: child.strike(number),
            when=strike.where,
            nth=strike.nth,
            writes_only=strike.writes_only,
            seconds=strike.seconds,
        )
    elif strike.where == "time":
        child.ended.wait(strike.seconds)
        child.strike(number)
    try:
        hit = freeze(here, child, strike.freeze_seconds) if strike.freeze_seconds else child.wait() == -signal.SIGKILL
    finally:
        if wire is not None:
            wire.disarm()
    if not child.was_killed:
        sound(child, here)
    if hit:
        tally.struck(strike)
    else:
        tally.missed[strike.told()] += 1


def freeze(here: Ground, child: Child, seconds: float) -> bool:
    """Let a second process go on while the first stands still, then thaw it; whether it froze at all."""
    if not child.wait_until_frozen():
        return False
    if here.on_server:
        here.cut_off_from_the_server()
    here.watched.child = None  # Two are at work: whose write it is that arrives cannot be told.
    second = here.start(watched=False)
    second.ended.wait(seconds)
    child.strike(signal.SIGCONT)
    child.wait()
    second.wait()
    sound(second, here)
    return True


def sound(child: Child, here: Ground) -> None:
    """A process that nobody killed ends with one of its four codes and without a traceback."""
    is_cut_off = here.on_server and child.code == 2 and "DATABASE_UNREACHABLE" in child.told()
    if (child.code not in (0, 1, 3) and not is_cut_off) or "Traceback" in child.told():
        raise UnsoundEndError(f"a process ended with {child.code}: {child.told()}")


def come_to_rest(here: Ground, tally: Tally) -> Verdict:
    """After the last fault: a bounded number of syncs until nothing is in the air, then one that posts nothing; then the books."""
    restless = "no sync was made"
    for _ in range(SYNCS_TO_REST_MAX):
        report = _synced(here, tally)
        restless = _restless(report)
        if not restless:
            break
    last = _synced(here, tally)
    verdict = check(here)
    if restless:
        verdict.wrong.append(f"{SYNCS_TO_REST_MAX} syncs were not enough: {restless}")
    if _restless(last) or last.get("posted") or last.get("adopted"):
        verdict.wrong.append(f"a sync with nothing to do did something: {last}")
    return verdict


def _synced(here: Ground, tally: Tally) -> dict[str, object]:
    child = here.run()
    tally.syncs += 1
    sound(child, here)
    return child.report() | {"code": child.code}


def _restless(report: dict[str, object]) -> str:
    if report["code"] not in (0, 1):
        return f"it ended with {report['code']}"
    (connection,) = report["connections"]  # type: ignore[misc,attr-defined]
    queued = connection["standing"].get("queued", 0)
    return f"{report['uncertain']} uncertain, {queued} queued" if report["uncertain"] or queued else ""
