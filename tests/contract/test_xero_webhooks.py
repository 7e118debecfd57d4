"""The stand-in's deliveries, judged by Xero's own file, and Xero's own example, read by us."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from connector.core.hint import Change
from connector.core.mapping import DocumentKind
from connector.ledgers.xero.deliveries import read
from connector.sandbox.wire import Request, Response
from tests.contract.reference import CONTRACTS, needs_reference
from tests.sandbox.xero.caller import Caller

pytestmark = needs_reference


@cache
def file() -> Any:
    return YAML(typ="safe", pure=True).load((CONTRACTS / "xero" / "xero-webhooks.yaml").read_text("utf-8"))


def schema(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}", "components": file()["components"]}


@pytest.mark.parametrize("kind", ["INVOICE", "CONTACT", "CREDITNOTE"])
def test_what_the_stand_in_delivers_is_what_xero_describes(kind: str) -> None:
    caller = Caller()
    caller.vendor.register_webhook("https://books.example.com")
    caller.vendor.courier.state = "active"
    more = {"data": {"Type": "ACCRECCREDIT", "Status": "VOIDED"}} if kind == "CREDITNOTE" else {}
    caller.vendor.courier.tell(caller.vendor.tenant_id, kind, "717f2bfc-c6d4-41fd-b238-3f2f0c0cf777", "UPDATE", **more.get("data", {}))
    sent: list[Request] = []
    caller.vendor.courier.deliver(lambda url, request: sent.append(request) or Response(200))  # type: ignore[func-returns-value]
    validator = jsonschema.Draft202012Validator(schema("CreditNoteWebhookEvent" if kind == "CREDITNOTE" else "WebhookEvent"))
    assert [error.message for error in validator.iter_errors(json.loads(sent[0].body))] == []


def test_xero_s_own_example_is_read() -> None:
    example = file()["components"]["responses"]["200WebhookDataReceivedOk"]["content"]["application/json"]["schema"]["example"]
    told = json.loads(json.dumps(example, default=str))
    (event,) = told["events"]
    delivery = read(json.dumps(told).encode())
    assert (delivery.companies, delivery.changes, delivery.unreadable) == ((event["tenantId"],), (), 0)
    told["events"][0]["eventCategory"] = "INVOICE"
    assert read(json.dumps(told).encode()).changes == (Change(event["tenantId"], DocumentKind.INVOICE, event["resourceId"]),)
