"""Which documents a delivery names, in every shape that the vendors send; and whose signature is on it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from connector.core.hint import Change, Delivery
from connector.core.mapping import DocumentKind
from connector.ledgers.quickbooks import deliveries as quickbooks
from connector.ledgers.signature import is_signed
from connector.ledgers.xero import deliveries as xero

REALM, OTHER = "9130357849012345", "4620816365179180"
TENANT = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f"
ID = "717f2bfc-c6d4-41fd-b238-3f2f0c0cf777"


def cloud_event(kind: str = "qbo.invoice.voided.v1", realm: Any = REALM, identifier: Any = "7") -> dict[str, Any]:
    return {
        "specversion": "1.0", "id": "88cd52aa-33b6-4351-9aa4-47572edbd068", "source": "intuit.abc=", "type": kind,
        "datacontenttype": "application/json", "time": "2026-03-02T15:00:00.123456789Z", "intuitentityid": identifier,
        "intuitaccountid": realm, "data": {},
    }  # fmt: skip


def older(name: str = "Invoice", operation: str = "Void", realm: str = REALM, identifier: str = "7") -> dict[str, Any]:
    entity = {"name": name, "id": identifier, "operation": operation, "lastUpdated": "2026-03-02T15:00:00.000Z"}
    return {"realmId": realm, "dataChangeEvent": {"entities": [entity]}}


def event(category: str = "INVOICE", what: str = "UPDATE", **more: Any) -> dict[str, Any]:
    return {
        "resourceUrl": f"https://api.xero.com/api.xro/2.0/Invoices/{ID}", "resourceId": ID, "tenantId": TENANT,
        "tenantType": "ORGANISATION", "eventCategory": category, "eventType": what, "eventDateUtc": "2026-03-02T15:00:00.902", **more,
    }  # fmt: skip


def read(content: Any) -> Delivery:
    return quickbooks.read(json.dumps(content).encode())


def heard(events: Any) -> Delivery:
    told = {"events": events, "firstEventSequence": 1, "lastEventSequence": 1, "entropy": "S0m3r4Nd0mt3xt"}
    return xero.read(json.dumps(told).encode())


def test_a_delivery_of_cloud_events_may_be_about_several_realms() -> None:
    told = read([cloud_event(), cloud_event("qbo.journalentry.deleted.v1", OTHER, "9"), cloud_event()])
    changes = (Change(REALM, DocumentKind.INVOICE, "7"), Change(OTHER, DocumentKind.JOURNAL_ENTRY, "9"))
    assert told == Delivery((REALM, OTHER), changes)


def test_the_older_shape_says_the_same() -> None:
    told = read({"eventNotifications": [older(), older("JournalEntry", "Delete", OTHER, "9")]})
    assert told == read([cloud_event(), cloud_event("qbo.journalentry.deleted.v1", OTHER, "9")])


@pytest.mark.parametrize("name", ["journalentry", "journalEntry", "journal_entry", "JournalEntry"])
def test_an_entity_is_known_however_it_is_spelled(name: str) -> None:
    assert read([cloud_event(f"qbo.{name}.updated.v2")]).changes[0].kind is DocumentKind.JOURNAL_ENTRY


def test_what_was_created_and_what_is_no_document_of_ours_is_about_a_company_and_changes_nothing() -> None:
    entries = [cloud_event("qbo.invoice.created.v1"), cloud_event("qbo.customer.updated.v1")]
    assert read(entries) == Delivery((REALM,))
    assert read({"eventNotifications": [older("Invoice", "Create"), older("Payment", "Update")]}) == Delivery((REALM,))
    assert heard([event(what="CREATE"), event("CONTACT"), event("SUBSCRIPTION"), event("A_NEW_ONE")]) == Delivery((TENANT,))


@pytest.mark.parametrize(
    "odd",
    [
        None, 5, "x", [], {}, cloud_event("invoice changed"), cloud_event(realm=None), cloud_event(realm=5), cloud_event(realm="a/b"),
        cloud_event(identifier=""), cloud_event(identifier="7; DROP"), cloud_event(identifier="7" * 65), cloud_event(identifier=["7"]),
    ],
)  # fmt: skip
def test_an_entry_that_is_none_is_counted_and_costs_no_other(odd: Any) -> None:
    assert read([odd, cloud_event()]) == Delivery((REALM,), (Change(REALM, DocumentKind.INVOICE, "7"),), 1)


@pytest.mark.parametrize(
    ("notification", "unreadable"),
    [(None, 1), ({}, 1), ({"realmId": REALM, "dataChangeEvent": 5}, 1), ({"realmId": REALM, "dataChangeEvent": {"entities": [5, {}]}}, 2)],
)
def test_a_notification_that_is_none_is_counted(notification: Any, unreadable: int) -> None:
    told = read({"eventNotifications": [notification, older()]})
    assert (told.unreadable, len(told.changes)) == (unreadable, 1)


def test_xero_names_invoices_and_credit_notes_each_once() -> None:
    note = event("CREDITNOTE", data={"Type": "ACCRECCREDIT", "Status": "VOIDED"})
    both = (Change(TENANT, DocumentKind.INVOICE, ID), Change(TENANT, DocumentKind.CREDIT, ID))
    assert heard([event(), event(), note, event("CONTACT")]) == Delivery((TENANT,), both)


def test_xero_asks_whether_we_listen_by_a_delivery_of_nothing() -> None:
    assert heard([]) == Delivery()


@pytest.mark.parametrize("odd", [None, 5, [], {}, event(tenantId=None), event(resourceId=5), event(resourceId="a b"), event(eventType="")])
def test_an_event_that_is_none_is_counted_and_costs_no_other(odd: Any) -> None:
    assert heard([odd, event()]) == Delivery((TENANT,), (Change(TENANT, DocumentKind.INVOICE, ID),), 1)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b"\xff", b"5", b"null", b'{"events": {}}', b'{"eventNotifications": 5}'])
def test_a_body_that_cannot_be_read_raises_nothing(body: bytes) -> None:
    assert quickbooks.read(body) == xero.read(body) == Delivery(unreadable=1)


def test_a_signature_is_that_of_the_bytes_under_the_key() -> None:
    body = '[{"name": "Zoë"}]'.encode()
    right = base64.b64encode(hmac.new("kéy".encode(), body, hashlib.sha256).digest())
    assert is_signed(body, right, "kéy")
    assert is_signed(body, b" " + right + b" ", "kéy")
    assert not is_signed(body + b" ", right, "kéy")
    assert not is_signed(body, right, "key")
    assert not is_signed(body, right[:-1], "kéy")
    assert not is_signed(body, right.lower(), "kéy")
    assert not is_signed(body, b"\xff" * 44, "kéy")


def test_an_empty_key_signs_nothing() -> None:
    assert not is_signed(b"[]", base64.b64encode(hmac.new(b"", b"[]", hashlib.sha256).digest()), "")
