"""Real processes, killed and frozen at named points: afterwards the ledger's books hold one document for each work order."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.everyday import a_few
from tests.rig import points
from tests.rig.child import kind_of
from tests.rig.ground import UNHELPFUL, Ground, ground
from tests.rig.nursery import Child, Nursery, nursery
from tests.rig.working import Tally, come_to_rest, freeze
from tests.store.databases import PostgresServer

pytestmark = pytest.mark.sockets

# In an empty database: its schema, its counter of writers, its key, its first sign-in.
AT_FIRST = [
    points.CREATING_TABLES,
    points.after_commit("migration"),
    points.after_commit("note_writer"),  # the counter is stored, the file beside it is not
    points.before_rename("key"),
    points.half_answered("token refresh"),
    points.before_commit("token save"),
]
IN_QUICKBOOKS = [
    points.before_commit("expire_leases"),
    points.after_commit("decide"),
    points.after_commit("lease"),
    points.half_sent("create"),
    points.after_last_byte("create"),
    points.half_answered("create"),
    points.before_commit("record"),
    points.after_commit("record"),
]
IN_XERO = [
    points.after_last_byte("create"),  # a draft that only a look-up can find
    points.after_commit("next_phase"),
    points.after_last_byte("phase two"),
]
IN_A_BATCH = [
    points.after_commit("lease_batch"),
    points.after_last_byte("create"),
    points.before_commit("record_batch"),
    points.half_sent("create"),
    points.after_commit("record_batch"),
]
# What the next process does about a document whose fate is not known, and where it dies too: it adopts, or it believes in absence.
AFTERMATH = [
    (points.after_last_byte("create"), points.before_commit("matched")),
    (points.before_first_byte("create"), points.after_commit("noted_absent")),
    (points.half_sent("create"), points.after_commit("matched")),
]


@pytest.fixture(scope="module")
def mother(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    with nursery(tmp_path_factory.mktemp("nursery")) as mother:
        yield mother


@pytest.fixture(scope="module")
def quickbooks(mother: Nursery) -> Iterator[Ground]:
    """QuickBooks with journal entries, remembering no key and taking a number twice."""
    with ground(mother, "quickbooks", "journal_entry", switches=UNHELPFUL) as here:
        yield here


@pytest.fixture(scope="module")
def xero(mother: Nursery) -> Iterator[Ground]:
    """Xero with manual journals, remembering no key: drafts first, then the books."""
    with ground(mother, "xero", "journal_entry", switches=UNHELPFUL) as here:
        yield here


def killed(here: Ground, point: str, nth: int = 1) -> None:
    """One more work order, and a sync that dies there."""
    here.work_order()
    child = here.start(strike=f"{point}|{nth}|SIGKILL")
    assert child.wait() == -signal.SIGKILL, child.told()


def frozen(here: Ground, point: str) -> Child:
    """One more work order, and a sync that stands still there."""
    here.work_order()
    child = here.start(strike=f"{point}|1|SIGSTOP")
    assert child.wait_until_frozen(), child.told()
    return child


def at_rest(here: Ground) -> None:
    """After a few syncs, one document for each work order, and our record agrees."""
    assert come_to_rest(here, Tally()).wrong == []


def numbers(here: Ground) -> list[str]:
    return [document["number"] for document in here.oracle("documents")["documents"]]


# --- killed -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", a_few(AT_FIRST, 4))
def test_a_process_killed_while_it_makes_its_database_leaves_one_that_works(point: str, mother: Nursery) -> None:
    with ground(mother, "quickbooks", "journal_entry", switches=UNHELPFUL) as here:
        killed(here, point)
        at_rest(here)


@pytest.mark.parametrize("point", IN_QUICKBOOKS)
def test_a_process_killed_there_leaves_one_document_in_quickbooks(point: str, quickbooks: Ground) -> None:
    quickbooks.work_order()
    killed(quickbooks, point)
    at_rest(quickbooks)


@pytest.mark.parametrize("point", IN_XERO)
def test_a_process_killed_there_leaves_one_manual_journal_in_xero(point: str, xero: Ground) -> None:
    xero.work_order()
    killed(xero, point)
    at_rest(xero)
    assert xero.running.sandbox.vendors.xero.drafts() == []


@pytest.mark.parametrize("point", a_few(IN_A_BATCH))
def test_a_process_killed_with_three_documents_in_one_call_leaves_one_of_each_in_quickbooks(point: str, mother: Nursery) -> None:
    with ground(mother, "quickbooks", "journal_entry", switches=UNHELPFUL, batch_from=2) as here:
        here.work_order()
        here.work_order()
        killed(here, point)
        at_rest(here)


@pytest.mark.parametrize("point", a_few([points.after_last_byte("phase two"), points.after_last_byte("create")]))
def test_a_process_killed_with_three_drafts_in_one_call_leaves_one_of_each_in_xero(point: str, mother: Nursery) -> None:
    with ground(mother, "xero", "journal_entry", switches=UNHELPFUL, batch_from=2) as here:
        here.work_order()
        here.work_order()
        killed(here, point)
        at_rest(here)
        assert here.running.sandbox.vendors.xero.drafts() == []


@pytest.mark.parametrize(("first", "second"), a_few(AFTERMATH))
def test_a_process_killed_while_it_looks_for_what_another_left_loses_nothing(first: str, second: str, quickbooks: Ground) -> None:
    killed(quickbooks, first)
    killed(quickbooks, second)
    at_rest(quickbooks)


@pytest.mark.postgres
@pytest.mark.parametrize("point", a_few([points.after_last_byte("create"), points.after_commit("lease")]))
def test_a_process_killed_on_a_server_leaves_one_document(point: str, mother: Nursery, postgres: PostgresServer) -> None:
    with ground(mother, "quickbooks", "journal_entry", postgres, switches=UNHELPFUL) as here:
        killed(here, point)
        at_rest(here)


# --- frozen -------------------------------------------------------------------------------------------------------------------


def test_beside_a_frozen_writer_a_second_one_says_busy_and_posts_nothing(quickbooks: Ground) -> None:
    """Its lock is a file's, and dies with it only."""
    child = frozen(quickbooks, points.after_commit("lease"))
    before = numbers(quickbooks)
    second = quickbooks.run()
    assert (second.code, "Another process" in second.told()) == (3, True)
    assert numbers(quickbooks) == before
    child.strike(signal.SIGCONT)
    assert child.wait() == 0
    assert len(numbers(quickbooks)) == len(before) + 1
    at_rest(quickbooks)


