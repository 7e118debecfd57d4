"""held list and held release: the work orders that wait for a person."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, for_each_world
from connector.cli.output import console, money, print_json, problem_json, table
from connector.cli.person import person

if TYPE_CHECKING:
    from connector.core.disposition import Remembered
    from connector.flows.world import World

app = typer.Typer(help="The work orders that wait for a person.", no_args_is_help=True)


@app.command("list")
def list_held(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """Every held work order with its amount, its reason and the next step."""
    found = for_each_world(config, connection, _read, quiet=True)
    if as_json:
        print_json({"held": [row for rows in found for row in rows]})
    else:
        _print_held([row for rows in found for row in rows])
    raise typer.Exit(Exit.NEEDS_PERSON if any(found) else Exit.DONE)


def _print_held(held: list[dict[str, Any]]) -> None:
    """Narrow enough for a terminal of 80 columns; off a terminal each problem is one line."""
    out = console()
    if not held:
        out.print("No work order is held.")
        return
    between = "\n" if out.is_terminal else " "
    rows: list[tuple[str, ...]] = []
    for row in held:
        amount = "in doubt" if row["posted"] else "unknown"
        shown = money(Decimal(row["amount"]), row["currency"]) if row["amount"] is not None else amount
        for problem in row["problems"]:
            where = problem["place"].removeprefix(f"work order {row['work_order']}").removeprefix(", ")
            words = (f"{problem['code']} {where}".rstrip(), problem["message"], problem["next_step"])
            rows += [(row["work_order"], shown, between.join(words)), ()]
    out.print(table("Held", ("work order", "amount", "why, and what to do"), rows[:-1], right=frozenset({1})))


def _read(world: World) -> list[dict[str, object]]:
    from connector.core.disposition import Disposition

    rows = [_row(world, row) for row in world.store.remembered_with(Disposition.HELD)]
    told = {row["work_order"] for row in rows}
    doubts = [finding for finding in world.store.findings() if finding.number not in told]
    return rows + [
        {
            "connection": world.policy.connection,
            "work_order": f.number,
            "title": "",
            "amount": None,
            "currency": world.policy.currency,
            "problems": [{"code": f.code, "place": f.marker, "message": f.message, "next_step": f.next_step}],
            "posted": True,
        }
        for f in doubts
    ]


def _row(world: World, row: Remembered) -> dict[str, object]:
    from connector.core.money import plain

    return {
        "connection": world.policy.connection,
        "work_order": row.number,
        "title": row.title,
        "amount": plain(row.amount) if row.amount is not None else None,
        "currency": row.currency,
        "problems": [problem_json(problem) for problem in row.problems],
        "posted": False,
    }


@app.command()
def release(
    work_order: Annotated[str, typer.Argument(help="The work order's number.")],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Have a held work order decided anew at the next sync, or close the doubts about a posted one; nothing is posted by it."""
    found = for_each_world(config, connection, lambda world: _release(world, work_order), quiet=True, actor=person())
    released, posted = any(was for was, _ in found), any(was and posted for was, posted in found)
    if as_json:
        print_json({"work_order": work_order, "released": released})
    elif posted:
        console().print(f"The doubts about work order {work_order} are closed; its document stays as it is in the ledger.", markup=False)
    elif released:
        console().print(f"Work order {work_order} will be decided anew at the next sync.", markup=False)
    else:
        console().print(f"Work order {work_order} is not held and not in doubt; see `connector held list`.", markup=False)
    raise typer.Exit(Exit.DONE if released else Exit.NEEDS_PERSON)


def _release(world: World, number: str) -> tuple[bool, bool]:
    """Whether there was something to release, and whether it was a doubt about a posted document."""
    from connector.core.disposition import Disposition

    row = world.store.find(number)
    is_posted = row is not None and row.disposition is Disposition.POSTED
    return world.store.release(number), is_posted
