"""The audit on real databases: written with its change, kept by the database itself, and checked from the first entry on."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from connector.core.audit import Entry, Head
from connector.core.disposition import Finding
from connector.core.matching import match
from connector.core.posting import Posted, Rejected, State, Uncertain
from connector.core.problem import Problem
from connector.store import audit_check
from connector.store.audit import newest
from connector.store.audit_check import Checked, check
from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from tests.store.databases import START, Home
from tests.store.examples import CHANGED_AT, decision, document, held, identity, intent, leased, posted, queue

FINDING = Finding("CHANGED_AFTER_POSTING", "4711", "4711-ABC", "It changed.", "Look at it.")


def entries(home: Home, work_order: str = "") -> list[Entry]:
    with home.opened[-1].write() as connection:
        return [link.entry for link in newest(connection, 1000, work_order)]


def steps(home: Home, work_order: str = "4711") -> list[tuple[str, str, str]]:
    return [(entry.event, entry.before, entry.after) for entry in entries(home, work_order)]


def checked(home: Home, *noted: Head) -> Checked:
    return check(home.opened[-1], *noted)


def problem_of(home: Home, *noted: Head) -> Problem:
    problem = checked(home, *noted).problem
    assert problem is not None
    return problem


def tampered(home: Home, *statements: str) -> None:
    """What somebody does who may write the database past the connector."""
    allow = ["ALTER TABLE audit DISABLE TRIGGER ALL"]
    if home.kind == "sqlite":
        allow = [f"DROP TRIGGER IF EXISTS audit_no_{what}" for what in ("update", "delete", "replace")]
    with home.opened[-1].engine.begin() as connection:
        for statement in (*allow, *statements):
            connection.execute(sa.text(statement))


# --- what is recorded ---------------------------------------------------------------------------------------------------------


def test_the_way_of_a_posting_is_recorded_step_by_step(home: Home, store: ConnectionStore) -> None:
    queue(store)
    posted(store)
    assert steps(home) == [
        ("intended", "", "ready"),
        ("decided", "", "queued 100.00 USD"),
        ("leased", "ready", "sending"),
        ("posted", "sending", "posted"),
    ]
    intended, decided, lease, last = entries(home, "4711")
    assert "SHA-256" in intended.reason
    assert (decided.mapping, decided.source_company, decided.at) == ("digest-1", "upkeep", START)
    assert (lease.token, last.token, last.reason, last.marker) == (1, 1, "ledger id 146", intended.marker)
    assert checked(home).problem is None


def test_a_doubt_its_two_looks_and_its_end_are_recorded(home: Home, store: ConnectionStore) -> None:
    queue(store)
    uncertain = store.record(leased(store), Uncertain("the line was cut"))
    absent = store.noted_absent(uncertain, START)
    store.matched(absent, match(absent.expectation, []), START)
    refused = store.record(leased(store), Rejected("6000", "no such account"))
    assert refused.state is State.HELD
    assert steps(home)[3:] == [
        ("lost_answer", "sending", "uncertain"),
        ("found_nothing", "uncertain", "uncertain"),
        ("proven_absent", "uncertain", "ready"),
        ("leased", "ready", "sending"),
        ("rejected", "sending", "held"),
    ]
    reasons = [entry.reason for entry in entries(home, "4711")]
    assert reasons[3] == "the line was cut"
    assert reasons[-1] == "6000: no such account"


def test_a_dead_writer_s_send_is_recorded_as_uncertain(home: Home, store: ConnectionStore) -> None:
    queue(store)
    leased(store)
    with home.store().writer():
        pass
    last = entries(home, "4711")[-1]
    assert (last.event, last.before, last.after, last.token) == ("lease_expired", "sending", "uncertain", 2)


def test_a_look_that_adopts_or_holds_is_recorded_with_what_it_saw(home: Home, store: ConnectionStore) -> None:
    one, other = queue(store, "1", "2")
    store.matched(one, match(one.expectation, [document(one)]), START)
    store.matched(other, match(other.expectation, [document(other, status="void")]), START)
    assert entries(home, "1")[-1].reason == "ledger id 146"
    events = [(entry.event, entry.after) for entry in entries(home, "2")][2:]
    assert events == [("found_other", "held"), ("finding_opened", "open")]


def test_who_released_a_work_order_is_recorded(home: Home, database: Database) -> None:
    store = ConnectionStore(database, ledger_company="realm-1", source_company="upkeep", site="", clock=home.clock, actor="kim")
    store.decide([held()], None)
    assert store.release("4711")
    last = entries(home, "4711")[-1]
    assert (last.actor, last.event, last.before) == ("kim", "released", "held")


def test_a_finding_is_recorded_when_it_opens_changes_its_words_and_closes(home: Home, store: ConnectionStore) -> None:
    for message in ("It changed.", "It changed.", "It changed again."):
        store.add_findings([Finding(FINDING.code, FINDING.number, FINDING.marker, message, FINDING.next_step)])
    store.release("4711")
    assert [event for event, _, _ in steps(home)] == ["finding_opened", "finding_reworded", "finding_closed"]


def test_a_decision_like_the_one_before_is_not_recorded_again(home: Home, store: ConnectionStore) -> None:
    for at in range(3):
        store.decide([held("1"), decision("2")], CHANGED_AT.replace(minute=at))
    assert len(entries(home, "1")) == 1
    assert len(entries(home, "2")) == 2
    store.decide([held("1", mapping_digest="digest-2")], None)
    assert entries(home, "1")[-1].mapping == "digest-2"


def test_an_intent_that_is_replaced_or_withdrawn_is_recorded(home: Home, store: ConnectionStore) -> None:
    queue(store)
    store.decide([decision("4711", intent(identity("4711"), b"other bytes", "120.00"), amount=Decimal("120.00"))], None)
    store.decide([held()], None)
    assert [event for event, _, _ in steps(home)][2:] == ["replaced", "decided", "blocked", "decided"]


def test_a_change_that_is_undone_leaves_no_entry_and_the_next_one_fits(home: Home, database: Database, store: ConnectionStore) -> None:
    queue(store, "1")
    before = entries(home)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        database.audit.append(connection, [Entry(START, "sync", "decided")])
        raise ZeroDivisionError
    assert entries(home) == before
    queue(store, "2")
    assert checked(home).problem is None


def test_a_new_database_and_its_first_writer_are_recorded(home: Home, store: ConnectionStore) -> None:
    with store.writer():
        pass
    with store.writer():
        pass
    assert [entry.event for entry in entries(home)] == ["database_created", "database_found_new"]


def test_titles_that_no_database_keeps_as_they_are_do_not_break_the_chain(home: Home, store: ConnectionStore) -> None:
    store.decide([held(f"4711\x00\ud800é{'🔧' * 5}", problems=(Problem("ODD", "x", "w\x00rds \udfff " * 300, "Look."),))], None)
    assert checked(home).problem is None


# --- several at once ----------------------------------------------------------------------------------------------------------


def test_many_who_append_at_once_make_one_chain(home: Home) -> None:
    stores = [home.store(f"realm-{n}") for n in range(4)]
    together = threading.Barrier(len(stores))
    failures: list[BaseException] = []

    def work(number: int, store: ConnectionStore) -> None:
        together.wait()
        try:
            for n in range(8):
                store.decide([held(f"{number}-{n}")], None)
        except BaseException as error:  # A thread's error is to fail the test, not to be printed.
            failures.append(error)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert checked(home).head.number == 1 + 4 * 8
    assert checked(home).problem is None


def test_one_who_appends_alone_does_not_read_the_chain_again(home: Home, database: Database, store: ConnectionStore) -> None:
    queue(store)
    (ready,) = store.postings(State.READY)
    statements: list[str] = []
    sa.event.listen(database.engine, "before_cursor_execute", lambda _c, _cur, statement, *_: statements.append(statement))
    leased_now = store.lease(ready, 180)
    assert leased_now is not None
    store.record(leased_now, Posted(document(leased_now)))
    assert len([s for s in statements if "audit" in s or ("meta" in s and "UPDATE" in s)]) == 4
    assert not [s for s in statements if s.startswith("SELECT") and ("audit" in s or "meta" in s)]


# --- what somebody does past the connector ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET reason = 'another' WHERE number = 2",
        "DELETE FROM audit WHERE number = 2",
        "DELETE FROM audit",
    ],
)
def test_the_database_itself_refuses_to_change_an_entry(statement: str, home: Home, store: ConnectionStore) -> None:
    queue(store)
    with pytest.raises(DBAPIError, match="append-only"):
        home.rows(statement)
    assert checked(home).problem is None


def test_sqlite_refuses_to_replace_an_entry(file_home: Home) -> None:
    queue(file_home.store())
    with pytest.raises(DBAPIError, match="append-only"):
        file_home.rows("INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 2")


def test_postgresql_refuses_to_empty_the_audit(server_home: Home) -> None:
    queue(server_home.store())
    with pytest.raises(DBAPIError, match="append-only"):
        server_home.rows("TRUNCATE audit")


CHANGES: list[tuple[str, str, str]] = [
    ("UPDATE audit SET after = 'posted' WHERE number = 3", "AUDIT_BROKEN", "audit entry 3"),
    ("UPDATE audit SET actor = 'kim' WHERE number = 1", "AUDIT_BROKEN", "audit entry 1"),
    ("DELETE FROM audit WHERE number = 2", "AUDIT_BROKEN", "audit entry 2"),
    ("DELETE FROM audit WHERE number = 1", "AUDIT_BROKEN", "audit entry 1"),
    ("DELETE FROM audit WHERE number >= 4", "AUDIT_CUT_OFF", "audit"),
    ("DELETE FROM audit", "AUDIT_CUT_OFF", "audit"),
    ("DELETE FROM meta WHERE key = 'audit_head'", "AUDIT_BROKEN", "audit entry 5"),
    ("UPDATE meta SET value = 'nonsense' WHERE key = 'audit_head'", "AUDIT_BROKEN", "audit entry 5"),
]


@pytest.mark.parametrize(("statement", "code", "place"), CHANGES)
def test_what_was_changed_removed_or_cut_off_is_noticed(statement: str, code: str, place: str, home: Home, store: ConnectionStore) -> None:
    queue(store, "1", "2")
    assert checked(home).head.number == 5
    tampered(home, statement)
    problem = problem_of(home)
    assert (problem.code, problem.place) == (code, place)


@pytest.mark.parametrize(("which", "place"), [("number = 3", "audit entry 3"), ("number >= 4", "audit entry 4")])
def test_work_that_goes_on_does_not_hide_what_was_removed(which: str, place: str, home: Home, store: ConnectionStore) -> None:
    queue(store, "1", "2")
    tampered(home, f"DELETE FROM audit WHERE {which}")
    queue(store, "3")
    problem = problem_of(home)
    assert (problem.code, problem.place) == ("AUDIT_BROKEN", place)


def test_a_database_that_forgot_its_head_goes_on_where_its_chain_ends(home: Home, store: ConnectionStore) -> None:
    queue(store, "1")
    tampered(home, "DELETE FROM meta WHERE key = 'audit_head'")
    queue(store, "2")
    assert checked(home).problem is None


def test_an_entry_that_was_put_in_is_noticed(home: Home, store: ConnectionStore) -> None:
    queue(store, "1", "2")
    columns = (
        "ledger_company, source_company, site, at, actor, event, work_order, marker, token, before, after, reason, mapping, previous, hash"
    )
    tampered(home, f"INSERT INTO audit (number, {columns}) SELECT 6, {columns} FROM audit WHERE number = 5")
    assert problem_of(home).place == "audit entry 6"


def test_an_entry_that_is_none_any_more_is_named_and_not_a_stack_of_calls(file_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(file_home.store(), "1", "2")
    tampered(file_home, "UPDATE audit SET at = 'yesterday' WHERE number = 4")
    assert problem_of(file_home).place == "audit entry 4"
    monkeypatch.setattr(audit_check, "ENTRIES_PER_PAGE", 2)
    assert problem_of(file_home).place == "audit entry 4"


def test_a_check_reads_page_by_page(home: Home, store: ConnectionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(store, *map(str, range(10)))
    monkeypatch.setattr(audit_check, "ENTRIES_PER_PAGE", 4)
    assert checked(home).head.number == 21
    tampered(home, "UPDATE audit SET reason = 'another' WHERE number = 18")
    assert problem_of(home).place == "audit entry 18"


# --- the head beside the database ---------------------------------------------------------------------------------------------


def worked(home: Home, *numbers: str) -> None:
    """A writer's run that decides about these work orders."""
    store = home.store()
    with store.writer():
        queue(store, *numbers)


