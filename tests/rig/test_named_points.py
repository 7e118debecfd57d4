"""Real processes, killed and frozen at named points: afterwards the ledger's books hold one document for each work order."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.rig import points
from tests.rig.ground import UNHELPFUL, Ground, ground
from tests.rig.nursery import Nursery, nursery
from tests.rig.working import Tally, come_to_rest
from tests.store.databases import PostgresServer

pytestmark = pytest.mark.sockets


@pytest.fixture(scope="module")
def mother(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nursery(tmp_path_factory.mktemp("nursery")) as mother:
        yield mother


def killed(here: Ground, point: str, nth: int = 1) -> None:
    """One more work order, and a sync that dies there."""
    here.work_order()
    child = here.start(strike=f"{point}|{nth}|SIGKILL")
    assert child.wait() == -signal.SIGKILL, child.told()


def at_rest(here: Ground) -> None:
    """After a few syncs, one document for each work order, and the record agrees."""
    assert come_to_rest(here, Tally()).wrong == []


# --- frozen ones on a server --------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.parametrize(("ledger", "document"), [("quickbooks", "journal_entry"), ("xero", "journal_entry")])
def test_a_writer_that_wakes_after_its_lease_sends_nothing(ledger: str, document: str, mother: Nursery, postgres: PostgresServer) -> None:
    """It was frozen between its lease and its first byte, its successor has proven the absence and posted; no key protects."""
    with ground(mother, ledger, document, postgres, switches=UNHELPFUL) as here:
        here.work_order()
        frozen = here.start(strike=f"{points.after_commit('lease')}|1|SIGSTOP")
        assert frozen.wait_until_frozen(), frozen.told()
        here.cut_off_from_the_server()
        while not here.oracle("documents")["documents"]:
            here.run()
        frozen.strike(signal.SIGCONT)
        frozen.wait()
        at_rest(here)