@pytest.mark.postgres
@pytest.mark.parametrize("point", a_few([points.before_commit("record"), points.before_first_byte("create")]))
def test_a_writer_that_lost_its_server_and_wakes_within_its_lease_makes_no_second_document(
    point: str, mother: Nursery, postgres: PostgresServer
) -> None:
    with ground(mother, "quickbooks", "journal_entry", postgres, switches=UNHELPFUL) as here:
        here.work_order()
        child = here.start(strike=f"{point}|1|SIGSTOP")
        assert freeze(here, child, 0.8), child.told()
        at_rest(here)


@pytest.mark.long
@pytest.mark.postgres
def test_a_writer_that_wakes_after_its_lease_sends_nothing(mother: Nursery, postgres: PostgresServer) -> None:
    """It stood still between its lease and its first byte; its successor has proven the absence and posted."""
    with ground(mother, "quickbooks", "journal_entry", postgres, switches=UNHELPFUL) as here:
        assert woken_late(here, points.after_commit("lease")) == 0
        at_rest(here)


def woken_late(here: Ground, point: str) -> int:
    """Freeze a writer there until another has posted its work order; how many writes it sends when it wakes."""
    child = frozen(here, point)
    here.cut_off_from_the_server()
    while not numbers(here):
        here.run()
    before = writes_to(here)
    child.strike(signal.SIGCONT)
    child.wait()
    return writes_to(here) - before


def writes_to(here: Ground) -> int:
    return sum(kind_of(r["method"], r["path"]) in ("create", "phase two") for r in here.oracle("requests")["requests"])


# --- the stated limit ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.postgres
def test_beyond_the_assumption_the_ledgers_own_key_still_protects(mother: Nursery, postgres: PostgresServer) -> None:
    """It stood still after its last check for longer than D, which docs/exactly-once.md assumes does not happen."""
    with ground(mother, "quickbooks", "journal_entry", postgres) as here:
        assert woken_late(here, points.before_first_byte("create")) == 1
        at_rest(here)


@pytest.mark.long
@pytest.mark.postgres
def test_beyond_the_assumption_and_without_a_key_the_second_document_is_named(mother: Nursery, postgres: PostgresServer) -> None:
    """The limit of the claim: nobody can recall bytes that leave after the last check. Then reconcile says what happened."""
    with ground(mother, "quickbooks", "journal_entry", postgres, switches=UNHELPFUL) as here:
        assert woken_late(here, points.before_first_byte("create")) == 1
        assert len(numbers(here)) == 2
        told = here.run("reconcile")
        assert told.code == 1
        assert [finding["code"] for finding in told.report()["findings"]] == ["DUPLICATE"]
