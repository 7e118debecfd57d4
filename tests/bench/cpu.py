"""Documents per CPU second of each program, the vendors' SDKs and the connector: python -m tests.bench.cpu WORK_ORDERS.csv [--rounds N].

In each round every program posts the same work orders into one sandbox, whose limits are off, one program after the other, as a process
of its own over sockets; in the next round the order is turned, and the sandbox is a new one. Counted is the CPU time of the program's
own process, user and system, not that of the sandbox; wall-clock times stand beside it. The machine may be shared, so that of the
figures the ratios within a round mean most: the median of the rounds is shown. What a program needs to start and to find nothing to do
is measured too, with an empty file for the SDKs and a second sync for the connector, and taken off in the last columns.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from tests.bench.head_to_head import ENVIRONMENT, first_with_a_cost, sign_in_of
from tests.bench.peers import read_jobs


@dataclass(frozen=True)
class Contender:
    """One program and its ledger; the connector has no peer's name."""

    title: str
    ledger: str
    peer: str = ""
    batch_from: int = 10


# Programs of one heat post into one sandbox. The connector knows its own documents again, so that it posts once a sandbox.
HEATS = (
    (
        Contender("python-quickbooks, `save` in a loop", "quickbooks", "quickbooks-save"),
        Contender("python-quickbooks, `batch_create`", "quickbooks", "quickbooks-batch"),
        Contender("this connector, QuickBooks, in batches", "quickbooks"),
        Contender("xero-python, one a call", "xero", "xero-singles"),
        Contender("xero-python, 50 a call", "xero", "xero-fifties"),
        Contender("this connector, Xero, in batches", "xero"),
    ),
    (
        Contender("this connector, QuickBooks, each alone", "quickbooks", batch_from=0),
        Contender("this connector, Xero, each alone", "xero", batch_from=0),
    ),
)


@dataclass(frozen=True)
class Spent:
    """What one process used, and what it posted."""

    cpu_seconds: float
    wall_seconds: float
    documents: int = 0


@dataclass(frozen=True)
class Measured:
    """A program in one round: with everything to post, and with nothing."""

    full: Spent
    idle: Spent

    @property
    def per_cpu_second(self) -> float:
        """Documents for each CPU second of the whole process."""
        return self.full.documents / self.full.cpu_seconds

    @property
    def per_cpu_second_once_started(self) -> float:
        """The same without what the process needs to start and to find nothing to do."""
        return self.full.documents / max(self.full.cpu_seconds - self.idle.cpu_seconds, 0.001)


def spent(typed: Sequence[str], documents: int = 0) -> Spent:
    """Run a program to its good end; the CPU time is its own, as the kernel counted it."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(typed, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        assert process.returncode == 0, errors.read()[-2000:]
    return Spent(usage.ru_utime + usage.ru_stime, time.monotonic() - began, documents)


def commands(contender: Contender, running: RunningSandbox, work_orders: Path) -> tuple[list[str], list[str]]:
    """What posts everything, and what finds nothing to do."""
    if not contender.peer:
        config = running.folder / f"{contender.ledger}.yaml"
        text = running.config[contender.ledger].replace(
            "    settle_seconds:", f"    batch_from: {contender.batch_from}\n    settle_seconds:"
        )
        config.write_text(text, "utf-8")
        typed = [sys.executable, "-m", "connector", "sync", "--config", str(config), "--json"]
        return typed, typed
    empty = running.folder / f"nothing{work_orders.suffix}"
    empty.write_text(work_orders.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    told = json.dumps(asdict(sign_in_of(running, contender.ledger)))
    typed = [sys.executable, "-m", "tests.bench.peers", contender.peer, told]
    return [*typed, str(work_orders)], [*typed, str(empty)]


def measured(contender: Contender, running: RunningSandbox, work_orders: Path) -> Measured:
    """One program in one sandbox; every work order has a document of its own afterwards."""
    vendor = getattr(running.sandbox.vendors, contender.ledger)
    before, jobs = len(vendor.documents()), len(read_jobs(work_orders))
    post, nothing = commands(contender, running, work_orders)
    full = spent(post, jobs)
    assert len(vendor.documents()) - before == jobs, contender.title
    idle = spent(nothing)
    assert len(vendor.documents()) - before == jobs, contender.title
    return Measured(full, idle)


def one_round(work_orders: Path, turn: int) -> Iterator[tuple[Contender, Measured]]:
    """Every program once; who begins changes from round to round."""
    for heat in HEATS:
        order = [*heat[turn % len(heat) :], *heat[: turn % len(heat)]]
        with running_sandbox(Filling(work_orders=work_orders)) as running:
            for contender in order:
                yield contender, measured(contender, running, work_orders)


HEADS = (
    "program", "documents", "CPU s", "wall s",
    "documents per CPU s", "times the connector's",
    "CPU s to start", "documents per CPU s once started", "times the connector's once started",
)  # fmt: skip


def rows(rounds: Sequence[dict[Contender, Measured]]) -> Iterator[list[str]]:
    """The table: medians over the rounds; the ratios are taken within each round, to the connector's batches at the same ledger."""
    for contender in (one for heat in HEATS for one in heat):
        mine = [found[contender] for found in rounds]
        ours = [found[next(c for c in HEATS[0] if not c.peer and c.ledger == contender.ledger)] for found in rounds]
        pairs = list(zip(mine, ours, strict=True))
        yield [
            contender.title,
            str(mine[0].full.documents),
            f"{statistics.median(one.full.cpu_seconds for one in mine):.2f}",
            f"{statistics.median(one.full.wall_seconds for one in mine):.2f}",
            f"{statistics.median(one.per_cpu_second for one in mine):.0f}",
            f"{statistics.median(one.per_cpu_second / our.per_cpu_second for one, our in pairs):.2f}",
            f"{statistics.median(one.idle.cpu_seconds for one in mine):.2f}",
            f"{statistics.median(one.per_cpu_second_once_started for one in mine):.0f}",
            f"{statistics.median(one.per_cpu_second_once_started / our.per_cpu_second_once_started for one, our in pairs):.2f}",
        ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work_orders", type=Path)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work_orders = first_with_a_cost(given.work_orders, given.count, Path(name))
        rounds = [dict(one_round(work_orders, turn)) for turn in range(given.rounds)]
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    for cells in rows(rounds):
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
