"""The 5,485 real work orders into each ledger, measured: python tests/bench/main_job.py WORK_ORDERS.csv [--ledger NAME] [--copies N].

Prints one table: seconds, documents per second, peak memory of the syncing process, HTTP calls per document, and the second sync, which
finds nothing to do. `--copies` repeats the rows of the file, to see that memory does not grow with their number.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# An installed connector has its bytecode; a developer's machine may have forbidden it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
CONNECTOR = [sys.executable, "-m", "connector"]


@dataclass(frozen=True)
class Run:
    """One sync as a whole process."""

    seconds: float
    peak_mb: float
    report: dict[str, object]

    @property
    def calls(self) -> int:
        """HTTP calls to the ledger; those to UpKeep are not the ledger's business."""
        told = self.report["calls"]
        assert isinstance(told, dict)
        return sum(count for service, count in told.items() if service != "upkeep")


@contextmanager
def sandbox(work_orders: Path) -> Iterator[dict[str, dict[str, str]]]:
    columns = ["--columns", str(work_orders.with_suffix(".yaml"))] if work_orders.with_suffix(".yaml").exists() else []
    command = [*CONNECTOR, "sandbox", "--work-orders", str(work_orders), *columns, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


def sync(config: Path) -> Run:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(
            [*CONNECTOR, "sync", "--config", str(config), "--json"], stdout=out, stderr=subprocess.DEVNULL, env=ENVIRONMENT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.monotonic() - began
        out.seek(0)
        report = json.load(out)
    assert process.returncode in (0, 1), f"exit code {process.returncode}"
    return Run(seconds, usage.ru_maxrss / 1024, report)


def copied(work_orders: Path, copies: int, folder: Path) -> Path:
    """The same rows again and again; the stand-in numbers work orders by row."""
    if copies == 1:
        return work_orders
    header, _, rows = work_orders.read_bytes().partition(b"\n")
    target = folder / work_orders.name
    target.write_bytes(header + b"\n" + (rows.rstrip(b"\r\n") + b"\r\n") * copies)
    return target


def measure(work_orders: Path, ledger: str, copies: int) -> list[str]:
    with tempfile.TemporaryDirectory() as name, sandbox(copied(work_orders, copies, Path(name))) as told:
        config = Path(name) / "config.yaml"
        config.write_text(told["config"][ledger], "utf-8")
        first, second = sync(config), sync(config)
    posted = first.report["posted"]
    assert isinstance(posted, int)
    assert second.report["posted"] == 0, second.report
    return [
        ledger, str(copies), str(posted), f"{first.seconds:.1f}", f"{posted / first.seconds:.0f}", f"{first.peak_mb:.0f}",
        f"{first.calls / posted:.2f}", f"{second.seconds:.2f}", f"{second.peak_mb:.0f}", str(second.calls),
        f"{100 * second.seconds / first.seconds:.1f} %",
    ]  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work_orders", type=Path)
    parser.add_argument("--ledger", choices=["quickbooks", "xero"], action="append")
    parser.add_argument("--copies", type=int, default=1)
    given = parser.parse_args()
    heads = ["ledger", "copies", "posted", "s", "doc/s", "MB", "calls/doc", "again s", "MB", "calls", "of first"]
    print("  ".join(f"{head:>10}" for head in heads))
    for ledger in given.ledger or ["quickbooks", "xero"]:
        print("  ".join(f"{cell:>10}" for cell in measure(given.work_orders.resolve(), ledger, given.copies)), flush=True)


if __name__ == "__main__":
    main()
