"""A signed-in app in front of the rules of Xero's stand-in, without a socket and on a clock that stands still."""

from __future__ import annotations

import base64
import itertools
import json
from typing import Any
from urllib.parse import urlencode

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.wire import Request, Response
from connector.sandbox.world import Sandbox
from tests.stage import START

API = "/api.xro/2.0/"
ZERO_ID = "00000000-0000-0000-0000-000000000000"


class Caller:
    """One app with one organisation."""

    def __init__(self, *, enforce_limits: bool = False, company: Company | None = None, **switches: Any) -> None:
        self.clock = SandboxClock(START, frozen=True)
        company = company or Company()
        company.switches = switches
        self.vendor = Sandbox.create(company, self.clock, enforce_limits=enforce_limits).vendors.xero
        self._keys = itertools.count(1)
        self.access = self.sign_in(self.vendor.first_refresh_token)["access_token"]

    # --- sign-in ---

    def basic(self, secret: str = "") -> dict[str, str]:
        both = f"{self.vendor.client_id}:{secret or self.vendor.client_secret}"
        return {"authorization": f"Basic {base64.b64encode(both.encode()).decode()}"}

    def form(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Response:
        """Post a form to the identity service, as the app unless other headers are given."""
        return self.vendor.handle(Request("POST", path, "", self.basic() if headers is None else headers, urlencode(fields).encode()))

    def sign_in(self, refresh_token: str) -> dict[str, Any]:
        answer = self.form("/connect/token", grant_type="refresh_token", refresh_token=refresh_token)
        assert answer.status == 200, answer.body
        return dict(json.loads(answer.body))

    # --- the API ---

    def call(self, method: str, path: str, body: Any = None, query: str | None = None, **headers: str) -> Response:
        """One call as a careful client makes it: a fresh key for each write, summarizeErrors where it is known; `headers` change that."""
        return self.vendor.handle(self.request(method, path, body, query, **headers))

    def request(self, method: str, path: str, body: Any = None, query: str | None = None, **headers: str) -> Request:
        """What `call` sends."""
        told = {"authorization": f"Bearer {self.access}", "xero-tenant-id": self.vendor.tenant_id, "accept": "application/json"}
        if method in ("PUT", "POST"):
            told["idempotency-key"] = f"k{next(self._keys)}"
            query = "summarizeErrors=true" if query is None and "/" not in path else query
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return Request(method, path if path.startswith("/") else API + path, query or "", told, raw)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """What a read answers."""
        answer = self.call("GET", path, query=urlencode(params))
        assert answer.status == 200, answer.body
        return dict(json.loads(answer.body))

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """The elements that a read answers."""
        return list(self.get(path, **params)[path.split("/", maxsplit=1)[0]])

    def write(self, method: str, path: str, body: Any, query: str | None = None) -> dict[str, Any]:
        """The one element of a write that goes well and without a warning."""
        answer = self.call(method, path, body, query)
        assert answer.status == 200, answer.body
        [element] = json.loads(answer.body)[path.split("/")[-1 if path.count("/") == 2 else 0]]
        assert not element.get("HasErrors"), element
        assert "Warnings" not in element
        return dict(element)

    def complaints(self, method: str, path: str, body: Any) -> list[str]:
        """What Xero complains about in the one element of a write; nothing may have changed by it."""
        before = self.everything()
        answer = self.call(method, path, body)
        assert answer.status == 400, answer.body
        told = json.loads(answer.body)
        assert (told["ErrorNumber"], told["Type"]) == (10, "ValidationException")
        assert self.everything() == before
        [element] = told["Elements"]
        assert element["HasValidationErrors"] is True
        return [error["Message"] for error in element["ValidationErrors"]]

    def refusal(self, method: str, path: str, body: Any = None, query: str | None = None, **headers: str) -> tuple[int, int, str]:
        """Status, number and type of a refusal that is about the call as a whole."""
        answer = self.call(method, path, body, query, **headers)
        told = json.loads(answer.body)
        return answer.status, told["ErrorNumber"], told["Type"]

    def everything(self) -> list[dict[str, Any]]:
        """All that is in the books or waits to be."""
        return [*self.vendor.documents(), *self.vendor.drafts()]

    # --- examples ---

    def contact(self, name: str = "Riverside Apartments") -> str:
        return str(next(row["ContactID"] for row in self.rows("Contacts") if row["Name"] == name))

    def invoice(self, number: str = "WO-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An approved sales invoice of 100.00, or of those lines."""
        head = {
            "Type": "ACCREC",
            "Contact": {"ContactID": self.contact()},
            "InvoiceNumber": number,
            "Date": "2026-02-20",
            "DueDate": "2026-03-22",
            "LineAmountTypes": "Exclusive",
            "Status": "AUTHORISED",
            "LineItems": list(lines) or [line()],
        }
        return {name: value for name, value in (head | more).items() if value is not None}

    def made(self, number: str = "WO-1", *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An invoice that is in Xero."""
        return self.write("PUT", "Invoices", self.invoice(number, *lines, **more))


def line(quantity: str | int = "2", unit: str | int = "50.00", **more: Any) -> dict[str, Any]:
    """An invoice line without tax."""
    head = {"Description": "Labor of Kim", "Quantity": quantity, "UnitAmount": unit, "AccountCode": "4100", "TaxType": "NONE"}
    return {name: value for name, value in (head | more).items() if value is not None}


def journal(narration: str = "Leaking pump", debit: str = "10.00", credit: str = "10.00", **more: Any) -> dict[str, Any]:
    """A posted manual journal of two lines."""
    lines = [{"LineAmount": debit, "AccountCode": "6100"}, {"LineAmount": f"-{credit}", "AccountCode": "2100"}]
    head = {"Narration": narration, "Date": "2026-02-20", "Status": "POSTED", "LineAmountTypes": "NoTax", "JournalLines": lines}
    return {name: value for name, value in (head | more).items() if value is not None}
