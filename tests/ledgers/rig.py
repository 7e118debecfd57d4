"""A ledger client over transports that we own: a vault in memory, a clock that sleeping moves, and answers by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx

from connector.core.clock import Clock, Deadline
from connector.core.costing import CostKind
from connector.core.drafting import InvoiceDraft, InvoiceLine, JournalEntryDraft, JournalLine
from connector.core.identity import Identity, marker
from connector.core.mapping import Fact
from connector.core.posting import Posting, State, WriteRequest
from connector.core.reference import NAMED_BY_NO_DOCUMENT
from connector.core.tokens import Token
from connector.ledgers.http import LedgerHttp
from connector.ledgers.ledger import Chart, Ledger, Rendered
from connector.ledgers.oauth import OAuth
from connector.ledgers.token_endpoint import TokenEndpoint
from tests.core.examples import expectation

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DAY = date(2026, 2, 20)


@dataclass
class TestClock:
    __test__ = False
    moment: datetime = START
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


class Drip(httpx.SyncByteStream):
    """A body that never ends, a byte every half minute."""

    def __init__(self, clock: TestClock) -> None:
        self.clock = clock

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.clock.sleep(30)
            yield b" "


def soon(clock: Clock | None = None) -> Deadline:
    """A deadline that begins now."""
    return Deadline((clock or TestClock()).monotonic(), 100)


@dataclass
class MemoryVault:
    token: Token | None = None
    story: list[str] = field(default_factory=list)
    on_lock: Callable[[], None] = lambda: None
    on_load: Callable[[], None] = lambda: None

    def load(self) -> Token | None:
        self.on_load()
        return self.token

    def prepare(self) -> None:
        self.story.append("prepare")

    def delete(self, decision: str) -> None:
        self.story.append(f"delete: {decision}")
        self.token = None

    def save(self, token: Token, decision: str = "") -> None:
        self.story.append(f"save {token.refresh}")
        self.token = token

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        self.story.append("lock")
        self.on_lock()
        yield
        self.story.append("unlock")


def token(access: str = "access-1", refresh: str = "refresh-1", seconds: int = 3600) -> Token:
    return Token(access, refresh, START + timedelta(seconds=seconds))


def oauth(
    handler: Callable[[httpx.Request], httpx.Response],
    vault: MemoryVault,
    clock: TestClock,
    first: str = "first",
    *,
    token_url: str = "https://sign-in.example/token",
    client: tuple[str, str] = ("id", "secret"),
    service: str = "quickbooks",
    own_scope: str = "",
) -> OAuth:
    return OAuth(
        service=service,
        vault=vault,
        clock=clock,
        endpoint=endpoint(handler, clock, token_url=token_url, client=client, service=service),
        first_refresh_token=first,
        own_scope=own_scope,
    )


def endpoint(
    handler: Callable[[httpx.Request], httpx.Response],
    clock: TestClock,
    *,
    token_url: str = "https://sign-in.example/token",
    client: tuple[str, str] = ("id", "secret"),
    service: str = "quickbooks",
) -> TokenEndpoint:
    return TokenEndpoint(
        service=service,
        clock=clock,
        token_url=token_url,
        revoke_url="https://sign-in.example/revoke",
        client_id=client[0],
        client_secret=client[1],
        client=httpx.Client(transport=httpx.MockTransport(handler)),
    )


def same_token_again(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "access-1"})


def refuse_sign_in(request: httpx.Request) -> httpx.Response:
    raise AssertionError("nobody should sign in here")


def http(
    handler: Any, *, clock: TestClock | None = None, auth: OAuth | None = None, limiter: Any = None, service: str = "quickbooks"
) -> LedgerHttp:
    clock = clock or TestClock()
    transport = handler if isinstance(handler, httpx.BaseTransport) else httpx.MockTransport(handler)
    auth = auth or oauth(refuse_sign_in, MemoryVault(token()), clock)
    return LedgerHttp(service=service, base_url="https://ledger.example", auth=auth, clock=clock, limiter=limiter, transport=transport)


def sending(**changed: Any) -> Posting:
    request = WriteRequest("POST", "/v3/company/9/journalentry", b'{"a":1}', (("content-type", "application/json"),))
    facts: dict[str, Any] = {"state": State.SENDING, "token": 7, "key": "a" * 32, "request": request}
    posting = Posting(1, "4711-ABCDEFGHIJKLM", expectation().kind, "4711", State.READY, expectation())
    return replace(posting, **(facts | changed))


def posting_of(rendered: Rendered, identity: Identity, key: str, **changed: Any) -> Posting:
    """A leased posting of what was rendered."""
    expected = rendered.expectation
    facts: dict[str, Any] = {"identity": identity, "key": key, "request": rendered.request, "token": 1}
    posting = Posting(1, marker(identity), expected.kind, identity.work_order_number, State.SENDING, expected)
    return replace(posting, **(facts | changed))


def fact(value: str) -> Fact:
    return Fact(value, f"mapping.yaml:{len(value)}")


def journal(*legs: tuple[str, str], day: date = DAY, text: str = "WO 4711 Crane", **changed: Any) -> JournalEntryDraft:
    """A journal from (account, signed amount) pairs."""
    lines = tuple(JournalLine(fact(name), Decimal(amount) > 0, abs(Decimal(amount)), text, **changed) for name, amount in legs)
    return JournalEntryDraft("4711", day, "USD", lines, "UpKeep work order 4711: Leaking pump")


def line(item: str | None = "Maintenance labor", tax: str | None = None, **changed: Any) -> InvoiceLine:
    facts: dict[str, Any] = {
        "kind": CostKind.LABOR,
        "item": fact(item) if item else None,
        "account": None,
        "tax_code": fact(tax) if tax else None,
        "description": "WO 4711 Labor",
        "quantity": Decimal("1.5"),
        "unit_price": Decimal("45.00"),
        "amount": Decimal("67.50"),
    }
    return InvoiceLine(**(facts | changed))


def invoice(*lines: InvoiceLine, customer: str = "Riverside Apartments", currency: str = "USD") -> InvoiceDraft:
    return InvoiceDraft("4711", DAY, date(2026, 3, 22), currency, fact(customer), lines or (line(),), "UpKeep work order 4711")


def chart_now(ledger: Ledger) -> Chart:
    """Every list that documents name entries of, read anew as a whole."""
    told = ledger.read_lists(ledger.lists - NAMED_BY_NO_DOCUMENT, {})
    return ledger.chart_of({kind: one.entries for kind, one in told.items()})
