"""reverse: a person has a posted invoice taken back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, collected, one_connection
from connector.cli.output import console, errors, print_json, print_problems, problem_json
from connector.cli.person import person

if TYPE_CHECKING:
    from connector.flows.reversing import Asked
    from connector.flows.world import World


def reverse(
    work_order: Annotated[str, typer.Argument(help="The work order's number.")],
    because: Annotated[str, typer.Option("--because", help="Why; it is kept with your name.")],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """Take a posted invoice back: credit it in an open period, and apply the credit to that invoice."""
    from connector.core.drafting import clean_text

    reason = clean_text(because)
    if not reason:
        errors().print("USAGE --because is empty; say why the invoice is taken back.", markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    # One number may be a work order of several connections: which is meant is never guessed.
    settings, _ = one_connection(config, connection)
    told, unreachable = collected(config, settings.name, partial(_reverse, work_order, reason), quiet=as_json, actor=person())
    if as_json:
        print_json(
            {"work_order": work_order, **(_json(told[0]) if told else {}), "unreachable": [problem_json(one) for one in unreachable]}
        )
    elif told:
        _print(work_order, told[0])
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    is_done = told[0].reversal is not None and told[0].reversal.is_done
    raise typer.Exit(Exit.DONE if is_done else Exit.NEEDS_PERSON)


def _reverse(work_order: str, because: str, world: World) -> Asked:
    from connector.flows.reversing import reverse as run_reverse

    return run_reverse(world, work_order, because)


def _json(asked: Asked) -> dict[str, object]:
    known = asked.reversal
    return {
        "reversed": known is not None and known.is_done,
        "document": known.reversed.marker if known else "",
        "credit": known.credit.marker if known else "",
        "credit_id": known.credit.remote_id if known else "",
        "state": known.credit.state.value if known else "",
        "because": known.because if known else "",
        "by": known.actor if known else "",
        "stopped": list(asked.stopped),
        "problems": [problem_json(problem) for problem in asked.problems],
    }


def _print(work_order: str, asked: Asked) -> None:
    out, known = console(), asked.reversal
    print_problems(list(asked.problems))
    if known is None:
        out.print(f"Work order {work_order} is not taken back; nothing was written to the ledger.", markup=False)
    elif known.is_done:
        credit, invoice = known.credit, known.reversed
        out.print(f"Work order {work_order}: invoice {invoice.marker} (ledger id {invoice.remote_id}) is taken back", markup=False)
        out.print(f"  by credit {credit.marker} (ledger id {credit.remote_id}) of {credit.expectation.date}, applied to it", markup=False)
    else:
        out.print(f"Work order {work_order}: credit {known.credit.marker} is {known.credit.state.value}, not applied yet.", markup=False)
        out.print("  The next sync goes on with it; `connector status` says what stands in the way.")
    for reason in asked.stopped:
        out.print(f"  stopped early: {reason}", markup=False)