def cut(home: Home, after: int) -> None:
    """Cut the tail off and mend the head in the database: the chain is consistent in itself again."""
    (row,) = home.rows("SELECT hash FROM audit WHERE number = :number", number=after)
    tampered(home, f"DELETE FROM audit WHERE number > {after}", f"UPDATE meta SET value = '{after}:{row.hash}' WHERE key = 'audit_head'")


def test_a_tail_cut_off_together_with_its_head_is_noticed_by_the_file_beside_the_database(file_home: Home) -> None:
    worked(file_home, "1", "2")
    cut(file_home, 4)
    assert problem_of(file_home).code == "AUDIT_CUT_OFF"


def test_the_next_run_does_not_hide_a_cut_tail_but_records_it(file_home: Home) -> None:
    worked(file_home, "1", "2")
    last = checked(file_home).head
    cut(file_home, 4)
    worked(file_home, "3")
    told = checked(file_home)
    assert told.problem is None
    assert told.restored == (5,)
    assert last.text() in next(entry.reason for entry in entries(file_home) if entry.event == "database_found_restored")
    # And whoever noted the head elsewhere still has the proof.
    assert checked(file_home, last).problem is not None


def test_an_older_database_put_back_is_consistent_in_itself_and_told(file_home: Home) -> None:
    worked(file_home, "1")
    file_home.close()
    yesterday = file_home.path.read_bytes()
    worked(file_home, "2")
    file_home.close()
    file_home.path.write_bytes(yesterday)
    file_home.open()
    assert problem_of(file_home).code == "AUDIT_CUT_OFF"
    worked(file_home, "2")
    told = checked(file_home)
    assert (told.problem, len(told.restored)) == (None, 1)


def test_without_the_file_beside_it_the_database_still_checks_itself(file_home: Home) -> None:
    worked(file_home, "1")
    beside = Path(f"{file_home.path}.audit")
    for content in (None, b"\xff\xfe", b"nonsense"):
        beside.unlink() if content is None else beside.write_bytes(content)
        assert checked(file_home).problem is None
        worked(file_home)
    assert checked(file_home).problem is None


def test_a_head_that_somebody_noted_proves_against_a_chain_written_anew(home: Home, store: ConnectionStore) -> None:
    queue(store, "1")
    noted = checked(home).head
    queue(store, "2")
    assert checked(home, noted).problem is None
    assert problem_of(home, Head(noted.number, "0" * 64)).place == f"audit entry {noted.number}"
    assert problem_of(home, Head(99, noted.hash)).code == "AUDIT_CUT_OFF"


def test_no_bytes_of_a_request_are_in_the_audit(file_home: Home) -> None:
    worked(file_home, "1")
    posted(file_home.store())
    assert '{"Line"' not in "".join(map(str, file_home.rows("SELECT * FROM audit")))
