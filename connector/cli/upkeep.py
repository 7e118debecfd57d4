"""upkeep: what a person has written into UpKeep, each change once, and what it shows. Writing is off unless `allow_writes` is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    JsonOption,
    database_of,
    one_connection,
    translated_errors,
)
from connector.cli.output import console, print_json, print_problems, problem_json, table
from connector.cli.person import person

if TYPE_CHECKING:
    from connector.core.upkeep_write import Change
    from connector.flows.upkeep_writes import Desk, WrittenThere
    from connector.upkeep.source import Source

app = typer.Typer(help="Read and write in UpKeep: work orders, assets, schedules, parts, files.", no_args_is_help=True)

KeyOption = Annotated[str, typer.Option("--key", help="The key of this change; the same key is never written twice.")]
WorkOrderArgument = Annotated[str, typer.Argument(help="The work order's number; its id with --by-id.")]
ByIdOption = Annotated[bool, typer.Option("--by-id", help="What is named is UpKeep's id: nothing has to be searched.")]
_FILE_BYTES_MAX = 100_000_000


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat() if value else ""
    except ValueError:
        raise typer.BadParameter(f"USAGE '{value}' is no day. Write it as YYYY-MM-DD.") from None


def _quantity(value: str) -> str:
    from connector.core.money import parse_decimal

    number = parse_decimal(value)
    if number is None or number <= 0:
        raise typer.BadParameter(f"USAGE '{value}' is no quantity. Write it like 2 or 0.5.")
    return value


def _as_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True, slots=True)
class At:
    """The desk of one connection, and whether its source allows writing."""

    source: Source
    desk: Desk
    allows_writes: bool


@contextmanager
def _at_upkeep(config: Path, connection: str) -> Iterator[At]:
    """UpKeep, as the one connection that is meant signs in; when it is away the command ends with code 3."""
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.source_wiring import desk_of

    with translated_errors():
        settings, database_name = one_connection(config, connection)
        with database_of(database_name) as database, desk_of(settings, database, actor=person()) as (source, desk):
            try:
                yield At(source, desk, settings.source.allow_writes)
            except UNREACHABLE_ERRORS as error:
                print_problems([unreachable_problem(settings.name, error)])
                raise typer.Exit(Exit.UNREACHABLE) from None


def _require_writes(at: At) -> None:
    from connector.core.problem import Problem

    if not at.allows_writes:
        step = "If it may, set `allow_writes: true` under its source; nothing was sent."
        print_problems([Problem("UPKEEP_WRITES_OFF", at.desk.connection, "The connector may not write into this UpKeep.", step)])
        raise typer.Exit(Exit.BAD_CONFIGURATION)


def _write(config: Path, connection: str, make: Callable[[At], Change], key: str, *, as_json: bool, content: bytes = b"") -> None:
    from connector.core.problem import Problem
    from connector.flows.upkeep_writes import carry_out

    with _at_upkeep(config, connection) as at:
        _require_writes(at)
        change = make(at)
        done = carry_out(replace(at.desk, content=lambda: content), change, key)
    if isinstance(done, Problem):
        if as_json:
            print_json({"written": None, "problem": problem_json(done)})
        else:
            print_problems([done])
        raise typer.Exit(Exit.NEEDS_PERSON)
    _print_written(done, change, as_json=as_json)


def _print_written(done: WrittenThere, change: Change, *, as_json: bool) -> None:
    from connector.core.upkeep_write import WORDS

    what = WORDS[type(change)]
    if as_json:
        told = {"what": what, "id": done.id, "number": done.number, "key": done.key, "new": done.is_new}
        print_json({"written": told, "problem": None})
        return
    number = f" {done.number}" if done.number else ""
    how = "is in UpKeep now" if done.is_new else "was in UpKeep already; nothing was written again"
    console().print(f"{what}{number} (id {done.id}): {how}. Key {done.key}.", markup=False)


def _work_order_id(at: At, told: str, *, by_id: bool) -> str:
    """The id of the work order with that number."""
    if by_id:
        return told
    found = at.source.find(told)
    if found is None:
        raise typer.BadParameter(f"USAGE UpKeep has no work order {told}. Write its number as UpKeep shows it.")
    return found.head.id


# --- writing ----------------------------------------------------------------------------------------------------------------------


@app.command("work-order")
def work_order(
    title: Annotated[str, typer.Argument(help="What is to be done.")],
    description: Annotated[str, typer.Option("--description")] = "",
    category: Annotated[str, typer.Option("--category")] = "",
    priority: Annotated[int | None, typer.Option("--priority", min=0, max=3, help="0 (none) to 3 (high).")] = None,
    due: Annotated[str, typer.Option("--due", help="YYYY-MM-DD.", callback=_day)] = "",
    asset: Annotated[str, typer.Option("--asset", help="The asset's id.")] = "",
    location: Annotated[str, typer.Option("--location", help="The location's id.")] = "",
    assignee: Annotated[str, typer.Option("--assign", help="The user's id.")] = "",
    key: KeyOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Make a work order; UpKeep mails whom it is assigned to."""
    from connector.core.upkeep_write import NewWorkOrder

    change = NewWorkOrder(title, description, category, priority, _as_day(due), asset, location, assignee)
    _write(config, connection, lambda at: change, key, as_json=as_json)


