"""customers, customers confirm and relink: a person says which customer of the ledger a name of the mapping is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, for_each_world
from connector.cli.output import console, counted, errors, money, print_indented, print_json, print_problems, table
from connector.cli.person import person

if TYPE_CHECKING:
    from connector.core.problem import Problem
    from connector.flows.customers import Answer, CustomerRow
    from connector.flows.world import World

app = typer.Typer(help="Which customers of the ledger the mapping's customers are.", invoke_without_command=True)

NameArgument = Annotated[str, typer.Argument(help="The customer's name in the mapping.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@app.callback()
def customers(
    context: typer.Context,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Every customer of the mapping: who it is in the ledger, and what waits until a person has said so."""
    if context.invoked_subcommand is not None:
        return
    from connector.flows.customers import list_customers

    found = for_each_world(config, connection, lambda world: (world, list_customers(world)), quiet=True)
    if as_json:
        print_json({"customers": [_row_json(world, row) for world, rows in found for row in rows]})
    else:
        _print_list(found)
    raise typer.Exit(Exit.NEEDS_PERSON if any(row.needs_a_person for _, rows in found for row in rows) else Exit.DONE)


def _row_json(world: World, row: CustomerRow) -> dict[str, object]:
    from connector.core.money import plain

    link, entry = row.found.link, row.found.entry
    return {
        "connection": world.policy.connection,
        "name": row.name,
        "place": row.place,
        "called": row.called,
        "state": row.found.state.value,
        "id": link.id if link else None,
        "confirmed_as": link.known_as if link else None,
        "confirmed_by": link.confirmed_by if link else None,
        "confirmed_at": link.confirmed_at if link else None,
        "customer": {"id": entry.id, "name": entry.name, "facts": dict(entry.facts)} if entry else None,
        "waiting": row.waiting,
        "amount": plain(row.amount),
        "currency": world.policy.currency,
    }


def _print_list(found: list[tuple[World, list[CustomerRow]]]) -> None:
    out = console()
    shown = [(world, row) for world, rows in found for row in rows]
    if not shown:
        out.print("The mapping makes no invoices, so it has no customers.")
        return
    rows = []
    for world, row in shown:
        waits = f"{row.waiting}: {money(row.amount, world.policy.currency)}" if row.waiting else ""
        rows.append((row.name, _who(row), row.found.state.value, waits))
    out.print(table("Customers", ("in the mapping", "in the ledger", "state", "waiting"), rows, right=frozenset({3})))
    for step in dict.fromkeys(step for _, row in shown for step in _next_steps(row)):
        print_indented(out, step, 2)


def _who(row: CustomerRow) -> str:
    """The linked customer as it is called now, or the candidate, or those of that name."""
    from connector.core.customer_link import TELLING

    entry, link = row.found.entry, row.found.link
    several = [f"{one.id} {one.name}" for one in row.near]
    if entry is None:
        return " or ".join(several) or (f"{link.id} {link.known_as}" if link else "")
    facts = [fact for name in TELLING if (fact := entry.fact(name)) and fact != entry.name]
    was = f"was {link.id} {link.known_as}" if link and (link.id != entry.id or link.known_as != entry.name) else ""
    return ", ".join([f"{entry.id} {entry.name}", *facts, *([was] if was else [])])


def _next_steps(row: CustomerRow) -> list[str]:
    from connector.core.customer_link import CustomerState

    match row.found.state:
        case CustomerState.CONFIRMED:
            return []
        case CustomerState.WAITING | CustomerState.CHANGED:
            return ['If a candidate is the right one: `connector customers confirm "NAME"`, or --all for every candidate above.']
        case CustomerState.UNKNOWN:
            return ['Who is not found: correct the mapping, or `connector customers confirm "NAME" --id ID`.']
        case _:
            return ['Who is inactive, merged or gone: `connector relink "NAME" --to ID`.']


