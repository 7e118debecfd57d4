"""sandbox and demo: the whole job without an account anywhere."""

from __future__ import annotations

import json
import signal
import sys
import threading
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import JsonOption, one_of

if TYPE_CHECKING:
    from connector.cli.running_sandbox import RunningSandbox
    from connector.sandbox.companies import Plan

KINDS = ("portfolio", "plant", "fleet")


def _kind(value: str | None) -> str | None:
    return value if value is None else one_of(*KINDS)(value)


def _month(value: str | None) -> str | None:
    try:
        return value if value is None else date.fromisoformat(f"{value.strip()}-01").isoformat()[:7]
    except ValueError:
        raise typer.BadParameter(f"USAGE '{value}' is no month. Write it as YYYY-MM.") from None


def sandbox(
    seed: Annotated[int, typer.Option(help="The generator's seed: the same seed, the same work orders.")] = 1,
    orders: Annotated[int, typer.Option(help="How many work orders to generate.", min=0, max=100_000)] = 60,
    work_orders: Annotated[Path | None, typer.Option(help="Fill UpKeep from this CSV file instead.", exists=True, dir_okay=False)] = None,
    columns: Annotated[Path | None, typer.Option(help="Which column of the CSV is what.", exists=True, dir_okay=False)] = None,
    company: Annotated[
        str | None, typer.Option(help="Fill UpKeep with an invented company instead: portfolio, plant or fleet.", callback=_kind)
    ] = None,
    months: Annotated[int, typer.Option(help="How many months that company has been at work.", min=1, max=60)] = 3,
    technicians: Annotated[int, typer.Option(help="How large it is: about 20 work orders a technician and month.", min=1, max=200)] = 8,
    first_day: Annotated[
        str | None, typer.Option("--from", help="Its first month, YYYY-MM; without it the months end with 2025.", callback=_month)
    ] = None,
    document: Annotated[
        str, typer.Option(help="journal_entry or invoice, for the printed configurations.", callback=one_of("journal_entry", "invoice"))
    ] = "journal_entry",
    limits: Annotated[bool, typer.Option("--limits", help="Refuse calls beyond the vendors' limits (they are always counted).")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve working stand-ins of UpKeep, QuickBooks Online and Xero on loopback until stopped."""
    from connector.cli.running_sandbox import Filling, running_sandbox

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if company is not None and work_orders is not None:
        raise typer.BadParameter("USAGE --company and --work-orders both fill UpKeep. Use one of them.")
    plan = _plan(company, seed, months, technicians, first_day)
    filling = Filling(seed, orders, work_orders, columns, document, limits, company=plan)
    with running_sandbox(filling) as running:
        sys.stdout.write(_told_json(running) if as_json else _told(running))
        sys.stdout.flush()
        stop.wait()
    raise typer.Exit(Exit.DONE)


def _plan(company: str | None, seed: int, months: int, technicians: int, first_day: str | None) -> Plan | None:
    if company is None:
        return None
    from connector.clock import SystemClock
    from connector.sandbox.companies import Plan

    plan = Plan(company, seed, months, technicians, date.fromisoformat(f"{first_day}-01") if first_day else None)
    if plan.ends() > SystemClock().now().date():
        # The connector asks UpKeep for what was changed until now: work of the future would seem lost.
        raise typer.BadParameter(f"USAGE {months} months from {plan.begins():%Y-%m} end in the future. Begin earlier, or take fewer.")
    return plan


def _told_json(running: RunningSandbox) -> str:
    from connector.sandbox.companies.census import census

    holds = census(running.sandbox.vendors.upkeep.records).told() if running.is_company else {}
    line = {**running.addresses, "config": running.config, "folder": str(running.folder), **({"holds": holds} if holds else {})}
    return json.dumps(line, ensure_ascii=False) + "\n"


def _told(running: RunningSandbox) -> str:
    from connector.sandbox.companies.census import census

    lines = []
    if running.is_company:
        company = running.sandbox.company
        counted = census(running.sandbox.vendors.upkeep.records).lines(company.currency)
        lines += [f"{company.name}", *(f"  {line}" for line in counted)]
    for name, text in running.config.items():
        path = running.folder / f"config.{name}.yaml"
        path.write_text(text, encoding="utf-8")
        lines.append(f"{name}: {running.addresses[name]}   connector sync --config {path}")
    lines += [f"{name}: {running.addresses[name]}" for name in ("upkeep", "supergood")]
    return "\n".join([*lines, "Stop with Ctrl+C.", ""])


def demo(
    seed: Annotated[int, typer.Option(help="The generator's seed.")] = 1,
    orders: Annotated[int, typer.Option(help="Work orders in the month.", min=5, max=2_000)] = 40,
    as_json: JsonOption = False,
) -> None:
    """Post a month to both ledgers, crash in the middle, recover, and prove that nothing is twice or lost."""
    from connector.cli.demo import run_demo

    report = run_demo(seed=seed, orders=orders, quiet=as_json)
    report.print(as_json=as_json)
    raise typer.Exit(Exit.DONE if report.holds() else Exit.NEEDS_PERSON)
