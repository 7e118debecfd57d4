"""A backfill at the vendor's real limits, in virtual time: python -m tests.bench.backfill --ledger quickbooks --documents 20000.

The real flows, store and clients against the stand-in in this process; it enforces its limits, and nobody waits for real: a pause moves
the clock. A call takes no time of its own, so what is measured is the pace that the connector keeps. Prints one row: how long the sends
took, how much of what the limits allow they used, and the calls that each document cost.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from connector.sandbox.wire import Request, Response
from tests.flows.test_limits import limited
from tests.memory import work_in_memory
from tests.stage import Stage

# What a minute allows, by the vendor's own words: calls (of which a batch is one, or as many as its items), and batches.
MINUTE = {"quickbooks": 500, "xero": 60}
BATCHES = {"quickbooks": 40}
MINUTE_SECONDS = 60.0


@dataclass
class Wire:
    """Every call to the ledger: when, whether it wrote, how many documents it carried, and what it was answered."""

    stage: Stage
    calls: list[tuple[datetime, str, int]] = field(default_factory=list)
    refused: int = 0

    def watch(self) -> None:
        """Look on from here."""
        handle, vendor = self.stage.shell.handle, self.stage.vendor

        def seen(request: Request) -> Response:
            answer: Response = handle(request)
            kind = "batch" if vendor.first_half(request) is not None else "write" if is_write(request) else "read"
            items = request.body.count(b'"bId"') or request.body.count(b'"InvoiceNumber"') or request.body.count(b'"Narration"')
            if "token" not in request.path:
                self.calls.append((self.stage.clock.now(), kind, items if kind == "batch" else 1))
            self.refused += answer.status == 429
            return answer

        self.stage.shell.handle = seen


def is_write(request: Request) -> bool:
    """Whether a call creates or changes documents."""
    return request.method in ("POST", "PUT") and not request.path.endswith("/query")


@dataclass(frozen=True)
class Backfill:
    """What one backfill came to."""

    ledger: str
    document: str
    counts: str
    posted: int
    minutes: float
    used_percent: float
    refused: int
    writes_each: float
    calls_each: float
    wall_seconds: float

    def cells(self) -> list[str]:
        """The row of the table."""
        numbers = (
            f"{self.minutes:.1f}",
            f"{self.used_percent:.0f} %",
            str(self.refused),
            f"{self.writes_each:.3f}",
            f"{self.calls_each:.3f}",
        )
        return [self.ledger, self.document, self.counts, str(self.posted), *numbers, f"{self.wall_seconds:.0f}"]


def backfill(folder: Path, ledger: str, document: str, documents: int, counts: str) -> Backfill:
    """Post so many work orders at the vendor's limits."""
    stage = limited(folder, ledger, document, batch_from=10, batch_items=counts, day_limit=100_000)
    assert stage.limits is not None
    stage.limits = replace(stage.limits, batch_items=counts)
    for number in range(1, documents + 1):
        stage.work_order(str(number))
    wire, began = Wire(stage), time.monotonic()
    wire.watch()
    posted = stage.sync().posted
    assert set(stage.numbers().values()) == {1}
    assert not any(stage.vendor.over_limit().values()), stage.vendor.over_limit()
    return told(wire, posted, counts, time.monotonic() - began)


def told(wire: Wire, posted: int, counts: str, wall_seconds: float) -> Backfill:
    """The pace from the first write to the last, against the limit that binds."""
    moments = [moment for moment, kind, _ in wire.calls if kind != "read"]
    first, last = moments[0], moments[-1]
    # The last call opens a minute that nobody uses up: what was sent is counted up to it.
    during = [call for call in wire.calls if first <= call[0] < last]
    minutes = (last - first).total_seconds() / MINUTE_SECONDS
    weight = sum(items if kind == "batch" and counts == "each" and wire.stage.ledger == "quickbooks" else 1 for _, kind, items in during)
    batches = sum(kind == "batch" for _, kind, _ in during)
    ledger = wire.stage.ledger
    shares = [weight / (MINUTE[ledger] * minutes)] + ([batches / (BATCHES[ledger] * minutes)] if ledger in BATCHES else [])
    writes = sum(kind != "read" for _, kind, _ in wire.calls)
    return Backfill(
        ledger, wire.stage.document, counts, posted, minutes, 100 * max(shares), wire.refused, writes / posted,
        len(wire.calls) / posted, wall_seconds,
    )  # fmt: skip


HEADS = (
    "ledger", "document", "an item of a batch counts", "documents", "minutes", "of what the limits allow", "429s", "writes per document",
    "calls per document", "seconds here",
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.backfill", description=__doc__)
    parser.add_argument("--ledger", choices=["quickbooks", "xero"], required=True)
    parser.add_argument("--document", choices=["journal_entry", "invoice"], default="journal_entry")
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--counts", choices=["each", "call"], default="each", help="how an item of a QuickBooks batch counts")
    given = parser.parse_args(arguments)
    work_in_memory()
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    with tempfile.TemporaryDirectory(prefix="backfill-") as folder:
        row = backfill(Path(folder), given.ledger, given.document, given.documents, given.counts)
    print(f"| {' | '.join(row.cells())} |")


if __name__ == "__main__":
    main()
