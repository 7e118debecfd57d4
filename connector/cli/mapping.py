"""mapping: what is asked of a mapping file before it is used."""

from __future__ import annotations

import typer

from connector.cli import mapping_diff

app = typer.Typer(help="Ask a mapping file before it is used.", no_args_is_help=True)


@app.callback()
def mapping() -> None:
    """Ask a mapping file before it is used."""


app.command()(mapping_diff.diff)
