"""The Node clients: installed once into a cache outside of the project, run as programs of their own against a served stand-in."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
INSTALL_SECONDS_MAX = 100
RUN_SECONDS_MAX = 60
# An offset from UTC without a plus sign: node-quickbooks puts a moment into an address as it is, and there a plus is a space.
TIMEZONE = "America/Chicago"
NODE_MAJOR_MIN = 18


def node_client(script: str, told: dict[str, Any], vendor_hosts: tuple[str, ...] = ()) -> dict[str, Any]:
    """Run a script with what it is told, and give what it tells; skipped, with the reason, where the clients cannot be had."""
    folder = installed()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "NODE_PATH": str(folder / "node_modules"),
        "STAND_IN": told["address"],
        "VENDOR_HOSTS": ",".join(vendor_hosts),
        "TZ": TIMEZONE,
    }
    typed = ["node", "--require", str(HERE / "to_the_sandbox.cjs"), str(HERE / script), json.dumps(told)]
    ended = subprocess.run(typed, env=environment, capture_output=True, text=True, check=False, timeout=RUN_SECONDS_MAX)
    assert ended.returncode == 0, ended.stderr[-3000:]
    answer: dict[str, Any] = json.loads(ended.stdout)
    return answer


def installed() -> Path:
    """The folder with the packages of the lock file, installed by its first user."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: the Node clients are not tried")
    if _node_major() < NODE_MAJOR_MIN:
        pytest.skip(f"Node is older than {NODE_MAJOR_MIN}: the Node clients are not tried")
    lock = (HERE / "package-lock.json").read_bytes()
    target = _cache() / f"node-clients-{hashlib.sha256(lock).hexdigest()[:16]}"
    if not target.exists():
        _install(target)
    return target


def _node_major() -> int:
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    return int(told.removeprefix("v").partition(".")[0])


def _cache() -> Path:
    """A folder of the user's for what can be had again."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "upkeep-accounting-connector"


def _install(target: Path) -> None:
    """Install beside the target, then give it its name: two runs at once do not disturb each other, and half an installation is none."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        pytest.skip(f"the cache cannot be written: {error}")
    with tempfile.TemporaryDirectory(dir=target.parent) as name:
        for file in ("package.json", "package-lock.json"):
            shutil.copy(HERE / file, name)
        # Nothing of the packages is run while they are installed; each is checked against the hash in the lock file.
        typed = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", "--loglevel=error"]
        try:
            ended = subprocess.run(typed, cwd=name, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm did not end within {INSTALL_SECONDS_MAX} seconds: the Node clients are not tried")
        if ended.returncode != 0:
            pytest.skip(f"npm cannot install the Node clients (offline?): {ended.stderr.strip().partition(chr(10))[0]}")
        if not target.exists():
            Path(name).rename(target)
            Path(name).mkdir()  # for the end of the `with`
