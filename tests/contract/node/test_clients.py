"""node-quickbooks and xero-node, unmodified, work with the stand-ins over a socket, and the books agree."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox.serve import Served
from connector.sandbox.world import Sandbox
from tests.contract.node.clients import node_client

pytestmark = [pytest.mark.sockets, pytest.mark.long, pytest.mark.node]
XERO_HOSTS = ("identity.xero.com", "login.xero.com", "api.xero.com")


@pytest.fixture
def served() -> Iterator[tuple[Sandbox, dict[str, str]]]:
    sandbox = Sandbox.create()
    with Served(sandbox) as running:
        yield sandbox, running.addresses


def told(vendor: Any, address: str, company: str, sandbox: Sandbox) -> dict[str, Any]:
    """What the operator writes into the settings of such a program."""
    return {
        "address": address,
        "clientId": vendor.client_id,
        "clientSecret": vendor.client_secret,
        "refreshToken": vendor.first_refresh_token,
        "company": company,
        "since": (sandbox.clock.now() - timedelta(hours=1)).isoformat(),
    }


def test_node_quickbooks_queries_writes_reads_and_asks_what_changed(served: tuple[Sandbox, dict[str, str]]) -> None:
    sandbox, addresses = served
    vendor = sandbox.vendors.quickbooks
    result = node_client("quickbooks.cjs", told(vendor, addresses["quickbooks"], vendor.realm_id, sandbox))
    in_use = [account for account in vendor.books.lists["Account"].values() if account["Active"]]
    assert result == {
        "tokenType": "bearer",
        "accounts": {"6100": "Repairs and maintenance", "2150": "Maintenance labor applied"},
        "count": len(in_use),
        "all": len(in_use),
        "company": "Sandbox Maintenance Co",
        "customNumbers": True,
        "sameInvoice": True,
        "duplicate": {"status": 400, "code": "6140"},
        "unbalanced": {"status": 400, "code": "2300"},
        "invoice": {"number": "NODE-1", "total": 67.5, "customer": True},
        "entry": {"number": "NODE-2", "lines": [["Debit", 112.45], ["Credit", 112.45]]},
        "found": [True],
        "batch": {"a": "NODE-4", "b": "2300", "c": True},
        "changed": ["1", "Looked at", 67.5],
        "captured": {"invoices": ["NODE-1"], "entries": ["NODE-2", "deleted"]},
        "voided": 0,
    }
    # Of all that it wrote, the entry of 112.45 is left: one was deleted, the invoice was voided, two were refused.
    (left,) = vendor.documents()
    assert (left["kind"], left["number"], left["total"]) == ("journal_entry", "NODE-2", "112.45")
    balance = vendor.trial_balance()
    assert (balance["debit"], balance["credit"]) == ("112.45", "112.45")


def test_xero_node_signs_in_posts_and_disconnects(served: tuple[Sandbox, dict[str, str]]) -> None:
    sandbox, addresses = served
    vendor = sandbox.vendors.xero
    result = node_client("xero.cjs", told(vendor, addresses["xero"], vendor.tenant_id, sandbox), XERO_HOSTS)
    assert result == {
        "tenant": {"name": "Sandbox Maintenance Co", "currency": "USD", "count": 1},
        "accounts": {"6100": "Repairs and maintenance", "2150": "Maintenance labor applied"},
        "oneAccount": 1,
        "tracking": {
            "Department": ["Riverside", "Harbor", "Northgate", "Plant"],
            "Class": ["Facilities", "Production", "Tenants"],
        },
        "contacts": [True],
        "each": {"NODE-1": [False, False], "NODE-2": [True, True]},
        "same": True,
        "otherBody": {"status": 400, "message": "Idempotency Key: invoice-key is used with a different request."},
        "summarized": {"status": 400, "message": "A validation exception occurred"},
        "invoice": {
            "number": "NODE-1",
            "total": 67.5,
            "date": "2026-02-20T00:00:00.000Z",
            "status": "AUTHORISED",
            "contact": "Harbour Mill",
            "tracking": [["Department", "Riverside"]],
        },
        "listed": ["NODE-1"],
        "journal": {"status": "POSTED", "lines": [-112.45, 112.45]},
        "byWords": [True],
        "unbalanced": {"status": 400, "message": "A validation exception occurred"},
        "rotated": True,
        "left": 0,
    }
    assert sorted((one["kind"], one["total"]) for one in vendor.documents()) == [("invoice", "67.50"), ("journal_entry", "112.45")]
    balance = vendor.trial_balance()
    assert (balance["debit"], balance["credit"]) == ("179.95", "179.95")
    # Each write had its key, no invoice was written by POST, and no key was used for something else but where the script meant to.
    assert [told for told in vendor.violations if "used with a different request" not in told] == []
