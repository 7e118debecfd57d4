"""UpKeep's HTTP: sign-in, lists and records, with a switch for everything its documentation leaves open (catalogue.py)."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.upkeep.catalogue import DEFAULTS, RESOURCES
from connector.sandbox.upkeep.choices import check_choices
from connector.sandbox.upkeep.files import DOWNLOADS, Files
from connector.sandbox.upkeep.listing import asked, rows
from connector.sandbox.upkeep.records import Record, Records, iso
from connector.sandbox.upkeep.showing import show, to_json
from connector.sandbox.upkeep.signin import Session, SignIn
from connector.sandbox.upkeep.validating import RefusedError, body_of, checked
from connector.sandbox.upkeep.webhooks import Hooks, events_of
from connector.sandbox.wire import Request, Response

V1, V2 = "/api/v1/", "/api/v2/"
# Lists of ids, or of texts, that a sub-path writes.
MESSAGES = "update-messages"
MINUTE = timedelta(minutes=1)


class UpKeepSandbox:
    """One UpKeep company with one administrator's login, at one site or several."""

    name = "upkeep"
    email = "admin@sandbox.example"
    password = "Sandbox-Pass-1"  # noqa: S105 it opens nothing but the sandbox
    organization_token = "Sandbox-Organization-Token-1"  # noqa: S105 the same

    def __init__(
        self, company: Company, clock: SandboxClock, *, switches: dict[str, Any] | None = None, enforce_limits: bool = False
    ) -> None:
        unknown = set(switches or {}) - set(DEFAULTS)
        if unknown:
            raise ValueError(f"UpKeep's stand-in has no switch {', '.join(sorted(unknown))}")
        check_choices(switches or {})
        self.company = company
        self.enforce_limits = enforce_limits
        self.switches = DEFAULTS | (switches or {})
        self.violations: list[str] = []
        self.files = Files(clock, self.switches, self.violations)
        self.versions: dict[str, int] = {}  # how often each upkeep-version header came
        self._clock = clock
        self.sites = [Records(clock, number) for number in range(1, int(self.switches["sites"]) + 1)]
        self.records = self.sites[0]
        admin = {"email": self.email, "password": self.password, "accountType": "ADMIN", "firstName": "Ada", "lastName": "Admin"}
        self.site_users = [str(records.create("users", dict(admin))["id"]) for records in self.sites]
        for records in self.sites:
            for name in ("Operational", "Not operational"):
                records.create("asset-downtime-statuses", {"name": name})
        self._sign_in = SignIn(clock, self.sites, self.organization_token, self.switches)
        self.hooks = Hooks(str(self.switches["webhook"]))
        self._recent: deque[datetime] = deque()
        self._over_limit = 0
        self._moves_left = int(self.switches["moving_sort"])

    # --- what the shell asks of a vendor ----------------------------------------------------------------------------------------

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        if self._is_over_limit() and self.enforce_limits:
            return self.throttled(request)
        version = request.headers.get("upkeep-version", "")
        self.versions[version] = self.versions.get(version, 0) + 1
        try:
            return self._routed(request, request.path.rstrip("/"))
        except RefusedError as error:
            return _failure(error.status, str(error))

    def throttled(self, request: Request) -> Response:
        """UpKeep publishes no limits and no headers."""
        return _failure(429, "too many requests")

    def denied(self, request: Request) -> Response:
        """A call that it does not take."""
        return _failure(400, "bad request")

    def first_half(self, request: Request) -> Request | None:
        """UpKeep takes one record a call."""
        return None

    def outage(self, request: Request, status: int) -> Response:
        """A server error."""
        return _failure(status, "internal server error")

    def refused(self, request: Request, code: str, status: int) -> Response:
        """UpKeep has no codes: words. Clients have met `success: false` in a good answer too."""
        return _failure(status if status in (200, 401, 403, 404) else 400, code)

    def documents(self) -> list[dict[str, Any]]:
        """UpKeep keeps no books."""
        return []

    def trial_balance(self) -> dict[str, Any]:
        """UpKeep keeps no books."""
        return {"currency": self.company.currency, "accounts": [], "debit": "0.00", "credit": "0.00"}

    def over_limit(self) -> dict[str, int]:
        """Calls beyond the limit of the switch; UpKeep publishes none."""
        return {"requests_per_minute": self._over_limit} if self.switches["requests_per_minute"] else {}

    def _is_over_limit(self) -> bool:
        limit = int(self.switches["requests_per_minute"])
        if not limit:
            return False
        now = self._clock.now()
        while self._recent and self._recent[0] <= now - MINUTE:
            self._recent.popleft()
        if len(self._recent) >= limit:
            self._over_limit += 1
            return True
        self._recent.append(now)
        return False

    # --- sign-in ----------------------------------------------------------------------------------------------------------------

    def _routed(self, request: Request, path: str) -> Response:
        if path == f"{V2}auth" and request.method == "POST":
            return self._auth(request)
        if path.startswith(DOWNLOADS) and request.method == "GET":
            return self.files.download(request)
        if not path.startswith((V1, V2)):
            return _failure(404, "not found")
        token = request.headers.get("session-token", "")
        session = self._sign_in.session(token)
        if session is None:
            return _failure(401, "invalid session token")
        if self.switches["plan"] != "enterprise":
            return _failure(403, "your plan has no API access")
        if path == f"{V2}auth" and request.method == "DELETE":
            self._sign_in.sign_out(token)
            return _answer({"success": True, "message": "session deleted"})
        if path.startswith(V1):
            return self._v1(request, session, path.removeprefix(V1))
        return self._resource(request, session, path.removeprefix(V2))

    def _auth(self, request: Request) -> Response:
        told = body_of(request)
        given = self._sign_in.sign_in(told.get("email"), told.get("password"))
        if given is None:
            return _failure(401, "wrong email or password")
        return _answer({"success": True, "result": {"sessionToken": given[0], "expiresAt": iso(given[1])}})

    def _v1(self, request: Request, session: Session, path: str) -> Response:
        """The web application's own paths, as far as clients were seen to use them."""
        if (request.method, path) == ("POST", "auth/switch-site"):
            token = self._sign_in.switch(session, body_of(request).get("id"))
            return _answer({"success": True, "result": {"sessionToken": token}}) if token else _failure(403, "no such site user")
        if (request.method, path) == ("GET", "organization-api-tokens/introspect"):
            return _answer({"success": True, "result": {"companyId": "sandbox", "tokenName": "connector"}})
        return _failure(404, "not found")

    # --- records ----------------------------------------------------------------------------------------------------------------

    def _resource(self, request: Request, session: Session, path: str) -> Response:
        if path.startswith("files/") and request.method == "GET":
            found = self.files.record(path.removeprefix("files/"), request.headers.get("host", ""))
            return _answer({"success": True, "result": found}) if found else _failure(404, "not found")
        if (path, request.method) == ("files", "POST") and self.switches["file_uploads"]:
            stored = self.files.uploaded(request)
            shown = self.files.record(stored, request.headers.get("host", "")) if stored else None
            return _answer({"success": True, "result": shown}) if shown else _failure(400, "file cannot be null")
        kind = next((kind for kind in RESOURCES if path == kind or path.startswith(f"{kind}/")), None)
        if kind is None:
            raise RefusedError("not found", 404)
        identifier, _, below = path.removeprefix(kind).strip("/").partition("/")
        if below:
            return self._below(request, session, kind, identifier, below)
        methods = RESOURCES[kind].methods & ({"GET", "PATCH", "DELETE"} if identifier else {"GET", "POST"})
        if request.method not in methods:
            raise RefusedError("not found", 404)
        if identifier:
            return self._record(request, session, kind, self._existing(session, kind, identifier))
        return self._listed(request, session, kind) if request.method == "GET" else self._created(request, session, kind)

    @staticmethod
    def _existing(session: Session, kind: str, identifier: str) -> Record:
        record = session.records.by_kind[kind].get(identifier)
        if record is None or not session.sees(kind, record):
            raise RefusedError("not found", 404)
        return record

    def _record(self, request: Request, session: Session, kind: str, record: Record) -> Response:
        before = dict(record)
        if request.method == "DELETE":
            session.records.delete(kind, record)
            self._tell(session, kind, before, None)
            return _answer({"success": True, "message": "deleted"})
        if request.method == "PATCH":
            told = body_of(request)
            if "files" in told and not self.files.knows(told["files"]):
                raise RefusedError("files has an unknown id")
            session.records.change(kind, record, checked(kind, told, before), session.user["id"])
            self._tell(session, kind, before, record)
        if kind == "work-orders":
            record = self._with_messages(record)
        if kind == "work-orders" and record.get("files"):
            record = record | {"files": self.files.shown(record["files"], request.headers.get("host", ""))}
        return self._told(session, kind, record, asked(kind, request.query if request.method == "GET" else "", self.switches).includes)

    def _with_messages(self, record: Record) -> Record:
        """A detail shows its messages, or does not: nobody has documented it."""
        told = record.get(MESSAGES, [])
        is_shown = self.switches["messages"] == "detail_always" or (self.switches["messages"] == "detail" and told)
        return record | {"updateMessages": told} if is_shown else record

    def _created(self, request: Request, session: Session, kind: str) -> Response:
        wanted, came = str(self.switches["webhook_body"]), "form" if "form" in request.headers.get("content-type", "") else "json"
        if kind == "webhooks" and wanted not in ("either", came):
            raise RefusedError("title cannot be null")
        record = session.records.create(kind, checked(kind, body_of(request)), session.user["id"])
        self._tell(session, kind, None, record)
        if kind == "webhooks" and self.switches["webhook_reply"] == "webhookId":
            return _answer({"success": True, "webhookId": record["id"]})
        return self._told(session, kind, record, frozenset())

    def _told(self, session: Session, kind: str, record: Record, includes: frozenset[str]) -> Response:
        shown = show(session.records, kind, record, self.switches, is_detail=True, includes=includes)
        return _answer({"success": True, "result": shown})

    def _listed(self, request: Request, session: Session, kind: str) -> Response:
        if kind == "webhooks" and self.switches["webhook_list"] == "404":
            raise RefusedError("not found", 404)
        told = asked(kind, request.query, self.switches)
        of_kind = session.records.by_kind[kind]
        found = rows(session.records, kind, told)
        if session.is_limited and kind == "users" and self.switches["limited_users"] == "403":
            raise RefusedError("not allowed", 403)
        if session.is_limited:
            found = [identifier for identifier in found if session.sees(kind, of_kind[identifier])]
        if kind == "work-orders" and self.switches["archived"] == "hidden" and "archived" not in told.params:
            found = [identifier for identifier in found if of_kind[identifier].get("archived") is not True]
        page = found[told.offset : told.offset + told.limit]
        if not page and self.switches["empty_list"] == "404":
            return _failure(404, "not found")
        content: Record = {
            "success": True,
            "results": [
                show(session.records, kind, of_kind[identifier], self.switches, is_detail=False, includes=told.includes)
                for identifier in page
            ],
        }
        if self.switches["total_count"] == "present":
            content["totalCount"] = len(found)
        answer = _answer(content)
        if kind == "work-orders" and page and self._moves_left > 0:
            # Somebody saves the first row of the page right after it was read: it moves, and every other row shifts.
            self._moves_left -= 1
            session.records.touch(of_kind[page[0]])
        return answer

    def _below(self, request: Request, session: Session, kind: str, identifier: str, below: str) -> Response:
        """Sub-paths: links to people and teams, messages, readings of a meter, the end of a request."""
        record = self._existing(session, kind, identifier)
        link, _, other = below.partition("/")
        if other and link in RESOURCES[kind].links and request.method in ("POST", "DELETE"):
            key = "additionalUsers" if link == "workers" else link
            linked = [i for i in record.get(key, []) if i != other] + ([other] if request.method == "POST" else [])
            session.records.change(kind, record, {key: linked}, session.user["id"])
            return self._told(session, kind, record, frozenset())
        if (kind, below, request.method) == ("requests", "cancel", "PATCH"):
            return self._told(session, kind, session.records.change(kind, record, {"status": "cancelled"}), frozenset())
        written = {("work-orders", MESSAGES): "text", ("purchase-orders", MESSAGES): "text", ("meters", "readings"): "value"}
        key = written.get((kind, below), "")
        if key and request.method == "POST":
            content = body_of(request)
            if content.get(key) in (None, ""):
                raise RefusedError(f"{key} cannot be null")
            entry = {key: content[key], "createdAt": iso(self._clock.now())}
            before = dict(record)
            session.records.change(kind, record, {below: [*record.get(below, []), entry]}, session.user["id"])
            if below == MESSAGES and self.switches["message_tells"]:
                self._tell(session, kind, before, record)
            return _answer({"success": True, "result": entry})
        if (kind, link, request.method) in (("meters", "readings", "GET"), ("teams", "users", "GET")):
            return _answer({"success": True, "results": record.get(link, [])})
        if (below, request.method, self.switches["messages"]) == (MESSAGES, "GET", "path"):
            return _answer({"success": True, "results": record.get(MESSAGES, [])})
        raise RefusedError("not found", 404)

    def _tell(self, session: Session, kind: str, before: Record | None, after: Record | None) -> None:
        """Queue the webhooks of a change; their body is the bare record."""
        events = events_of(kind, before, after)
        hooks = list(session.records.by_kind["webhooks"].values())
        record = after if after is not None else before
        if events and hooks and record is not None:
            shown = show(session.records, kind, record, self.switches, is_detail=False, includes=frozenset())
            self.hooks.tell(hooks, events, to_json(shown).encode())


def _answer(content: Record, status: int = 200) -> Response:
    return Response(status, to_json(content).encode(), {"content-type": "application/json; charset=utf-8"})


def _failure(status: int, message: str) -> Response:
    return _answer({"success": False, "message": message}, status)
