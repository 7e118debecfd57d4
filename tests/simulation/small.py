"""Small scope, all of it: one and two work orders, every pair of crash points, every fault at every call with a death at every step,
a writer frozen past its lease at every step, two workers interleaved.

A case is a first run in which something goes wrong and a second one in which a process may die, then peace. Switches of what nobody has
documented are covered by pairs. exploring.py plays the cases.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.simulation import judge
from tests.simulation.history import BATCH_FROM, BATCH_SWITCHES, SWITCHES, Verdict, converge
from tests.simulation.network import faults_of
from tests.simulation.people import create_simple
from tests.simulation.scene import Ending, Process, Scene, Setting
from tests.simulation.turns import Turns

WAYS = [(ledger, document) for ledger in ("quickbooks", "xero") for document in ("journal_entry", "invoice")]
KINDS = ("crashes", "faults", "freezes", "interleavings")
INTERLEAVINGS = 32  # of each setting; in half of them the first worker dies, at a step that its seed names
FREEZE_SECONDS = 2000.0  # past every lease, and long enough for another process to prove what it must
RUNS_MEANWHILE = 5
# A new database waits before its first look: by then the undisturbed run is over, so that every freeze is met.
STARTS_AFTER_SECONDS = 300.0
LATE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong in the first run and in the second; a freeze and an interleaving make the two runs one."""

    setting: Setting
    orders: int
    dies_at: int | None = None
    dies_again_at: int | None = None
    fault: tuple[int, str] | None = None
    freezes_at: int | None = None
    interleaving: int | None = None

    def told(self) -> str:
        """The case in one word, as `--case` takes it."""
        fault = f"{self.fault[0]}-{self.fault[1]}" if self.fault else None
        named = (("dies", self.dies_at), ("again", self.dies_again_at), ("fault", fault), ("freezes", self.freezes_at))
        wrong = [f"{name}={value}" for name, value in (*named, ("interleaving", self.interleaving)) if value is not None]
        return ":".join((str(settings().index(replace(self.setting, server_database=False))), str(self.orders), *wrong))

    @staticmethod
    def read(text: str) -> Case:
        """The case that `told` named."""
        number, orders, *wrong = text.split(":")
        named = dict(word.split("=") for word in wrong)
        call, _, kind = named.get("fault", "").partition("-")
        case = Case(settings()[int(number)], int(orders), fault=(int(call), kind) if kind else None)
        freezes, interleaving = named.get("freezes"), named.get("interleaving")
        if freezes is not None:
            return frozen(case, int(freezes))
        if interleaving is not None:
            return interleaved(case, int(interleaving))
        dies, again = (int(named[name]) if name in named else None for name in ("dies", "again"))
        return replace(case, dies_at=dies, dies_again_at=again)


def frozen(case: Case, step: int) -> Case:
    """The first writer stands still past its lease: its database is a server, else nobody could go on."""
    return replace(case, setting=replace(case.setting, server_database=True), freezes_at=step)


def interleaved(case: Case, seed: int) -> Case:
    """Two workers on a file, or on a server that frees a lock with its connection."""
    return replace(case, setting=replace(case.setting, server_database=bool(seed & 2)), interleaving=seed)


def pairwise(switches: dict[str, tuple[Any, ...]]) -> list[tuple[tuple[str, Any], ...]]:
    """A few rows in which every two values of any two switches meet, found greedily."""
    names = sorted(switches)
    open_pairs = {
        ((a, x), (b, y)) for a, b in itertools.combinations(names, 2) for x in switches[a] for y in switches[b]
    }  # fmt: skip
    rows: list[tuple[tuple[str, Any], ...]] = []
    every = list(itertools.product(*(switches[name] for name in names)))
    while open_pairs:
        best = max(every, key=lambda values: sum(pair in open_pairs for pair in itertools.combinations(zip(names, values, strict=True), 2)))
        row = tuple(zip(names, best, strict=True))
        open_pairs -= set(itertools.combinations(row, 2))
        rows.append(row)
    return rows


@cache
def settings() -> tuple[Setting, ...]:
    """Both ledgers, both documents, under every row of switches: each document alone, then two in one call; credits under one row."""
    alone = [Setting(ledger, document, row) for ledger, document in WAYS for row in pairwise(SWITCHES[ledger])]
    rows = {ledger: pairwise(SWITCHES[ledger] | BATCH_SWITCHES[ledger]) for ledger in SWITCHES}
    together = [Setting(ledger, document, row, batch_from=BATCH_FROM) for ledger, document in WAYS for row in rows[ledger]]
    return (*alone, *together, *(Setting(ledger, "invoice", pairwise(SWITCHES[ledger])[0], refunds=True) for ledger in SWITCHES))


