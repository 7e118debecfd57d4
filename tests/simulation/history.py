"""One seed, one history: at most eight work orders and sixty events, then peace, convergence and judgement."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.simulation import judge, people
from tests.simulation.beside import CYCLES_MORE, open_ones, with_evidence
from tests.simulation.network import BATCH_FAULTS, FAULTS
from tests.simulation.people import Act
from tests.simulation.scene import Ending, Process, Scene, Setting
from tests.simulation.told import open_messages, with_write_back
from tests.simulation.turns import Turns

EVENTS_MAX = 60
STEPS_MAX = 160  # a process that is to die does so within so many steps
CALLS_MAX = 24
# The ledger's real D and T: below what the connector is told, together with what clocks may differ.
LATE_SECONDS_MAX = 15.0
CYCLES_MAX = 8
DAY_SECONDS = 86_400
IDLE_SECONDS = 4 * 3600  # longer than any key is remembered

SWITCHES: dict[str, dict[str, tuple[Any, ...]]] = {
    "quickbooks": {
        "key_life_seconds": (0, 300, 3600),
        "fault_replay": (True, False),
        "replay_after_delete": ("stale", "execute"),
        "lookup_lag_seconds": (0, 15),
        "body_mismatch": ("replay", "600", "execute"),
        "custom_txn_numbers": (True, False),
        "warn_duplicate_journal_number": (True, False),
        "rotate": ("daily", "each"),
        "throttle_body": ("xml", "json"),
    },
    "xero": {
        "key_life_seconds": (360,),
        "lookup_lag_seconds": (0, 15),
        "refresh_grace_seconds": (1800, 0),
        "number_reuse_after_void": (True, False),
        "cached_outage_statuses": ((500, 502, 503, 504), ()),
        "day_limit": (100_000,),
    },
}

# From this seed on, the ledger tells of changes in some histories; the museum counts in the earlier ones.
TOLD_FROM = 1000

# From this seed on, work orders are told about their documents in some histories.
TOLD_BACK_FROM = 25_000

# What matters only where several documents leave in one call; two are enough for it.
BATCH_FROM = 2
BATCH_SWITCHES: dict[str, dict[str, tuple[Any, ...]]] = {
    "quickbooks": {"shuffle_batch": (True, False), "batch_replay": ("replay", "6000")},
    "xero": {"shuffle_batch": (True, False), "partial_commit_on_400": (True, False)},
}

_WEIGHTS: dict[str, int] = {
    "create": 12, "edit_cost": 4, "reopen_or_complete": 3, "retitle": 1, "delete_order": 1, "remove_document": 2, "edit_document": 1,
    "strip_marker": 1, "delete_drafts": 1, "move_lock": 2, "rename_account": 1, "change_account": 1, "change_document": 1,
    "change_policy": 1, "back_up": 2, "restore": 2, "release": 2, "sign_out": 1, "reconnect": 1, "idle": 8, "shift_clock": 1,
    "set_clock_back": 1, "run": 22, "run_two": 3,
}  # fmt: skip
# What may also happen in the middle of a run, between any two of its steps.
_IN_THE_MIDDLE: tuple[Act, ...] = (
    people.create, people.edit_cost, people.reopen_or_complete, people.delete_order, people.remove_document, people.edit_document,
    people.delete_drafts, people.move_lock, people.rename_account, people.sign_out,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens; its own seed decides everything about it, so that leaving others out does not change it more than need be."""

    what: str
    seed: int


@dataclass(frozen=True, slots=True)
class History:
    """A setting and what happens in it."""

    setting: Setting
    events: tuple[Event, ...]


@dataclass
class Verdict:
    """What became of a history: its violations, and how much was done."""

    violations: list[str]
    runs: int = 0
    deaths: int = 0
    steps: int = 0
    documents: int = 0
    trace: list[str] = field(default_factory=list)  # every step of every process
    log: list[str] = field(default_factory=list)

    def count(self, endings: Sequence[Ending]) -> None:
        """Some more runs."""
        self.runs += len(endings)
        self.deaths += sum(ending.how == "died" for ending in endings)
        self.steps += sum(ending.steps for ending in endings)
        self.trace.extend(step for ending in endings for step in (*ending.trace, ending.how))


