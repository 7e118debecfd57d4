"""The simulation as a command: a range of seeds on all cores, stoppable and resumable; a failing seed is shrunk and told."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.simulation.history import Verdict, history_of, play, shrink

SEEDS_PER_JOB = 25
CI_SEEDS = 100


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


def play_some(first: int, last: int) -> list[tuple[int, Verdict]]:
    """A job of one core."""
    return [(seed, play(history_of(seed))) for seed in range(first, last)]


def main() -> int:
    """Run what is asked for; 1 when anything was violated."""
    arguments = _arguments()
    if os.environ.get("PYTHONHASHSEED") != "0":
        # A seed is one history only if sets are walked in the same order each time.
        return subprocess.call([sys.executable, "-m", "tests.simulation", *sys.argv[1:]], env={**os.environ, "PYTHONHASHSEED": "0"})
    if arguments.replay is not None:
        return _replay(arguments.replay)
    if arguments.ci:
        arguments.first_seed, arguments.seeds = 0, CI_SEEDS
    return _run(arguments.first_seed, arguments.seeds, arguments.done)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--done", type=Path, help="a file that remembers what is done, so that a stopped run goes on")
    parser.add_argument("--replay", type=int, help="play one seed, tell what happened, and shrink it if it fails")
    parser.add_argument("--ci", action="store_true", help="the bounded slice of every submission")
    return parser.parse_args()


def _run(first: int, seeds: int, done: Path | None) -> int:
    began, totals, failed = time.monotonic(), Totals(), []
    already = set(json.loads(done.read_text("utf-8"))) if done and done.exists() else set()
    starts = [start for start in range(first, first + seeds, SEEDS_PER_JOB) if start not in already]
    with ProcessPoolExecutor(initializer=_on_memory) as pool:
        for start, verdicts in zip(starts, pool.map(play_some, starts, _ends(starts, first + seeds)), strict=True):
            for seed, verdict in verdicts:
                totals.add(verdict)
                if verdict.violations:
                    failed.append(seed)
                    print(f"seed {seed}: {verdict.violations[0]}\n  python -m tests.simulation --replay {seed}", flush=True)
            already.add(start)
            if done:
                done.write_text(json.dumps(sorted(already)), "utf-8")
    print(
        f"{totals.seeds} histories, {totals.runs} runs, {totals.deaths} deaths, {totals.steps} steps, {totals.documents} documents: "
        f"{totals.violations} with violations, {time.monotonic() - began:.0f} s"
    )
    return 1 if failed else 0


def _ends(starts: list[int], end: int) -> Iterator[int]:
    return (min(start + SEEDS_PER_JOB, end) for start in starts)


def _on_memory() -> None:
    """Databases that live for half a second need no disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK):
        tempfile.tempdir = str(memory)


def _replay(seed: int) -> int:
    _on_memory()
    history = history_of(seed)
    verdict = play(history, log=True)
    if verdict.violations:
        history = shrink(history)
        verdict = play(history, log=True)
        print(f"shrunk to {len(history.events)} events: {', '.join(f'{event.what} {event.seed}' for event in history.events)}")
    print(history.setting, *verdict.log, *verdict.violations, sep="\n")
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())
