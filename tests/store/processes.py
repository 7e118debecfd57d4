"""A real second process that opens the test's database, says how far it is, and lives until it is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]

_BEGIN = """
import sys, time
from connector.clock import SystemClock
from connector.core.posting import State
from connector.store.connection_store import ConnectionStore, Database

database = Database.open(sys.argv[1], SystemClock())
store = ConnectionStore(database, ledger_company="realm-1", source_company="upkeep", site="", clock=SystemClock())

def wait():
    print("there", flush=True)
    while True:
        time.sleep(1)
"""

WRITER = "with store.writer(): wait()"
SENDER = """
with store.writer():
    (posting,) = store.postings(State.READY)
    store.lease(posting, 180)
    wait()
"""
SIGNING_IN = 'with database.locks.hold("sign-in quickbooks:realm-1"): wait()'
IN_TRANSACTION = """
with database.write() as connection:
    database.set_meta(connection, "half done", "yes")
    wait()
"""


@contextmanager
def another_process(address: str, work: str) -> Iterator[subprocess.Popen[str]]:
    """The process, once it is where its work says; killed without a word at the end."""
    command = [sys.executable, "-c", _BEGIN + work, address]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "there\n"
            yield process
        finally:
            kill(process)


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL, and wait until the kernel has buried it."""
    process.kill()
    process.wait()
