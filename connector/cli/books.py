"""sync, status and reconcile: what a bookkeeper runs."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.call_log import LogCallsOption, show_calls
from connector.cli.evidence_lines import evidence_lines
from connector.cli.exits import Exit
from connector.cli.heard_lines import heard_lines
from connector.cli.limit_lines import limit_lines
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    JsonOption,
    collected,
)
from connector.cli.output import console, counted, money, print_indented, print_json, problem_json, table
from connector.cli.source_lines import source_lines
from connector.cli.upkeep_lines import from_upkeep_lines, message_lines

if TYPE_CHECKING:
    from rich.console import Console

    from connector.core.disposition import Decision, Finding
    from connector.core.problem import Problem
    from connector.flows.reconcile import Reconciliation
    from connector.flows.status import Status
    from connector.flows.sync import SyncReport


def _end(*, unreachable: object, needs_person: bool) -> None:
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if needs_person else Exit.DONE)


def sync(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and show; write nothing, here or in the ledger.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also compare the last months with UpKeep, as `run` does each night.")] = False,
    log_calls: LogCallsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Post every completed work order that is ready, once."""
    if log_calls:
        show_calls()
    from connector.flows.sync import sync as run_sync

    reports, unreachable = collected(
        config, connection, lambda world: run_sync(world, dry_run=dry_run, window=sweep), quiet=as_json, actor="sync"
    )
    if as_json:
        print_json(_sync_json(reports, unreachable))
    else:
        for report in reports:
            _print_sync(report)
    _end(unreachable=unreachable or any(r.stopped for r in reports), needs_person=any(r.needs_a_person() for r in reports))


def _sync_json(reports: list[SyncReport], unreachable: list[Problem]) -> dict[str, object]:
    """The sums over all connections, and each connection's own report under `connections`."""
    from connector.core.money import ZERO, plain

    amounts: dict[str, object] = {}
    for currency in sorted({c for r in reports for c in r.amount_posted}):
        amounts[currency] = plain(sum((r.amount_posted.get(currency, ZERO) for r in reports), ZERO))
    calls = {name: sum(r.calls.get(name, 0) for r in reports) for name in sorted({n for r in reports for n in r.calls})}
    counts = {
        name: sum(getattr(r, name) for r in reports)
        for name in ("pulled", "posted", "adopted", "held", "uncertain", "excluded", "findings")
    }
    told = {"connections": [r.to_json() for r in reports], "unreachable": [problem_json(p) for p in unreachable]}
    return {**counts, "amount_posted": amounts, "calls": calls, **told}


def _print_sync(report: SyncReport) -> None:
    out = console()
    if report.dry_run:
        _print_rehearsal(out, report)
        return
    amounts = ", ".join(f"{money(amount, currency)} {currency}" for currency, amount in report.amount_posted.items()) or "nothing"
    out.print(f"{report.connection}: read {report.pulled}, posted {report.posted}, adopted {report.adopted} ({amounts})", markup=False)
    if report.is_shadow:
        out.print(f"  shadow: {counted(report.drafted, 'work order')} drafted; nothing is ever posted by this connection")
    out.print(f"  held {report.held}, uncertain {report.uncertain}, excluded {report.excluded}")
    waiting = report.standing.get("held", 0)
    if waiting:
        wait = "waits" if waiting == 1 else "wait"
        out.print(f"  {counted(waiting, 'work order')} {wait} for a person: run `connector held list`.")
    if report.findings:
        is_told = "is" if report.findings == 1 else "are"
        out.print(f"  {counted(report.findings, 'doubt')} about documents {is_told} open: run `connector status`.")
    if report.attached:
        out.print(f"  put {counted(report.attached, 'piece')} of evidence on documents")
    if report.told:
        out.print(f"  told {counted(report.told, 'work order')} in UpKeep where the document is")
    for reason in report.stopped:
        out.print(f"  stopped early: {reason}; run sync again later.", markup=False)


def _print_rehearsal(out: Console, report: SyncReport) -> None:
    """What a sync would do now: each document that would be posted, and each work order that would be held with its reason."""
    from connector.core.money import ZERO

    currency = next((decision.currency for decision in report.would_post), "")
    total = sum((decision.amount or ZERO for decision in report.would_post), ZERO)
    amount = f" ({money(total, currency)} {currency})" if report.would_post else ""
    would = f"would post {len(report.would_post)}{amount}, hold {report.held}, exclude {report.excluded}"
    out.print(f"{report.connection}: read {report.pulled}, {would}; nothing was written", markup=False)
    rows = [(d.number, money(d.amount or ZERO, d.currency), d.title) for d in report.would_post]
    if rows:
        out.print(table("", ("work order", f"amount {currency}", "title"), rows, right=frozenset({1})))
    for decision in report.would_hold:
        _print_would_hold(out, decision)


def _print_would_hold(out: Console, decision: Decision) -> None:
    for problem in decision.problems:
        print_indented(out, f"would hold {decision.number}: {problem.code} {problem.place}: {problem.message}", 2)
        print_indented(out, problem.next_step, 4)