@app.command()
def confirm(
    name: Annotated[str, typer.Argument(help="The customer's name in the mapping; none with --all.")] = "",
    identifier: Annotated[str, typer.Option("--id", help="It is the customer with this id of the ledger's.")] = "",
    everyone: Annotated[bool, typer.Option("--all", help="Every candidate that `connector customers` lists is right.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Say that a customer of the mapping is the candidate that `connector customers` lists; what waited goes at the next sync."""
    if bool(name) == everyone or (everyone and identifier):
        _refuse("USAGE Name one customer, with --id if need be, or say --all.")
    given = _worlds(config, connection, lambda world: _confirm(world, name, identifier))
    answers = [(world, answer) for world, found in given for answer in found]
    if as_json:
        print_json({"confirmed": [_answer_json(world, answer) for world, answer in answers]})
    else:
        for world, answer in answers:
            _print_confirmed(world, answer)
        if not answers:
            console().print("Nothing was left to confirm; `connector customers` shows where each stands.")
    raise typer.Exit(Exit.DONE)


def _confirm(world: World, name: str, identifier: str) -> list[Answer]:
    from connector.flows.customers import confirmation, confirmations, give

    answer = confirmation(world, name, identifier) if name else None
    answers = [answer] if answer is not None else [] if name else confirmations(world)
    if answers:
        give(world, answers, "confirmed by a person" + (" with --all" if not name else ""))
    return answers


def _print_confirmed(world: World, answer: Answer) -> None:
    waiting = f"{counted(answer.waiting, 'work order')} that waited" if answer.waiting else "nothing waited"
    out = console()
    out.print(f"'{answer.name}' is {answer.link.told()} in {world.policy.connection}: {waiting}; the next sync posts.", markup=False)


def relink(
    name: NameArgument,
    to: Annotated[str, typer.Option("--to", help="The customer in its place: the ledger's id, or the full name.")],
    yes: YesOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Have a confirmed name mean another customer from now on, after a merge, or after one was deleted and made again."""
    from connector.flows.customers import relinking

    planned = _worlds(config, connection, lambda world: relinking(world, name, to))
    if len({world.ledger.company_id for world, _ in planned}) > 1:
        _refuse("USAGE Several connections have that customer. Say which with --connection.")
    world, answer = planned[0]
    if not as_json:
        _print_planned(world, answer)
    is_agreed = yes or (not as_json and typer.confirm("Relink?"))
    if is_agreed:
        _worlds(config, world.policy.connection, lambda world: _relink(world, name, to))
    if as_json:
        print_json({**_answer_json(world, answer), "done": is_agreed})
    elif is_agreed:
        console().print(f"'{answer.name}' is {answer.link.told()} from now on.", markup=False)
    raise typer.Exit(Exit.DONE if is_agreed else Exit.NEEDS_PERSON)


def _relink(world: World, name: str, to: str) -> None:
    from connector.flows.customers import give, relinking

    give(world, [relinking(world, name, to)], "relinked by a person")


def _print_planned(world: World, answer: Answer) -> None:
    from connector.core.customer_link import told

    out, before = console(), answer.before
    out.print(f"'{answer.name}' in {world.policy.connection}", markup=False)
    print_indented(out, f"until now: {before.told() if before else 'nobody'}", 2)
    print_indented(out, f"then:      {told(answer.entry)}", 2)
    print_indented(out, f"{counted(answer.posted, 'posted document')} stay as they are, with whom the ledger has them", 2)
    waiting = f"{counted(answer.waiting, 'work order')} ({money(answer.amount, world.policy.currency)})"
    print_indented(out, f"{waiting} that wait, and {counted(answer.unsent, 'document')} that nothing was sent of, go to the new one", 2)
    if answer.in_flight:
        print_indented(out, f"{counted(answer.in_flight, 'document')} may have left already and stay with the old one", 2)


def _answer_json(world: World, answer: Answer) -> dict[str, object]:
    from connector.core.money import plain

    before = answer.before
    return {
        "connection": world.policy.connection,
        "name": answer.name,
        "before": {"id": before.id, "name": before.known_as} if before else None,
        "after": {"id": answer.link.id, "name": answer.link.known_as},
        "posted": answer.posted,
        "waiting": answer.waiting,
        "amount": plain(answer.amount),
        "currency": world.policy.currency,
        "unsent": answer.unsent,
        "in_flight": answer.in_flight,
    }


def _worlds(config: Any, connection: str, work: Callable[[World], Any]) -> list[tuple[World, Any]]:
    """Do it for each connection that it can be done for; when it can be done for none, say why."""
    from connector.flows.customers import CustomerRefusedError

    refusals: list[Problem] = []

    def tried(world: World) -> tuple[World, Any] | None:
        try:
            return world, work(world)
        except CustomerRefusedError as refusal:
            refusals.append(refusal.problem)
            return None

    found = [one for one in for_each_world(config, connection, tried, quiet=True, actor=person()) if one is not None]
    if not found:
        print_problems(refusals)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    return found


def _refuse(line: str) -> NoReturn:
    errors().print(line, markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)
