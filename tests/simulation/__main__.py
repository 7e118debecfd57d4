"""The simulation as a command: seeded histories, the whole of the small scope, simulated months; on all cores, stoppable and resumable.

A failing seed is shrunk and told by --replay, a failing case by --case.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.memory import work_in_memory
from tests.simulation.exploring import BLOCKS, Explored, Slice, explore, jobs
from tests.simulation.history import Verdict, history_of, play, shrink
from tests.simulation.months import DAYS_PER_MONTH, Company, play_days
from tests.simulation.small import WAYS, Case, play_case

SEEDS_PER_JOB = 25
CI_SEEDS = 100
# What moves with the commit: so many seeds of so many, and one of so many slices of the small scope.
CI_MOVING_SEEDS, CI_RANGES = 150, 1000
CI_SLICES = 8192
ROOT = Path(__file__).parents[2]


@dataclass
class Totals:
    """What a range of seeds added up to."""

    seeds: int = 0
    violations: int = 0
    runs: int = 0
    deaths: int = 0
    steps: int = 0
    documents: int = 0

    def add(self, verdict: Verdict) -> None:
        """One more history."""
        self.seeds += 1
        self.violations += bool(verdict.violations)
        self.runs += verdict.runs
        self.deaths += verdict.deaths
        self.steps += verdict.steps
        self.documents += verdict.documents


def play_some(first: int, end: int) -> list[tuple[int, Verdict]]:
    """A job of one core."""
    return [(seed, play(history_of(seed))) for seed in range(first, min(first + SEEDS_PER_JOB, end))]


def main() -> int:
    """Run what is asked for; 1 when anything was violated."""
    given = _arguments()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # A seed is one history only if sets are walked in the same order each time.
        return subprocess.call([sys.executable, "-m", "tests.simulation", *sys.argv[1:]], env={**os.environ, "PYTHONHASHSEED": "0"})
    work_in_memory()
    if given.replay is not None:
        return _replay(given.replay)
    if given.case:
        return _case(given.case)
    if given.small:
        return _small(Slice(), given.done)
    if given.long:
        return _long(given.first_seed, given.months, given.done)
    if given.ci:
        return _ci()
    return _seeds(given.first_seed, given.seeds, given.done)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--small", action="store_true", help="the whole of the small scope: hours")
    parser.add_argument("--long", action="store_true", help="months of hourly syncs, one company a core")
    parser.add_argument("--months", type=int, default=3, help="so many months of each company")
    parser.add_argument("--done", type=Path, help="a file that remembers what is done, so that a stopped run goes on")
    parser.add_argument("--replay", type=int, help="play one seed, tell what happened, and shrink it if it fails")
    parser.add_argument("--case", help="play one case of the small scope, as a violation names it")
    parser.add_argument("--ci", action="store_true", help="the bounded slice of every submission")
    return parser.parse_args()


def _ci() -> int:
    """The first seeds, and what moves with the commit: over time all of it is run."""
    commit = commit_number()
    first = CI_SEEDS + commit % CI_RANGES * CI_MOVING_SEEDS
    print(f"seeds 0 to {CI_SEEDS - 1}, {first} to {first + CI_MOVING_SEEDS - 1} of {CI_SEEDS + CI_RANGES * CI_MOVING_SEEDS}, and slice")
    print(f"{commit % CI_SLICES} of {CI_SLICES} of the small scope: another commit runs another part", flush=True)
    failed = [_seeds(0, CI_SEEDS, None), _seeds(first, CI_MOVING_SEEDS, None), _small(Slice(commit % CI_SLICES, CI_SLICES), None)]
    return max(failed)


def commit_number() -> int:
    """From the commit's hash; without git always the same."""
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(told.stdout.strip()[:8] or "0", 16)


# --- seeds ----------------------------------------------------------------------------------------------------------------------


