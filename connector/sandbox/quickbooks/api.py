"""QuickBooks' HTTP: sign-in, limits, request ids, and the entities of one company."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.quickbooks import attachments, batch, cdc, credits, limits, payments, query, webhooks
from connector.sandbox.quickbooks.books import Books, Document, Entity
from connector.sandbox.quickbooks.by_hand import ByHand
from connector.sandbox.quickbooks.completing import HEAD_SWITCHES, complete
from connector.sandbox.quickbooks.consent import ConsentPage
from connector.sandbox.quickbooks.faults import JSON, Refusal, decode, encode, signed_out
from connector.sandbox.quickbooks.lists import CREATABLE, create_entry
from connector.sandbox.quickbooks.posting import check_shape
from connector.sandbox.quickbooks.signin import SignIn
from connector.sandbox.quickbooks.tax import SWITCHES, stock_taxes, tax_preferences
from connector.sandbox.wire import Request, Response

DEFAULTS: dict[str, Any] = {
    "key_life_seconds": 3600,  # how long a requestid is remembered; Intuit publishes nothing
    "body_mismatch": "replay",  # same requestid, other body: replay, 600, or execute
    "fault_replay": True,  # a stored fault is replayed too
    "replay_after_delete": "stale",  # a replay may return a document deleted since: stale, or execute
    "lookup_lag_seconds": 0,  # a query does not show a document committed less than that ago
    "batch_replay": "replay",  # an item sent again under its requestid and bId: replay, or 6000 as reported in 2016
    "shuffle_batch": False,  # a batch's items are answered in another order
    "custom_txn_numbers": True,
    "warn_duplicate_journal_number": True,
    "cdc_too_old": "refuse",  # changes asked for from more than 30 days ago: refuse, or cut to 30 days
    "cdc_too_many": "cut",  # more than 1,000 changes: cut, or refuse
    "cdc_lag_seconds": 0,  # a change is not told sooner than that
    "merge_leaves": "deleted",  # what becomes of an entry that was merged into another one; or "inactive"
    "cdc_tells_children": True,  # the entries under a renamed one are told too
    "rotate": "daily",  # the refresh token's value changes about once a day; each: with every refresh
    "previous_refresh_seconds": 0,  # so long a refresh token still works after its value changed; Intuit publishes nothing
    "keys": "development",  # or production: then a consent never returns to localhost
    "ended_company_reads": "refused",  # or allowed: whether a company whose subscription has ended can still be read
    "consent": "yes",  # what the person at the consent page does: yes, no, or yes for another company
    **credits.SWITCHES,
    **limits.SWITCHES,
    **HEAD_SWITCHES,
    **webhooks.SWITCHES,
    **attachments.SWITCHES,
    **SWITCHES,
}
NAMES = {"invoice": "Invoice", "creditmemo": "CreditMemo", "payment": "Payment", "journalentry": "JournalEntry"}
LISTS = {n.lower(): n for n in ("Account", "Item", "Customer", "Class", "Department", "TaxCode", "TaxRate", "Vendor", "Term")}


class QuickBooksSandbox(ByHand):
    """One QuickBooks Online company, one app."""

    name = "quickbooks"
    realm_id = "9130357849012345"
    client_id = "sandbox-qbo-client"
    client_secret = "sandbox-qbo-secret"  # noqa: S105 it opens nothing but the sandbox
    first_refresh_token = "RT1-sandbox-0000"  # noqa: S105 the same

    def __init__(self, company: Company, clock: SandboxClock, *, enforce_limits: bool = False) -> None:
        super().__init__()
        self.company = company
        self.enforce_limits = enforce_limits
        self.switches = DEFAULTS | {k: v for k, v in company.switches.items() if k in DEFAULTS}
        self.violations: list[str] = []
        self._clock = clock
        self.books = Books(company, self._time, switches=self.switches)
        self.books.merge_leaves = str(self.switches["merge_leaves"])
        self.books.tells_children = bool(self.switches["cdc_tells_children"])
        self.books.stock()
        stock_taxes(self.books)
        self.courier = webhooks.courier(clock, self.switches)
        self.books.tell = webhooks.teller(self.courier, self.realm_id)
        self._consent = ConsentPage(clock, self.client_id, self.realm_id, self.switches)
        self._sign_in = SignIn(clock, self.client_id, self.client_secret, self.first_refresh_token, self._consent, self.switches)
        self._remembered: dict[str, tuple[datetime, bytes, Response, str]] = {}
        self.files = attachments.Files(self.books, clock, self.realm_id, self.switches, self.violations)
        self.limits = limits.Limits(clock, self.switches, self.violations)
        self.lock: date | None = company.last_locked_day

    # --- what the shell asks of a vendor ----------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request, in the order of the service's own checks."""
        answered = self._sign_in.handle(request)
        if answered is not None:
            return answered
        if not self._sign_in.knows(request):
            return signed_out()
        parts = request.path.strip("/").split("/")
        if parts[:2] != ["v3", "company"] or len(parts) < 4:
            return Response(404, b"<html><body>Not Found</body></html>", {"content-type": "text/html"})
        if parts[2] != self.realm_id:
            fault = {"Error": [{"Message": "ApplicationAuthorizationFailed", "Detail": "wrong company", "code": "3100"}], "type": "SERVICE"}
            return Response(403, encode({"Fault": fault}), JSON)
        endpoint = parts[3].lower()
        if self.limits.count(request, endpoint) and self.enforce_limits:
            return self.throttled(request)
        try:
            route = self._filed if endpoint in attachments.ENDPOINTS else self._entity
            answer = route(request, endpoint, _identifier(request.path, parts))
        except Refusal as refusal:
            answer = refusal.response(self._time())
        self.limits.answered(request, endpoint, answer.status)
        return answer

    def throttled(self, request: Request) -> Response:
        """429: from now on a careful client waits."""
        return self.limits.refuse()

    def outage(self, request: Request, status: int) -> Response:
        """A 5xx comes as HTML."""
        return Response(status, b"<html><body><h1>Service Unavailable</h1></body></html>", {"content-type": "text/html"})

    def denied(self, request: Request) -> Response:
        """A call that is refused as a whole."""
        return Refusal("2010", "failed to parse json object; a property specified is unsupported or invalid").response(self._time())

    def first_half(self, request: Request) -> Request | None:
        """A batch's first items."""
        return batch.first_half(request)

    def register_redirect(self, redirect_uri: str) -> None:
        """The app's developer adds an address to which a consent may return."""
        self._consent.register(redirect_uri)

    def documents(self) -> list[dict[str, Any]]:
        """Live documents."""
        return self.books.oracle()

    def trial_balance(self) -> dict[str, Any]:
        """The trial balance."""
        return self.books.trial_balance()

    def over_limit(self) -> dict[str, int]:
        """Calls beyond the limits, by limit."""
        return dict(self.limits.over)

    def _time(self) -> str:
        return self._clock.now().isoformat(timespec="milliseconds")

    # --- routes -----------------------------------------------------------------------------------------------------------------

    def _filed(self, request: Request, name: str, identifier: str) -> Response:
        self.check_write("Attachable") if request.method == "POST" else self.check_read()
        return self.files.handle(request, name, identifier)

    def _entity(self, request: Request, name: str, identifier: str) -> Response:
        self.check_read()
        if name == "query":
            statement = request.body.decode() if request.method == "POST" else request.params().get("query", "")
            return self._answer({"QueryResponse": self._queried(query.parse(statement)), "time": self._time()})
        if name == "cdc" and request.method == "GET":
            parts = cdc.captured(self.books, {**LISTS, **NAMES}, request.params(), self._clock.now(), self.switches)
            return self._answer({"CDCResponse": [{"QueryResponse": parts}], "time": self._time()})
        if name == "preferences":
            return self._answer({"Preferences": self._preferences(), "time": self._time()})
        if name == "companyinfo":
            told = {
                "Id": "1",
                "CompanyName": self.company.name,
                "Country": self.company.country,
                "DefaultTimeZone": self.company.timezone,
                "SyncToken": "0",
            }
            return self._answer({"CompanyInfo": told, "time": self._time()})
        if request.method == "GET" and identifier:
            return self._read(name, identifier)
        if request.method == "POST" and (name in NAMES or name in CREATABLE):
            return self._once(request, NAMES.get(name) or CREATABLE[name])
        if request.method == "POST" and name == "batch":
            return self._batch(request)
        return Response(404, b"<html><body>Not Found</body></html>", {"content-type": "text/html"})

    def _answer(self, content: Any) -> Response:
        return Response(200, encode(content), JSON)

    def _read(self, name: str, identifier: str) -> Response:
        if name in LISTS and identifier in self.books.lists[LISTS[name]]:
            return self._answer({LISTS[name]: self.books.lists[LISTS[name]][identifier], "time": self._time()})
        document = self.books.documents.get(identifier)
        if document is None or document.status == "deleted" or document.kind != NAMES.get(name):
            raise Refusal("610", "Object Not Found : Another user has deleted this transaction.")
        return self._answer({document.kind: document.entity, "time": self._time()})

    def _preferences(self) -> Entity:
        numbers: Entity = {"CustomTxnNumbers": self.switches["custom_txn_numbers"], **credits.preferences(self.books)}
        if self.switches["default_terms"]:
            numbers["DefaultTerms"] = {"value": self.switches["default_terms"]}
        warn = {"Name": "WarnDuplicateJournalNumber", "Value": str(self.switches["warn_duplicate_journal_number"]).lower()}
        tracked = self.switches["classes"]
        accounting: Entity = {"TrackDepartments": True}
        accounting |= {"ClassTrackingPerTxnLine": tracked == "line", "ClassTrackingPerTxn": tracked == "transaction"}
        if self.lock is not None:
            accounting["BookCloseDate"] = self.lock.isoformat()
        return {
            "AccountingInfoPrefs": accounting,
            "SalesFormsPrefs": numbers,
            "CurrencyPrefs": {"MultiCurrencyEnabled": bool(self.switches["currencies"]), "HomeCurrency": {"value": self.company.currency}},
            "TaxPrefs": tax_preferences(self.books),
            "OtherPrefs": {"NameValue": [warn]},
        }

    def _queried(self, asked: query.Query) -> Entity:
        if asked.entity.lower() == "attachable":
            return self.files.queried(asked)
        kind = LISTS.get(asked.entity.lower()) or NAMES.get(asked.entity.lower())
        if kind is None:
            raise Refusal("4001", f"QueryValidationError: entity {asked.entity} is not known")
        rows = [row for row in self._candidates(kind, asked) if all(query.fits(row, condition) for condition in asked.conditions)]
        if asked.is_count:
            return {"totalCount": Decimal(len(rows))}
        page = query.ordered(rows, asked)[asked.start - 1 : asked.start - 1 + asked.limit]
        return {kind: page, "startPosition": Decimal(asked.start), "maxResults": Decimal(len(page))} if page else {}

    def _candidates(self, kind: str, asked: query.Query) -> list[Entity]:
        if kind in LISTS.values():
            asks_active = any(condition.property == "active" for condition in asked.conditions)
            return [row for row in self.books.lists[kind].values() if asks_active or row.get("Active", True)]
        by_number = next((c for c in asked.conditions if c.property == "docnumber" and c.operator in ("=", "in")), None)
        if by_number is not None:
            ids = [i for number in by_number.values for i in self.books.by_number.get((kind, number), ())]
        else:
            ids = self.books.by_kind[kind]
        visible = self._clock.now() - timedelta(seconds=float(self.switches["lookup_lag_seconds"]))
        documents = [self.books.documents[i] for i in ids]
        return [d.entity for d in documents if d.status != "deleted" and d.committed_at <= visible]

    # --- writes -----------------------------------------------------------------------------------------------------------------

    def _once(self, request: Request, kind: str) -> Response:
        """A write under its requestid: the same response again while it is remembered."""
        key = request.params().get("requestid", "")
        if not key:
            self.violations.append(f"{request.method} {request.path} without a requestid")
            return self._write(request, kind)
        if len(key) > 50:
            raise Refusal("2130", "Request Id is longer than 50 characters")
        return self._remembering(request, kind, key)

    def _remembering(self, request: Request, kind: str, key: str) -> Response:
        known = self._remembered.get(key)
        if known is not None and self._clock.now() - known[0] < timedelta(seconds=float(self.switches["key_life_seconds"])):
            replayed = self._replay(request, key, known)
            if replayed is not None:
                return replayed
        try:
            response = self._write(request, kind)
        except Refusal as refusal:
            response = refusal.response(self._time())
            if not self.switches["fault_replay"]:
                return response
        identifier = str(decode(response.body).get(kind, {}).get("Id", "")) if response.status == 200 else ""
        self._remembered[key] = (self._clock.now(), request.body, response, identifier)
        return response

    def _batch(self, request: Request) -> Response:
        """Up to 30 writes in one call, each committed or refused on its own; (requestid, bId) is what is remembered of each."""
        request_id = request.params().get("requestid", "")
        items = batch.read_items(request.body, request_id)
        if not request_id:
            self.violations.append(f"{request.method} {request.path} without a requestid")
        answers = [batch.answer_of(str(item["bId"]), self._item(item, request_id)) for item in items]
        if self.switches["shuffle_batch"]:
            answers.reverse()
        return self._answer({"BatchItemResponse": answers, "time": self._time()})

    def _item(self, told: Entity, request_id: str) -> Response:
        try:
            item = batch.read_item(told, {name.lower(): name for name in (*NAMES.values(), *CREATABLE.values())})
            if item.kind == "Query":
                return self._answer({"QueryResponse": self._queried(query.parse(item.content))})
            alone = Request("POST", "/batch", f"operation={item.parameter}" if item.parameter else "", body=encode(item.content))
            key = f"{request_id}/{item.id}"
            if not request_id:
                return self._write(alone, item.kind)
            if self.switches["batch_replay"] == "6000" and key in self._remembered:
                raise Refusal("6000", "An unexpected error occurred while accessing or saving your data. Please wait and try again.")
            return self._remembering(alone, item.kind, key)
        except Refusal as refusal:
            return refusal.response(self._time())

    def _replay(self, request: Request, key: str, known: tuple[datetime, bytes, Response, str]) -> Response | None:
        if known[1] != request.body:
            self.violations.append(f"requestid {key} was used again with another body")
            if self.switches["body_mismatch"] == "600":
                raise Refusal("600", "Duplicate Request ID : the request id already exists")
            if self.switches["body_mismatch"] == "execute":
                return None
        document = self.books.documents.get(known[3])
        if document is not None and document.status == "deleted" and self.switches["replay_after_delete"] == "execute":
            return None
        return known[2]

    def _write(self, request: Request, kind: str) -> Response:
        self.check_write(kind)
        try:
            entity = decode(request.body)
        except ValueError:
            raise Refusal("2010", "failed to parse json object; a property specified is unsupported or invalid") from None
        if not isinstance(entity, dict):
            raise Refusal("2010", "failed to parse json object; a property specified is unsupported or invalid")
        if kind in CREATABLE.values():
            return self._answer({kind: create_entry(self.books, kind, entity), "time": self._time()})
        operation = request.params().get("operation", "")
        if operation in ("delete", "void"):
            return self._remove(entity, kind, operation)
        if entity.get("Id"):
            return self._update(entity, kind)
        return self._create(entity, kind, request.params().get("include", ""))

    def _create(self, entity: Entity, kind: str, include: str) -> Response:
        if kind == payments.PAYMENT:
            return self._answer({kind: self.paid(entity, self._clock.now()).entity, "time": self._time()})
        check_shape(kind, entity)
        document = self._completed(entity, kind)
        self.check_period(document.entity["TxnDate"])
        number = str(entity.get("DocNumber") or "")
        strict = self.switches["custom_txn_numbers" if kind in credits.SALES_KINDS else "warn_duplicate_journal_number"]
        if number and strict and include != "allowduplicatedocnum" and self.has_number(kind, number):
            raise Refusal(
                "6140", "Duplicate Document Number Error : You must specify a different number. This number has already been used."
            )
        self.books.commit(document)
        if kind == "CreditMemo":
            credits.apply_by_itself(self.books, document.entity)
        return self._answer({kind: document.entity, "time": self._time()})

    def _completed(self, entity: Entity, kind: str) -> Document:
        number = str(entity.get("DocNumber") or "")
        if not number and kind in credits.SALES_KINDS and not self.switches["custom_txn_numbers"]:
            number = self.books.next_number(kind)
        numbered = {**entity, "DocNumber": number} if number else entity
        return complete(self.books, numbered, kind, self._clock.now(), self.books.new_id())

    def _existing(self, entity: Entity, kind: str) -> Document:
        document = self.books.documents.get(str(entity.get("Id")))
        if document is None or document.status == "deleted" or document.kind != kind:
            raise Refusal("610", "Object Not Found : Another user has deleted this transaction.")
        if str(entity.get("SyncToken")) != document.entity["SyncToken"]:
            raise Refusal("5010", f"Stale Object Error : You and another user were working on this at the same time. Entity={kind}")
        return document

    def _update(self, entity: Entity, kind: str) -> Response:
        document = self._existing(entity, kind)
        merged = {**document.entity, **entity} if entity.get("sparse") else entity
        check_shape(kind, merged)
        self.check_period(str(document.entity["TxnDate"]))
        fresh = self._completed({**merged, "Line": [line for line in merged["Line"] if line["DetailType"] != "SubTotalLineDetail"]}, kind)
        fresh.entity |= {"Id": document.entity["Id"], "SyncToken": str(int(document.entity["SyncToken"]) + 1)}
        fresh.entity["MetaData"]["CreateTime"] = document.entity["MetaData"]["CreateTime"]
        self.books.post(document.legs, -1)
        self.books.post(fresh.legs, 1)
        document.entity, document.legs = fresh.entity, fresh.legs
        self.books.tell(kind, document.entity["Id"], "updated")
        return self._answer({kind: document.entity, "time": self._time()})

    def _remove(self, entity: Entity, kind: str, operation: str) -> Response:
        document = self._existing(entity, kind)
        if operation == "void" and kind == "Invoice":
            self.books.void(document)
            return self._answer({kind: document.entity, "time": self._time()})
        self.books.delete(document)
        return self._answer({kind: {"status": "Deleted", "domain": "QBO", "Id": entity["Id"]}, "time": self._time()})


def _identifier(path: str, parts: list[str]) -> str:
    """The id that the path names, if it does; refuses a path that goes on, and an id that is none."""
    if len(parts) > 5:
        raise Refusal("500", f"Operation Could not find resource for relative : {path} is not supported.")
    identifier = parts[4] if len(parts) > 4 else ""
    if identifier and not identifier.isdigit() and parts[3].lower() != "taxcode":
        raise Refusal("2030", f"Id should be a valid number. Supplied value:{identifier}", "Id")
    return identifier
