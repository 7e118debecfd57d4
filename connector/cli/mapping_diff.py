"""mapping diff: what another mapping file would have done to a month, before it is used."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

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
    translated_errors,
)
from connector.cli.output import console, counted, errors, money, print_indented, print_json, print_problems, problem_json, progress, table

if TYPE_CHECKING:
    from connector.config.settings import Config, ConnectionConfig
    from connector.core.legs import AccountChange, Leg, Move
    from connector.core.mapping import Mapping
    from connector.core.period import Month
    from connector.core.problem import Problem
    from connector.flows.mapping_diff import Compared, MappingDiff
    from connector.flows.outcomes import Outcome

# So many work orders are told on the screen; --json has them all.
SHOWN_MAX = 20
_WORDS = {
    "moved": "booked otherwise",
    "other_document": "becomes another document",
    "held": "would be held",
    "excluded": "would be excluded",
    "open": "would wait: not ready",
    "posts": "would be posted",
    "": "as the old file, not as it was posted",
}


def diff(
    old: Annotated[Path, typer.Argument(help="The mapping file as it is, or was.")],
    new: Annotated[Path, typer.Argument(help="The mapping file to compare with it.")],
    period: Annotated[str, typer.Option("--period", help="The month, YYYY-MM.")],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """A month under another mapping file: accounts, moved work orders, held ones; writes nothing. 0: no difference, 1: some."""
    from connector.core.period import Month

    month = Month.parse(period)
    if month is None:
        _refuse(f"--period is '{period}'; write it as YYYY-MM.")
    mappings = _both(old, new)
    settings = configuration(config)
    chosen = _chosen(settings, connection, (old, new))
    results, unreachable = _compared(settings, chosen, mappings, month, quiet=as_json)
    if as_json:
        print_json({"connections": [to_json(one) for one in results], "unreachable": [problem_json(p) for p in unreachable]})
    for one in [] if as_json else results:
        _print(one)
    if unreachable:
        print_problems(unreachable)
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if any(one.differing for one in results) else Exit.DONE)


def _refuse(message: str) -> NoReturn:
    errors().print(f"USAGE {message}", markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)


def _both(old: Path, new: Path) -> tuple[Mapping, Mapping]:
    """Both files; the mistakes of both are told together."""
    from connector.config.mapping_file import load_mapping

    (before, wrong), (now, also_wrong) = load_mapping(old), load_mapping(new)
    if before is None or now is None:
        print_problems(list(dict.fromkeys([*wrong, *also_wrong])))
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    return before, now


def _chosen(config: Config, name: str, files: tuple[Path, Path]) -> list[ConnectionConfig]:
    """The connection of that name; without one, the only one, or those whose mapping is one of the two files."""
    if name:
        named = [one for one in config.connections if one.name == name]
        if not named:
            known = ", ".join(one.name for one in config.connections)
            errors().print(f"CONNECTION_UNKNOWN There is no connection '{name}' in {config.file}. Known: {known}.", markup=False)
            raise typer.Exit(Exit.BAD_CONFIGURATION)
        return named
    meant = {file.resolve() for file in files}
    using = [one for one in config.connections if len(config.connections) == 1 or one.mapping.resolve() in meant]
    if not using:
        _refuse("No connection has one of the two files as its mapping; say which is meant with --connection.")
    return using


def _compared(
    config: Config, chosen: list[ConnectionConfig], mappings: tuple[Mapping, Mapping], month: Month, *, quiet: bool
) -> tuple[list[MappingDiff], list[Problem]]:
    from connector.flows.mapping_diff import mapping_diff
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.wiring import world_of

    results, unreachable = [], []
    old, new = mappings
    with translated_errors(), database_of(str(config.database)) as database:
        for settings in chosen:
            with progress(settings.name, quiet=quiet) as tell, world_of(settings, old, database, progress=tell, other=new) as world:
                try:
                    results.append(mapping_diff(world, new, month))
                except UNREACHABLE_ERRORS as error:
                    unreachable.append(unreachable_problem(settings.name, error))
    return results, unreachable


# --- JSON -------------------------------------------------------------------------------------------------------------------------


def to_json(diff: MappingDiff) -> dict[str, object]:
    """The comparison as JSON values; money as decimal strings."""
    return {
        "connection": diff.connection,
        "ledger": diff.ledger,
        "currency": diff.currency,
        "period": str(diff.month),
        "old": diff.old_file,
        "new": diff.new_file,
        "compared": diff.work_orders,
        "posted": diff.posted,
        "unreadable": diff.unreadable,
        "differs": bool(diff.differing),
        "accounts": {against: [_account_json(one) for one in diff.accounts(against)] for against in ("posted", "old")},
        "work_orders": [_compared_json(one) for one in diff.differing],
    }


def _account_json(change: AccountChange) -> dict[str, object]:
    from connector.core.money import plain

    told: dict[str, object] = {"account": change.account}
    for side in ("debit", "credit", "net"):
        before, now = (getattr(sums, side) for sums in (change.before, change.now))
        told[side] = {"before": plain(before), "now": plain(now), "difference": plain(now - before)}
    return told


def _compared_json(one: Compared) -> dict[str, object]:
    return {
        "work_order": one.number,
        "title": one.title,
        "change": one.change,
        "differs_from_posted": bool(one.moved_from_posted),
        "posted": _outcome_json(one.posted),
        "old": _outcome_json(one.old),
        "new": _outcome_json(one.new),
        "moves": [_move_json(move) for move in one.moved],
        "moves_from_posted": [_move_json(move) for move in one.moved_from_posted],
    }


def _outcome_json(outcome: Outcome | None) -> dict[str, object] | None:
    if outcome is None:
        return None
    problems = [problem_json(problem) for problem in outcome.problems]
    return {"disposition": outcome.disposition.value, "document": outcome.kind, "problems": problems}


def _move_json(move: Move) -> dict[str, object]:
    return {"before": _leg_json(move.before), "now": _leg_json(move.now)}


def _leg_json(leg: Leg | None) -> dict[str, object] | None:
    from connector.core.money import plain

    if leg is None:
        return None
    told: dict[str, object] = {"account": leg.account, "amount": plain(leg.amount), "what": leg.what, "beside": list(leg.beside)}
    return told | {"fact": leg.place, "rule": leg.rule, "facts": list(leg.facts)}


# --- the screen -------------------------------------------------------------------------------------------------------------------


def _print(diff: MappingDiff) -> None:
    out = console()
    told = f"{counted(diff.work_orders, 'work order')}, {diff.posted} of them posted; nothing was written"
    out.print(f"{diff.connection}, {diff.month}: {told}", markup=False)
    if diff.unreadable:
        out.print(f"  {counted(diff.unreadable, 'work order')} could not be read and is not compared", markup=False)
    if not diff.differing:
        out.print("  no difference")
        return
    for against, words in (("posted", "against what was posted"), ("old", f"against {Path(diff.old_file).name}")):
        if rows := [_row(change, diff.currency) for change in diff.accounts(against)]:
            columns = ("account", "debit", "credit", "net before", "net now", "difference")
            out.print(table(f"Accounts, {words} ({diff.currency})", columns, rows, right=frozenset({1, 2, 3, 4, 5})))
    for one in diff.differing[:SHOWN_MAX]:
        for number, line in enumerate(_lines(one, diff.currency)):
            print_indented(out, line, 2 if number == 0 else 4)
    if len(diff.differing) > SHOWN_MAX:
        out.print(f"  and {len(diff.differing) - SHOWN_MAX} more, all in --json")


def _row(change: AccountChange, currency: str) -> tuple[str, ...]:
    before, now = change.before, change.now
    amounts = (now.debit - before.debit, now.credit - before.credit, before.net, now.net, now.net - before.net)
    return (change.account, *(money(amount, currency) for amount in amounts))


def _lines(one: Compared, currency: str) -> Iterator[str]:
    """What becomes of a work order, and of each leg."""
    yield f"{one.number} {one.title}: {_WORDS[one.change]}"
    for problem in one.new.problems if one.new.kind is None else ():
        yield f"{problem.code} {problem.place}: {problem.message}"
    if one.new.kind is not None:
        if one.change == "other_document":
            yield f"{one.old.kind} before, {one.new.kind} now"
        for move in one.moved or one.moved_from_posted:
            yield _told(move, currency)


def _told(move: Move, currency: str) -> str:
    some = move.now or move.before
    return f"{some.what if some else ''}: {_leg(move.before, currency)} → {_leg(move.now, currency)}"


def _leg(leg: Leg | None, currency: str) -> str:
    if leg is None:
        return "nothing"
    side = "debit" if leg.amount > 0 else "credit"
    beside = f", {', '.join(leg.beside)}" if leg.beside else ""
    where = f" ({leg.rule}, {leg.place})" if leg.rule else f" ({leg.place})" if leg.place else ""
    return f"{side} {leg.account} {money(abs(leg.amount), currency)}{beside}{where}"
