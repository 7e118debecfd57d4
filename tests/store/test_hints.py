"""A hint is kept once for each document of ours, until it was looked at; of what came in at an address the counts are kept."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Sequence
from datetime import timedelta

import pytest

from connector.core.hint import Change, Heard
from connector.core.mapping import DocumentKind
from connector.core.posting import Posted
from connector.flows.hearing import Ear, Listener, hear
from connector.ledgers.quickbooks.deliveries import read
from connector.store.audit import Scope
from connector.store.connection_store import ConnectionStore
from connector.store.hints import ConnectionHints, DeliveryStore
from tests.ledgers.test_deliveries import cloud_event
from tests.store.databases import REALM, Home
from tests.store.examples import CHANGED_AT, decision, document, identity, intent, leased, posted, queue

SCOPE = {"ledger_company": REALM, "source_company": "upkeep", "site": ""}
JOURNAL, INVOICE = DocumentKind.JOURNAL_ENTRY, DocumentKind.INVOICE


class Told:
    """A database, and what is told to it."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.database = home.open()
        self.deliveries = DeliveryStore(self.database, home.clock)

    def keep(
        self, *changes: Change, company: str = REALM, scope: Scope = SCOPE, strangers: int = 0, unreadable: int = 0
    ) -> Sequence[Scope]:
        return self.deliveries.keep("quickbooks", [company], [(scope, changes)], strangers, unreadable)

    def hints(self, scope: Scope = SCOPE) -> ConnectionHints:
        return ConnectionHints(self.database, "quickbooks", scope, frozenset({JOURNAL}))

    def heard(self, scope: Scope = SCOPE) -> Heard:
        return self.hints(scope).heard()


@pytest.fixture
def told(home: Home) -> Told:
    return Told(home)


def change(identifier: str = "146", kind: DocumentKind = JOURNAL, company: str = REALM) -> Change:
    return Change(company, kind, identifier)


def test_a_document_that_is_named_several_times_waits_once(told: Told, home: Home) -> None:
    store = home.store(database=told.database)
    queue(store)
    posting = posted(store)
    assert told.keep(change(), change()) == [SCOPE]
    home.clock.sleep(5)
    told.keep(change())
    (hint,) = told.hints().waiting(10)
    assert (hint.known.posting, hint.known.seen, hint.arrivals) == (posting, "live 0", 2)
    told.hints().drop([hint])
    assert told.hints().waiting(10) == []
    told.hints().drop([])


def test_a_document_that_is_named_while_it_is_looked_at_waits_on(told: Told, home: Home) -> None:
    store = home.store(database=told.database)
    queue(store)
    posted(store)
    told.keep(change())
    before = told.hints().waiting(10)
    told.keep(change())
    told.hints().drop(before)
    (hint,) = told.hints().waiting(10)
    assert hint.arrivals == 2


@pytest.mark.parametrize(
    "other", [change("147"), change(kind=INVOICE), change("")], ids=["of somebody else", "another kind with the same number", "none"]
)
def test_what_is_not_ours_leaves_no_row(other: Change, told: Told, home: Home) -> None:
    store = home.store(database=told.database)
    queue(store)
    posted(store)
    assert told.keep(other) == []
    assert home.rows("SELECT * FROM hint") == []
    assert told.heard().deliveries == 1


def test_what_is_on_its_way_is_not_ours_yet(told: Told, home: Home) -> None:
    store = home.store(database=told.database)
    queue(store)
    leased(store)
    assert told.keep(change(), change("")) == []


def test_another_site_of_the_same_company_hears_nothing_of_it(told: Told, home: Home) -> None:
    store = home.store(database=told.database)
    queue(store)
    posted(store)
    north = {**SCOPE, "site": "North"}
    assert told.keep(change(), scope=north) == []
    told.keep(change())
    assert (len(told.hints().waiting(10)), told.hints(north).waiting(10), told.heard(north).waiting) == (1, [], 0)


