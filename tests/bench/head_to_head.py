"""The SDKs and the connector post the same real work orders, and one connection is cut: python -m tests.bench.head_to_head WORK_ORDERS.csv.

Each contender gets a sandbox of its own with empty books and posts the first 300 work orders of the file that cost something, as a
process of its own, over sockets. The write that carries the work order in the middle is committed, and its connection is cut before the
answer. Then the operator runs the same command again: at once, and in a second sandbox a day later, when the stand-ins have forgotten
their keys and the company lets a number be used twice. One table is printed, counted from the ledger's own side.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from tests.bench.peers import Job, SignIn, read_jobs

# An installed program has its bytecode; a developer's machine may have forbidden it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
WHOSE = re.compile(r"\bwork order (\S+?)[: ]", re.IGNORECASE)
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Contender:
    """One program: its ledger, and the write on which the cut is planned, with the work orders that each such write carries."""

    title: str
    ledger: str
    method: str
    path: str
    per_write: int
    peer: str = ""  # empty: the connector


CONTENDERS = (
    Contender("python-quickbooks, `save` in a loop", "quickbooks", "POST", "*/journalentry", 1, "quickbooks-save"),
    Contender("python-quickbooks, `batch_create`", "quickbooks", "POST", "*/batch", 30, "quickbooks-batch"),
    Contender("xero-python, 50 a call", "xero", "PUT", "*/ManualJournals", 50, "xero-fifties"),
    Contender("`save` + DocNumber + `request_id`", "quickbooks", "POST", "*/journalentry", 1, "quickbooks-save-keyed"),
    Contender("`batch_create` + DocNumber", "quickbooks", "POST", "*/batch", 30, "quickbooks-batch-numbered"),
    Contender("xero-python, 50 a call + `idempotency_key`", "xero", "PUT", "*/ManualJournals", 50, "xero-fifties-keyed"),
    Contender("this connector, QuickBooks", "quickbooks", "POST", "*/batch", 30),
    Contender("this connector, Xero", "xero", "PUT", "*/ManualJournals", 50),
)


@dataclass(frozen=True)
class Tally:
    """What the ledger holds for the work orders that were to be posted."""

    expected: int
    documents: int
    duplicates: int
    lost: int
    unknown: int  # documents of no work order that was to be posted, or of another amount


def tally(jobs: Sequence[Job], documents: Sequence[Mapping[str, Any]]) -> Tally:
    """Count the ledger's live documents by the work order that each names in its memo or its narration."""
    found: Counter[str] = Counter()
    unknown = 0
    amounts = {job.number: f"{job.amount:.2f}" for job in jobs}
    for document in documents:
        named = WHOSE.search(f"{document.get('memo', '')} {document['number']} ")
        number = named.group(1) if named else ""
        found[number] += 1
        unknown += amounts.get(number) != document["total"]
    ours = [found[job.number] for job in jobs]
    return Tally(len(jobs), len(documents), sum(max(0, count - 1) for count in ours), ours.count(0), unknown)


@dataclass(frozen=True)
class Run:
    """One run of one program, and what was in the books after it."""

    seconds: float
    ended_well: bool
    tally: Tally


@dataclass(frozen=True)
class Row:
    """A contender's first run, the same again at once, and, in another sandbox, the same again a day later."""

    contender: Contender
    first: Run
    again: Run
    a_day_later: Run
    calls: int  # to the ledger, in the first run and the run at once after it

    def cells(self) -> list[str]:
        """The row of the table."""
        after = self.again.tally
        return [
            self.contender.title,
            "ended well" if self.first.ended_well else "stopped",
            str(after.expected),
            str(after.documents),
            *(str(run.tally.duplicates) for run in (self.first, self.again, self.a_day_later)),
            str(max(run.tally.lost for run in (self.again, self.a_day_later))),
            f"{self.calls / after.expected:.2f}",
            f"{self.first.seconds:.1f} + {self.again.seconds:.1f}",
        ]


HEADS = (
    "program", "first run", "expected", "in the books",
    "duplicates after the cut", "… run again at once", "… run again a day later",
    "lost", "calls per document", "seconds",
)  # fmt: skip


