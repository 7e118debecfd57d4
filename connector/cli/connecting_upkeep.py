"""connect upkeep: sign in to the normalised API as a person who has the second factor at hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from connector.cli.exits import Exit
from connector.cli.opening import configuration, database_of, translated_errors
from connector.cli.output import console, errors, print_problems

if TYPE_CHECKING:
    from connector.config.settings import ConnectionConfig


def connect_upkeep(config_file: Path, name: str, code: str) -> None:
    """Sign in once, whatever stopped before; a code is asked for at a terminal, and taken from --code elsewhere."""
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.source_wiring import Transports, supergood_of
    from connector.upkeep.source import SignInStoppedError

    with translated_errors():
        config = configuration(config_file)
        settings = _one(config.connections, name)
        with database_of(str(config.database)) as database:
            source = supergood_of(settings, database.clock, Transports(), database)
            try:
                source.session.connect(code, _ask if _is_terminal() and not code else None)
            except UNREACHABLE_ERRORS as error:
                print_problems([unreachable_problem(settings.name, error)])
                raise typer.Exit(Exit.NEEDS_PERSON if isinstance(error, SignInStoppedError) else Exit.UNREACHABLE) from None
            finally:
                source.close()
    console().print(f"{settings.name}: signed in to UpKeep. The session is stored, encrypted, and renewed by itself.", markup=False)
    console().print("Next: `connector check` tries it, and every name of the mapping.", markup=False)


def _one(connections: Sequence[ConnectionConfig], name: str) -> ConnectionConfig:
    """The connection that is meant; those with one login share its session, so any of them will do."""
    found = [c for c in connections if c.source.supergood is not None and name in ("", c.name)]
    if len({(c.source.base_url, c.source.email) for c in found}) == 1:
        return found[0]
    names = ", ".join(c.name for c in found)
    told = f"Say with --connection which is meant: {names}." if found else "No such connection has a source of kind supergood."
    errors().print(f"USAGE {told}", markup=False)
    raise typer.Exit(Exit.BAD_CONFIGURATION)


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _ask(methods: Sequence[str]) -> str:
    how = " or ".join(methods) or "a way that it does not name"
    return str(typer.prompt(f"UpKeep sent a code ({how}). Code", hide_input=True))
