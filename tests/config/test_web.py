"""Where `connector run` listens, and with which key each app's deliveries are signed."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.settings import load_config
from connector.config.web import WebConfig
from tests.problems.test_configuration import GOOD


def web(folder: Path, text: str) -> WebConfig | None:
    (folder / "config.yaml").write_text(GOOD + text, "utf-8")
    config, problems = load_config(folder / "config.yaml", {})
    assert config is not None, problems
    return config.web


def test_nothing_listens_unless_it_is_written(tmp_path: Path) -> None:
    assert web(tmp_path, "") is None
    assert web(tmp_path, "web:\n") == WebConfig("127.0.0.1", 8766, "")


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("0.0.0.0:80", "0.0.0.0", 80),
        ("localhost:65535", "localhost", 65535),
        ('"[::1]:8766"', "::1", 8766),
        ("web.internal:1", "web.internal", 1),
    ],
)
def test_an_address_with_its_port_is_read(listen: str, host: str, port: int, tmp_path: Path) -> None:
    text = f"web:\n  listen: {listen}\n  public_url: https://books.example.com/\n"
    assert web(tmp_path, text) == WebConfig(host, port, "https://books.example.com")


def test_a_key_is_a_secret_of_its_connection(tmp_path: Path) -> None:
    text = GOOD.replace("client_id: c1", 'client_id: c1, webhook_key: "${KEY}"') + "web:\n"
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    config, _ = load_config(tmp_path / "config.yaml", {"KEY": "open sesame"})
    assert config is not None
    ledger = config.connections[0].ledger
    assert (ledger.webhook_key.reveal(), "sesame" in repr(config)) == ("open sesame", False)
    for empty in ("", "  "):
        config, (problem,) = load_config(tmp_path / "config.yaml", {"KEY": empty})
        assert (config, problem.code) == (None, "CONFIG_MISSING")
