"""plan: what a sync will cost, told before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from connector.cli.exits import Exit
from connector.cli.limit_lines import limit_lines
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, collected
from connector.cli.output import console, counted, print_json, problem_json

if TYPE_CHECKING:
    from connector.flows.plan import Plan

_VENDORS = {"quickbooks": "QuickBooks", "xero": "Xero"}


def plan(config: ConfigOption = DEFAULT_CONFIG, connection: ConnectionOption = EVERY_CONNECTION, as_json: JsonOption = False) -> None:
    """What the next sync would cost: documents, calls, time at the vendor's limits, reads of the month; writes nothing."""
    from connector.flows.plan import plan as make_plan

    plans, unreachable = collected(config, connection, make_plan, quiet=as_json)
    if as_json:
        print_json({"connections": [one.to_json() for one in plans], "unreachable": [problem_json(p) for p in unreachable]})
    for one in [] if as_json else plans:
        _print(one)
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if any(one.needs_a_person() for one in plans) else Exit.DONE)


def _print(plan: Plan) -> None:
    out, cost = console(), plan.cost
    due = f"{counted(plan.documents, 'document')} {'is' if plan.documents == 1 else 'are'} due"
    out.print(f"{plan.connection}: {due}, {plan.held} held, {plan.excluded} excluded; nothing was written", markup=False)
    batches = f" in {counted(cost.batches, 'batch', 'batches')}" if cost.batches else ""
    out.print(f"  {counted(cost.calls, 'call')}: {counted(cost.reads, 'read')}, {counted(cost.writes, 'write')}{batches}")
    out.print(f"  at the limits of {_VENDORS[plan.ledger]} at least {counted(plan.minutes, 'minute')}{_days(plan)}")
    left = plan.standing.reads_left
    if left is not None:
        does_it = "more than" if plan.needs_a_person() else "out of"
        out.print(f"  {counted(cost.reads, 'read')}, {does_it} the {left:,} that are left of {plan.standing.month}", markup=False)
    for line in limit_lines(plan.standing):
        out.print(f"  {line}", markup=False)


def _days(plan: Plan) -> str:
    """How many days the tiers need, where a day is limited."""
    told = [f"{counted(days, 'day')} on {tier}" for tier, days in plan.days.items()]
    return f"; {', '.join(told)}" if told else ""
