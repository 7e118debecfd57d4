"""A person's answer about a customer is stored with everything that follows from it, on both databases, and is in the audit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from connector.core.customer_link import CustomerLink
from connector.core.disposition import Decision, Disposition, Intent
from connector.core.mapping import DocumentKind
from connector.core.posting import State
from connector.store.audit import newest
from connector.store.connection_store import ConnectionStore
from connector.store.database import Database
from tests.store.databases import REALM, Home
from tests.store.examples import decision, held, identity, intent, leased, posted

MILL = CustomerLink("Mill", "7", "Mill Ltd", "Mill")
PIER = replace(MILL, id="8", known_as="Pier Ltd")


def made_for(customer: str) -> str:
    return json.dumps({"date": "", "lines": [], "names": [[-1, "customer", customer, "mapping.yaml:9"]]})


def invoice(number: str, body: bytes = b"{}") -> Intent:
    made = intent(identity(number, "invoice"), body)
    return replace(made, kind=DocumentKind.INVOICE, expectation=replace(made.expectation, kind=DocumentKind.INVOICE))


def queued(number: str, billed: str = "Mill", **changed: Any) -> Decision:
    return decision(number, invoice(number), explanation=made_for(billed), **changed)


def told(database: Database, *events: str) -> list[tuple[str, str, str]]:
    with database.write() as connection:
        found = [link.entry for link in newest(connection, 99)]
    return [(entry.before, entry.after, entry.reason) for entry in found if entry.event in events]


def test_an_answer_is_kept_with_who_gave_it_and_each_change_is_in_the_audit(database: Database, home: Home) -> None:
    store = ConnectionStore(database, ledger_company=REALM, source_company="upkeep", site="", clock=home.clock, actor="kim")
    store.customers.link([MILL], "confirmed by a person")
    store.customers.link([replace(MILL, name="MILL ")], "again")
    store.customers.link([PIER], "relinked by a person")
    (link,) = store.customers.links().values()
    assert (link.id, link.known_as, link.confirmed_by, link.confirmed_at) == ("8", "Pier Ltd", "kim", home.clock.now())
    assert told(database, "customer_confirmed") == [
        ("", "7 (Mill Ltd)", "'Mill': confirmed by a person; decided anew: 0"),
        ("7 (Mill Ltd)", "8 (Pier Ltd)", "'Mill': relinked by a person; decided anew: 0"),
    ]


def test_the_connections_of_one_ledger_company_share_the_answers_and_another_company_does_not(home: Home, database: Database) -> None:
    here = home.store(database=database)
    there = ConnectionStore(database, ledger_company=REALM, source_company="other", site="north", clock=home.clock)
    elsewhere = home.store("another realm", database)
    for store in (there, elsewhere):
        store.decide([held(explanation=made_for("Mill"))], None)
    here.customers.link([MILL], "confirmed by a person")
    assert (there.customers.links().keys(), elsewhere.customers.links()) == ({("mill", "mill")}, {})
    digests = [row.mapping_digest for store in (there, elsewhere) for row in store.remembered_with(Disposition.HELD)]
    assert digests == ["released", "digest-1"]


def test_what_waits_for_the_customer_is_decided_anew_and_nothing_else(store: ConnectionStore) -> None:
    rows = [held("1", explanation=made_for("mill")), held("2", explanation=made_for("Other")), held("3")]
    store.decide([*rows, queued("4"), queued("5", "Other"), decision("6", explanation=made_for("Mill"))], None)
    store.customers.link([MILL], "confirmed by a person")
    standing = {row.number: row for number in "123456" if (row := store.find(number)) is not None}
    assert [number for number, row in standing.items() if row.mapping_digest == "released"] == ["1", "4"]
    assert {number: row.codes for number, row in standing.items() if row.disposition is Disposition.HELD and number > "3"} == {
        "4": ("CUSTOMER_RELINKED",)
    }


def test_a_document_is_made_anew_under_another_key_only_while_nothing_of_it_has_left(store: ConnectionStore) -> None:
    store.customers.link([MILL], "confirmed by a person")
    store.decide([queued("1")], None)
    posting = leased(store)
    store.customers.link([PIER], "relinked by a person")
    (sending,) = store.every_posting()
    assert (sending.state, sending.request, sending.key) == (State.SENDING, posting.request, posting.key)

    store.decide([queued("2")], None)
    (ready,) = store.postings(State.READY)
    store.customers.link([MILL], "relinked by a person")
    assert store.lease(ready, 180) is None  # Whoever had read it before cannot send the old bytes any more.
    store.decide([queued("2", intent=invoice("2", b'{"to":"7"}'))], None)
    (anew,) = store.postings(State.READY)
    assert (anew.id, anew.request.body, anew.key == ready.key) == (ready.id, b'{"to":"7"}', False)


def test_two_mappings_of_one_company_may_mean_two_customers_by_one_name(store: ConnectionStore, database: Database) -> None:
    north, south = replace(MILL, called="Mill North"), replace(PIER, called="Mill South")
    for link in (north, south):
        store.customers.link([link], "confirmed by a person")
    assert [(link.called, link.id) for link in store.customers.links().values()] == [("Mill North", "7"), ("Mill South", "8")]
    assert [(before, after) for before, after, _ in told(database, "customer_confirmed")][1] == ("7 (Mill Ltd)", "8 (Pier Ltd)")


def test_an_answer_that_changes_no_id_leaves_unsent_documents_alone(store: ConnectionStore) -> None:
    store.customers.link([MILL], "confirmed by a person")
    store.decide([queued("1")], None)
    store.customers.link([replace(MILL, called="Mill and Sons")], "confirmed by a person")
    assert [posting.state for posting in store.every_posting()] == [State.READY]


def test_a_first_match_without_a_question_is_stored_with_its_decision_once(store: ConnectionStore, database: Database) -> None:
    store.decide([queued("1", customer=MILL), queued("2", customer=MILL)], None)
    assert [posting.state for posting in store.every_posting()] == [State.READY, State.READY]
    ((before, after, why),) = told(database, "customer_linked")
    assert (before, after, "the only customer of exactly that name" in why) == ("", "7 (Mill Ltd)", True)


def test_what_was_posted_before_is_looked_at_once_and_a_persons_answer_stays(store: ConnectionStore, database: Database) -> None:
    store.decide([queued("1")], None)
    posted(store)
    assert [(name, posting.work_order_number) for name, posting in store.customers.posted_invoices()] == [("Mill", "1")]
    assert store.customers.is_first_look()
    store.customers.link([PIER], "confirmed by a person")
    store.customers.adopt([MILL, replace(MILL, name="Quay")])
    assert not store.customers.is_first_look()
    assert {link.name: link.id for link in store.customers.links().values()} == {"Mill": "8", "Quay": "7"}
    assert [after for _, after, _ in told(database, "customer_adopted")] == ["7 (Mill Ltd)"]
