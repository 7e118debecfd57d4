"""What a read of QuickBooks that brought a fault means for the whole run."""

from __future__ import annotations

from collections.abc import Sequence

from connector.ledgers.ledger import CompanyInactiveError, ReconnectRequiredError, ServiceUnreachableError

# The subscription of the company has ended, and reads may be refused for it too.
ENDED = "6190"
# The user who connected has lost access, or the sign-in is for another company.
NOT_OURS = frozenset({"120", "3100"})


def unreadable(what: str, errors: Sequence[tuple[str, str]] = ()) -> ServiceUnreachableError:
    """The error for `what` could not be done, with the faults that were answered: (code, words) each."""
    words = "; ".join(f"{code} {text}".strip() for code, text in errors)
    told = f"{what}: {words[:200]}" if words else what
    codes = {code for code, _ in errors}
    if ENDED in codes:
        return CompanyInactiveError("quickbooks", told)
    return ReconnectRequiredError("quickbooks", told) if codes & NOT_OURS else ServiceUnreachableError("quickbooks", told)
