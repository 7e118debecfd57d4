"""--log-calls: one line on standard error for each call to UpKeep; no secret, query or body is in it (upkeep/http.py)."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

LogCallsOption = Annotated[bool, typer.Option("--log-calls", help="Show each call to UpKeep on standard error: no secrets in it.")]


def show_calls() -> None:
    """Show them from here on."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    log = logging.getLogger("connector.upkeep.calls")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
