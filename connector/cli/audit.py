"""audit verify and audit list: what was decided, by whom and why, and that nobody changed it since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, JsonOption, opened, translated_errors
from connector.cli.output import console, counted, errors, print_json, problem_json, table

if TYPE_CHECKING:
    from connector.core.audit import Head, Link
    from connector.store.audit_check import Checked

app = typer.Typer(help="The record of every decision.", no_args_is_help=True)


@app.command()
def verify(
    config: ConfigOption = DEFAULT_CONFIG,
    head: Annotated[str, typer.Option("--head", help="A head, NUMBER:HASH, that you noted from an earlier check.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Check that no recorded decision was changed, removed or put in."""
    from connector.store.audit_check import check

    noted = _noted(head)
    with translated_errors(), opened(config, EVERY_CONNECTION) as opening:
        checked = check(opening.database, *noted)
    if as_json:
        print_json(_checked_json(checked))
    else:
        _print_checked(checked)
    raise typer.Exit(Exit.DONE if checked.problem is None else Exit.NEEDS_PERSON)


def _noted(text: str) -> list[Head]:
    from connector.core.audit import head_of

    head = head_of(text) if text else None
    if text and head is None:
        errors().print("USAGE --head takes the NUMBER:HASH that an earlier `connector audit verify` printed.")
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    return [head] if head is not None else []


def _checked_json(checked: Checked) -> dict[str, object]:
    return {
        "intact": checked.problem is None,
        "entries": checked.head.number,
        "head": checked.head.text(),
        "problem": problem_json(checked.problem) if checked.problem is not None else None,
        "database_found_restored": list(checked.restored),
    }


def _print_checked(checked: Checked) -> None:
    out, entries = console(), counted(checked.head.number, "entry", "entries")
    if checked.problem is None:
        out.print(f"The audit is whole: {entries}, none changed, removed or put in.")
        out.print(f"  head {checked.head.text()}")
        out.print("  Note the head where nobody who can write this database can: `--head` checks against it later.")
    else:
        out.print(f"{entries} fit; then: {checked.problem}", markup=False)
    for number in checked.restored:
        out.print(f"  Entry {number}: the database was found put back from a backup or another place; entries after that backup are lost.")


@app.command("list")
def list_entries(
    work_order: Annotated[str, typer.Argument(help="Only entries about the work order of this number.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    limit: Annotated[int, typer.Option("--limit", help="So many of the newest entries.", min=1)] = 200,
    as_json: JsonOption = False,
) -> None:
    """What was decided: when, by whom, what stood before and after, and why."""
    from connector.store.audit import newest

    with translated_errors(), opened(config, EVERY_CONNECTION) as opening, opening.database.write() as connection:
        links = newest(connection, limit, work_order)
    if as_json:
        print_json({"entries": [_link_json(link) for link in links]})
    else:
        columns = ("no.", "when", "who", "work order", "event", "before", "after", "why")
        console().print(table("", columns, [_cells(link) for link in links], right=frozenset({0})))
    raise typer.Exit(Exit.DONE)


def _cells(link: Link) -> tuple[str, ...]:
    entry = link.entry
    when = f"{entry.at:%Y-%m-%d %H:%M:%S}"
    return (str(link.number), when, entry.actor, entry.work_order, entry.event, entry.before, entry.after, entry.reason)


def _link_json(link: Link) -> dict[str, object]:
    from dataclasses import asdict

    return {"number": link.number, **asdict(link.entry), "at": link.entry.at.isoformat(), "previous": link.previous, "hash": link.hash}
