"""run: the scheduled background sync."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, opened, translated_errors


def run(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    health_file: Annotated[Path | None, typer.Option("--health-file", help="A file touched with each run's outcome as JSON.")] = None,
) -> None:
    """Sync each connection on its schedule until SIGTERM; what is in flight is finished or handed back."""
    from connector.engine.local import run_until_stopped

    with translated_errors(), opened(config, connection) as opening:
        run_until_stopped(opening.connections, opening.database, health_file)
    raise typer.Exit(Exit.DONE)
