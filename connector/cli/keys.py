"""keys rotate: the stored sign-ins under a new key."""

from __future__ import annotations

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, ConfigOption, configuration, database_of, translated_errors
from connector.cli.output import console, counted

app = typer.Typer(help="The key that encrypts the stored sign-ins.", no_args_is_help=True)


@app.callback()
def keys() -> None:
    """The key that encrypts the stored sign-ins."""


@app.command("rotate")
def rotate(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Encrypt every stored sign-in with a new key; nothing is lost when it is interrupted, and it can be run again."""
    from connector.store.keys import KEY_VARIABLE, Keys

    with translated_errors(), database_of(str(configuration(config).database)) as database:
        ring = Keys(database)
        count = ring.rotate()
    told = f"{counted(count, 'sign-in is', 'sign-ins are')} encrypted with the new key"
    if ring.are_in_a_file:
        console().print(f"{told}; the old key is gone. Back up the key file with the database: older backups need the older key.")
    else:
        console().print(f"{told}, the first in {KEY_VARIABLE}. When every process has it, the other keys may be removed.")
    raise typer.Exit(Exit.DONE)