def history_of(seed: int) -> History:
    """The history of a seed."""
    chance = random.Random(seed)
    ledger = chance.choice(("quickbooks", "xero"))
    switches = tuple((name, chance.choice(values)) for name, values in SWITCHES[ledger].items())
    setting = Setting(ledger, chance.choice(("journal_entry", "invoice")), switches, server_database=chance.random() < 0.3)
    if seed % 5 in (1, 3):
        setting = in_batches(setting, random.Random(f"batches {seed}"))
    is_told = seed >= TOLD_FROM and seed % 7 == 5
    if seed % 7 == 5:
        setting = with_evidence(setting, random.Random(f"evidence {seed}"))
    if seed % 7 in (4, 5):
        setting = replace(setting, refunds=True, document=setting.document if seed % 7 == 5 else "invoice")
    names, weights = list(_WEIGHTS), list(_WEIGHTS.values())
    events = [Event(name, chance.randrange(2**32)) for name in chance.choices(names, weights, k=chance.randrange(12, EVENTS_MAX - 2))]
    if setting.refunds:
        _have_some_taken_back(events, random.Random(f"reversals {seed}"))
    if seed >= TOLD_BACK_FROM and seed % 7 in (3, 4):
        setting = with_write_back(setting, random.Random(f"write-back {seed}"))
    if is_told:
        setting, events = replace(setting, listens=True), told_of(events, random.Random(f"hints {seed}"))
    return History(setting, (Event("create", seed), *events, Event("run", seed)))


def told_of(events: Sequence[Event], chance: random.Random) -> list[Event]:
    """The same events, between which the ledger tells of changes, and somebody looks at what it told."""
    between = ((), (), ("tell",), ("tell", "heed"), ("tell", "tell", "heed"), ("heed",))
    return [more for event in events for more in (event, *(Event(what, chance.randrange(2**32)) for what in chance.choice(between)))]


