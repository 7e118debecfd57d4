"""What is remembered of exports is kept for each connection by itself, and says which decisions are stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from connector.core.export import ExportFile
from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from connector.store.export_files import ExportFiles
from tests.store.databases import REALM
from tests.store.examples import CHANGED_AT, decision

SCOPE = {"ledger_company": REALM, "source_company": "upkeep", "site": ""}
FILE = ExportFile("k1", "inbox/a.csv", "c1", "mine", 3, "o1", False, CHANGED_AT)


def test_a_file_is_remembered_by_its_key_and_what_is_new_of_it_replaces_what_was(database: Database) -> None:
    files = ExportFiles(database, SCOPE)
    files.note([FILE, replace(FILE, key="k2", rows=9, series="")])
    files.note([])
    assert not files.has_whole("c1")
    files.note([replace(FILE, is_whole=True)])
    assert files.noted(["k1", "k3"]) == {"k1": replace(FILE, is_whole=True)}
    assert files.has_whole("c1")
    assert not files.has_whole("c2")


def test_of_the_exports_of_one_name_the_longest_is_known_and_the_first_of_equals(database: Database) -> None:
    files = ExportFiles(database, SCOPE)
    later = replace(FILE, key="k2", noted_at=CHANGED_AT + timedelta(days=1))
    files.note([later, FILE, replace(FILE, key="k3", rows=2)])
    assert files.longest("mine") == FILE
    assert files.longest("yours") is None


def test_another_connection_remembers_nothing_of_it(database: Database) -> None:
    ExportFiles(database, SCOPE).note([replace(FILE, is_whole=True)])
    other = ExportFiles(database, {**SCOPE, "site": "north"})
    assert (other.noted(["k1"]), other.longest("mine"), other.has_whole("c1")) == ({}, None, False)


def test_the_moments_are_those_of_the_stored_decisions(store: ConnectionStore, database: Database) -> None:
    store.decide([decision("150"), decision("151")], None)
    assert ExportFiles(database, SCOPE).moments(["id-150", "id-9"]) == {"id-150": CHANGED_AT}
