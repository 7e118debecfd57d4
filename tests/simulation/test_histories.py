"""A slice of what `python -m tests.simulation` runs: seeded histories, frozen writers, and accidents put back that must be caught."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from connector.core import posting
from connector.core.posting import Event, State
from connector.flows import sending
from tests.simulation.history import SWITCHES, history_of, play, shrink
from tests.simulation.months import Company, play_days
from tests.simulation.scene import Setting
from tests.simulation.small import WAYS, Case, firsts, frozen, pairwise, play_case, undisturbed

# In these seeds the accident shows; in any others it is about one in ten.
BLIND, UNLOOKED = range(1, 12), range(10, 24)


def told(seed: int) -> list[str]:
    return play(history_of(seed)).violations


# 20475: a query that hung counted toward the ledger's limit a second time when it was committed.
ONCE_FAILED = (20475,)


@pytest.mark.parametrize("seed", [*range(4), *ONCE_FAILED])
def test_no_history_duplicates_or_loses_a_document(seed: int) -> None:
    assert told(seed) == []


def steps_of(seed: int) -> tuple[list[str], list[str]]:
    verdict = play(history_of(seed), log=True)
    return verdict.trace, verdict.log


def test_one_seed_is_one_history_step_by_step_in_every_process() -> None:
    """Which commits count as steps once hung on where the interpreter had put an object: every seed differed a little each time."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        there = [elsewhere.submit(steps_of, seed) for seed in (3, 1)]
        here = [steps_of(seed) for seed in (1, 3)]
        assert here == [steps_of(seed) for seed in (1, 3)]
        assert here == [one.result() for one in reversed(there)]


@pytest.mark.parametrize("seed", range(len(WAYS)))
def test_a_company_synced_every_hour_has_each_document_once(seed: int) -> None:
    verdict = play_days(Company(seed, days=3))
    assert verdict.violations == []
    assert verdict.runs >= 3 * 24
    assert verdict.documents > 0


def every_switch(ledger: str, **chosen: object) -> tuple[tuple[str, object], ...]:
    return tuple(({name: values[0] for name, values in SWITCHES[ledger].items()} | chosen).items())


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_writer_frozen_past_its_lease_that_lost_its_lock_makes_no_second_document(ledger: str, document: str) -> None:
    numbers_twice = {"custom_txn_numbers": False, "warn_duplicate_journal_number": False, "key_life_seconds": 0}
    setting = Setting(ledger, document, every_switch(ledger, **(numbers_twice if ledger == "quickbooks" else {})))
    for step in random.Random(1).sample(range(1, undisturbed(setting, 1).steps + 1), 2):
        assert play_case(frozen(Case(setting, 1), step)).violations == []


@pytest.mark.parametrize(("ledger", "document"), WAYS)
def test_a_death_after_any_fault_leaves_one_document(ledger: str, document: str) -> None:
    setting = Setting(ledger, document, every_switch(ledger))
    for case in random.Random(2).sample(list(firsts(setting, 1, "faults")), 4):
        assert play_case(case).violations == []


def test_every_two_values_of_two_switches_meet() -> None:
    rows = pairwise(SWITCHES["quickbooks"])
    assert {(row_value("key_life_seconds", row), row_value("lookup_lag_seconds", row)) for row in rows} == {
        (life, lag) for life in (0, 300, 3600) for lag in (0, 15)
    }


def row_value(name: str, row: tuple[tuple[str, object], ...]) -> object:
    return dict(row)[name]


# --- the museum: an accident is put back, and the simulation must catch it ------------------------------------------------------


def caught(seeds: range) -> int | None:
    """The first seed that catches what is broken now."""
    return next((seed for seed in seeds if told(seed)), None)


def test_a_lost_answer_taken_for_a_refusal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A blind resend: what timed out is simply sent again."""
    monkeypatch.setitem(posting.NEXT[State.SENDING], Event.LOST_ANSWER, State.READY)
    monkeypatch.setattr(sending, "_look_before", lambda world, sent, ready: list(ready))
    assert caught(BLIND) is not None


def test_a_first_send_without_a_look_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Yesterday's database is restored, and everything since is posted again."""
    monkeypatch.setattr(sending, "_look_before", lambda world, sent, ready: list(ready))
    assert caught(UNLOOKED) is not None


def test_absence_believed_at_the_first_look_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that hangs at the ledger is committed after the one look that found nothing."""
    monkeypatch.setattr(sending, "_is_proven", lambda world, posting, begun_at: True)
    setting = Setting("quickbooks", "journal_entry", every_switch("quickbooks", key_life_seconds=0, warn_duplicate_journal_number=False))
    calls = range(1, len(undisturbed(setting, 1).ledger_calls) + 1)
    assert any(play_case(Case(setting, 1, fault=(call, "commit_late"))).violations for call in calls)


def test_a_failing_history_shrinks_to_what_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_look_before", lambda world, sent, ready: list(ready))
    seed = caught(UNLOOKED)
    assert seed is not None
    short = shrink(history_of(seed), tries_max=8)
    assert len(short.events) < len(history_of(seed).events)
    assert play(short).violations