def _seeds(first: int, seeds: int, done: Path | None) -> int:
    began, totals = time.monotonic(), Totals()
    starts = range(first, first + seeds, SEEDS_PER_JOB)
    for verdicts in _each(partial(play_some, end=first + seeds), starts, done):
        for seed, verdict in verdicts:
            totals.add(verdict)
            if verdict.violations:
                print(f"seed {seed}: {verdict.violations[0]}\n  python -m tests.simulation --replay {seed}", flush=True)
    print(
        f"{totals.seeds} histories, {totals.runs} runs, {totals.deaths} deaths, {totals.steps} steps, {totals.documents} documents: "
        f"{totals.violations} with violations, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return 1 if totals.violations else 0


def _replay(seed: int) -> int:
    history = history_of(seed)
    verdict = play(history, log=True)
    if verdict.violations:
        history = shrink(history)
        verdict = play(history, log=True)
        print(f"shrunk to {len(history.events)} events: {', '.join(f'{event.what} {event.seed}' for event in history.events)}")
    print(history.setting, *verdict.log, *verdict.violations, sep="\n")
    return 1 if verdict.violations else 0


# --- the small scope ------------------------------------------------------------------------------------------------------------


def _small(part: Slice, done: Path | None) -> int:
    began, total = time.monotonic(), Explored((0, 0, "", 0, 1))
    for explored in _each(partial(explore, part=part), jobs(BLOCKS if part == Slice() else 1), done):
        if part == Slice():
            print(explored.told(), flush=True)
        print(*explored.violations, sep="\n", end="\n" if explored.violations else "", flush=True)
        total += explored
    print(
        f"small scope: {total.covered} of {total.exist} first runs, {total.pairs} second crashes, {total.played} cases played to the end "
        f"(the others come to a world seen before): {len(total.violations)} violations, {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return 1 if total.violations else 0


def _case(told: str) -> int:
    case = Case.read(told)
    verdict = play_case(case)
    print(case, *verdict.violations, f"{verdict.runs} runs in peace, {len(verdict.violations)} violations", sep="\n")
    return 1 if verdict.violations else 0


# --- months ---------------------------------------------------------------------------------------------------------------------


def _long(first: int, months: int, done: Path | None) -> int:
    """Both ledgers and both documents, each for so many months."""
    began, seconds, totals = time.monotonic(), 0.0, Totals()
    companies = list(range(first, first + len(WAYS)))
    for seed, (verdict, core_seconds) in zip(companies, _each(partial(_company, months=months), companies, done), strict=False):
        totals.add(verdict)
        seconds += core_seconds
        for violation in verdict.violations:
            print(f"company {seed}: {violation}\n  python -m tests.simulation --long --first-seed {seed} --months {months}", flush=True)
    rate = totals.seeds * months * 3600 / seconds if seconds else 0.0
    print(
        f"{totals.seeds} companies, {months} months each, {totals.runs} runs, {totals.deaths} deaths, {totals.documents} documents: "
        f"{totals.violations} with violations, {rate:.0f} simulated months per core-hour, {time.monotonic() - began:.0f} s"
    )
    return 1 if totals.violations else 0


def _company(seed: int, months: int) -> tuple[Verdict, float]:
    began = time.process_time()
    return play_days(Company(seed, months * DAYS_PER_MONTH)), time.process_time() - began


# --- all cores ------------------------------------------------------------------------------------------------------------------


def _each(work: Callable[[Any], Any], given: Sequence[Any], done: Path | None) -> Iterator[Any]:
    """The results of the jobs, as they end; what a stopped run did is in its file, and is not done again."""
    already = json.loads(done.read_text("utf-8")) if done and done.exists() else []
    known = {json.dumps(job) for job in already}
    left = [job for job in given if json.dumps(job) not in known]
    if known:
        print(f"{len(given) - len(left)} of {len(given)} jobs were done before", flush=True)
    with ProcessPoolExecutor(initializer=work_in_memory) as pool:
        for job, result in zip(left, pool.map(work, left), strict=True):
            yield result
            already.append(job)
            if done:
                done.write_text(json.dumps(already), "utf-8")


if __name__ == "__main__":
    sys.exit(main())
