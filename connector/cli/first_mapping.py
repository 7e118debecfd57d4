"""init-mapping: a first mapping out of the connected ledger's chart and the codes found in UpKeep."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    database_of,
    one_connection,
    one_of,
    translated_errors,
)
from connector.cli.output import console, counted, print_problems, progress

if TYPE_CHECKING:
    from connector.config.first_mapping import Found
    from connector.config.settings import ConnectionConfig
    from connector.flows.survey import Survey


def _absent(path: Path) -> Path:
    """Told before anything is read: nothing is overwritten."""
    if path.exists():
        raise typer.BadParameter(f"INIT_EXISTS {path} exists already. Choose another file, or move it away.")
    return path


def init_mapping(
    to: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.", callback=_absent)],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    cost_code: Annotated[str, typer.Option(help="The key that is the cost code: category, location, team, or a custom field.")] = "",
    document: Annotated[
        str,
        typer.Option(help="journal_entry or invoice; the connection's own unless told.", callback=one_of("journal_entry", "invoice", "")),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take what is likely.")] = False,
) -> None:
    """Guess a first mapping from the ledger's chart and the codes in UpKeep; each guess says how it was made, nothing is overwritten."""
    from connector.config.first_mapping import first_mapping_text
    from connector.core.guessing import likely_cost_code

    with translated_errors():
        settings, database_name = one_connection(config, connection)
        seen = _surveyed(settings, database_name)
    likely = likely_cost_code(seen.found)
    key = cost_code.strip() or (likely if yes else _asked(seen, likely))
    found = _found(settings, seen, key, document or settings.document.value)
    # A name may hold half a character, which no file can. Whoever made the file meanwhile keeps it.
    with to.open("x", encoding="utf-8", errors="replace", newline="\n") as file:
        file.write(first_mapping_text(found))
    out = console()
    out.print(f"wrote {to}: {counted(len(found.codes), 'code')} of {counted(seen.work_orders, 'work order')}", markup=False)
    out.print(f"Next: read it, write `mapping: {to}` into {config}, and run `connector check`.", markup=False)


def _surveyed(settings: ConnectionConfig, database_name: str) -> Survey:
    from connector.core.mapping import Mapping
    from connector.flows.survey import survey
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.wiring import world_of

    nothing_yet = Mapping("", "")
    with (
        database_of(database_name) as database,
        progress(settings.name) as tell,
        world_of(settings, nothing_yet, database, progress=tell) as world,
    ):
        try:
            return survey(world)
        except UNREACHABLE_ERRORS as error:
            print_problems([unreachable_problem(settings.name, error)])
            raise typer.Exit(Exit.UNREACHABLE) from None


def _asked(seen: Survey, likely: str) -> str:
    """The cost code, chosen among the keys that work orders have values under."""
    out = console()
    for key, values in seen.found.items():
        told = [one for one in values if one.value]
        count = sum(one.count for one in told)
        out.print(f"  {key}: {counted(len(told), 'value')} on {count} of {counted(seen.work_orders, 'work order')}", markup=False)
    return str(typer.prompt("Which of them is the cost code", default=likely)).strip()


def _found(settings: ConnectionConfig, seen: Survey, key: str, document: str) -> Found:
    from connector.config.first_mapping import Found

    codes = next((values for name, values in seen.found.items() if name.casefold() == key.casefold()), ())
    rest = "" if seen.is_whole else "; there are more"
    return Found(
        ledger=settings.ledger.kind,
        is_invoice=document == "invoice",
        cost_code=key,
        codes=codes,
        places=seen.found["location"],
        accounts=seen.accounts,
        expenses=seen.expenses,
        income=seen.income,
        items=seen.items,
        tax_codes=seen.tax_codes,
        customers=seen.customers,
        about=f"Read: the books of {seen.company}, and {counted(seen.work_orders, 'work order')} since {settings.start_date}{rest}.",
    )
