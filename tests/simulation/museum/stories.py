"""The stories in which accidents are looked for: the seeds' random histories, and small families in which one thing varies."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.simulation import judge, people
from tests.simulation.history import IDLE_SECONDS, SWITCHES, Verdict, converge, history_of, play
from tests.simulation.scene import SETTLE_SECONDS, Process, Scene, Setting
from tests.simulation.small import FREEZE_SECONDS, LATE_SECONDS, RUNS_MEANWHILE, scene_of
from tests.simulation.turns import Turns

# A writer may use up half of its 150 seconds before its first byte: it is still in its right when it wakes.
HESITATION_SECONDS = 74.0
HASTY_SETTLE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Stories:
    """Numbered stories of one kind: `play` tells the violations of one."""

    kind: str
    play: Callable[[int], list[str]]


HISTORIES = Stories("random history", lambda seed: play(history_of(seed)).violations)


def helpless(ledger: str, **chosen: Any) -> Setting:
    """A journal entry at a ledger that helps with nothing unless it is chosen: no key is remembered, a number may be used twice."""
    numbers_twice = {"key_life_seconds": 0, "custom_txn_numbers": False, "warn_duplicate_journal_number": False}
    switches = {name: values[0] for name, values in SWITCHES[ledger].items()} | (numbers_twice if ledger == "quickbooks" else {})
    return Setting(ledger, "journal_entry", tuple((switches | chosen).items()))


def undisturbed(setting: Setting) -> list[str]:
    """A run in which nothing goes wrong."""
    return _in_acts("nothing goes wrong", setting, lambda scene, number: None).play(0)


# --- one thing goes wrong in one run, and another run comes at once -------------------------------------------------------------


def deaths(setting: Setting) -> Stories:
    """The process dies at the step of that number."""
    return _one_run_and_another("death at a step", setting, lambda number: Process(dies_at=number + 1))


def calls_with(fault: str, setting: Setting) -> Stories:
    """The call to the ledger of that number meets that fault."""
    return _one_run_and_another(
        f"{fault} at a call", setting, lambda number: Process(ledger_faults={number + 1: fault}, late_seconds=LATE_SECONDS)
    )


def _one_run_and_another(kind: str, setting: Setting, process: Callable[[int], Process]) -> Stories:
    def act(scene: Scene, number: int) -> None:
        scene.run(process(number))
        scene.run(Process())

    return _in_acts(kind, setting, act)


# --- stories in several acts ----------------------------------------------------------------------------------------------------


def freezes(setting: Setting) -> Stories:
    """The process is frozen past its lease at the step of that number and loses its lock, while another works."""

    def act(scene: Scene, number: int) -> None:
        frozen = Process(freezes_at=number + 1, freeze_seconds=FREEZE_SECONDS)
        scene.run_two(frozen, Process(again=RUNS_MEANWHILE), Turns(scene.clock, random.Random(number)))

    return _in_acts("freeze at a step", replace(setting, server_database=True), act)


def hesitations(setting: Setting) -> Stories:
    """The process stands still at the step of that number, almost as long as it may, and loses its lock; another one looks often."""

    def act(scene: Scene, number: int) -> None:
        scene.config = replace(scene.config, settle_seconds=HASTY_SETTLE_SECONDS)
        hesitating = Process(freezes_at=number + 1, freeze_seconds=HESITATION_SECONDS)
        often = Process(again=2 * RUNS_MEANWHILE, pause_seconds=HASTY_SETTLE_SECONDS + 1)
        scene.run_two(hesitating, often, Turns(scene.clock, random.Random(number)))

    return _in_acts("hesitation at a step", replace(setting, server_database=True), act)


def emptied_databases(fault: str, setting: Setting) -> Stories:
    """A work order is posted, the database is lost, and the call of that number of the next run meets that fault."""

    def act(scene: Scene, number: int) -> None:
        scene.run(Process())
        scene.restore_empty()
        scene.clock.advance(IDLE_SECONDS)
        scene.run(Process(ledger_faults={number + 1: fault}))

    return _in_acts(f"lost database, then {fault} at a call", setting, act)


def turned_orders(setting: Setting) -> Stories:
    """A work order is invoiced, the database is lost, the customer gets the money back; a process dies at the step of that number."""

    def act(scene: Scene, number: int) -> None:
        scene.run(Process())
        scene.restore_empty()
        people.turn(scene, scene.orders["1"])
        scene.clock.advance(IDLE_SECONDS)
        scene.run(Process(dies_at=number + 1))
        scene.run(Process())

    return _in_acts("lost database, costs turned, death at a step", replace(setting, document="invoice"), act)


def reversals_with(fault: str, setting: Setting) -> Stories:
    """An invoice is taken back, and the call of that number meets that fault."""

    def act(scene: Scene, number: int) -> None:
        scene.run(Process())
        scene.run(Process(flow="reverse", number="1", ledger_faults={number + 1: fault}, late_seconds=LATE_SECONDS))
        scene.run(Process())

    return _in_acts(f"invoice taken back, {fault} at a call", replace(setting, document="invoice"), act)


def removals(setting: Setting) -> Stories:
    """The answer to the call of that number is lost, and a person removes what it created before anybody looks."""

    def act(scene: Scene, number: int) -> None:
        scene.run(Process(ledger_faults={number + 1: "drop_after_commit"}))
        people.remove_document(scene, random.Random(number))
        for _ in range(3):
            scene.clock.advance(2 * SETTLE_SECONDS)
            scene.run(Process())

    return _in_acts("lost answer at a call, document removed", setting, act)


def copied_drafts(setting: Setting) -> Stories:
    """The answer to the call of that number is lost, and a person copies the draft that it left in Xero."""

    def act(scene: Scene, number: int) -> None:
        scene.run(Process(ledger_faults={number + 1: "drop_after_commit"}))
        books = scene.vendor.books
        for draft in scene.vendor.drafts():
            shelf = next(shelf for shelf in books.shelves.values() if draft["id"] in shelf.by_id)
            books.commit(replace(shelf.by_id[draft["id"]], id=books.guid("copy")))
        scene.run(Process())

    return _in_acts("lost answer at a call, draft copied", setting, act)


def pairs(setting: Setting) -> Stories:
    """A sync and a proof at once, when the access token has just ended: a proof waits for no writer."""

    def act(scene: Scene, number: int) -> None:
        scene.run(Process())
        scene.sign_out()
        scene.clock.advance(IDLE_SECONDS)
        people.create_simple(scene, "2", 20_000)
        # The proof asks the ledger at once, the sync asks UpKeep first: somewhere in between both ask for a token.
        proof = Process(flow="prove", again=3, pause_seconds=0.2, starts_after_seconds=0.05 * (number % 40))
        scene.run_two(Process(again=3, pause_seconds=0.2), proof, Turns(scene.clock, random.Random(number)))

    return _in_acts("sync and proof at once", setting, act)


def _in_acts(kind: str, setting: Setting, act: Callable[[Scene, int], None]) -> Stories:
    def play_number(number: int) -> list[str]:
        with TemporaryDirectory(prefix="acts-") as folder:
            scene = scene_of(setting, max(1, setting.batch_from), Path(folder))
            act(scene, number)
            return judge.at_any_moment(scene) or converge(scene, Verdict([]), log=False)

    return Stories(kind, play_number)
