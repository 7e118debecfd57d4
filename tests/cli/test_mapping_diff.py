"""The time machine as a check of the mapping repository: exit codes, words and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.cli.sandbox_config import plain_mapping_text
from tests.cli.test_screen import configured, connector

pytestmark = pytest.mark.sockets
PLAIN = plain_mapping_text("USD")
MONTH = "2026-01"  # that the sandbox's invented work orders are of


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=12)) as running:
        yield running


def files(folder: Path) -> tuple[str, str]:
    (folder / "old.yaml").write_text(PLAIN, "utf-8")
    (folder / "new.yaml").write_text(PLAIN.replace("account: Repairs and maintenance", "account: Equipment repairs"), "utf-8")
    return str(folder / "old.yaml"), str(folder / "new.yaml")


def test_the_exit_code_says_whether_a_mapping_changes_the_month(running: RunningSandbox, tmp_path: Path) -> None:
    old, new = files(tmp_path)
    config = Path(configured(running, tmp_path))
    config.write_text(re.sub(r"mapping: .*", f'mapping: "{old}"', config.read_text("utf-8")), "utf-8")
    on = ("--config", str(config))
    synced = json.loads(connector("sync", *on, "--json").stdout)
    assert synced["posted"]
    same = connector("mapping", "diff", old, old, "--period", MONTH, *on)
    assert (same.exit_code, "no difference" in same.output, "nothing was written" in same.output) == (0, True, True), same.output
    shown = connector("mapping", "diff", old, new, "--period", MONTH, *on)
    assert shown.exit_code == 1, shown.output
    for word in ("against what was posted", "against old.yaml", "Equipment repairs", "booked otherwise", "new.yaml:4"):
        assert word in shown.output
    told = json.loads(connector("mapping", "diff", old, new, "--period", MONTH, *on, "--json").stdout)["connections"][0]
    assert told["differs"] is True
    assert told["accounts"]["posted"] == told["accounts"]["old"]
    assert sum(Decimal(row["net"]["difference"]) for row in told["accounts"]["old"]) == 0
    assert {one["change"] for one in told["work_orders"]} == {"moved"}


@pytest.mark.long
def test_a_file_that_is_wrong_ends_with_code_2_and_the_mistakes_of_both(running: RunningSandbox, tmp_path: Path) -> None:
    old, new = files(tmp_path)
    on = ("--config", configured(running, tmp_path))
    for name in ("old", "new"):
        (tmp_path / f"bad-{name}.yaml").write_text(PLAIN + "defualts: {}\n", "utf-8")
    shown = connector("mapping", "diff", str(tmp_path / "bad-old.yaml"), str(tmp_path / "bad-new.yaml"), "--period", MONTH, *on)
    assert (shown.exit_code, shown.output.count("MAP_UNKNOWN_KEY")) == (2, 2), shown.output
    assert connector("mapping", "diff", old, new, "--period", "February", *on).exit_code == 2
    assert connector("mapping", "diff", old, new, "--period", MONTH, *on, "--connection", "nobody").exit_code == 2
    away = ("--config", configured(running, tmp_path, "quickbooks", (running.addresses["upkeep"], "http://127.0.0.1:9")))
    assert connector("mapping", "diff", old, new, "--period", MONTH, *away).exit_code == 3


def test_of_several_connections_those_are_meant_that_have_one_of_the_files(running: RunningSandbox, tmp_path: Path) -> None:
    old, new = files(tmp_path)
    one = Path(configured(running, tmp_path)).read_text("utf-8")
    second = (
        one.split("connections:\n")[1]
        .replace("name: sandbox-quickbooks", "name: other")
        .replace("kind: upkeep", "kind: upkeep\n      site: other")
    )
    (tmp_path / "two.yaml").write_text(one + second, "utf-8")
    on = ("--config", str(tmp_path / "two.yaml"))
    shown = connector("mapping", "diff", old, new, "--period", MONTH, *on)
    assert (shown.exit_code, "--connection" in shown.output) == (2, True), shown.output
    assert connector("mapping", "diff", old, old, "--period", MONTH, *on, "--connection", "other").exit_code == 0
