"""A connection that reads through the normalised API: the same stage, another source block in its configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector.sandbox.supergood import SupergoodSandbox
from tests.stage import Stage

LOGIN = f"""\
      username: "{SupergoodSandbox.username}"
      password: "{SupergoodSandbox.password}"
"""
TOTP = f'      totp_secret: "{SupergoodSandbox.totp_secret}"\n'


def source_block(more: str = "", *, totp: bool = True) -> str:
    return f'    source:\n      kind: supergood\n      base_url: "http://127.0.0.1:4"\n{LOGIN}{TOTP if totp else ""}{more}'


def supergood_stage(folder: Path, ledger: str = "quickbooks", *, more: str = "", totp: bool = True, **switches: Any) -> Stage:
    stage = Stage(folder, ledger=ledger, supergood_switches=switches)
    read_through_supergood(stage, more, totp=totp)
    return stage


def read_through_supergood(stage: Stage, more: str = "", *, totp: bool = True) -> None:
    """Change the source of the connection, and nothing else."""
    path = stage.folder / "config.yaml"
    text = path.read_text("utf-8")
    before, rest = text.split("    source:\n")
    _, after = rest.split("    ledger:\n")
    path.write_text(f"{before}{source_block(more, totp=totp)}    ledger:\n{after}", "utf-8")


def asked(stage: Stage, method: str = "GET", path: str = "") -> list[str]:
    """The paths that were asked for, with their queries."""
    return [
        entry["path"] + ("?" + entry["query"] if entry["query"] else "")
        for entry in stage.sandbox.supergood.log
        if entry["method"] == method and path in entry["path"]
    ]
