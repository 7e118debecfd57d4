"""What a person is asked at the vendor's consent page, and what the address says to which they are sent back. Pure but for chance.

`state` proves that an answer belongs to our question; the verifier of PKCE proves that who redeems the code is who asked for it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode, urlsplit

# The smallest sets that cover what the connector does; docs/configuration.md says what each is for.
SCOPES = {
    "quickbooks": "com.intuit.quickbooks.accounting",
    "xero": "offline_access accounting.invoices accounting.manualjournals accounting.contacts"
    " accounting.settings.read accounting.attachments",
}
# What a custom connection asks for: nobody consents, so there is nothing to stay signed in to.
OWN_SCOPE = SCOPES["xero"].removeprefix("offline_access ")
# Intuit documents no PKCE; Xero takes it beside the client's secret.
WITH_PROOF = frozenset({"xero"})
STATE_BYTES = 32


class ConsentError(Exception):
    """The consent gave no code that is ours to use; `code` is the problem's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Question:
    """One question to the consent page: where a person is sent, and what their way back must show."""

    address: str
    state: str
    verifier: str

    def __repr__(self) -> str:
        return "Question()"  # Neither the state nor the verifier belongs in a traceback.


@dataclass(frozen=True, slots=True)
class Answer:
    """A code that a person's consent gave us, and the company where the vendor names it beside the code (QuickBooks)."""

    code: str
    company_id: str

    def __repr__(self) -> str:
        return f"Answer(company_id={self.company_id!r})"


def draw() -> str:
    """Enough chance that nobody guesses it, in letters that an address may hold."""
    return secrets.token_urlsafe(STATE_BYTES)


def question(service: str, authorize_url: str, client_id: str, redirect_uri: str, draw: Callable[[], str] = draw) -> Question:
    """A new question; each has a state and a verifier of its own."""
    state, verifier = draw(), draw() if service in WITH_PROOF else ""
    asked = {"client_id": client_id, "response_type": "code", "scope": SCOPES[service], "redirect_uri": redirect_uri, "state": state}
    if verifier:
        asked |= {"code_challenge": _challenge(verifier), "code_challenge_method": "S256"}
    return Question(f"{authorize_url}?{urlencode(asked)}", state, verifier)


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def read_answer(returned: str, asked: Question) -> Answer:
    """What the address says to which the person was sent back; raises ConsentError, and repeats nothing of it but the vendor's error."""
    told = _query(returned)
    # Bytes: compare_digest takes no other text than ASCII, and anything may have been pasted.
    if not hmac.compare_digest(told.get("state", "").encode(), asked.state.encode()):
        raise ConsentError("CONSENT_NOT_OURS", "What came back does not belong to this question: its state is another, or is missing.")
    error = told.get("error", "")
    if error:
        words = error if re.fullmatch("[a-z_]{1,60}", error) else "an error without a name"
        raise ConsentError("CONSENT_REFUSED", f"The consent was not given: {words}.")
    if not told.get("code"):
        raise ConsentError("CONSENT_NOT_OURS", "What came back has no code.")
    return Answer(told["code"], told.get("realmId", ""))


def _query(returned: str) -> dict[str, str]:
    """The parameters by name; one that stands twice counts as missing, because nobody knows which is meant."""
    try:
        found = parse_qs(urlsplit(returned.strip()).query, keep_blank_values=True)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1}
