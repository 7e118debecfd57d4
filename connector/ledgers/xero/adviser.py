"""Whether the consent is an adviser's, whom Xero's period lock does not bind. Where Xero does not tell, nothing is said."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from connector.core.problem import Problem
from connector.ledgers.exact_json import decode

ADVISER = "FINANCIALADVISER"


def user_of(access_token: str) -> str:
    """The id of the user who consented, from the token's own claims; "" for a token of another kind."""
    parts = access_token.split(".")
    try:
        claims = decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (IndexError, ValueError):
        return ""
    return str(claims.get("xero_userid") or "") if isinstance(claims, dict) else ""


def warnings(user: str, users: Sequence[dict[str, Any]]) -> list[Problem]:
    """What `check` says of the user who consented, by the organisation's list of users."""
    role = next((str(one.get("OrganisationRole") or "") for one in users if user and str(one.get("UserID") or "") == user), "")
    if role != ADVISER:
        return []
    message = "The consent is an adviser's, whom Xero's period lock does not bind: only the connector itself keeps to it."
    return [Problem("XERO_ADVISER", "Users", message, "Connect as a user who is not an adviser, so that Xero keeps to it too.")]
