"""Kill and freeze real processes thousands of times, and ask the books afterwards: python -m tests.rig --kills 1000 --seed 1.

The same seed strikes at the same moments again; a lane (one company from its empty database on) is replayed alone with --first-lane.
Prints one closing line and exits 1 on any violation.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from tests.rig.moments import DOCUMENTS, LEDGERS, lane
from tests.rig.nursery import ROOT, nursery
from tests.rig.working import Tally, UnsoundEndError, work_lane
from tests.store.databases import PostgresServer, running_postgres, why_postgres_cannot_run

CI_MINUTES = {"sqlite": 0.7, "postgres": 0.6}
# A rig that hits nothing proves nothing.
CI_KILLS_MIN = 5


def arguments() -> argparse.Namespace:
    """What the command was asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.rig", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=1000, help="end when so many processes were killed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first-lane", type=int, default=0)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--ledger", choices=[*LEDGERS, "both"], default="both")
    parser.add_argument("--document", choices=[*DOCUMENTS, "both"], default="both")
    parser.add_argument("--minutes", type=float, default=600.0, help="end after so many minutes")
    parser.add_argument("--moments", action="store_true", help="print how often each moment was hit")
    parser.add_argument("--ci", action="store_true", help="a bounded run on both databases, with a seed that moves with the commit")
    return parser.parse_args()


def work(given: argparse.Namespace) -> Tally:
    """Lane after lane until there are enough kills, no time is left or something is wrong."""
    ledgers = LEDGERS if given.ledger == "both" else (given.ledger,)
    documents = DOCUMENTS if given.document == "both" else (given.document,)
    tally, began, index = Tally(), time.monotonic(), given.first_lane
    ends = began + given.minutes * 60
    with tempfile.TemporaryDirectory(prefix="connector-rig-") as name, nursery(Path(name)) as mother, database(given, Path(name)) as server:
        while tally.kills < given.kills and time.monotonic() < ends and not tally.verdict.wrong:
            plan = lane(given.seed, index, ledgers, documents)
            try:
                work_lane(mother, plan, server, tally, kills=given.kills, ends=ends)
            except (UnsoundEndError, TimeoutError) as error:
                tally.verdict.wrong.append(str(error))
            if tally.verdict.wrong:
                _tell_replay(given, index)
            index += 1
            print(f"lane {index}: {tally.kills} kills, {tally.cycles} cycles", file=sys.stderr)
    _close(given, tally, time.monotonic() - began)
    return tally


def _tell_replay(given: argparse.Namespace, index: int) -> None:
    what = f"--database {given.database} --ledger {given.ledger} --document {given.document}"
    print(f"something is wrong; the same lane again: python -m tests.rig --seed {given.seed} --first-lane {index} {what}")


@contextmanager
def database(given: argparse.Namespace, folder: Path) -> Iterator[PostgresServer | None]:
    """The server to keep the records on; None for a file."""
    if given.database == "postgres" and why_postgres_cannot_run():
        raise SystemExit(why_postgres_cannot_run())
    with running_postgres(folder) if given.database == "postgres" else nullcontext() as server:
        yield server


def _close(given: argparse.Namespace, tally: Tally, seconds: float) -> None:
    for wrong in tally.verdict.wrong:
        print(f"  {wrong}")
    if given.moments:
        for moment in sorted(tally.moments | tally.missed):
            print(f"  {tally.moments[moment]:5} hit {tally.missed[moment]:5} did not come: {moment}")
    if tally.late:
        print(f"  {tally.late} writes were committed later than D after their sender's death: this machine broke the assumption")
    verdict = tally.verdict
    print(
        f"{given.database}, seed {given.seed}: {tally.kills} kills, {tally.freezes} freezes ({tally.missed.total()} moments did not come),"
        f" {len(tally.moments)} kinds of moments, {tally.cycles} cycles, {verdict.work_orders} work orders, {verdict.documents} documents,"
        f" {verdict.duplicates} duplicates, {verdict.lost} lost, {verdict.unbalanced} unbalanced, {verdict.cents_off} cents off,"
        f" {len(verdict.wrong)} violations, {seconds:.0f} seconds",
        flush=True,
    )


def commit_seed() -> int:
    """Another slice with every commit, so that over time all of it is tried."""
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(told.stdout.strip()[:8] or "1", 16)


def main() -> None:
    """Run, and exit 1 on any violation."""
    given = arguments()
    if not given.ci:
        runs = [given]
    else:
        runs = [argparse.Namespace(**vars(given) | {"database": d, "minutes": m, "seed": commit_seed()}) for d, m in CI_MINUTES.items()]
    tallies = [work(run) for run in runs]
    too_few = given.ci and any(tally.kills < CI_KILLS_MIN for tally in tallies)
    if too_few:
        print(f"fewer than {CI_KILLS_MIN} kills: nothing is proven")
    sys.exit(1 if too_few or any(tally.verdict.wrong for tally in tallies) else 0)


if __name__ == "__main__":
    main()
