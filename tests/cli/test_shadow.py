"""What a person sees of a connection that is a shadow."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector.cli.running_sandbox import Filling, running_sandbox
from tests.cli.test_screen import configured, connector

pytestmark = pytest.mark.sockets


def test_a_shadow_says_that_it_is_one_and_its_report_ends_with_the_accounts(tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=6)) as running:
        config = configured(running, tmp_path, "xero", ("    closed_period: hold", "    closed_period: hold\n    mode: shadow"))
        on = ("--config", config)
        synced = json.loads(connector("sync", *on, "--json").stdout)
        assert (synced["posted"], running.sandbox.vendors.xero.documents()) == (0, [])
        assert synced["connections"][0]["drafted"] > 0
        assert "nothing is ever posted by this connection" in connector("sync", *on).output
        status = connector("status", *on)
        assert "mode: shadow" in status.output
        assert "drafted" in status.output
        shown = connector("shadow", "report", "--period", "2026-01", *on)
        assert shown.exit_code == 1, shown.output
        for word in ("0 matched", "nothing was written", "only drafted: 1001", "Accounts (USD)"):
            assert word in shown.output
        told = json.loads(connector("shadow", "report", "--period", "2026-01", *on, "--json").stdout)["connections"][0]
        assert (told["agrees"], len(told["only_drafted"])) == (False, synced["connections"][0]["drafted"])
        assert connector("shadow", "report", "--period", "2025-01", *on).exit_code == 0
        assert connector("shadow", "report", "--period", "January", *on).exit_code == 2
