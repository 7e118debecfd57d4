"""The real process over real sockets, killed while it works: afterwards there is one document for each work order."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox

# Kill once so many documents are in the ledger: from before the first to the middle of the work.
KILL_POINTS = (0, 1, 2, 4, 7)
ORDERS = 24


def command(config: Path) -> list[str]:
    return [sys.executable, "-m", "connector", "sync", "--config", str(config), "--json"]


def kill_at(running: RunningSandbox, ledger: str, config: Path, documents: int) -> None:
    """Start a sync and kill it when the ledger has grown by so many documents, or when it has ended by itself."""
    vendor = getattr(running.sandbox.vendors, ledger)
    already = len(vendor.documents())
    with subprocess.Popen(command(config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        ends = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < ends and len(vendor.documents()) - already < documents:
            time.sleep(0.001)
        process.kill()


@pytest.mark.sockets
@pytest.mark.parametrize(("ledger", "document"), [("quickbooks", "journal_entry"), ("xero", "journal_entry"), ("xero", "invoice")])
def test_a_sync_killed_again_and_again_leaves_one_document_for_each_work_order(ledger: str, document: str, tmp_path: Path) -> None:
    with running_sandbox(Filling(orders=ORDERS, document=document)) as running:
        config = tmp_path / "config.yaml"
        config.write_text(running.config[ledger], "utf-8")
        for documents in KILL_POINTS:
            kill_at(running, ledger, config, documents)
        last = subprocess.run(command(config), capture_output=True, text=True, timeout=60, check=False)
        again = subprocess.run(command(config), capture_output=True, text=True, timeout=60, check=False)
        numbers = Counter(d["number"].casefold() for d in getattr(running.sandbox.vendors, ledger).documents())
    assert last.returncode in (0, 1), last.stderr
    assert set(numbers.values()) == {1}
    assert '"posted": 0' in again.stdout
    assert len(numbers) >= ORDERS // 2
