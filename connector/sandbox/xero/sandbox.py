"""The stand-in itself: the order in which a call is checked, and what a person can do in the ledger's own screens."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.wire import Request, Response
from connector.sandbox.xero import answers, ledger
from connector.sandbox.xero.books import Books, Contact, Document
from connector.sandbox.xero.catalogue import CONTACTS, LISTS, read_list
from connector.sandbox.xero.documents import ENDPOINTS, serve
from connector.sandbox.xero.idempotency import Idempotency, key_of
from connector.sandbox.xero.limits import Limits
from connector.sandbox.xero.lines import add_up
from connector.sandbox.xero.opening import open_books
from connector.sandbox.xero.signin import SignIn
from connector.sandbox.xero.tax import recompute_tax
from connector.sandbox.xero.writing import first_half, write

API = "/api.xro/2.0"
_BIG_BODY = 3_500_000
_HUGE_BODY = 10_000_000
_WRITES = ("PUT", "POST")


class XeroSandbox:
    """Xero's Accounting API for one invented organisation."""

    name = "xero"

    def __init__(self, company: Company, clock: SandboxClock, *, enforce_limits: bool = False) -> None:
        self.enforce_limits = enforce_limits
        self.books = Books(company, clock)
        self.signin = SignIn(self.books)
        self.limits = Limits(self.books)
        self._keys = Idempotency(self.books)
        self._lock = threading.RLock()
        open_books(self.books)
        self.tenant_id = self.books.tenant_id = self.signin.tenant_id
        self.courier = self.books.courier
        self.client_id = self.signin.client_id
        self.client_secret = self.signin.client_secret
        self.first_refresh_token = self.signin.first_refresh_token

    @property
    def violations(self) -> list[str]:
        """What a careful client would not have done, in order."""
        return self.books.violations

    # --- the wire ---

    def handle(self, request: Request) -> Response:
        """Answer one request as the real service would, committing what it commits."""
        with self.limits.flight() as in_flight, self._lock:
            path = request.path.rstrip("/")
            if path.lower().startswith(API):
                return self._api(request, path[len(API) :].strip("/"), in_flight)
            return self._identity(request, path.lower())

    def _identity(self, request: Request, path: str) -> Response:
        if path == "/.well-known/openid-configuration" and request.method == "GET":
            return self.signin.discovery(request)
        if path == "/connect/token" and request.method == "POST":
            return self.signin.token(request)
        if path == "/connect/revocation" and request.method == "POST":
            return self.signin.revoke(request)
        if path == "/identity/connect/authorize" and request.method == "GET":
            return self.signin.authorize(request)
        if path == "/connections" and request.method == "GET":
            return self.signin.connections(request)
        if path.startswith("/connections/") and request.method == "DELETE":
            return self.signin.connections(request, path.rpartition("/")[2])
        return answers.not_found()

    def _api(self, request: Request, path: str, in_flight: int) -> Response:
        access = self.signin.bearer(request)
        if isinstance(access, Response):
            return access
        refused = self.signin.wrong_tenant(request, access)
        if refused is not None:
            return refused
        broken = self.limits.count(in_flight)
        if broken and self.enforce_limits:
            return self.limits.refuse(broken)
        parts = path.split("/") if path else [""]
        endpoint = parts[0].lower()
        # A file's scope is asked for beside that of its document.
        needed = [endpoint, *(["attachments"] if parts[2:3] and parts[2].lower() == "attachments" else [])]
        missing = next(filter(None, (self.signin.missing_scope(request, one, access) for one in needed)), None)
        answer = missing or self._with_key(request, endpoint, parts[1:])
        headers = {**answer.headers, **self.limits.headers(), "Xero-Correlation-Id": self.books.guid("correlation")}
        return replace(answer, headers=headers)

    def _with_key(self, request: Request, endpoint: str, rest: list[str]) -> Response:
        self._watch(request)
        if len(request.body) > _HUGE_BODY:
            return answers.refusal(10, "ValidationException", "The request is larger than 10 MB")
        known = self._keys.look_up(request)
        if known is not None:
            return known
        answer = self._process(request, endpoint, rest)
        self._keys.store(request, answer)
        return answer

    def _watch(self, request: Request) -> None:
        where = f"{request.method} {request.path}"
        if "application/json" not in request.headers.get("accept", ""):
            self.books.violate(f"no Accept: application/json: {where}")
        if request.method in _WRITES and not key_of(request):
            self.books.violate(f"no Idempotency-Key: {where}")
        if len(request.body) > _BIG_BODY:
            self.books.violate(f"more than 3.5 MB: {where}")

    def _process(self, request: Request, endpoint: str, rest: list[str]) -> Response:
        try:
            found = self._route(request, endpoint, rest)
        except answers.NotFound:
            return answers.not_found()
        except answers.Unreadable as error:
            return answers.refusal(17, "PostDataInvalidException", f"JSON for post data was invalid: {error}")
        except answers.BadQuery as error:
            if str(error) == "HighVolumeException":
                return answers.refusal(51, "HighVolumeException", "The response would hold too many documents; use paging.")
            return answers.refusal(16, "QueryParseException", str(error))
        except answers.Broken:
            return answers.internal_error(self.books.guid("instance"))
        return found or Response(501, b"", {"content-type": "text/html; charset=utf-8"})

    def _route(self, request: Request, endpoint: str, rest: list[str]) -> Response | None:
        if endpoint in ENDPOINTS:
            return serve(self.books, request, endpoint, rest)
        if endpoint not in LISTS or len(rest) > 1:
            raise answers.NotFound
        key = rest[0] if rest else ""
        if request.method == "GET":
            return read_list(self.books, request, endpoint, key)
        if endpoint == "contacts" and request.method in _WRITES:
            if request.method == "PUT" and key:
                raise answers.Broken
            return write(self.books, request, CONTACTS, key)
        return None

    def throttled(self, request: Request) -> Response:
        """The vendor's own 429 for that request: no body, and the minute limit in the headers."""
        with self._lock:
            return self.limits.refuse("minute")

    def outage(self, request: Request, status: int) -> Response:
        """The vendor's own 5xx; it stays under the request's key like any other answer."""
        with self._lock:
            text = {502: "Bad Gateway", 504: "Gateway Timeout"}.get(status, "The Xero API is temporarily unavailable")
            answer = answers.internal_error(self.books.guid("instance")) if status == 500 else answers.unavailable(status, text)
            cached = self.books.switch("cached_outage_statuses")
            if isinstance(cached, list | tuple | set | frozenset) and status in cached and request.path.lower().startswith(API):
                self._keys.store(request, answer)
            return answer

    def refused(self, request: Request, code: str, status: int) -> Response:
        """Every element of that request refused with these words, in the shape that the request asks for."""
        with self._lock:
            self.books.planned_refusal = code
            try:
                return self.handle(request)
            finally:
                self.books.planned_refusal = ""

    def denied(self, request: Request) -> Response:
        """The vendor's own 400 to a call as a whole."""
        with self._lock:
            return answers.refusal(10, "ValidationException", "A validation exception occurred")

    def first_half(self, request: Request) -> Request | None:
        """The first elements of a call that writes several documents."""
        return first_half(request)

    def register_redirect(self, redirect_uri: str) -> None:
        """The app's developer adds an address to which a consent may return."""
        self.signin.register(redirect_uri)

    def register_webhook(self, url: str) -> None:
        """The app's developer enters the address for deliveries."""
        self.courier.register(url)

    # --- the oracle ---

    def documents(self) -> list[dict[str, Any]]:
        """Live ledger documents in the oracle's shape."""
        with self._lock:
            return ledger.oracle(self.books, ledger.LIVE)

    def drafts(self) -> list[dict[str, Any]]:
        """Documents that wait for approval or posting, in the oracle's shape."""
        with self._lock:
            return ledger.oracle(self.books, ledger.WAITING)

    def trial_balance(self) -> dict[str, Any]:
        """Every account's balance, as decimal strings."""
        with self._lock:
            return ledger.trial_balance(self.books)

    def over_limit(self) -> dict[str, int]:
        """How many calls went over each limit, by its name."""
        return dict(self.limits.over)

    # --- a person at the screen ---

    def _document(self, document_id: str) -> Document:
        for shelf in self.books.shelves.values():
            if document_id.lower() in shelf.by_id:
                return shelf.by_id[document_id.lower()]
        raise KeyError(document_id)

    def void(self, document_id: str) -> None:
        """Void a live document by hand."""
        self._end(document_id, ledger.LIVE, "VOIDED")

    def pay(self, document_id: str, amount: str | Decimal = "") -> None:
        """Enter a customer's payment by hand, of all that is due where no amount is told."""
        with self._lock:
            document = self._document(document_id)
            due = document.total - document.paid - document.credited
            if document.status != "AUTHORISED" or not 0 < Decimal(amount or due) <= due:
                raise ValueError(f"{amount or due} cannot be paid on an invoice that is {document.status}")
            document.paid += Decimal(amount or due)
            document.status = "PAID" if Decimal(amount or due) == due else document.status
            self.books.commit(document)

    def approve(self, document_id: str) -> None:
        """Approve by hand an invoice that waits for it, unless its period is closed."""
        with self._lock:
            document = self._document(document_id)
            if document.kind == "journal_entry" or document.status not in ledger.WAITING or self.books.lock_message(document.day):
                raise ValueError(f"{document.status} of {document.day} cannot be approved")
            document.status = "AUTHORISED"
            self.books.commit(document)

    def delete_draft(self, document_id: str) -> None:
        """Delete a draft by hand."""
        self._end(document_id, ledger.WAITING, "DELETED")

    def _end(self, document_id: str, statuses: frozenset[str], status: str) -> None:
        with self._lock:
            document = self._document(document_id)
            if document.status not in statuses:
                raise ValueError(f"{document.status} cannot become {status}")
            document.status = status
            self.books.commit(document)

    def edit_line_amount(self, document_id: str, line: int, amount: str | Decimal) -> None:
        """Change a line by hand; in a journal another line takes up the difference."""
        with self._lock:
            document = self._document(document_id)
            wanted = answers.money(Decimal(amount))
            one = document.lines[line]
            difference, one.amount = wanted - one.amount, wanted
            if document.kind == "journal_entry":
                other = document.lines[-1] if line % len(document.lines) != len(document.lines) - 1 else document.lines[0]
                other.amount -= difference
                document.total = sum((each.amount for each in document.lines if each.amount > 0), Decimal("0.00"))
            else:
                one.quantity, one.unit_amount = Decimal(1), wanted
                recompute_tax(self.books, document, one)
                add_up(document)
            self.books.commit(document)

    def rename_account(self, old: str, new: str) -> None:
        """Give the account with that code or name another name."""
        for account in self.books.accounts:
            if old in (account.code, account.name):
                account.name, account.updated = new, self.books.clock.now()
                return
        raise KeyError(old)

    def change_customer(self, what: str, name: str, other: str = "") -> None:
        """Change a contact: rename, merge (into the other one), or deactivate (archive); Xero deletes none."""
        contact = self._contact(name)
        match what:
            case "rename":
                contact.name = other
            case "merge":
                self._merge(contact, self._contact(other))
            case "deactivate":
                contact.status = "ARCHIVED"
            case _:
                raise ValueError(f"nobody can {what} a contact")

    def _merge(self, gone: Contact, kept: Contact) -> None:
        """Its invoices are the other one's, and it is archived and says into whom it was merged."""
        gone.status, gone.merged_to = "ARCHIVED", kept.id
        for shelf in self.books.shelves.values():
            for document in shelf.by_id.values():
                if document.contact is not None and document.contact.id == gone.id:
                    document.contact = kept

    def _contact(self, name: str) -> Contact:
        contact = self.books.contact_named(name)
        if contact is None:
            raise KeyError(name)
        contact.updated = self.books.clock.now()
        return contact

    def archive_account(self, code: str) -> None:
        """Archive the account with that code."""
        account = self.books.account(code)
        if account is None:
            raise KeyError(code)
        account.status, account.updated = "ARCHIVED", self.books.clock.now()

    def set_lock(self, day: date | str | None, end_of_year: date | str | None = None) -> None:
        """Set or clear both lock dates."""
        self.books.period_lock, self.books.year_lock = _day(day), _day(end_of_year)


def _day(written: date | str | None) -> date | None:
    """A day as a test or a request body tells it."""
    return date.fromisoformat(written) if isinstance(written, str) else written
