"""What a read of QuickBooks that brought a fault means for the whole run."""

from __future__ import annotations

from collections.abc import Sequence

from connector.ledgers.ledger import CompanyInactiveError, ServiceUnreachableError

# The subscription of the company has ended, and reads may be refused for it too.
ENDED = "6190"


def unreadable(what: str, errors: Sequence[tuple[str, str]] = ()) -> ServiceUnreachableError:
    """The error for `what` could not be done, with the faults that were answered: (code, words) each."""
    words = "; ".join(f"{code} {text}".strip() for code, text in errors)
    kind = CompanyInactiveError if ENDED in [code for code, _ in errors] else ServiceUnreachableError
    return kind("quickbooks", f"{what}: {words[:200]}" if words else what)
