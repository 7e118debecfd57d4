"""connect and disconnect as a person gives them: a process of its own, the sandbox's consent page, and their hands on a browser."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.sandbox.xero.signin import Organisation
from tests.everyday import a_few

pytestmark = pytest.mark.sockets
LEDGERS = ["quickbooks", "xero"]
ELSEWHERE = "https://books.example/callback"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=3)) as running:
        running.sandbox.vendors.quickbooks.register_redirect(ELSEWHERE)
        yield running


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def configured(running: RunningSandbox, ledger: str, folder: Path, redirect_uri: str) -> Path:
    """The sandbox's configuration in a folder of its own, without a refresh token."""
    text = running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(folder / f"{ledger}-"))
    text = re.sub(r" *refresh_token: .*\n", "", text)
    config = folder / "config.yaml"
    config.write_text(re.sub(r"redirect_uri: .*", f'redirect_uri: "{redirect_uri}"', text), "utf-8")
    return config


def started(config: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "connector", "connect", *words, "--config", str(config)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def page_of(process: subprocess.Popen[str]) -> str:
    """The consent page's address, as it is printed."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("http"):
            return line.strip()
    raise AssertionError("no address was printed")


def ended(process: subprocess.Popen[str], typed: str = "") -> tuple[int, str]:
    """How it ended, and what it said since its address was read."""
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    with process:
        process.stdin.write(typed)
        process.stdin.close()
        told = process.stderr.read() + process.stdout.read()
    return process.returncode, told


def ran(config: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--config", str(config)])


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_a_person_pastes_the_address_they_were_sent_to(ledger: str, running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, ledger, tmp_path, ELSEWHERE)
    assert ran(config, "check").exit_code == 3
    process = started(config, ledger)
    returned = httpx.get(page_of(process)).headers["location"]
    assert returned.startswith(ELSEWHERE)
    code, told = ended(process, f"{returned}\n")
    assert (code, "connected to" in told) == (0, True), told
    assert httpx.URL(returned).params["code"] not in told
    assert ran(config, "check").exit_code == 0
    left = ran(config, "disconnect", ledger)
    assert (left.exit_code, "our token is deleted" in left.stdout) == (0, True)
    assert ran(config, "check").exit_code == 3


@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_on_the_persons_own_machine_the_browser_brings_the_answer(ledger: str, running: RunningSandbox, tmp_path: Path) -> None:
    port = free_port()
    address = f"http://localhost:{port}/back"
    getattr(running.sandbox.vendors, ledger).register_redirect(address)
    config = configured(running, ledger, tmp_path, address)
    process = started(config, f"sandbox-{ledger}")
    returned = httpx.get(page_of(process)).headers["location"]
    local = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{local}/favicon.ico").status_code == 404
    page = httpx.get(returned.replace(f"http://localhost:{port}", local))
    assert (page.status_code, "Go back to the terminal" in page.text, page.headers["referrer-policy"]) == (200, True, "no-referrer")
    code, told = ended(process)
    assert (code, "connected to" in told) == (0, True), told
    assert httpx.URL(returned).params["code"] not in told


@pytest.mark.long
@pytest.mark.parametrize("ledger", a_few(LEDGERS))
def test_the_sandboxs_own_configuration_can_be_connected_as_it_is_printed(ledger: str, running: RunningSandbox, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(tmp_path / f"{ledger}-")), "utf-8")
    process = started(config, "--paste")
    returned = httpx.get(page_of(process)).headers["location"]
    assert returned.startswith("http://localhost:8765/callback?")
    assert ended(process, f"{returned}\n")[0] == 0


@pytest.mark.long
def test_a_port_that_is_taken_leaves_the_paste(running: RunningSandbox, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"http://localhost:{taken.getsockname()[1]}/back"
        running.sandbox.vendors.xero.register_redirect(address)
        process = started(configured(running, "xero", tmp_path, address), "--no-browser")
        code, told = ended(process, f"{httpx.get(page_of(process)).headers['location']}\n")
    assert (code, "paste the whole address" in told) == (0, True), told


def test_who_could_not_store_the_sign_in_is_not_asked_for_it(
    running: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A code is good once: a consent whose token cannot be kept would be wasted."""
    monkeypatch.setenv("CONNECTOR_KEY", "no key")
    shown = ran(configured(running, "quickbooks", tmp_path, ELSEWHERE), "connect")
    assert (shown.exit_code, "KEY_MISMATCH" in shown.stderr, "http" in shown.stderr) == (2, True, False)


def test_nothing_pasted_connects_nothing(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "quickbooks", tmp_path, ELSEWHERE)
    shown = CliRunner().invoke(app, ["connect", "--config", str(config)], input="\n")
    assert (shown.exit_code, "CONSENT_NOT_OURS" in shown.stderr) == (1, True)


def test_which_connection_is_meant_must_be_clear(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "quickbooks", tmp_path, ELSEWHERE)
    unknown = ran(config, "connect", "xero")
    assert (unknown.exit_code, "CONNECTION_UNKNOWN" in unknown.stderr) == (2, True)
    text = config.read_text("utf-8")
    _, _, connection = text.partition("connections:\n")
    other = connection.replace("name: sandbox-quickbooks", "name: second").replace("realm_id: ", "realm_id: 77 # ")
    config.write_text(text + other, "utf-8")
    for words in (("connect",), ("disconnect", "quickbooks")):
        shown = ran(config, *words)
        assert (shown.exit_code, "USAGE Say which connection is meant: sandbox-quickbooks, second." in shown.stderr) == (2, True)
    assert ran(config, "disconnect", "--connection", "second").exit_code == 0


@pytest.mark.parametrize("command", ["connect", "disconnect"])
def test_a_mistake_in_the_configuration_ends_with_code_2(command: str, running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "xero", tmp_path, "http://127.0.0.1:8765/callback")
    shown = ran(config, command)
    assert (shown.exit_code, "CONFIG_BAD_ADDRESS redirect_uri is an IP address" in shown.stderr) == (2, True)


@pytest.mark.long
def test_a_vendor_that_is_not_there_keeps_the_sign_in_and_says_so(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "xero", tmp_path, ELSEWHERE)
    process = started(config)
    assert ended(process, f"{httpx.get(page_of(process)).headers['location']}\n")[0] == 0
    config.write_text(config.read_text("utf-8").replace(running.addresses["xero"], "http://127.0.0.1:9"), "utf-8")
    shown = ran(config, "disconnect")
    assert (shown.exit_code, "not disconnected yet; our token is kept" in shown.stdout) == (3, True)
    forgotten = ran(config, "disconnect", "--forget")
    assert (forgotten.exit_code, "the vendor was not asked" in forgotten.stdout) == (0, True)
    assert "no sign-in is stored" in ran(config, "disconnect").stdout


@pytest.mark.long
def test_a_consent_whose_code_cannot_be_redeemed_just_now_ends_with_code_3(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "quickbooks", tmp_path, ELSEWHERE)
    token_url = f'token_url: "{running.addresses["quickbooks"]}'
    config.write_text(config.read_text("utf-8").replace(token_url, 'token_url: "http://127.0.0.1:9'), "utf-8")
    process = started(config)
    code, told = ended(process, f"{httpx.get(page_of(process)).headers['location']}\n")
    assert (code, "LEDGER_UNREACHABLE" in told) == (3, True), told


def test_a_custom_connection_has_nobody_to_ask(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "xero", tmp_path, ELSEWHERE)
    config.write_text(config.read_text("utf-8").replace("kind: xero\n", "kind: xero\n      sign_in: client_credentials\n"), "utf-8")
    assert ran(config, "check").exit_code == 0
    shown = ran(config, "connect")
    assert (shown.exit_code, "USAGE sandbox-xero is a custom connection" in shown.stderr) == (2, True)
    assert "the vendor was not asked" in ran(config, "disconnect").stdout


def test_who_stays_connected_and_what_still_signs_in_is_named(tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=0)) as running:
        running.sandbox.vendors.xero.signin.others.append(Organisation("Second [b] Hand", "t-2", "c-2"))
        text = running.config["xero"].replace(str(running.folder / "xero-"), str(tmp_path / "xero-"))
        config = tmp_path / "config.yaml"
        config.write_text(text, "utf-8")
        assert ran(config, "check").exit_code in (0, 1)  # It signs in with the configured token.
        shown = ran(config, "disconnect").stdout
    assert "Second [b] Hand (t-2) stays connected at the vendor" in shown
    assert "still holds a refresh_token" in shown
