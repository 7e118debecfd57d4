"""What a login of UpKeep's own API is, and so what it sees. A limited one sees its own work orders only, and is refused as a source.

Account types are not documented beyond ADMIN; whether a limited login may list users is not known, so each possibility is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from connector.core.problem import Problem
from connector.upkeep.reading import text_of
from connector.upkeep.source import UnreadableAnswerError

PAGE_SIZE = 100
PAGES_MAX = 50
Get = Callable[[str, Mapping[str, str | int]], Any]


class Sight(Enum):
    """Which work orders a login sees."""

    ALL = "every work order"
    OWN = "its own work orders only"
    UNSURE = "perhaps not every work order"
    UNTOLD = "as far as UpKeep tells"


@dataclass(frozen=True, slots=True)
class Role:
    """A login's e-mail address, its account type as UpKeep calls it, and which work orders it sees."""

    email: str
    account_type: str
    sight: Sight

    def told(self) -> dict[str, str]:
        """In words, for a report."""
        return {"login": self.email, "role": self.account_type or "not told", "sees": self.sight.value}


def read_role(email: str, get: Get) -> Role:
    """The role of the login with that e-mail address; raises SourceUnreachableError."""
    try:
        own = _own(email, get)
    except UnreadableAnswerError as error:
        if error.status != 403:
            raise
        # A plan without the API refuses everything; a login without the right to see users is no administrator's.
        get("/work-orders", {"limit": 1})
        return Role(email, "", Sight.UNSURE)
    if own is None:
        return Role(email, "", Sight.UNTOLD)
    account_type = text_of(own.get("accountType"))
    folded = account_type.upper()
    sight = Sight.ALL if folded == "ADMIN" else Sight.OWN if "LIMITED" in folded else Sight.UNSURE
    return Role(email, account_type, sight)


def _own(email: str, get: Get) -> Mapping[str, Any] | None:
    """The login's own user record, on whichever page of a list that may ignore the filter."""
    for page in range(PAGES_MAX):
        told = get("/users", {"email": email, "limit": PAGE_SIZE, "offset": page * PAGE_SIZE})
        rows = told.get("results") if isinstance(told, dict) else None
        listed = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        for row in listed:
            if text_of(row.get("email")).casefold() == email.casefold():
                return row
        if not listed:
            return None
    return None


def role_problem(role: Role) -> Problem | None:
    """What stands in the way of posting what this login sees."""
    step = "Use an administrator's login for the connector."
    called = f"{role.email} is {role.account_type}" if role.account_type else f"{role.email} may not see the users"
    if role.sight is Sight.OWN:
        message = f"{called}: it sees its own work orders only, so nothing is read with it."
        return Problem("UPKEEP_LIMITED", "source", message, step)
    if role.sight is Sight.UNSURE:
        return Problem("UPKEEP_NOT_ADMIN", "source", f"{called}; it may see its own work orders only.", step)
    return None
