"""Small scope, all of it: one and two work orders, every pair of crash points, every fault at every call, a freeze at every step.

A case is two runs in which something goes wrong, then peace. Cases whose world is the same after the first run (the same record, the
same books) are played on only once: what follows depends on nothing else. Switches of what nobody has documented are covered by pairs.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.simulation import judge
from tests.simulation.history import SWITCHES, Verdict, converge
from tests.simulation.network import FAULTS
from tests.simulation.people import create_simple
from tests.simulation.scene import Process, Scene, Setting
from tests.simulation.turns import Turns

WAYS = [(ledger, document) for ledger in ("quickbooks", "xero") for document in ("journal_entry", "invoice")]
FREEZE_SECONDS = 2000.0  # past every lease, and long enough for another process to prove what it must
RUNS_MEANWHILE = 5
LATE_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Case:
    """What goes wrong in the first run and in the second; `freezes_at` makes the two runs one: one works while the other is frozen."""

    setting: Setting
    orders: int
    dies_at: int | None = None
    dies_again_at: int | None = None
    fault: tuple[int, str] | None = None
    freezes_at: int | None = None

    def told(self) -> str:
        """The case in one line."""
        parts = (("dies at", self.dies_at), ("then at", self.dies_again_at), ("fault", self.fault), ("freezes at", self.freezes_at))
        wrong = ", ".join(f"{name} {value}" for name, value in parts if value is not None)
        return (
            f"{self.setting.ledger} {self.setting.document} {dict(self.setting.switches)} {self.orders} work orders: {wrong or 'nothing'}"
        )


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


def settings() -> list[Setting]:
    """Both ledgers, both documents, under every row of switches."""
    return [Setting(ledger, document, row) for ledger, document in WAYS for row in pairwise(SWITCHES[ledger])]


def scene_of(setting: Setting, orders: int, folder: Path) -> Scene:
    """The world before the first run."""
    scene = Scene(setting, folder)
    for number in range(1, orders + 1):
        create_simple(scene, str(number), 10_000 + number)
    return scene


def length_of(setting: Setting, orders: int) -> tuple[int, int]:
    """How many steps and ledger calls an undisturbed run has."""
    with TemporaryDirectory(prefix="case-") as folder:
        ending = scene_of(setting, orders, Path(folder)).run(Process())
    return ending.steps, ending.ledger_calls


def cases(setting: Setting, orders: int) -> Iterator[Case]:
    """Every case of a setting."""
    steps, calls = length_of(setting, orders)
    for dies_at in range(1, steps + 1):
        for again in (None, *range(1, steps + 1)):
            yield Case(setting, orders, dies_at, again)
    for call, kind in itertools.product(range(1, calls + 1), FAULTS):
        for dies_at in (None, *range(1, steps + 1)):
            yield Case(setting, orders, dies_at, fault=(call, kind))
    for freezes_at in range(1, steps + 1):
        yield Case(Setting(setting.ledger, setting.document, setting.switches, server_database=True), orders, freezes_at=freezes_at)


def play_case(case: Case, seen: set[str]) -> Verdict | None:
    """Play a case; None when its world after the first run was met before with the same second run to come."""
    with TemporaryDirectory(prefix="case-") as folder:
        scene = scene_of(case.setting, case.orders, Path(folder))
        first = Process(dies_at=case.dies_at, late_seconds=LATE_SECONDS, freezes_at=case.freezes_at, freeze_seconds=FREEZE_SECONDS)
        if case.fault:
            first.ledger_faults = dict([case.fault])
        second = Process(dies_at=case.dies_again_at, again=RUNS_MEANWHILE if case.freezes_at is not None else 0)
        if case.freezes_at is not None:
            endings = scene.run_two(first, second, Turns(scene.clock, random.Random(case.freezes_at)))
        else:
            endings = [scene.run(first)]
            state = f"{case.setting}{case.orders}{case.dies_again_at}{digest(scene)}"
            if state in seen:
                return None
            seen.add(state)
            endings.append(scene.run(second))
        verdict = Verdict([f"{case.told()}: {ending.bug!r}" for ending in endings if ending.bug] + judge.at_any_moment(scene))
        verdict.violations = verdict.violations or converge(scene, verdict, log=False)
        return verdict


def digest(scene: Scene) -> str:
    """The world as far as what follows depends on it: our record without its times, the books, what hangs, what a key remembers."""
    record = [
        scene.rows("SELECT number, disposition, problems FROM work_order ORDER BY number"),
        scene.rows("SELECT marker, state, attempted, attempts, generation, phase, remote_id, looked, refused FROM posting ORDER BY marker"),
        scene.rows("SELECT uncertain_since IS NULL, absent_since IS NULL, not_before IS NULL FROM posting ORDER BY marker"),
        scene.rows("SELECT key, outcome, leased_at IS NULL FROM send ORDER BY key"),
        scene.rows("SELECT count(*) FROM source_cursor"),
        scene.rows("SELECT count(*) FROM token"),
        scene.rows("SELECT key FROM meta ORDER BY key"),
    ]
    late = scene.shell.next_late() is not None
    keys = sorted(str(key) for key in (scene.vendor._remembered if scene.setting.ledger == "quickbooks" else scene.vendor._keys._known))
    told = repr((record, scene.every_document(), late, keys, scene.epoch_beside()))
    return hashlib.sha256(told.encode()).hexdigest()
