"""Months of hourly syncs with people working, and faults now and then: what grows, what ends, and what only shows after weeks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.simulation import judge, people
from tests.simulation.history import SWITCHES, Verdict, converge, process_of
from tests.simulation.people import Act
from tests.simulation.scene import Ending, Process, Scene, Setting
from tests.simulation.small import WAYS

DAYS_PER_MONTH = 30
HOURS_OF_WORK = range(13, 23)  # a working day in Chicago, by the world's clock
ORDERS_PER_MONTH = 60
FAULTY_RUNS = 0.05
# What people do in an hour of work, and how often.
_WORK: tuple[tuple[Act, float], ...] = (
    (people.edit_cost, 0.05), (people.reopen_or_complete, 0.03), (people.retitle, 0.02), (people.delete_order, 0.005),
    (people.remove_document, 0.01), (people.edit_document, 0.005), (people.rename_account, 0.005), (people.release, 0.02),
    (people.sign_out, 0.01), (people.back_up, 0.01), (people.restore, 0.002),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Company:
    """A company and how long it is looked at: its seed decides everything."""

    seed: int
    days: int


def play_days(company: Company) -> Verdict:
    """Play a company's days, judge at every hour what may never be, and at the end what must be so at rest."""
    chance = random.Random(company.seed)
    ledger, document = WAYS[company.seed % len(WAYS)]
    switches = tuple((name, chance.choice(values)) for name, values in SWITCHES[ledger].items())
    with TemporaryDirectory(prefix="months-") as folder:
        scene = Scene(Setting(ledger, document, switches), Path(folder))
        verdict, orders_max = Verdict([]), max(1, ORDERS_PER_MONTH * company.days // DAYS_PER_MONTH)
        for _ in range(company.days * 24):
            endings = _hour(scene, chance, orders_max)
            verdict.count(endings)
            verdict.violations = [repr(ending.bug) for ending in endings if ending.bug is not None] + judge.at_any_moment(scene)
            if verdict.violations:
                return verdict
        verdict.violations = converge(scene, verdict, log=False)
        verdict.documents = len(scene.every_document())
        return verdict


def _hour(scene: Scene, chance: random.Random, orders_max: int) -> list[Ending]:
    """People work, the books are closed on the fifth of a month, and the scheduled sync runs."""
    began = scene.clock.now()
    if began.hour in HOURS_OF_WORK:
        if chance.random() < ORDERS_PER_MONTH / DAYS_PER_MONTH / len(HOURS_OF_WORK):
            people.create(scene, chance, orders_max=orders_max)
        for act, often in _WORK:
            if chance.random() < often:
                act(scene, chance)
    if began.day == 5 and began.hour == HOURS_OF_WORK.start:
        scene.locked_through = began.date().replace(day=1) - timedelta(days=1)
        scene.vendor.set_lock(scene.locked_through)
    ending = scene.run(process_of(scene, chance) if chance.random() < FAULTY_RUNS else Process())
    if "DeadGrant" in ending.how:
        scene.reconnect()  # An operator reads it and connects the account again.
    scene.clock.advance(max(0.0, 3600 - (scene.clock.now() - began).total_seconds()))
    return [ending]