def test_those_that_wait_longest_come_first_and_no_more_than_are_wanted(told: Told, home: Home) -> None:
    store = home.store(database=told.database)
    store.decide([decision(str(number), intent(identity(str(number)), body=str(number).encode())) for number in (1, 2, 3)], CHANGED_AT)
    for ready in store.postings():
        leased = store.lease(ready, 180)
        assert leased is not None
        store.record(leased, Posted(document(leased, id=f"14{leased.work_order_number}")))
    for identifier in ("143", "141", "142"):
        told.keep(change(identifier))
        home.clock.sleep(1)
    numbers = [hint.known.posting.work_order_number for hint in told.hints().waiting(2)]
    assert (numbers, told.heard().waiting) == (["3", "1"], 3)


def test_what_came_in_is_counted_for_the_address_and_for_the_company(told: Told, home: Home) -> None:
    assert told.heard() == Heard()
    told.deliveries.note_refused("quickbooks", 3)
    told.deliveries.note_refused("quickbooks", 2)
    assert (told.heard().refused, told.heard().refused_in_a_row, told.heard().refused_at) == (5, 5, home.clock.now())
    first = home.clock.now()
    told.keep(unreadable=2)
    home.clock.sleep(60)
    told.keep(company="REALM-2", strangers=4)
    heard = told.heard()
    assert (heard.deliveries, heard.refused, heard.refused_in_a_row, heard.strangers, heard.unreadable) == (2, 5, 0, 4, 2)
    assert (heard.last_at, heard.about_company_at) == (first + timedelta(seconds=60), first)
    assert told.heard({**SCOPE, "ledger_company": "realm-2"}).about_company_at == heard.last_at
    assert ConnectionHints(told.database, "xero", SCOPE, frozenset()).heard() == Heard()


def test_a_change_that_nobody_told_counts_from_its_first_time_until_something_is_told(told: Told, home: Home) -> None:
    told.hints().note_unheard({JOURNAL}, home.clock.now())
    assert told.heard().unheard_since is None, "nothing ever came about this company"
    told.keep()
    first = home.clock.now()
    told.hints().note_unheard({INVOICE}, first)
    assert told.heard().unheard_since is None, "of these the ledger does not tell"
    told.hints().note_unheard({JOURNAL, INVOICE}, first)
    told.hints().note_unheard({JOURNAL}, first + timedelta(hours=1))
    assert told.heard().unheard_since == first
    told.keep(company="realm-2")
    assert told.heard().unheard_since == first
    told.keep()
    assert told.heard().unheard_since is None


def test_one_delivery_about_several_companies_reaches_each_of_their_connections(told: Told, home: Home) -> None:
    listeners = []
    for company in (REALM, "realm-2"):
        store = home.store(company, told.database)
        store.decide([decision("4711", intent(identity(company=company)))], CHANGED_AT)
        posted(ConnectionStore(told.database, ledger_company=company, source_company="upkeep", site="", clock=home.clock))
        listeners.append(Listener(f"plant {company}", company, {**SCOPE, "ledger_company": company}, "key"))
    ear = Ear("quickbooks", "intuit-signature", read, tuple(listeners))
    assert hear(ear, told.deliveries, b"no", b"[]") is None
    body, signature = delivery(REALM, "REALM-2", "realm-3")
    assert hear(ear, told.deliveries, signature, body) == ["plant realm-1", "plant realm-2"]
    assert [len(told.hints(listener.scope).waiting(10)) for listener in listeners] == [1, 1]
    assert told.heard().strangers == 1


def delivery(*companies: str) -> tuple[bytes, bytes]:
    """A delivery about a journal of each company, and its signature."""
    body = json.dumps([cloud_event("qbo.journalentry.deleted.v1", company, "146") for company in companies]).encode()
    return body, base64.b64encode(hmac.new(b"key", body, hashlib.sha256).digest())


def test_two_processes_that_keep_the_same_delivery_at_once_keep_one_hint(home: Home) -> None:
    both = [Told(home), Told(home)]
    store = home.store(database=both[0].database)
    queue(store)
    posted(store)
    together = threading.Barrier(2)

    def keep(one: Told) -> None:
        for _ in range(5):
            together.wait()
            one.keep(change())

    threads = [threading.Thread(target=keep, args=(one,)) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (hint,) = both[0].hints().waiting(10)
    assert (hint.arrivals, both[1].heard().deliveries) == (10, 10)
