"""sync, status, reconcile and explain: what a bookkeeper runs."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    JsonOption,
    PartlyUnreachableError,
    for_each_world,
)
from connector.cli.output import console, counted, print_json, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from connector.flows.explain import Explanation
    from connector.flows.reconcile import Reconciliation
    from connector.flows.status import Status
    from connector.flows.sync import SyncReport
    from connector.flows.world import World

T = TypeVar("T")


def _collected(config: Path, connection: str, work: Callable[[World], T], *, quiet: bool) -> tuple[list[T], bool]:
    """The results of every connection that could be reached, and whether one could not."""
    try:
        return for_each_world(config, connection, work, quiet=quiet), False
    except PartlyUnreachableError as error:
        return error.results, True


def _end(*, unreachable: bool, needs_person: bool) -> None:
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if needs_person else Exit.DONE)


def sync(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and show; write nothing, here or in the ledger.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Post every completed work order that is ready, once."""
    from connector.flows.sync import sync as run_sync

    reports, unreachable = _collected(config, connection, lambda world: run_sync(world, dry_run=dry_run), quiet=as_json)
    if as_json:
        print_json(_sync_json(reports))
    else:
        for report in reports:
            _print_sync(report)
    _end(unreachable=unreachable or any(r.stopped for r in reports), needs_person=any(r.needs_a_person() for r in reports))


def _sync_json(reports: list[SyncReport]) -> dict[str, object]:
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
    return {**counts, "amount_posted": amounts, "calls": calls, "connections": [r.to_json() for r in reports]}


def _print_sync(report: SyncReport) -> None:
    out = console()
    money = ", ".join(f"{amount:,} {currency}" for currency, amount in report.amount_posted.items()) or "nothing"
    out.print(f"[bold]{report.connection}[/bold]: read {report.pulled}, posted {report.posted}, adopted {report.adopted} ({money})")
    out.print(f"  held {report.held}, uncertain {report.uncertain}, excluded {report.excluded}")
    for decision in report.would_post:
        out.print(f"  would post work order {decision.number}: {decision.amount} {decision.currency}")
    if report.standing.get("held"):
        wait = "waits" if report.standing["held"] == 1 else "wait"
        out.print(f"  {counted(report.standing['held'], 'work order')} {wait} for a person: run `connector held list`.")
    for reason in report.stopped:
        out.print(f"  stopped early: {reason}; run sync again later.", markup=False)


def status(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Where every work order stands, when the last run was, and what is in doubt."""
    from connector.flows.status import status as read_status

    found, unreachable = _collected(config, connection, read_status, quiet=True)
    if as_json:
        print_json({"connections": [one.to_json() for one in found]})
    else:
        for one in found:
            _print_status(one)
    _end(unreachable=unreachable, needs_person=any(one.needs_a_person() for one in found))


def _print_status(status: Status) -> None:
    rows = [(name, str(count), f"{amount:,}") for name, (count, amount) in status.totals.items()]
    out = console()
    out.print(table(f"{status.connection} ({status.currency})", ("work orders", "count", "known amount"), rows, right=frozenset({1, 2})))
    last = f"{status.last_run_at:%Y-%m-%d %H:%M:%S %Z}" if status.last_run_at else "never"
    out.print(f"last run: {last} {status.last_run}".rstrip(), markup=False)
    for finding in status.findings:
        out.print(f"{finding.code} {finding.message} {finding.next_step}", markup=False)


def reconcile(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print the findings as CSV.")] = False,
) -> None:
    """Compare UpKeep, our records and the ledger, both directions; post nothing."""
    from connector.flows.reconcile import reconcile as run_reconcile

    reports, unreachable = _collected(config, connection, run_reconcile, quiet=as_json or as_csv)
    if as_json:
        print_json({"connections": [report.to_json() for report in reports]} | (reports[0].to_json() if len(reports) == 1 else {}))
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
    out.print(f"[bold]{report.connection}[/bold]: {report.work_orders} work orders in UpKeep")
    out.print(f"  posted {report.posted}, held {report.held}, excluded {report.excluded}, not ready {report.open}")
    out.print(f"  {report.documents} live documents of ours in the ledger")
    totals = f"  posted {report.posted_total:,}, ledger {report.ledger_total:,}, difference {report.difference:,} {report.currency}"
    out.print(totals + f"; held {report.held_total:,}")
    for finding in report.findings:
        out.print(f"  {finding.code} {finding.message} {finding.next_step}", markup=False)
    if not report.findings:
        out.print("  nothing missing, duplicate, altered, voided, orphaned or uncertain")


def explain(
    work_order: Annotated[str, typer.Argument(help="The work order's number.")],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Why each cent of a work order went where it went."""
    from connector.flows.explain import explain as run_explain

    found, unreachable = _collected(config, connection, lambda world: (world.policy.connection, run_explain(world, work_order)), quiet=True)
    known = [(name, explanation) for name, explanation in found if explanation is not None]
    if as_json:
        print_json({"work_order": work_order, "connections": [{"connection": name, **e.to_json()} for name, e in known]})
    for name, explanation in [] if as_json else known:
        _print_explanation(name, explanation)
    if not known and not as_json:
        console().print(f"Work order {work_order} is not known here; run sync, or look for it in UpKeep.", markup=False)
    _end(unreachable=unreachable, needs_person=not known)


def _print_explanation(connection: str, told: Explanation) -> None:
    out = console()
    out.print(f"Work order {told.number} {told.title}: {told.disposition} ({connection})", markup=False)
    if told.marker:
        out.print(f"  document {told.marker}, ledger id {told.document_id or '(none yet)'}, dated {told.document_date}", markup=False)
    if told.moved_from:
        out.print(f"  its date was moved from {told.moved_from}: that period is closed")
    rows = [
        (
            str(line["actual"]),
            f"{_short(line['quantity'])} × {line['unit_price']}",
            str(line["basis"]),
            _leg(line),
            Path(str(line["rule"])).name,
        )
        for line in told.lines
    ]
    if rows:
        out.print(table("", ("actual", "priced", "basis", "ledger line", "because of"), rows))
        for file in sorted({str(line["rule"]).rpartition(":")[0] for line in told.lines} - {""}):
            out.print(f"  {Path(file).name} is {file}", markup=False)
    for problem in told.problems:
        out.print(f"  {problem['code']} {problem['place']}: {problem['message']} {problem['next_step']}", markup=False)


def _short(quantity: object) -> str:
    """Without the zeros that only say how it was stored."""
    told = str(quantity)
    return told.rstrip("0").rstrip(".") if "." in told else told


def _leg(line: dict[str, object]) -> str:
    return f"{line['side']} {line['account']} {line['amount']}"
