"""sandbox and demo: the whole job without an account anywhere."""

from __future__ import annotations

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import JsonOption, one_of


def sandbox(
    seed: Annotated[int, typer.Option(help="The generator's seed: the same seed, the same work orders.")] = 1,
    orders: Annotated[int, typer.Option(help="How many work orders to generate.", min=0, max=100_000)] = 60,
    work_orders: Annotated[Path | None, typer.Option(help="Fill UpKeep from this CSV file instead.", exists=True, dir_okay=False)] = None,
    columns: Annotated[Path | None, typer.Option(help="Which column of the CSV is what.", exists=True, dir_okay=False)] = None,
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
    filling = Filling(seed, orders, work_orders, columns, document, limits)
    with running_sandbox(filling) as running:
        if as_json:
            line = {**running.addresses, "config": running.config, "folder": str(running.folder)}
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        else:
            for name, text in running.config.items():
                path = running.folder / f"config.{name}.yaml"
                path.write_text(text, encoding="utf-8")
                sys.stdout.write(f"{name}: {running.addresses[name]}   connector sync --config {path}\n")
            for name in ("upkeep", "supergood"):
                sys.stdout.write(f"{name}: {running.addresses[name]}\n")
            sys.stdout.write("Stop with Ctrl+C.\n")
        sys.stdout.flush()
        stop.wait()
    raise typer.Exit(Exit.DONE)


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
