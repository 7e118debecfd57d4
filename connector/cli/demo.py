"""The demo: a month of work orders, both ledgers, both documents, a crash in the middle, and the proof from the ledgers' own books."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from connector.cli.output import console, counted, money, print_indented, print_json, table
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.core.disposition import Disposition
from connector.core.money import ZERO, plain
from connector.flows.reconcile import Reconciliation
from connector.flows.world import World

DOCUMENTS = ("journal_entry", "invoice")
LEDGERS = {"quickbooks": "QuickBooks Online", "xero": "Xero"}
PLURAL = {"journal_entry": "journal entries", "invoice": "invoices"}
# The crash comes once so many documents are in the ledger, or after so long.
KILL_AFTER_DOCUMENTS = 5
KILL_AFTER_SECONDS_MAX = 8.0


@dataclass(slots=True)
class DemoRun:
    """One ledger with one kind of document."""

    ledger: str
    document: str
    work_orders: int = 0
    documents: int = 0
    held: int = 0
    excluded: int = 0
    open: int = 0
    duplicates: int = 0
    lost: int = 0
    difference: Decimal = ZERO
    killed_at: int = 0
    posted_again: int = 0
    adopted: int = 0
    currency: str = ""
    total: Decimal = ZERO
    accounts: list[dict[str, str]] = field(default_factory=list)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    exclusions: Counter[str] = field(default_factory=Counter)
    findings: int = 0


@dataclass(slots=True)
class DemoReport:
    """All runs, and the proof line over them."""

    runs: list[DemoRun] = field(default_factory=list)
    seconds: float = 0.0

    def _sum(self, name: str) -> int:
        return sum(getattr(run, name) for run in self.runs)

    def difference(self) -> Decimal:
        """How far the ledgers are from what was due, all runs added up without their signs."""
        return sum((abs(run.difference) for run in self.runs), Decimal("0.00"))

    def holds(self) -> bool:
        """Whether nothing is twice, nothing is lost, and every cent agrees."""
        wrong = self._sum("duplicates") + self._sum("lost") + self._sum("posted_again") + self._sum("findings")
        return wrong == 0 and self.difference() == 0 and self._sum("documents") > 0

    def proof(self) -> str:
        """The one line that a controller reads."""
        return (
            f"{self._sum('work_orders')} work orders, {self._sum('documents')} documents, {self._sum('duplicates')} duplicates, "
            f"{self._sum('lost')} lost, {self.difference():.2f} difference"
        )

    def print(self, *, as_json: bool) -> None:
        """Print the report, or one JSON object."""
        if as_json:
            print_json(self._json())
            return
        out = console()
        for run in self.runs:
            _print_run(run)
        out.print(f"\n[bold]{self.proof()}[/bold]")

    def _json(self) -> dict[str, object]:
        sums = {name: self._sum(name) for name in ("work_orders", "documents", "held", "excluded", "duplicates", "lost")}
        runs = [
            {
                "ledger": run.ledger,
                "document": run.document,
                "work_orders": run.work_orders,
                "documents": run.documents,
                "held": run.held,
                "excluded": run.excluded,
                "not_ready": run.open,
                "duplicates": run.duplicates,
                "lost": run.lost,
                "difference": plain(run.difference),
                "killed_after_documents": run.killed_at,
                "adopted_after_crash": run.adopted,
                "posted_again": run.posted_again,
                "total": plain(run.total),
                "currency": run.currency,
            }
            for run in self.runs
        ]
        return {**sums, "difference": f"{self.difference():.2f}", "holds": self.holds(), "runs": runs}


def run_demo(*, seed: int, orders: int, quiet: bool) -> DemoReport:
    """Run the whole job four times; nothing is left running and nothing is left on disk."""
    report, begun = DemoReport(), time.monotonic()
    for document in DOCUMENTS:
        if document == "invoice" and not quiet:
            console().print("Its customers are invented, so exact names are trusted; your own connection asks a person once about each.")
        with running_sandbox(Filling(seed=seed, orders=orders, document=document)) as running:
            for ledger, name in LEDGERS.items():
                if not quiet:
                    console().print(f"Posting to {name} as {PLURAL[document]}, with a crash in the middle …")
                report.runs.append(_run(running, ledger, document))
    report.seconds = time.monotonic() - begun
    return report


def _run(running: RunningSandbox, ledger: str, document: str) -> DemoRun:
    config = running.folder / f"config.{ledger}.yaml"
    config.write_text(running.config[ledger], encoding="utf-8")
    run = DemoRun(ledger, document)
    run.killed_at = _kill_a_sync(running, ledger, config)
    _in_this_process(config, run, _recover_and_prove)
    _read_the_books(running, ledger, run)
    return run


def _kill_a_sync(running: RunningSandbox, ledger: str, config: Path) -> int:
    """Start a real `connector sync` and kill it while it posts; how many documents were in the ledger then."""
    command = [sys.executable, "-m", "connector", "sync", "--config", str(config), "--json"]
    vendor = getattr(running.sandbox.vendors, ledger)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(os.environ)) as process:  # noqa: S603 our own command
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < KILL_AFTER_SECONDS_MAX:
            if len(vendor.documents()) >= KILL_AFTER_DOCUMENTS:
                break
            time.sleep(0.002)  # noqa: TID251 the demo watches a real process
        process.kill()
    return len(vendor.documents())


def _in_this_process(config: Path, run: DemoRun, work: Any) -> None:
    from connector.cli.opening import EVERY_CONNECTION, for_each_world

    for_each_world(config, EVERY_CONNECTION, lambda world: work(world, run), quiet=True)


def _recover_and_prove(world: World, run: DemoRun) -> None:
    from connector.flows.reconcile import reconcile
    from connector.flows.sync import sync

    first = sync(world)
    again = sync(world)
    run.adopted = first.adopted
    run.posted_again = again.posted + again.adopted
    _take_over(world, run, reconcile(world))


def _take_over(world: World, run: DemoRun, found: Reconciliation) -> None:
    run.work_orders, run.held, run.excluded, run.open = found.work_orders, found.held, found.excluded, found.open
    run.findings, run.currency = len(found.findings), found.currency
    run.lost = found.work_orders - found.posted - found.held - found.excluded - found.open
    for row in world.store.remembered_with(Disposition.HELD):
        run.reasons.update((problem.code, problem.message) for problem in row.problems)
    for row in world.store.remembered_with(Disposition.EXCLUDED):
        run.exclusions.update(row.codes)
    run.total = found.posted_total
    run.difference = found.difference


def _read_the_books(running: RunningSandbox, ledger: str, run: DemoRun) -> None:
    """Count from the ledger's own side: documents by number, and the trial balance."""
    vendor = getattr(running.sandbox.vendors, ledger)
    documents = vendor.documents()
    numbers = Counter(document["number"].casefold() for document in documents)
    run.documents = len(documents)
    run.duplicates = sum(count - 1 for count in numbers.values())
    run.accounts = [row for row in vendor.trial_balance()["accounts"] if Decimal(row["debit"]) or Decimal(row["credit"])]
    posted_by_us = run.work_orders - run.held - run.excluded - run.open - run.lost
    run.lost += max(0, posted_by_us - (run.documents - run.duplicates))


