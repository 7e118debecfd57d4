"""A process that has everything imported and forks a connector on request, because a start costs half a second and a fork none of it.

Each child is a process of its own with its own sockets, locks and database connections: nothing of these is open before the fork. Some
children are started cold instead, by exec of a fresh interpreter. Whoever holds the nursery's input holds its children: at its end
all that are left are killed, frozen ones too.
"""

from __future__ import annotations

import importlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connector import source_wiring

ROOT = Path(__file__).parents[2]
# Generous: a machine that is shared may stand still for a while.
CHILD_SECONDS_MAX = 90.0


@dataclass
class Child:
    """One connector process."""

    pid: int
    handle: int
    out: Path
    err: Path
    ended: threading.Event = field(default_factory=threading.Event)
    frozen: threading.Event = field(default_factory=threading.Event)
    changed: threading.Event = field(default_factory=threading.Event)
    code: int = 0
    ended_at: float = 0.0
    turn: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended; by its handle, so that no other process can be hit."""
        with self.turn, suppress(ProcessLookupError):
            if not self.ended.is_set():
                signal.pidfd_send_signal(self.handle, number)

    def end(self, code: int) -> None:
        """The kernel has buried it."""
        with self.turn:
            self.code, self.ended_at = code, time.monotonic()
            self.ended.set()
            os.close(self.handle)

    def wait(self) -> int:
        """How it ended: its exit code, or minus the signal that killed it."""
        if not self.ended.wait(CHILD_SECONDS_MAX):
            self.strike(signal.SIGKILL)
            raise TimeoutError(f"the process did not end: {self.told()}")
        return self.code

    def wait_until_frozen(self) -> bool:
        """Whether it froze, rather than ended."""
        if not self.changed.wait(CHILD_SECONDS_MAX):
            self.strike(signal.SIGKILL)
            raise TimeoutError(f"the process neither froze nor ended: {self.told()}")
        return self.frozen.is_set() and not self.ended.is_set()

    @property
    def was_killed(self) -> bool:
        return self.ended.is_set() and self.code == -signal.SIGKILL

    def told(self) -> str:
        """What it said on its error stream."""
        return self.err.read_text("utf-8", "replace")

    def report(self) -> dict[str, Any]:
        """The JSON that it printed; empty when it could not."""
        try:
            return dict(json.loads(self.out.read_text("utf-8")))
        except ValueError:
            return {}


class Nursery:
    """Starts children and hears of their ends."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._turn = threading.Lock()
        self._born: dict[int, Child] = {}
        self._started = 0
        self._answer: list[int] = []
        self._has_answer = threading.Event()
        threading.Thread(target=self._listen, daemon=True, name="nursery").start()

    def start(self, arguments: list[str], environment: Mapping[str, str], *, cold: bool = False) -> Child:
        """A new connector process."""
        with self._turn:
            self._started += 1
            out, err = (self._folder / f"child-{self._started}.{kind}" for kind in ("out", "err"))
            wish = {"arguments": arguments, "environment": dict(environment), "out": str(out), "err": str(err), "cold": cold}
            self._has_answer.clear()
            self._write(wish)
            if not self._has_answer.wait(CHILD_SECONDS_MAX):
                raise TimeoutError("the nursery does not answer")
            pid = self._answer.pop()
            child = Child(pid, os.pidfd_open(pid), out, err)
            self._born[pid] = child
            self._write({"go": pid})
            return child

    def _write(self, wish: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(wish) + "\n")
        self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "born" in told:
                self._answer.append(told["born"])
                self._has_answer.set()
                continue
            child = self._born[told["pid"]]
            if "code" in told:
                del self._born[child.pid]
                child.end(told["code"])
            else:
                child.frozen.set()
            child.changed.set()


@contextmanager
def nursery(folder: Path) -> Iterator[Nursery]:
    """A nursery whose children write into that folder."""
    # Bytecode saves most of a cold start, and is where an installed connector has it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "tests.rig.nursery"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Nursery(process, folder)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)


# --- in the nursery's own process ---------------------------------------------------------------------------------------------


# Everything that a sync imports, late imports too.
EVERYTHING = """
connector.cli.app connector.cli.output connector.config.settings connector.config.mapping_file
connector.flows.sync connector.flows.reconcile connector.flows.status
connector.store.migrations.upgrade connector.store.migrations.versions.v0001_first_tables alembic.command
connector.ledgers.quickbooks.chart quickbooks.client quickbooks.objects connector.ledgers.xero.chart xero_python.accounting
rich.console rich.progress tests.rig.child
"""


def _import_everything() -> None:
    for module in EVERYTHING.split():
        importlib.import_module(module)
    with suppress(ImportError):
        importlib.import_module("psycopg")
        importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")
    source_wiring.trusted_authorities()


def _live(wish: dict[str, Any], gate: int) -> None:
    """The life of a forked child; it does not return."""
    code = 70
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.read(gate, 1)  # Not before the rig holds its handle.
        os.close(gate)
        for number, name in ((1, wish["out"]), (2, wish["err"])):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.update(wish["environment"])
        if wish["cold"]:
            os.execv(sys.executable, [sys.executable, "-m", "tests.rig.child", *wish["arguments"]])
        from tests.rig import child

        child.main(wish["arguments"])
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _say(told: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


def _reap(gates: dict[int, int]) -> None:
    while gates:
        pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
        if pid == 0:
            return
        if os.WIFSTOPPED(status):
            _say({"pid": pid})
        else:
            gates.pop(pid)
            _say({"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def _fork(wish: dict[str, Any], gates: dict[int, int]) -> None:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(writing)
        _live(wish, reading)
    os.close(reading)
    gates[pid] = writing
    _say({"born": pid})


def main() -> None:
    """Fork what is asked for, tell who froze and who ended, until the input ends."""
    _import_everything()
    waking, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waking, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    gates: dict[int, int] = {}
    selector = selectors.DefaultSelector()
    selector.register(0, selectors.EVENT_READ)
    selector.register(waking, selectors.EVENT_READ)
    rest = b""
    while True:
        ready = {key.fd for key, _ in selector.select()}
        if waking in ready:
            os.read(waking, 4096)
            _reap(gates)
        if 0 in ready:
            read = os.read(0, 65536)
            if not read:
                break
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                wish = json.loads(line)
                if "go" in wish:
                    os.write(gates[wish["go"]], b".")
                    os.close(gates[wish["go"]])
                else:
                    _fork(wish, gates)
    for pid in gates:
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
