"""What UpKeep is asked for, counted and measured: python -m tests.bench.upkeep --work-orders 100000.

The real flows, store and client against the stand-in in this process: a first pull of so many completed work orders, a sync in which
nothing changed, a sync with a tenth of a percent changed, and the nightly comparison of a quarter. The work orders were completed over
three years and before the start date, so that each is read, costed and recorded, and no ledger's speed is in the figures. Seconds are
of the CPU, the connector's; the stand-in's own are told beside them. Memory is the process's peak: the stand-in's records are in it,
and what a phase adds is the connector's.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from connector.flows.intake import Intake
from connector.flows.reference import ReferenceData
from connector.flows.window import compare_window
from connector.sandbox.upkeep.records import iso
from connector.sandbox.wire import Request, Response
from tests.memory import work_in_memory
from tests.stage import START, Stage

PEOPLE, ASSETS, PARTS = 50, 2_000, 500
YEARS = 3
STARTS_LATER = ("start_date: 2000-01-01", "start_date: 2027-01-01")
HEADS = (
    "phase",
    "work orders",
    "seconds",
    "stand-in s",
    "list calls",
    "details",
    "other",
    "per work order",
    "MB sent",
    "peak MB",
    "added MB",
)


@dataclass
class Wire:
    """Every call to UpKeep: its kind, its bytes, and the time that the stand-in took."""

    stage: Stage
    pages: int = 0
    details: int = 0
    other: int = 0
    sent: int = 0
    seconds: float = 0.0

    def watch(self) -> None:
        """Look on from here."""
        handle = self.stage.sandbox.upkeep.handle

        def seen(request: Request) -> Response:
            began = time.process_time()
            answer: Response = handle(request)
            self.seconds += time.process_time() - began
            self.sent += len(answer.body)
            path = request.path.removeprefix("/api/v2")
            self.pages += path == "/work-orders"
            self.details += path.startswith("/work-orders/")
            self.other += not path.startswith("/work-orders")
            return answer

        self.stage.sandbox.upkeep.handle = seen

    def clear(self) -> None:
        """Count anew."""
        self.pages = self.details = self.other = self.sent = 0
        self.seconds = 0.0


def filled(folder: Path, count: int) -> Stage:
    """So many completed work orders, evenly over the years."""
    stage = Stage(folder, config_change=STARTS_LATER)
    records = stage.sandbox.vendors.upkeep.records
    people = [records.create("users", {"email": f"p{n}@example.com", "hourlyRate": "50.00"})["id"] for n in range(PEOPLE)]
    assets = [records.create("assets", {"name": f"Pump {n}"})["id"] for n in range(ASSETS)]
    parts = [records.create("parts", {"name": f"Seal {n}", "cost": "3.00"})["id"] for n in range(PARTS)]
    for n in range(count):
        done = iso(START - timedelta(days=365 * YEARS) * (1 - n / count) - timedelta(hours=1))
        fields = {
            "title": f"Job {n}", "status": "complete", "category": "HVAC", "dateCompleted": done, "createdAt": done, "updatedAt": done,
            "asset": assets[n * 7 % ASSETS], "completedByUser": people[n % PEOPLE], "cost": "12.50",
            "timeLogs": [{"user": people[n % PEOPLE], "duration": 30 + n % 60}], "parts": [{"id": parts[n % PARTS], "quantity": 1}],
        }  # fmt: skip
        records.create("work-orders", fields)
    return stage


def peak_mb() -> float:
    """The most memory that this process had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, wire: Wire, count: int, work: Callable[[], object]) -> list[str]:
    """One phase as a row of the table."""
    wire.clear()
    before, began = peak_mb(), time.process_time()
    work()
    seconds = time.process_time() - began
    after = peak_mb()
    each = (wire.details + wire.other) / count
    numbers = (f"{seconds - wire.seconds:.1f}", f"{wire.seconds:.1f}", str(wire.pages), str(wire.details), str(wire.other), f"{each:.3f}")
    return [name, str(count), *numbers, f"{wire.sent / 1e6:.1f}", f"{after:.0f}", f"{after - before:.0f}"]


def phases(folder: Path, count: int) -> list[list[str]]:
    """All of them, in their order."""
    stage = filled(folder, count)
    wire = Wire(stage)
    wire.watch()
    rows = [measure("first pull", wire, count, stage.sync)]
    stage.clock.advance(3600)
    rows.append(measure("nothing changed", wire, count, stage.sync))
    records = stage.sandbox.vendors.upkeep.records
    for identifier in list(records.by_kind["work-orders"])[::1_000]:
        records.touch(records.by_kind["work-orders"][identifier])
    rows.append(measure("0.1 % changed", wire, count, stage.sync))
    rows.append(measure("the window of a quarter", wire, count, lambda: compare(stage)))
    return rows


def compare(stage: Stage) -> None:
    """The nightly comparison alone: nothing of the window is posted here, because the start date lies behind it."""
    with stage.world() as world:
        early = replace(world, policy=replace(world.policy, start_date=START.date().replace(year=2000)))
        with world.store.writer():
            assert compare_window(early, ReferenceData(early), Intake()) == []
        found = world.source_records.window()
        assert found is not None
        assert found.differing == 0, found


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.upkeep", description=__doc__)
    parser.add_argument("--work-orders", type=int, default=100_000)
    given = parser.parse_args(arguments)
    work_in_memory()
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    with tempfile.TemporaryDirectory(prefix="upkeep-") as folder:
        for row in phases(Path(folder), given.work_orders):
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
