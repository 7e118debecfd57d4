"""Doubts about the books stay open until a person has looked, each once."""

from __future__ import annotations

import threading

from connector.core.disposition import Finding
from connector.store.connection_store import ConnectionStore
from tests.store.databases import START, Home

VOIDED = Finding("VOIDED", "4711", "4711-ABC", "Document 146 was voided.", "Decide whether it was meant.")


def test_a_finding_is_told_with_its_next_step_and_its_moment(store: ConnectionStore) -> None:
    store.add_findings([VOIDED])
    (found,) = store.findings()
    assert found == Finding(VOIDED.code, VOIDED.number, VOIDED.marker, VOIDED.message, VOIDED.next_step, START)


def test_the_same_finding_is_open_once_with_the_newest_words_and_its_first_moment(home: Home, store: ConnectionStore) -> None:
    store.add_findings([VOIDED])
    home.clock.sleep(3_600)
    newer = Finding("VOIDED", "4711", "4711-ABC", "Document 146 is void since Monday.", "Decide.")
    store.add_findings([newer, newer])
    (found,) = store.findings()
    assert (found.message, found.next_step, found.found_at) == (newer.message, newer.next_step, START)


def test_findings_are_told_oldest_first(store: ConnectionStore) -> None:
    store.add_findings([Finding("ALTERED", number, "", "It differs.", "Compare.") for number in ("3", "1", "2")])
    assert [finding.number for finding in store.findings()] == ["3", "1", "2"]


def test_a_person_who_has_dealt_with_a_finding_closes_it_by_releasing_the_work_order(home: Home, store: ConnectionStore) -> None:
    home.store("realm-2").add_findings([VOIDED])
    store.add_findings([VOIDED, Finding("ALTERED", "4712", "4712-ABC", "It differs.", "Compare.")])
    assert store.release("4711")
    assert [finding.number for finding in store.findings()] == ["4712"]
    assert not store.release("4711")
    assert len(home.store("realm-2").findings()) == 1


def test_connections_to_one_database_do_not_see_each_other_s_findings(home: Home, store: ConnectionStore) -> None:
    store.add_findings([VOIDED])
    store.note_run("posted 1")
    other = home.store("realm-2")
    assert other.findings() == []
    assert other.last_run() is None


def test_several_processes_that_find_the_same_open_it_once(home: Home, store: ConnectionStore) -> None:
    failures: list[BaseException] = []
    stores = [home.store() for _ in range(4)]
    together = threading.Barrier(len(stores))

    def find(finder: ConnectionStore) -> None:
        together.wait()
        try:
            for _ in range(10):
                finder.add_findings([VOIDED])
        except BaseException as error:  # A thread's error is to fail the test, not to be printed.
            failures.append(error)

    threads = [threading.Thread(target=find, args=(finder,)) for finder in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(store.findings()) == 1


def test_the_last_run_is_the_one_that_is_remembered(home: Home, store: ConnectionStore) -> None:
    assert store.last_run() is None
    store.note_run("posted 7")
    home.clock.sleep(60)
    store.note_run("posted 0")
    assert store.last_run() == (home.clock.now(), "posted 0")
    assert home.rows("SELECT count(*) FROM run") == [(1,)]
