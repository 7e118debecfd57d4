"""mapping check and mapping schema: what a person should know of a mapping before it is used, and what an editor should."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli import mapping_diff
from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, collected
from connector.cli.output import console, counted, money, print_json, print_problems, problem_json, table

if TYPE_CHECKING:
    from connector.core.facts import WhenFact
    from connector.flows.mapping_check import MappingChecked, Unmapped, Waiting

app = typer.Typer(help="Check a mapping before it is used, and have an editor help with it.", no_args_is_help=True)
_WORDS = {"cost_code": "cost code", "kind": "kind of cost"}


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A mapping file: only what it can tell by itself, without any account.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Compare the mapping with itself, the live chart, and the codes that held work orders have; writes nothing."""
    if file is not None:
        _check_file(file, as_json=as_json)
    from connector.flows.mapping_check import check_mapping

    found, unreachable = collected(config, connection, check_mapping, quiet=True)
    if as_json:
        print_json({"connections": [_json(one) for one in found], "unreachable": [problem_json(problem) for problem in unreachable]})
    for one in [] if as_json else found:
        _print(one)
    if unreachable or any(one.is_unreachable for one in found):
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if any(one.problems or one.unmapped for one in found) else Exit.DONE)


app.command()(mapping_diff.diff)


@app.command()
def schema() -> None:
    """Print the JSON Schema of mappings: with it an editor completes and checks one while it is written."""
    from connector.config.mapping_schema import mapping_schema

    print_json(mapping_schema())


def _check_file(file: Path, *, as_json: bool) -> None:
    from connector.config.mapping_file import load_mapping
    from connector.core.mapping_lint import Lint, lint

    mapping, mistakes = load_mapping(file)
    linted = lint(mapping) if mapping is not None else Lint(tuple(mistakes))
    facts = len(mapping.index.facts) if mapping is not None else 0
    if as_json:
        problems = [problem_json(problem) for problem in linted.problems]
        print_json({"file": str(file), "facts": facts, "problems": problems, "overridden": [_pair(*two) for two in linted.overridden]})
    else:
        print_problems(linted.problems)
        told = counted(len(linted.problems), "problem") if linted.problems else "nothing is wrong with the file itself"
        console().print(f"{file}: {counted(facts, 'fact') + ', ' if facts else ''}{told}{_overridden(linted.overridden)}", markup=False)
    if mistakes:
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    raise typer.Exit(Exit.NEEDS_PERSON if linted.problems else Exit.DONE)


def _overridden(pairs: tuple[tuple[WhenFact, WhenFact], ...]) -> str:
    return f"; {counted(len(pairs), 'fact')} of included files overridden" if pairs else ""


def _pair(fact: WhenFact, instead: WhenFact) -> dict[str, str]:
    return {"gives": fact.target, "when": fact.told(), "place": fact.fact.place, "instead": instead.fact.place}


def _json(one: MappingChecked) -> dict[str, object]:
    nothing: dict[str, object] = {}
    problems = [problem_json(p) | (one.waiting[p].to_json() if p in one.waiting else nothing) for p in one.problems]
    unmapped = [
        {"key": u.missing.key, "value": u.missing.value, "lacks": u.missing.target.value, "near": list(u.near)} | u.waiting.to_json()
        for u in one.unmapped
    ]
    told = {"connection": one.connection, "company": one.company_name, "currency": one.currency, "facts": one.facts}
    return {**told, "problems": problems, "unmapped": unmapped, "overridden": [_pair(*two) for two in one.overridden]}


def _print(one: MappingChecked) -> None:
    out = console()
    print_problems(one.problems)
    against = f" against the chart of {one.company_name}" if one.company_name else ""
    told = counted(len(one.problems), "problem") if one.problems else "nothing is wrong"
    out.print(f"{one.connection}: {counted(one.facts, 'fact')}{against}, {told}{_overridden(one.overridden)}", markup=False)
    for problem, waiting in one.waiting.items():
        out.print(f"  behind {problem.place} {problem.code}: {_waiting(waiting, one.currency)}", markup=False)
    if one.unmapped:
        columns = ("in UpKeep, not mapped", "work orders", "their cost", "did you mean?")
        out.print(table("Not mapped", columns, [_row(unmapped, one.currency) for unmapped in one.unmapped], right=frozenset({1, 2})))


def _waiting(waiting: Waiting, currency: str) -> str:
    unknown = f", of {waiting.unknown} not known" if waiting.unknown else ""
    return f"{counted(waiting.count, 'held work order')}, {money(waiting.amount, currency)} {currency}{unknown}"


def _row(one: Unmapped, currency: str) -> tuple[str, ...]:
    what = _WORDS.get(one.missing.key, one.missing.key)
    return f"{what} '{one.missing.value}'", str(one.waiting.count), money(one.waiting.amount, currency), " or ".join(one.near)