@app.command("asset")
def asset(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    description: Annotated[str, typer.Option("--description")] = "",
    category: Annotated[str, typer.Option("--category")] = "",
    model: Annotated[str, typer.Option("--model")] = "",
    serial: Annotated[str, typer.Option("--serial")] = "",
    location: Annotated[str, typer.Option("--location", help="The location's id.")] = "",
    warranty: Annotated[str, typer.Option("--warranty", help="The last day of its warranty, YYYY-MM-DD.", callback=_day)] = "",
    meter: Annotated[str, typer.Option("--meter", help="Give it a meter that counts in this unit, such as hours.")] = "",
    key: KeyOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Make an asset."""
    from connector.core.upkeep_write import NewAsset

    change = NewAsset(name, description, category, model, serial, location, _as_day(warranty), meter)
    _write(config, connection, lambda at: change, key, as_json=as_json)


@app.command("schedule")
def schedule(
    asset: Annotated[str, typer.Argument(help="The asset's id.")],
    title: Annotated[str, typer.Argument(help="What is to be done each time.")],
    every: Annotated[str, typer.Option("--every", help="How often: 3 with --unit months; 500 with --meter.", callback=_quantity)],
    unit: Annotated[str, typer.Option("--unit", help="days, weeks, months or years.")] = "",
    starts: Annotated[str, typer.Option("--starts", help="The first day, YYYY-MM-DD.", callback=_day)] = "",
    meter: Annotated[str, typer.Option("--meter", help="The id of the meter that decides, in the place of days.")] = "",
    checklist: Annotated[list[str] | None, typer.Option("--step", help="A step of its checklist; once for each.")] = None,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="Make no work orders by itself.")] = False,
    key: KeyOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Make a preventive-maintenance schedule of an asset, by the calendar or by a meter."""
    from connector.core.upkeep_write import NewSchedule

    if bool(unit) == bool(meter) or (unit and unit not in ("days", "weeks", "months", "years")):
        raise typer.BadParameter("USAGE Say either --unit days, weeks, months or years, or --meter with a meter's id.")
    change = NewSchedule(asset, title, Decimal(every), unit, _as_day(starts), meter, tuple(checklist or ()), not by_hand)
    _write(config, connection, lambda at: change, key, as_json=as_json)


@app.command("use-part")
def use_part(
    work_order: WorkOrderArgument,
    part: Annotated[str, typer.Option("--part", help="The part's id.")],
    quantity: Annotated[str, typer.Option("--quantity", help="So many were used; the stock goes down by it.", callback=_quantity)],
    by_id: ByIdOption = False,
    key: KeyOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Record parts used on a work order; UpKeep takes them from stock."""
    from connector.core.upkeep_write import PartsUsed

    def make(at: At) -> Change:
        return PartsUsed(_work_order_id(at, work_order, by_id=by_id), part, Decimal(quantity))

    _write(config, connection, make, key, as_json=as_json)


@app.command("upload")
def upload(
    work_order: WorkOrderArgument,
    file: Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False, readable=True)],
    first: Annotated[bool, typer.Option("--first", help="You saw in UpKeep that no file is on the work order yet.")] = False,
    by_id: ByIdOption = False,
    key: KeyOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Put a file on a work order."""
    import hashlib

    from connector.core.upkeep_write import NewFile

    content = file.read_bytes()

    def make(at: At) -> Change:
        identifier = _work_order_id(at, work_order, by_id=by_id)
        return NewFile(identifier, file.name, len(content), hashlib.sha256(content).hexdigest(), first)

    _write(config, connection, make, key, as_json=as_json, content=content)


# --- what is open -----------------------------------------------------------------------------------------------------------------


@app.command("open")
def list_open(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Every change of which nobody knows yet whether it was written."""
    with _at_upkeep(config, connection) as at:
        kept = at.desk.records.open()
    if as_json:
        print_json({"open": [{"key": one.key, "what": one.kind, "begun_at": one.begun_at.isoformat()} for one in kept]})
    elif kept:
        rows = [(one.kind, f"{one.begun_at:%Y-%m-%d %H:%M:%S} UTC", one.key) for one in kept]
        console().print(table("Not known yet", ("what", "since", "key"), rows))
    else:
        console().print("Of every change it is known whether it was written.")
    raise typer.Exit(Exit.NEEDS_PERSON if kept else Exit.DONE)


@app.command("close")
def close(
    key: Annotated[str, typer.Argument(help="The key of the change.")],
    written: Annotated[bool, typer.Option("--written/--not-written", help="What you saw in UpKeep.")],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
) -> None:
    """Say what you saw in UpKeep of a change whose answer never came; nothing is sent."""
    from connector.flows.upkeep_writes import close as run_close

    with _at_upkeep(config, connection) as at:
        is_closed = run_close(at.desk.records, key, was_written=written)
    told = "is closed, as you saw it" if is_closed else "is not open; see `connector upkeep open`"
    console().print(f"The change {key} {told}.", markup=False)
    raise typer.Exit(Exit.DONE if is_closed else Exit.NEEDS_PERSON)


# --- reading ----------------------------------------------------------------------------------------------------------------------


@app.command("list")
def list_work_orders(
    since: Annotated[str, typer.Option("--since", help="Only those that changed since that day, YYYY-MM-DD (UTC).", callback=_day)] = "",
    limit: Annotated[int, typer.Option("--limit", help="So many at most.", min=1)] = 100,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """The work orders that UpKeep shows this login, the longest unchanged first."""
    from itertools import islice

    day = _as_day(since)
    moment = datetime.combine(day, time(), UTC) if day else None
    with _at_upkeep(config, connection) as at:
        heads = list(islice(at.source.changed_since(moment), limit))
    if as_json:
        print_json({"work_orders": [{"number": h.number, "id": h.id, "status": h.status, "updated_at": h.updated_at} for h in heads]})
        return
    rows = [(head.number, head.status, f"{head.updated_at:%Y-%m-%d %H:%M:%S}", head.id) for head in heads]
    console().print(table("", ("work order", "status", "changed (UTC)", "id"), rows))


@app.command("refresh")
def refresh(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Have a new session at UpKeep now, before the present one ends."""
    from connector.upkeep.source import Renews

    with _at_upkeep(config, connection) as at:
        until = at.source.renew() if isinstance(at.source, Renews) else None
    if as_json:
        print_json({"signed_in": True, "until": until.isoformat() if until else None})
        return
    console().print(f"Signed in at UpKeep; {f'the session is used until {until:%Y-%m-%d %H:%M:%S} UTC' if until else 'no end is told'}.")


@app.command("files")
def files(
    work_order: WorkOrderArgument,
    by_id: ByIdOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """The files on a work order."""
    with _at_upkeep(config, connection) as at:
        found = at.source.files(_work_order_id(at, work_order, by_id=by_id))
    if as_json:
        print_json({"files": [{"id": one.id, "name": one.name, "size": one.size, "sha256": one.sha256} for one in found]})
        return
    rows = [(one.name, str(one.size) if one.size is not None else "", one.sha256, one.id) for one in found]
    console().print(table("", ("file", "bytes", "SHA-256", "id"), rows, right=frozenset({1})))


@app.command("download")
def download(
    work_order: WorkOrderArgument,
    folder: Annotated[Path, typer.Option("--to", help="The folder to put them into; nothing is overwritten.", file_okay=False)] = Path(),
    file_id: Annotated[str, typer.Option("--file", help="Only the file with this id.")] = "",
    by_id: ByIdOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Fetch the files of a work order, each whole and with the checksum that UpKeep tells, or not at all."""
    from connector.cli.upkeep_files import fetched

    with _at_upkeep(config, connection) as at:
        identifier = _work_order_id(at, work_order, by_id=by_id)
        wanted = [one for one in at.source.files(identifier) if file_id in ("", one.id)]
        rows, problems = fetched(at.source, identifier, wanted, folder, at.desk.connection, _FILE_BYTES_MAX)
    if as_json:
        print_json({"files": rows, "problems": [problem_json(problem) for problem in problems]})
    else:
        for row in rows:
            console().print(f"{row['path']}: {row['bytes']} bytes, SHA-256 {row['sha256']} ({row['checked']})", markup=False)
        print_problems(problems)
    raise typer.Exit(Exit.NEEDS_PERSON if problems or not rows else Exit.DONE)
