"""A company with several sites: each is a data set of its own with the same numbers, and a sign-in shows one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.settings import load_config
from connector.upkeep.source import SourceUnreachableError
from tests.stage import Stage


def at_second_site(stage: Stage, site_user: str) -> None:
    """The same connection, but of the other site."""
    stage.config_change = ("      email:", f"      site: second\n      site_user: {site_user}\n      email:")
    stage._write_files()


def staged(folder: Path, ledger: str = "quickbooks") -> Stage:
    """Work order 1 at both sites, with other costs at each."""
    stage = Stage(folder, ledger, upkeep_switches={"sites": 2})
    stage.work_order("1")
    answer = stage.upkeep.post("http://127.0.0.1:1/api/v1/auth/switch-site", json={"id": stage.sandbox.vendors.upkeep.site_users[1]})
    stage.upkeep.headers["Session-Token"] = answer.json()["result"]["sessionToken"]
    stage.work_order("1", additionalCosts=[{"description": "Crane", "cost": "777.00"}])
    return stage


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_the_same_number_at_two_sites_is_two_documents(ledger: str, tmp_path: Path) -> None:
    stage = staged(tmp_path, ledger)
    assert stage.sync().posted == 1
    at_second_site(stage, stage.sandbox.vendors.upkeep.site_users[1])
    report = stage.sync()
    assert (report.posted, str(report.amount_posted["USD"])) == (1, "777.00")
    assert sorted(stage.numbers().values()) == [1, 1]
    assert stage.sync().posted == 0


def test_a_site_that_the_user_is_not_at_is_told(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    at_second_site(stage, "nobody")
    with pytest.raises(SourceUnreachableError, match="check source: site_user"):
        stage.sync()


def test_a_session_that_ends_is_renewed_at_its_own_site(tmp_path: Path) -> None:
    stage = staged(tmp_path)
    at_second_site(stage, stage.sandbox.vendors.upkeep.site_users[1])
    stage.sandbox.vendors.upkeep._sign_in._switches["token_calls"] = 2
    stage.sync()
    assert [document["total"] for document in stage.documents()] == ["777.00"]


def test_a_token_already_belongs_to_a_site(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    text = (tmp_path / "config.yaml").read_text("utf-8").replace("      email:", "      token: t\n      site_user: u1\n      email:")
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    assert [problem.code for problem in load_config(tmp_path / "config.yaml", {})[1]] == ["CONFIG_UNKNOWN_KEY"]
    assert stage.ledger == "quickbooks"
