"""Put every accident back and tell how it was caught: 1 when one is not, or when its story has violations without it too.

With `--table`, print what docs/museum.md shows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from tests.memory import work_in_memory
from tests.simulation.museum.accident import hunt
from tests.simulation.museum.catalogue import EVERY, table


def hunt_and_doubt(index: int, *, at_once: bool) -> tuple[int, str, list[str]] | None:
    """The first story that catches an accident, how, and what the same story says without it: a job of one core.

    `at_once`: the hunt begins with the story that caught it when it came here.
    """
    accident = EVERY[index]
    found = hunt(accident, range(accident.caught.at if at_once else 0, accident.caught.within))
    return (*found, accident.stories.play(found[0])) if found else None


def main() -> int:
    """Hunt every accident on all cores."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.museum", description=__doc__)
    parser.add_argument("--table", action="store_true", help="print the table of docs/museum.md")
    parser.add_argument("--ci", action="store_true", help="begin each hunt where its accident was caught before: seconds, not minutes")
    given = parser.parse_args()
    if given.table:
        print(table())
        return 0
    if os.environ.get("PYTHONHASHSEED") != "0":
        # A seed is one history only if sets are walked in the same order each time.
        again = [sys.executable, "-m", "tests.simulation.museum", *(["--ci"] if given.ci else [])]
        return subprocess.call(again, env={**os.environ, "PYTHONHASHSEED": "0"})
    began, missed = time.monotonic(), 0
    with ProcessPoolExecutor(initializer=work_in_memory) as pool:
        for accident, found in zip(EVERY, pool.map(partial(hunt_and_doubt, at_once=given.ci), range(len(EVERY))), strict=True):
            number, violation, without = found or (accident.caught.within, "NOT CAUGHT", [])
            missed += found is None or bool(without)
            print(f"{accident.name} | {violation} | {accident.stories.kind} {number}", flush=True)
            if without:
                print(f"  WITHOUT IT TOO: {without[0]}", flush=True)
    print(f"{len(EVERY)} accidents, {missed} missed, {time.monotonic() - began:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
