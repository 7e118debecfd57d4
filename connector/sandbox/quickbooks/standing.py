"""Whether the company takes documents at all: its subscription, what our user may book, and a refusal that was planned."""

from __future__ import annotations

from typing import Any

from connector.sandbox.courier import Courier
from connector.sandbox.quickbooks import catalogue
from connector.sandbox.quickbooks.faults import MESSAGES, Refusal
from connector.sandbox.wire import Request, Response

_ENDED = "Subscription period has ended or canceled or there was a billing problem : Business Validation Error"


class Standing:
    """What a company and its people decide before any document is looked at."""

    switches: dict[str, Any]
    courier: Courier

    def __init__(self) -> None:
        self._is_subscribed = True
        self._barred: set[str] = set()
        self._planned: tuple[str, int] = ("", 400)

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        raise NotImplementedError

    def check_read(self) -> None:
        """Refuse to show anything of a company whose subscription has ended, where the switch says so."""
        if not self._is_subscribed and self.switches["ended_company_reads"] == "refused":
            raise Refusal("6190", _ENDED)

    def check_write(self, kind: str) -> None:
        """Refuse a document because of what it is about to be booked in, or by whom."""
        code, status = self._planned
        if code:
            refusal = Refusal(code, "as planned")
            refusal.status = refusal.status if status >= 400 else status
            raise refusal
        if not self._is_subscribed:
            raise Refusal("6190", _ENDED)
        if kind in self._barred:
            raise Refusal("5020", f"Permission Denied Error : You do not have permission to access {kind}")

    def refused(self, request: Request, code: str, status: int) -> Response:
        """The answer when this request is refused with that code of the catalogue, in a 200 if that is the status."""
        if code not in MESSAGES and code not in catalogue.MESSAGES:
            raise ValueError(f"QuickBooks has no fault {code}")
        self._planned = (code, status)
        try:
            return self.handle(request)
        finally:
            self._planned = ("", 400)

    # --- people -----------------------------------------------------------------------------------------------------------------

    def register_webhook(self, url: str) -> None:
        """The app's developer enters the address for deliveries."""
        self.courier.register(url)

    def end_subscription(self) -> None:
        """Nobody pays for the company any more."""
        self._is_subscribed = False

    def renew_subscription(self) -> None:
        """Somebody pays again."""
        self._is_subscribed = True

    def bar(self, kind: str) -> None:
        """An administrator takes from our user the right to book such documents: "Invoice" or "JournalEntry"."""
        self._barred.add(kind)

    def allow(self, kind: str) -> None:
        """An administrator gives the right back."""
        self._barred.discard(kind)
