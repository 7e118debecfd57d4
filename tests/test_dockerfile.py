"""No container engine is at hand, so the steps of the Dockerfile are run as they stand, in a clean environment of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def steps(stage: int) -> list[tuple[str, str]]:
    """(instruction, rest) of one build stage."""
    lines = [line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    stages: list[list[tuple[str, str]]] = []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append((word, rest))
    return stages[stage]


def run(command: str, folder: Path) -> str:
    """A command with nothing of this environment but the path to programs and the way to the packages."""
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.upper().startswith(("PIP_", "SSL_"))}
    kept |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    done = subprocess.run(["/bin/sh", "-euc", command], cwd=folder, env=kept, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_steps_of_the_image_give_a_working_connector(tmp_path: Path) -> None:
    target, build = tmp_path / "opt", tmp_path / "build"
    build.mkdir()
    for word, rest in steps(0):
        if word == "COPY":
            *sources, destination = rest.split()
            for source in sources:
                at = build / destination if destination != "./" else build / source
                at.parent.mkdir(parents=True, exist_ok=True)
                (shutil.copytree if (ROOT / source).is_dir() else shutil.copy)(ROOT / source, at)
        elif word == "RUN":
            run(rest.replace("python -m venv", f"{sys.executable} -m venv").replace("/opt/connector", str(target)), build)
    assert "sync" in run(f"{target}/bin/connector --help", tmp_path)
    assert (target / "lib").is_dir()
    (health,) = [rest for word, rest in steps(1) if word == "HEALTHCHECK"]
    (tmp_path / "health.json").write_text("{}", "utf-8")
    words = re.findall(r'"([^"]+)"', health)
    run(" ".join([f"{target}/bin/{words[0]}", *words[1:]]), tmp_path)


def test_the_image_does_not_run_as_root() -> None:
    users = [rest for word, rest in steps(1) if word == "USER"]
    assert users == ["connector"]
