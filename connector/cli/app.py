"""The command line: one Typer app, its commands registered from one module a group."""

from __future__ import annotations

import typer

from connector.cli import (
    audit,
    books,
    connecting,
    customers,
    explaining,
    first_mapping,
    held,
    keys,
    mapping,
    plan,
    prove,
    reversing,
    schedule,
    setup,
    shadow,
    stand_ins,
    upkeep,
    upkeep_hooks,
)

app = typer.Typer(
    name="connector",
    help="Posts completed UpKeep work orders to QuickBooks Online or Xero, each exactly once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(stand_ins.demo)
app.command()(stand_ins.sandbox)
app.command()(setup.init)
app.command(name="init-mapping")(first_mapping.init_mapping)
app.command()(setup.check)
app.command()(connecting.connect)
app.command()(connecting.disconnect)
app.command()(plan.plan)
app.command()(books.sync)
app.command()(schedule.run)
app.command()(books.status)
app.command()(books.reconcile)
app.command()(prove.prove)
app.command()(explaining.explain)
app.add_typer(customers.app, name="customers")
app.command()(customers.relink)
app.command()(reversing.reverse)
app.add_typer(mapping.app, name="mapping")
app.add_typer(shadow.app, name="shadow")
app.add_typer(held.app, name="held")
upkeep.app.add_typer(upkeep_hooks.app, name="hooks")
app.add_typer(upkeep.app, name="upkeep")
app.add_typer(audit.app, name="audit")
app.add_typer(keys.app, name="keys")
app.add_typer(mapping.app, name="mapping")
