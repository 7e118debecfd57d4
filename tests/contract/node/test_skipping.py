"""Without Node, or without the network, the Node clients are skipped with a sentence that says why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.node.clients import installed


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no program but the shell, and an empty cache."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def reason_of() -> str:
    with pytest.raises(pytest.skip.Exception) as skipped:
        installed()
    return str(skipped.value)


def test_a_machine_without_node_or_npm_is_told_so(machine: Path) -> None:
    assert reason_of() == "node is not installed: the Node clients are not tried"
    program(machine, "node", "echo v20.1.0")
    assert reason_of() == "npm is not installed: the Node clients are not tried"


def test_a_node_that_is_too_old_is_told_so(machine: Path) -> None:
    program(machine, "node", "echo v16.20.2")
    program(machine, "npm", "exit 0")
    assert reason_of() == "Node is older than 18: the Node clients are not tried"


def test_a_machine_that_cannot_install_is_told_what_npm_says_and_tries_anew_the_next_time(machine: Path) -> None:
    program(machine, "node", "echo v20.1.0")
    program(machine, "npm", "echo 'npm error network is unreachable' >&2; exit 1")
    assert reason_of() == "npm cannot install the Node clients (offline?): npm error network is unreachable"
    assert list((machine / "cache" / "upkeep-accounting-connector").iterdir()) == []
    program(machine, "npm", ": > installed")
    target = installed()
    assert sorted(path.name for path in target.iterdir()) == ["installed", "package-lock.json", "package.json"]
    program(machine, "npm", "exit 1")
    assert installed() == target