def cut(contender: Contender, orders: int) -> dict[str, Any]:
    """The fault: the write that carries the work order in the middle is committed, its answer is not delivered."""
    skip = (orders // 2 - 1) // contender.per_write
    return {"kind": "drop_after_commit", "method": contender.method, "path": contender.path, "skip": skip}


def command(contender: Contender, running: RunningSandbox, work_orders: Path) -> list[str]:
    """What the operator types, twice."""
    if not contender.peer:
        config = running.folder / f"{contender.ledger}.yaml"
        config.write_text(running.config[contender.ledger], "utf-8")
        return [sys.executable, "-m", "connector", "sync", "--config", str(config), "--json"]
    told = json.dumps(asdict(sign_in_of(running, contender.ledger)))
    return [sys.executable, "-m", "tests.bench.peers", contender.peer, told, str(work_orders)]


def sign_in_of(running: RunningSandbox, ledger: str) -> SignIn:
    """The settings of a peer's program."""
    vendor = getattr(running.sandbox.vendors, ledger)
    company = vendor.realm_id if ledger == "quickbooks" else vendor.tenant_id
    return SignIn(running.addresses[ledger], vendor.client_id, vendor.client_secret, vendor.first_refresh_token, company)


def run(typed: Sequence[str], jobs: Sequence[Job], oracle: httpx.Client) -> Run:
    """Run a program to its end, good or bad, and read the books."""
    began = time.monotonic()
    ended = subprocess.run(typed, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - began
    # The only mishap that belongs here is the connection that was cut, once; any other would be a mistake of this bench.
    assert ended.returncode == 0 or "Connection aborted" in ended.stderr, ended.stderr[-2000:]
    struck = [request["fault"] for request in oracle.get("requests").json()["requests"] if request["fault"]]
    assert struck == ["drop_after_commit"], struck
    counted = tally(jobs, oracle.get("documents").json()["documents"])
    assert counted.unknown == 0, counted
    return Run(seconds, ended.returncode == 0, counted)


@contextmanager
def sandbox(contender: Contender, work_orders: Path) -> Iterator[tuple[RunningSandbox, httpx.Client]]:
    """A sandbox with empty books, and the oracle beside the contender's ledger."""
    with (
        running_sandbox(Filling(work_orders=work_orders)) as running,
        httpx.Client(base_url=f"{running.addresses[contender.ledger]}/_sandbox/", timeout=60) as oracle,
    ):
        yield running, oracle


def twice(contender: Contender, work_orders: Path, *, a_day_between: bool = False) -> tuple[Run, Run, int]:
    """The run with the cut, the same command again, and the calls that both made to the ledger."""
    jobs = read_jobs(work_orders)
    with sandbox(contender, work_orders) as (running, oracle):
        oracle.post("faults", json={"faults": [cut(contender, len(jobs))]}).raise_for_status()
        typed = command(contender, running, work_orders)
        first = run(typed, jobs, oracle)
        if a_day_between:
            running.sandbox.vendors.quickbooks.switches["warn_duplicate_journal_number"] = False
            oracle.post("clock", json={"advance_seconds": DAY_SECONDS}).raise_for_status()
        again = run(typed, jobs, oracle)
        return first, again, sum(oracle.get("requests").json()["counts"].values())


def race(contender: Contender, work_orders: Path) -> Row:
    """Both endings of one contender's story."""
    first, again, calls = twice(contender, work_orders)
    _, a_day_later, _ = twice(contender, work_orders, a_day_between=True)
    return Row(contender, first, again, a_day_later, calls)


def first_with_a_cost(work_orders: Path, count: int, folder: Path) -> Path:
    """The first so many rows that cost something: the ones without would be held or excluded, and are no part of this race."""
    header, *rows = work_orders.read_text(encoding="utf-8-sig").splitlines()
    costing = [row for row in rows if is_positive(row.rpartition(",")[2])]
    target = folder / work_orders.name
    target.write_text("\n".join([header, *costing[:count], ""]), encoding="utf-8")
    return target


def is_positive(cost: str) -> bool:
    """Whether a cost is a number above zero, cents and no less."""
    return re.fullmatch(r"\d+(\.\d{1,2})?", cost) is not None and float(cost) > 0


def main() -> None:
    """Race and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work_orders", type=Path)
    parser.add_argument("--count", type=int, default=300)
    given = parser.parse_args()
    print(f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}")
    with tempfile.TemporaryDirectory() as name:
        work_orders = first_with_a_cost(given.work_orders, given.count, Path(name))
        for contender in CONTENDERS:
            print(f"| {' | '.join(race(contender, work_orders).cells())} |", flush=True)


if __name__ == "__main__":
    main()