def _have_some_taken_back(events: list[Event], chance: random.Random) -> None:
    """Somebody wants invoices taken back, at any time."""
    for _ in range(chance.randrange(2, 6)):
        events.insert(chance.randrange(len(events) // 3, len(events) + 1), Event("reverse", chance.randrange(2**32)))


def in_batches(setting: Setting, chance: random.Random) -> Setting:
    """The same world, in which documents leave together as soon as there are two."""
    more = tuple((name, chance.choice(values)) for name, values in BATCH_SWITCHES[setting.ledger].items())
    return replace(setting, switches=(*setting.switches, *more), batch_from=BATCH_FROM)


def play(history: History, *, log: bool = False) -> Verdict:
    """Play a history to its end and judge it."""
    with TemporaryDirectory(prefix="history-") as folder:
        return _play(Scene(history.setting, Path(folder)), history.events, log=log)


def _play(scene: Scene, events: Sequence[Event], *, log: bool) -> Verdict:
    verdict = Verdict([])
    for event in events:
        endings = happen(scene, event)
        verdict.count(endings)
        if log:
            verdict.log.append(f"{scene.clock.now():%d %H:%M:%S} {event.what} {event.seed}: {_told(scene, endings)}")
        verdict.violations = _bugs(endings) + judge.at_any_moment(scene)
        if verdict.violations:
            return verdict
    verdict.violations = converge(scene, verdict, log=log)
    verdict.documents = len(scene.every_document())
    return verdict


def happen(scene: Scene, event: Event) -> list[Ending]:
    """Let one event happen; the endings of the processes that ran in it."""
    chance = random.Random(event.seed)
    if event.what == "run":
        return [scene.run(process_of(scene, chance))]
    if event.what == "heed":
        return [scene.run(replace(process_of(scene, chance), flow="heed"))]
    if event.what == "reverse":
        numbers = people.invoiced(scene) or sorted(scene.orders)
        if not numbers:
            return []  # Of a history that is shrunk, also what made the first work order may be left out.
        number = chance.choice(numbers)
        return [scene.run(replace(process_of(scene, chance), flow="reverse", number=number))]
    if event.what == "run_two":
        return scene.run_two(process_of(scene, chance), process_of(scene, chance), Turns(scene.clock, chance))
    getattr(people, event.what)(scene, chance)
    return []


def process_of(scene: Scene, chance: random.Random) -> Process:
    """A run, mostly with something that goes wrong in it."""
    process = Process(flow="reconcile" if chance.random() < 0.1 else "sync", late_seconds=chance.uniform(1, LATE_SECONDS_MAX))
    if chance.random() < 0.4:
        process.dies_at = chance.randrange(1, STEPS_MAX)
    for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
        calls = process.ledger_faults if chance.random() < 0.8 else process.upkeep_faults
        calls[chance.randrange(1, CALLS_MAX)] = chance.choice(FAULTS)
    if scene.setting.batch_from and chance.random() < 0.5:
        process.batch_fault = chance.choice((*4 * BATCH_FAULTS, *FAULTS))
    if chance.random() < 0.15:
        process.freezes_at, process.freeze_seconds = chance.randrange(1, STEPS_MAX), chance.choice((5.0, 100.0, 400.0))
    if chance.random() < 0.2:
        act, own = chance.choice(_IN_THE_MIDDLE), random.Random(chance.randrange(2**32))
        process.at_step[chance.randrange(1, STEPS_MAX)] = [partial(act, scene, own)]
    return process


def converge(scene: Scene, verdict: Verdict, *, log: bool) -> list[str]:
    """The faults stop; within a bounded number of syncs everything is where it belongs."""
    _heal(scene)
    for _ in range(CYCLES_MAX + (CYCLES_MORE if scene.setting.evidence.kinds() or scene.setting.write_back else 0)):
        scene.clock.advance(IDLE_SECONDS)
        ending = scene.run(Process())
        verdict.count([ending])
        if log:
            verdict.log.append(f"{scene.clock.now():%d %H:%M:%S} peace: {_told(scene, [ending])}")
        found = _bugs([ending]) + judge.at_any_moment(scene)
        if found:
            return found
        if ending.how == "done" and not judge.open_postings(scene) and not _beside(scene) and not _tried_again(scene):
            break
    else:
        return [f"does not converge: {ending.how}, {judge.open_postings(scene)}, {_beside(scene)}"]
    again = scene.run(Process())
    found = _bugs([again]) + judge.at_rest(scene)
    reconciled = scene.run(Process(flow="reconcile"))
    verdict.count([again, reconciled])
    return found + _bugs([reconciled]) + judge.after_reconciliation(scene)


def _beside(scene: Scene) -> list[Any]:
    """What is on its way besides documents."""
    return [*open_ones(scene), *open_messages(scene)]


def _tried_again(scene: Scene) -> bool:
    """A person who knows that the ledger is well again has released what was sent in vain too often."""
    numbers = [row[0] for row in scene.rows("SELECT number FROM work_order WHERE problems LIKE '%SENT_IN_VAIN%' ORDER BY number")]
    for number in numbers:
        scene.release(number)
    return bool(numbers)


def _heal(scene: Scene) -> None:
    """A person has opened the books, given accounts their names back, and connected the account again; used-up limits are open again."""
    scene.locked_through = None
    scene.vendor.set_lock(None)
    if scene.is_renamed:
        people.rename_account(scene, random.Random(0))
    scene.clock.advance(DAY_SECONDS)
    scene.skew = timedelta(0)
    scene.reconnect()
    scene.shell.plan.clear()
    scene.sandbox.upkeep.plan.clear()


def _bugs(endings: Sequence[Ending]) -> list[str]:
    return [f"a process ended in {type(ending.bug).__name__}: {ending.bug}" for ending in endings if ending.bug is not None]


def _told(scene: Scene, endings: Sequence[Ending]) -> str:
    states = " ".join(f"{marker}={state}" for marker, state in scene.rows("SELECT marker, state FROM posting ORDER BY id"))
    books = " ".join(f"{i}:{judge.number_in(marker) or '-'}:{status}" for i, marker, status, _, _ in scene.every_document())
    return f"{[ending.how for ending in endings]} postings {states or '-'} books {books or '-'}"


def shrink(history: History, *, tries_max: int = 400) -> History:
    """The shortest history that still fails, by leaving out events as long as that does not help."""
    assert play(history).violations
    size = max(1, len(history.events) // 2)
    tries = 0
    while size >= 1 and tries < tries_max:
        start, shrunk = 0, False
        while start < len(history.events) and tries < tries_max:
            shorter = replace(history, events=history.events[:start] + history.events[start + size :])
            tries += 1
            if play(shorter).violations:
                history, shrunk = shorter, True
            else:
                start += size
        size = size if shrunk and size == 1 else size // 2
    return history