def orders_of(setting: Setting) -> tuple[int, ...]:
    """With how many work orders a setting is played."""
    return (BATCH_FROM,) if setting.batch_from else (1, 2)


def scene_of(setting: Setting, orders: int, folder: Path) -> Scene:
    """The world before the first run."""
    scene = Scene(setting, folder)
    for number in range(1, orders + 1):
        create_simple(scene, str(number), (10_000 + number) * (-1 if setting.refunds else 1))
    return scene


def undisturbed(setting: Setting, orders: int) -> Ending:
    """The run in which nothing goes wrong: its steps, and those at which the ledger is called, are what there is to disturb."""
    with TemporaryDirectory(prefix="case-") as folder:
        return scene_of(setting, orders, Path(folder)).run(Process())


def firsts(setting: Setting, orders: int, kind: str) -> Iterator[Case]:
    """Everything of one kind that can go wrong in the first run."""
    run, case = undisturbed(setting, orders), Case(setting, orders)
    steps = range(1, run.steps + 1)
    if kind == "crashes":
        yield from (replace(case, dies_at=step) for step in steps)
    elif kind == "freezes":
        yield from (frozen(case, step) for step in steps)
    elif kind == "interleavings":
        yield from (interleaved(case, seed) for seed in range(INTERLEAVINGS))
    else:
        for call, step in enumerate(run.ledger_calls, 1):
            for fault in faults_of(setting.ledger, batches=setting.batch_from > 0):
                # A death before the call is a crash without a fault.
                yield from (replace(case, fault=(call, fault), dies_at=dies) for dies in (None, *range(step + 1, run.steps + 1)))


def first_run(scene: Scene, case: Case) -> list[Ending]:
    """What goes wrong first; with a freeze or an interleaving the second worker is in it."""
    first = Process(dies_at=case.dies_at, late_seconds=LATE_SECONDS, freezes_at=case.freezes_at, freeze_seconds=FREEZE_SECONDS)
    if case.fault:
        first.ledger_faults = dict([case.fault])
    if case.freezes_at is not None:
        second = Process(starts_after_seconds=STARTS_AFTER_SECONDS, again=RUNS_MEANWHILE)
        return scene.run_two(first, second, Turns(scene.clock, random.Random(case.freezes_at)))
    if case.interleaving is not None:
        chance = random.Random(case.interleaving)
        if case.interleaving % 2:
            first.dies_at = chance.randrange(1, 100)
        return scene.run_two(first, Process(again=1), Turns(scene.clock, chance))
    return [scene.run(first)]


def second_run(scene: Scene, case: Case) -> list[Ending]:
    """The run after that; where two ran already there is none."""
    if case.freezes_at is not None or case.interleaving is not None:
        return []
    return [scene.run(Process(dies_at=case.dies_again_at))]


def judged(scene: Scene, endings: list[Ending]) -> Verdict:
    """Peace, and the checkers."""
    verdict = Verdict([repr(ending.bug) for ending in endings if ending.bug is not None] + judge.at_any_moment(scene))
    verdict.violations = verdict.violations or converge(scene, verdict, log=False)
    return verdict


def play_case(case: Case) -> Verdict:
    """Play one case to its end."""
    with TemporaryDirectory(prefix="case-") as folder:
        scene = scene_of(case.setting, case.orders, Path(folder))
        return judged(scene, [*first_run(scene, case), *second_run(scene, case)])


def digest(scene: Scene) -> str:
    """The world as far as what follows depends on it: our record without its times, the books, what hangs, what a key remembers."""
    record = [
        scene.rows("SELECT number, disposition, problems FROM work_order ORDER BY number"),
        scene.rows("SELECT marker, state, attempted, attempts, generation, phase, remote_id, looked, refused FROM posting ORDER BY marker"),
        scene.rows("SELECT uncertain_since IS NULL, absent_since IS NULL, not_before IS NULL FROM posting ORDER BY marker"),
        scene.rows("SELECT key, outcome, leased_at IS NULL FROM send ORDER BY key"),
        scene.rows("SELECT key, item, token, outcome FROM batch JOIN batch_member ON batch.id = batch_id ORDER BY key, item"),
        scene.rows("SELECT count(*) FROM source_cursor"),
        scene.rows("SELECT count(*) FROM token"),
        scene.rows("SELECT key FROM meta ORDER BY key"),
    ]
    late = scene.shell.next_late() is not None
    keys = sorted(str(key) for key in (scene.vendor._remembered if scene.setting.ledger == "quickbooks" else scene.vendor._keys._known))
    told = repr((record, scene.every_document(), late, keys, scene.epoch_beside()))
    return hashlib.sha256(told.encode()).hexdigest()
