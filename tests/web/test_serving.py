"""`connector run` listens beside its schedule: a document that was voided is a finding although no scheduled run comes for months."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.clock import SystemClock
from connector.config.settings import Config
from connector.config.web import WebConfig
from connector.core.clock import Clock
from connector.engine.health import Health
from connector.engine.heeding import Bell
from connector.store.connection_store import Database
from connector.web import app as web_app
from connector.web.serving import ListeningError, listening, serving
from tests.stage import SharedClock
from tests.web.rig import KEYS, listening_stage

pytestmark = pytest.mark.sockets


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.01)


def listening_config(running: RunningSandbox, ledger: str, port: int) -> str:
    """A configuration that listens, and whose schedule comes once a year."""
    text = running.config[ledger].replace('schedule: "*/15 * * * *"', 'schedule: "0 0 1 1 *"')
    text = text.replace("      client_id:", f"      webhook_key: {KEYS[ledger]}\n      client_id:")
    return f"{text}web:\n  listen: 127.0.0.1:{port}\n"


def rows(database: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


def is_healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.long
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_voided_invoice_is_a_finding_without_waiting_for_the_schedule(ledger: str, tmp_path: Path) -> None:
    port = free_port()
    with running_sandbox(Filling(orders=6, document="invoice")) as running:
        config, health = tmp_path / "config.yaml", tmp_path / "health.json"
        config.write_text(listening_config(running, ledger, port), "utf-8")
        vendor: Any = getattr(running.sandbox.vendors, ledger)
        database = running.folder / f"{ledger}-invoice.db"
        command = [sys.executable, "-m", "connector", "run", "--config", str(config), "--health-file", str(health)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
            wait_until(lambda: is_healthy(port), "nobody listens")
            wait_until(lambda: f"sandbox-{ledger}" in health.read_text("utf-8"), "the first run never ended")
            vendor.register_webhook(f"http://127.0.0.1:{port}/webhooks/{ledger}")
            wait_until(lambda: vendor.courier.state == "active", "the vendor does not take the address")
            vendor.void(vendor.documents()[0]["id"])
            wait_until(lambda: rows(database, "SELECT code FROM finding") != [], "nothing was noticed")
            wait_until(lambda: rows(database, "SELECT * FROM hint") == [], "the hint stays")
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert process.stderr is not None
            told = [line.partition("action=")[2].split()[0] for line in process.stderr.read().splitlines()]
        result = CliRunner().invoke(app, ["status", "--config", str(config), "--json"])
    (shown,) = json.loads(result.stdout)["connections"]
    # Xero signs two of its first requests wrongly, to see that they are refused.
    refused = {"quickbooks": 0, "xero": 2}[ledger]
    assert [what for what in told if what != "delivery_refused"] == [
        "listening", "listening_to", "scheduled", "synced", "heeded", "stopping",
    ]  # fmt: skip
    assert [finding["code"] for finding in shown["findings"]] == ["DOCUMENT_VOIDED"]
    assert (shown["webhooks"]["refused"], shown["webhooks"]["waiting"]) == (refused, 0)
    assert (vendor.courier.violations, set(vendor.courier.answers) - {200, 401}) == ([], set())


@pytest.fixture
def signals() -> Iterator[None]:
    """What the command does with signals ends with the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_address_that_another_program_has_ends_the_command_with_what_to_do(tmp_path: Path, signals: None) -> None:
    listening_stage(tmp_path)
    config = tmp_path / "config.yaml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config.write_text(config.read_text("utf-8") + f"  listen: 127.0.0.1:{taken.getsockname()[1]}\n", "utf-8")
        ended = CliRunner().invoke(app, ["run", "--config", str(config)])
    assert (ended.exit_code, "WEB_ADDRESS_UNUSABLE" in ended.output, "Correct web: listen" in ended.output) == (2, True, True)


def test_a_name_that_is_no_address_of_this_machine_is_told() -> None:
    for host in ("no-such-host.invalid", "192.0.2.1"):
        with pytest.raises(ListeningError, match="cannot be listened at"), listening(None, WebConfig(host, 0)):  # type: ignore[arg-type]
            pass


def test_refusals_that_were_only_counted_are_written_down_at_the_end(tmp_path: Path) -> None:
    stage = listening_stage(tmp_path)
    clock: Clock = SharedClock(stage.clock)
    database = Database.open(str(stage.database_path), clock)
    config = Config(tmp_path, "", (stage.settings()[0],))
    port = free_port()
    with serving(config, WebConfig("127.0.0.1", port), database, Health(None), Bell(clock)), httpx.Client() as client:
        for _ in range(5):
            answer = client.post(f"http://127.0.0.1:{port}/webhooks/quickbooks", content=b"[]", headers={"intuit-signature": "x"})
            assert (answer.status_code, answer.content, answer.headers.get("set-cookie"), answer.headers.get("server")) == (
                401,
                b"",
                None,
                None,
            )
    database.close()
    assert rows(stage.database_path, "SELECT refused FROM delivery") == [(5,)]


def raw(port: int, sent: bytes, *, stops: bool = False) -> bytes:
    """The status that a client gets which knows no manners; one that `stops` sends no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as sock:
        sock.sendall(sent)
        if stops:
            sock.shutdown(socket.SHUT_WR)
        return (sock.recv(65_536).split() or [b"", b""])[1]


def test_clients_without_manners_get_an_error_and_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(web_app, "BODY_BYTES_MAX", 100)
    stage = listening_stage(tmp_path)
    database = Database.open(str(stage.database_path), SharedClock(stage.clock))
    port = free_port()
    head = b"POST /webhooks/quickbooks HTTP/1.1\r\nHost: x\r\nIntuit-Signature: x\r\n"
    with serving(Config(tmp_path, "", (stage.settings()[0],)), WebConfig("127.0.0.1", port), database, Health(None), Bell(SystemClock())):
        assert raw(port, b"\x16\x03\x01 hello\r\n\r\n") == b"400"
        assert raw(port, head + b"Content-Length: 9999999\r\n\r\n") == b"413"
        piece = b"40\r\n" + b" " * 64 + b"\r\n"
        assert raw(port, head + b"Transfer-Encoding: chunked\r\n\r\n" + piece + piece) == b"413"
        assert raw(port, head + b"Content-Length: 50\r\n\r\n half of it", stops=True) in (b"", b"400")
        assert raw(port, head + b"Content-Length: 2\r\n\r\n[]") == b"401"
    database.close()
    assert all(record.exc_info is None for record in caplog.records)