def _print_run(run: DemoRun) -> None:
    out = console()
    rows: list[tuple[str, ...]] = []
    sums = [ZERO, ZERO]
    for row in run.accounts:
        balance = Decimal(row["debit"]) - Decimal(row["credit"])
        sides = (max(balance, ZERO), max(-balance, ZERO))
        sums = [total + side for total, side in zip(sums, sides, strict=True)]
        rows.append((row["account"], row["name"], *(money(side, run.currency) if side else "" for side in sides)))
    rows += [(), ("", "total", *(money(total, run.currency) for total in sums))]
    out.print(f"\n[bold]{LEDGERS[run.ledger]}, {PLURAL[run.document]}: trial balance in {run.currency}[/bold]")
    out.print(table("", ("no.", "account", "debit", "credit"), rows, right=frozenset({2, 3})))
    out.print(f"{run.work_orders} work orders: {run.documents} documents, {run.held} held, {run.excluded} excluded, {run.open} not ready")
    out.print(
        f"  killed at {counted(run.killed_at, 'document')}: the next run adopted {run.adopted}, the one after posted {run.posted_again}"
    )
    out.print(f"  reconciled: {run.findings} findings, {money(run.difference, run.currency)} difference")
    for (code, message), count in sorted(run.reasons.items()):
        print_indented(out, f"held {count}: {code} {message}", 2)
    for code, count in sorted(run.exclusions.items()):
        print_indented(out, f"excluded {count}: {code}", 2)
