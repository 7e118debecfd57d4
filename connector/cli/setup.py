"""init and check: what a person runs before the first sync."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

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
from connector.cli.output import console, errors, print_json, print_problems, problem_json


def check(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Try the configuration, every sign-in, and every name of the mapping against the live chart; write nothing."""
    from connector.flows.check import check as run_check

    unreachable = False
    try:
        found = for_each_world(config, connection, lambda world: (world.policy.connection, run_check(world)), quiet=True)
    except PartlyUnreachableError as error:
        found, unreachable = error.results, True
    if as_json:
        print_json({"connections": [{"connection": name, "problems": [problem_json(p) for p in problems]} for name, problems in found]})
    for name, problems in [] if as_json else found:
        print_problems(problems)
        console().print(f"{name}: {len(problems)} problems" if problems else f"{name}: ready to post", markup=False)
    codes = {problem.code for _, problems in found for problem in problems}
    if unreachable or codes & {"SOURCE_UNREACHABLE", "LEDGER_UNREACHABLE"}:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if codes else Exit.DONE)


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write config.yaml and mapping.yaml.")] = Path(),
    name: Annotated[str, typer.Option(help="A name for this connection.")] = "main",
    ledger: Annotated[str, typer.Option(help="quickbooks or xero.", prompt="Ledger (quickbooks or xero)")] = ...,  # type: ignore[assignment]
    timezone: Annotated[str, typer.Option(help="The company's time zone.", prompt="Time zone, such as America/Chicago")] = ...,  # type: ignore[assignment]
    currency: Annotated[str, typer.Option(help="The currency of the books.", prompt="Currency of the books, such as USD")] = ...,  # type: ignore[assignment]
    start_date: Annotated[str, typer.Option(help="Nothing completed before is posted.", prompt="First day to post, YYYY-MM-DD")] = ...,  # type: ignore[assignment]
    document: Annotated[str, typer.Option(help="journal_entry or invoice.", prompt="Document (journal_entry or invoice)")] = ...,  # type: ignore[assignment]
    parts: Annotated[
        str,
        typer.Option(help="stocked or expensed (at purchase).", prompt="Are parts stocked, or expensed at purchase? (stocked/expensed)"),
    ] = ...,  # type: ignore[assignment]
    labor_credit: Annotated[
        str, typer.Option(help="applied or wages.", prompt="Credit labor to an applied-labor account, or reclassify wages? (applied/wages)")
    ] = ...,  # type: ignore[assignment]
) -> None:
    """Write a first config.yaml and mapping.yaml; asks what it must, and overwrites nothing."""
    from connector.config.template import InitAnswers, config_text, mapping_text

    answers = InitAnswers(
        connection=name,
        ledger=_choice("--ledger", ledger, "quickbooks", "xero"),
        timezone=timezone,
        currency=currency.upper(),
        start_date=_day(start_date),
        document=_choice("--document", document, "journal_entry", "invoice"),
        parts_are=_choice("--parts", parts, "stocked", "expensed"),
        labor_credit=_choice("--labor-credit", labor_credit, "applied", "wages"),
    )
    files = {folder / "config.yaml": config_text(answers), folder / "mapping.yaml": mapping_text(answers)}
    present = [path for path in files if path.exists()]
    if present:
        errors().print(f"INIT_EXISTS {', '.join(map(str, present))} exists already. Choose another folder, or move it away.", markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
        console().print(f"wrote {path}", markup=False)
    console().print("Next: put the secrets into the environment, then run `connector check`.", markup=False)


def _choice(option: str, value: str, *known: str) -> str:
    if value.strip().lower() in known:
        return value.strip().lower()
    errors().print(f"USAGE {option} is '{value}'; it must be one of: {', '.join(known)}.", markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        errors().print(f"USAGE --start-date is '{value}'; write it as YYYY-MM-DD.", markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION) from None
