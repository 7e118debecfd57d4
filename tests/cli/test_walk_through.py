"""The walk-throughs show what the commands really print: each is walked against the stand-in, and every quoted line is found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from tests.cli.test_connecting import ELSEWHERE, configured, ended, page_of, ran, started

pytestmark = [pytest.mark.sockets, pytest.mark.long]
ROOT = Path(__file__).parents[2]
TITLES = {"quickbooks": "Connect QuickBooks", "xero": "Connect Xero"}
LOCKED = date(2025, 12, 31)


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=12)) as running:
        running.sandbox.vendors.quickbooks.register_redirect(ELSEWHERE)
        yield running


def quoted(ledger: str) -> list[str]:
    """Every line that the README's walk-through and its guide show as printed."""
    readme = (ROOT / "README.md").read_text("utf-8").partition(f"### {TITLES[ledger]}\n")[2]
    texts = [re.split(r"\n##", readme)[0], (ROOT / "docs" / f"connect-{ledger}.md").read_text("utf-8")]
    blocks = [block for text in texts for block in re.findall(r"```text\n(.*?)\n *```", text, re.DOTALL)]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip() not in ("", "…")]


def pasted(config: Path, ledger: str) -> str:
    """A person agrees on another machine, and pastes the address they were sent to."""
    process = started(config, ledger, "--paste", "--no-browser")
    returned = httpx.get(page_of(process)).headers["location"]
    return ended(process, f"{returned}\n")[1]


def walked(running: RunningSandbox, ledger: str, folder: Path) -> str:
    """Everything that was printed on the way."""
    vendor = getattr(running.sandbox.vendors, ledger)
    redirect_uri = ELSEWHERE if ledger == "quickbooks" else "http://localhost:8765/callback"
    config = configured(running, ledger, folder, redirect_uri)
    good = config.read_text("utf-8").replace(f"name: sandbox-{ledger}", "name: main")
    mapping = (running.folder / "mapping.yaml").read_text("utf-8")
    (folder / "mapping.yaml").write_text(mapping, "utf-8")
    good = re.sub(r"mapping: .*", f'mapping: "{folder / "mapping.yaml"}"', good)
    told = []

    def run(*words: str) -> None:
        result = ran(config, *words)
        told.append(result.output)

    config.write_text(re.sub(r"(realm_id|tenant_id): .*", r'\1: "0"', good), "utf-8")
    told.append(pasted(config, ledger))
    config.write_text(good, "utf-8")
    run("check")
    told.append(pasted(config, ledger))
    (folder / "mapping.yaml").write_text(mapping.replace("HVAC: HVAC repairs", "HVAC: HVAC repair"), "utf-8")
    run("check")
    (folder / "mapping.yaml").write_text(mapping, "utf-8")
    vendor.set_lock(LOCKED)
    run("check")
    for words in (["plan"], ["sync", "--dry-run"], ["sync"], ["explain", "1002"], ["disconnect", ledger]):
        run(*words)
    return "".join(told).replace(f"{folder}/", "")


@pytest.mark.parametrize("ledger", TITLES)
def test_every_line_that_a_walk_through_quotes_was_printed(
    ledger: str, running: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "132")
    printed = walked(running, ledger, tmp_path)
    lines = quoted(ledger)
    assert len(lines) > 10
    squeezed = " ".join(printed.split())
    for line in lines:
        pattern = ".*?".join(re.escape(" ".join(part.split())) for part in line.split("…"))
        assert re.search(pattern, squeezed), f"{line!r} is not among:\n{printed}"
