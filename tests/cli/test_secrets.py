"""Secrets are planted in every place that holds one, and then everything that was written is searched for them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.sandbox.faults import Fault
from tests.everyday import a_few

pytestmark = pytest.mark.sockets
COMMANDS = (("check",), ("sync", "--json"), ("sync",), ("status",), ("reconcile", "--json"), ("held", "list"), ("explain", "1001"))


def planted(running: RunningSandbox, ledger: str, folder: Path) -> tuple[Path, list[str]]:
    """The configuration of a running sandbox, in a folder of its own, and every secret in it."""
    config = folder / "config.yaml"
    config.write_text(running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(folder / f"{ledger}-")), "utf-8")
    vendor = getattr(running.sandbox.vendors, ledger)
    return config, [running.sandbox.vendors.upkeep.password, vendor.client_secret, vendor.first_refresh_token]


def said(config: Path) -> str:
    results = [CliRunner().invoke(app, [*words, "--config", str(config)]) for words in COMMANDS]
    return "".join(result.output + repr(result.exception) for result in results)


def written(folder: Path) -> bytes:
    """Every byte that the connector left, except the key that opens its vault and the person's own configuration."""
    return b"".join(
        path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name != "config.yaml" and path.suffix != ".key"
    )


@pytest.mark.parametrize("ledger", a_few(["xero", "quickbooks"]))
def test_a_good_run_tells_and_stores_no_secret(ledger: str, tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=6)) as running:
        config, secrets = planted(running, ledger, tmp_path)
        told = said(config)
        sessions = list(running.sandbox.vendors.upkeep._sign_in._sessions)
    for secret in [*secrets, *sessions]:
        assert secret not in told
        assert secret.encode() not in written(tmp_path)
    assert "posted" in told


@pytest.mark.parametrize("ledger", ["quickbooks", pytest.param("xero", marks=pytest.mark.long)])
@pytest.mark.parametrize("fault", ["5xx", "html", "garbled", "429"])
def test_a_run_in_trouble_tells_no_secret(ledger: str, fault: str, tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=3)) as running:
        config, secrets = planted(running, ledger, tmp_path)
        getattr(running.sandbox, ledger).plan.plan([Fault(fault, path="*oken*", times=99)])  # type: ignore[arg-type]
        told = said(config)
    for secret in secrets:
        assert secret not in told
        assert secret.encode() not in written(tmp_path)


@pytest.mark.parametrize("place", ["password", "client_secret", "refresh_token"])
def test_a_wrong_secret_is_refused_without_being_repeated(place: str, tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=3)) as running:
        config, _ = planted(running, "quickbooks", tmp_path)
        lines = [
            f'{line.split(place)[0]}{place}: "wrong-{place}-4711"' if f"{place}:" in line else line
            for line in config.read_text().splitlines()
        ]
        config.write_text("\n".join(lines), "utf-8")
        told = said(config)
    assert f"wrong-{place}-4711" not in told
    assert f"wrong-{place}-4711".encode() not in written(tmp_path)
