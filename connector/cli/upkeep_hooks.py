"""upkeep hooks add, list, remove and rotate: what UpKeep tells by itself, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    JsonOption,
    configuration,
    database_of,
    one_connection,
    translated_errors,
)
from connector.cli.output import console, counted, print_json, print_problems, problem_json
from connector.cli.person import person

if TYPE_CHECKING:
    from connector.flows.upkeep_hooks import HooksReport, Site

app = typer.Typer(help="UpKeep's webhooks: work orders are read within a minute of their change.", no_args_is_help=True)


@app.callback()
def hooks() -> None:
    """UpKeep's webhooks: work orders are read within a minute of their change."""


@app.command("add")
def add(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Have UpKeep tell of its work orders here, once for each event; what is there twice or leads nowhere is removed."""
    from connector.flows.upkeep_hooks import hooks_add

    _do(config, connection, hooks_add, as_json=as_json, writes=True)


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """What UpKeep has registered under our public address; nothing is written."""
    from connector.flows.upkeep_hooks import hooks_list

    _do(config, connection, hooks_list, as_json=as_json, writes=False)


@app.command("remove")
def remove(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Have UpKeep tell nothing here any more."""
    from connector.flows.upkeep_hooks import hooks_remove

    _do(config, connection, hooks_remove, as_json=as_json, writes=True)


@app.command("rotate")
def rotate(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Change the secret address: the new one is registered, the old one is nobody's from now on."""
    from connector.flows.upkeep_hooks import hooks_add

    _do(config, connection, lambda site: hooks_add(site, is_renewed=True), as_json=as_json, writes=True)


def _do(config: ConfigOption, connection: str, work: Callable[[Site], HooksReport], *, as_json: bool, writes: bool) -> None:
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem

    with translated_errors(), _site(config, connection, writes=writes) as site:
        try:
            report = work(site)
        except UNREACHABLE_ERRORS as error:
            print_problems([unreachable_problem(site.connection, error)])
            raise typer.Exit(Exit.UNREACHABLE) from None
    if as_json:
        print_json(_json(report))
    else:
        _print(report)
    raise typer.Exit(Exit.NEEDS_PERSON if report.problems else Exit.DONE)


@contextmanager
def _site(config_file: ConfigOption, which: str, *, writes: bool) -> Iterator[Site]:
    from connector.clock import SystemClock
    from connector.source_wiring import hook_site_of, hooks_problems

    settings, database_name = one_connection(config_file, which)
    config = configuration(config_file)
    problems = hooks_problems(config, settings, writes=writes)
    if problems:
        print_problems(problems)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    with database_of(database_name) as database, hook_site_of(config, settings, database, SystemClock(), actor=person()) as site:
        yield site


def _json(report: HooksReport) -> dict[str, object]:
    return {
        "connection": report.connection,
        "is_listed": report.is_listed,
        "registered": report.registered,
        "removed": report.removed,
        "hooks": [{"id": hook.id, "events": list(hook.events)} for hook in report.hooks],
        "problems": [problem_json(problem) for problem in report.problems],
    }


def _print(report: HooksReport) -> None:
    """The address itself is a secret: it is never shown."""
    out = console()
    if report.registered or report.removed:
        out.print(f"{report.connection}: registered {report.registered}, removed {report.removed}", markup=False)
    if not report.is_listed:
        out.print("UpKeep does not list its webhooks; these are the ones that it said it made:")
    for hook in report.hooks:
        out.print(f"  {hook.id}: {', '.join(hook.events) or 'its events are not shown'}", markup=False)
    out.print(f"{counted(len(report.hooks), 'webhook leads', 'webhooks lead')} here")
    print_problems(report.problems)