def status(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Where every work order stands, when the last run was, and what is in doubt."""
    from connector.flows.status import status as read_status

    found, unreachable = collected(config, connection, read_status, quiet=True)
    if as_json:
        print_json({"connections": [one.to_json() for one in found]})
    else:
        for one in found:
            _print_status(one)
    _end(unreachable=unreachable, needs_person=any(one.needs_a_person() for one in found))


def _print_status(status: Status) -> None:
    rows = [(name, str(count), money(amount, status.currency)) for name, (count, amount) in status.totals.items()]
    out = console()
    out.print(table(f"{status.connection} ({status.currency})", ("work orders", "count", "known amount"), rows, right=frozenset({1, 2})))
    if status.is_shadow:
        out.print("mode: shadow; drafted work orders are not posted: compare them with `connector shadow report`")
    last = f"{status.last_run_at:%Y-%m-%d %H:%M:%S %Z}" if status.last_run_at else "never"
    out.print(f"last run: {last} {status.last_run}".rstrip(), markup=False)
    if status.lists_kept_at:
        out.print(f"the ledger's lists: as of {status.lists_kept_at:%Y-%m-%d %H:%M:%S %Z} or later")
    told = source_lines(status.window, status.fields, status.currency)
    from_upkeep = (*told, *from_upkeep_lines(status.from_upkeep), *message_lines(status.messages))
    for line in (*limit_lines(status.limits), *heard_lines(status.heard), *from_upkeep):
        out.print(line, markup=False)
    for line in _document_lines(status):
        out.print(line, markup=False)
    for line in evidence_lines(status.evidence):
        print_indented(out, line, 0)
    for problem in status.problems:
        print_indented(out, f"{problem.code} {problem.message}", 2)
        print_indented(out, problem.next_step, 4)
    for finding in status.findings:
        _print_finding(out, finding)


def _document_lines(status: Status) -> Iterator[str]:
    """What is to be said of some documents together."""
    if status.uncertain:
        yield f"{counted(status.uncertain, 'answer')} of the ledger was lost: the next sync asks it."
    if status.awaiting_approval:
        yield f"{counted(status.awaiting_approval, 'document')} posted, not in the books before a person approves in the ledger."
    if status.reversed or status.reversing:
        waiting = f", {status.reversing} on the way or waiting for a person" if status.reversing else ""
        yield f"{counted(status.reversed, 'invoice')} taken back{waiting}"


def _print_finding(out: Console, finding: Finding) -> None:
    print_indented(out, f"{finding.code} {finding.message}", 2)
    print_indented(out, finding.next_step, 4)


def reconcile(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the findings as CSV.")] = False,
) -> None:
    """Compare UpKeep, our records and the ledger, both directions; post nothing."""
    from connector.flows.reconcile import reconcile as run_reconcile

    reports, unreachable = collected(config, connection, run_reconcile, quiet=as_json or as_csv, actor="reconcile")
    if as_json:
        told = {"connections": [r.to_json() for r in reports], "unreachable": [problem_json(p) for p in unreachable]}
        print_json(told | (reports[0].to_json() if len(reports) == 1 else {}))
    elif as_csv:
        _print_findings_csv(reports)
    else:
        for report in reports:
            _print_reconciliation(report)
    _end(unreachable=unreachable, needs_person=any(r.findings or r.difference or r.held for r in reports))


def _print_findings_csv(reports: list[Reconciliation]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(["connection", "code", "work_order", "document", "message", "next_step"])
    for report in reports:
        writer.writerows([report.connection, f.code, f.number, f.marker, f.message, f.next_step] for f in report.findings)


def _print_reconciliation(report: Reconciliation) -> None:
    out = console()
    out.print(f"{report.connection}: {report.work_orders} work orders in UpKeep", markup=False)
    out.print(f"  posted {report.posted}, held {report.held}, excluded {report.excluded}, not ready {report.open}")
    out.print(f"  {counted(report.documents, 'live document')} of ours in the ledger")
    sums = (
        ("posted", report.posted_total),
        ("ledger", report.ledger_total),
        ("difference", report.difference),
        ("held", report.held_total),
    )
    out.print("  " + ", ".join(f"{name} {money(amount, report.currency)}" for name, amount in sums) + f" {report.currency}")
    if report.awaiting_approval:
        waiting = f"{counted(report.awaiting_approval, 'document')}, {money(report.awaiting_total, report.currency)} {report.currency}"
        out.print(f"  outside these sums, because they wait for approval in the ledger: {waiting}")
    if report.invoices:
        owed = f"{money(report.due_total, report.currency)} {report.currency}"
        out.print(f"  {report.settled} of {counted(report.invoices, 'invoice')} paid or credited whole; customers owe {owed}, tax included")
    for finding in report.findings:
        _print_finding(out, finding)
    if not report.findings:
        out.print("  nothing missing, duplicate, altered, voided, orphaned or uncertain")
