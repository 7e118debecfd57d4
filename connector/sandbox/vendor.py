"""What each stand-in owes the shell around it: rules, its own words for trouble, and an oracle for tests."""

from __future__ import annotations

from typing import Any, Protocol

from connector.sandbox.wire import Request, Response


class Vendor(Protocol):
    """One emulated service. All state and rules live behind `handle`; the rest serves faults and the oracle."""

    name: str  # "upkeep", "quickbooks" or "xero"
    enforce_limits: bool  # calls beyond a limit are always counted; refused only when this is true

    def handle(self, request: Request) -> Response:
        """Answer one request as the real service would, committing what it commits."""
        ...

    def throttled(self, request: Request) -> Response:
        """The vendor's own 429 for that request."""
        ...

    def outage(self, request: Request, status: int) -> Response:
        """The vendor's own 5xx answer with that status."""
        ...

    def refused(self, request: Request, code: str, status: int) -> Response:
        """The vendor's own refusal of that request, by its code (Xero has none: its words); 200 where refusals may hide in one."""
        ...

    def denied(self, request: Request) -> Response:
        """The vendor's own 400 to a call as a whole."""
        ...

    def first_half(self, request: Request) -> Request | None:
        """The same call with the first half of its documents; None when it writes one, or none."""
        ...

    def documents(self) -> list[dict[str, Any]]:
        """Live ledger documents in the oracle's shape (empty for UpKeep)."""
        ...

    def trial_balance(self) -> dict[str, Any]:
        """{"currency", "accounts": [{"account","name","debit","credit"}], "debit", "credit"}, money as decimal strings."""
        ...

    def over_limit(self) -> dict[str, int]:
        """How many calls went over each of the vendor's limits, by the limit's name."""
        ...
