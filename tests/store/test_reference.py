"""The kept lists of a ledger company: what was kept is read again, and only for that company and in that shape."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from connector.core.reference import Entry, Listing, ListKind, Lists, Told, taken_in
from connector.store import connection_store, reference
from connector.store.connection_store import ConnectionStore
from tests.store.databases import REALM, START, Home, until_somebody_waits

HVAC = Entry("1", ("HVAC repairs", "6110"), facts={"type": "Expense", "number": "6110"}, former=("Luft – Kälte 泵",))
ROOF = Entry("2", ("Buildings:Roof",), leaf="Roof", parent="3", is_active=False, is_gone=True)
MILL = Entry("1", ("Mill",))


def kept(*entries: Entry) -> Listing:
    return taken_in(None, Told(entries, "2026-03-02T07:00:00-08:00"), START)


LISTS: Lists = {ListKind.ACCOUNTS: kept(HVAC, ROOF), ListKind.CUSTOMERS: kept(MILL), ListKind.TERMS: kept()}


def test_what_is_kept_is_read_as_it_was(store: ConnectionStore) -> None:
    assert store.reference() == {}
    store.keep_reference({}, LISTS)
    assert store.reference() == LISTS


def test_a_change_replaces_the_entry_and_leaves_the_rest(store: ConnectionStore) -> None:
    store.keep_reference({}, LISTS)
    later = START + timedelta(hours=1)
    air = replace(HVAC, names=("Air", "6110"))
    now = taken_in(LISTS[ListKind.ACCOUNTS], Told((air, replace(MILL, id="9")), "later", is_whole=False), later)
    store.keep_reference(store.reference(), {ListKind.ACCOUNTS: now})
    assert store.reference() == {**LISTS, ListKind.ACCOUNTS: now}
    assert store.reference()[ListKind.ACCOUNTS].entries["1"].former == ("HVAC repairs", "Luft – Kälte 泵")


def test_only_what_changed_is_written(store: ConnectionStore) -> None:
    accounts = LISTS[ListKind.ACCOUNTS]
    changed = {**LISTS, ListKind.ACCOUNTS: replace(accounts, entries={**accounts.entries, "1": replace(HVAC, names=("Air",))})}
    assert reference.changed(LISTS, LISTS) == []
    assert [(kind, entry.name) for kind, entry in reference.changed(LISTS, changed)] == [(ListKind.ACCOUNTS, "Air")]


def test_another_company_never_sees_it(home: Home) -> None:
    database = home.open()
    home.store("realm-1", database).keep_reference({}, LISTS)
    other = home.store("realm-2", database)
    assert other.reference() == {}
    other.keep_reference({}, {ListKind.ACCOUNTS: kept(MILL)})
    other.doubt_reference()
    assert home.store("realm-1", database).reference() == LISTS


def test_a_copy_of_another_shape_is_none_and_is_replaced_as_a_whole(store: ConnectionStore, monkeypatch: pytest.MonkeyPatch) -> None:
    store.keep_reference({}, LISTS)
    with monkeypatch.context() as newer:
        newer.setattr(reference, "SHAPE", reference.SHAPE + 1)
        assert store.reference() == {}
        store.keep_reference({}, {ListKind.ACCOUNTS: kept(HVAC)})
        assert store.reference() == {ListKind.ACCOUNTS: kept(HVAC)}
    # An older connector that opens the database again does not take what the newer one left.
    assert store.reference().keys() == {ListKind.CUSTOMERS, ListKind.TERMS}


def test_a_doubt_leaves_the_names_and_takes_the_age(store: ConnectionStore) -> None:
    store.keep_reference({}, LISTS)
    store.doubt_reference()
    doubted = store.reference()
    assert {kind: listing.entries for kind, listing in doubted.items()} == {kind: listing.entries for kind, listing in LISTS.items()}
    assert {(listing.as_of, listing.kept_at.year, listing.whole_at) for listing in doubted.values()} == {("", 1970, START)}


def test_a_list_counts_as_kept_when_all_of_it_is(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies in the middle leaves entries without a list, which nobody reads."""
    monkeypatch.setattr(connection_store, "CHUNK", 1)
    database = home.open()
    store, written = home.store(database=database), 0

    def power_cut(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal written
        written += "INTO reference_entry" in statement
        if written == 2:
            raise KeyboardInterrupt

    sa.event.listen(database.engine, "before_cursor_execute", power_cut)
    with pytest.raises(KeyboardInterrupt):
        store.keep_reference({}, LISTS)
    sa.event.remove(database.engine, "before_cursor_execute", power_cut)
    assert home.rows("SELECT entry_id FROM reference_entry") == [("1",)]
    assert store.reference() == {}
    store.keep_reference({}, LISTS)
    assert store.reference() == LISTS


def test_a_list_that_this_version_does_not_know_is_left_alone(home: Home) -> None:
    store = home.store()
    store.keep_reference({}, {ListKind.TERMS: kept(MILL)})
    with home.opened[-1].write() as connection:
        connection.execute(sa.text("UPDATE reference_list SET kind = 'projects'"))
    assert store.reference() == {}


@pytest.mark.postgres
def test_two_processes_that_keep_the_same_lists_at_once_both_end(server_home: Home) -> None:
    first, second = server_home.open(), server_home.store()
    with ThreadPoolExecutor(1) as other:
        with first.write() as connection:
            reference.keep_entries(connection, REALM, [(ListKind.ACCOUNTS, ROOF), (ListKind.ACCOUNTS, replace(HVAC, names=("Air",)))])
            waiting = other.submit(second.keep_reference, {}, LISTS)
            until_somebody_waits(server_home, waiting)
        waiting.result(30)
    assert second.reference() == LISTS
