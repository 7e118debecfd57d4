"""run: the scheduled background sync, and what listens beside it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.call_log import LogCallsOption, show_calls
from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, Opened, opened, translated_errors
from connector.cli.output import print_problems

if TYPE_CHECKING:
    from connector.config.web import WebConfig


def run(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    health_file: Annotated[Path | None, typer.Option("--health-file", help="A file touched with each run's outcome as JSON.")] = None,
    log_calls: LogCallsOption = False,
) -> None:
    """Sync each connection on its schedule until SIGTERM; what is in flight is finished or handed back."""
    if log_calls:
        show_calls()
    from connector.engine.local import run_until_stopped

    with translated_errors(), opened(config, connection) as opening:
        if opening.config.web is None:
            run_until_stopped(opening.connections, opening.database, health_file)
        else:
            _run_listening(opening, opening.config.web, health_file)
    raise typer.Exit(Exit.DONE)


def _run_listening(opening: Opened, web: WebConfig, health_file: Path | None) -> None:
    """The schedule, and beside it the addresses for the ledgers' deliveries."""
    from connector.engine.local import run_until_stopped
    from connector.web.serving import ListeningError, serving

    try:
        run_until_stopped(opening.connections, opening.database, health_file, partial(serving, opening.config, web, opening.database))
    except ListeningError as error:
        print_problems([error.problem])
        raise typer.Exit(Exit.BAD_CONFIGURATION) from None
