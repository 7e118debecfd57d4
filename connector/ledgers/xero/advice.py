"""What each refusal of Xero means to a bookkeeper (pure). Xero has no codes for them: its words are the key, as recorded.

What is refused by its code ("Account code '310' …") is looked for in the frozen bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from connector.core.mapped_names import ACCOUNT, CUSTOMER, ITEM, TAX_CODE, TRACKING
from connector.core.posting import Posting
from connector.core.refusal import PLAIN, Advice, Meant, unusable
from connector.ledgers.exact_json import decode

LEDGER = "Xero"
CLOSED = Advice("PERIOD_CLOSED", "Reopen the period in Xero, or set closed_period: next_open_day; it is asked again at the next sync.")
NOT_IN_PLAN = Advice("PLAN_LIMIT", "The organisation's Xero plan allows no more: choose a larger one; it is asked again at the next sync.")
CURRENCY = Advice("CURRENCY_MISMATCH", "Set the connection's currency to one that the books have.")
OURS = Advice(
    "DOCUMENT_MALFORMED",
    "The connector built it wrongly, not you: report it with this message, and release the work order when it is mended.",
)

# In this order: the first that fits. Case does not count.
ADVICE: tuple[tuple[re.Pattern[str], Advice | str], ...] = tuple(
    (re.compile(words, re.IGNORECASE), advice)
    for words, advice in (
        (r"period lock date|end of year lock date", CLOSED),
        (r"limit of invoices you can approve", NOT_IN_PLAN),
        (r"not subscribed to currency", CURRENCY),
        (r"TaxType", TAX_CODE),
        (r"Account code|Account with the specified", ACCOUNT),
        (r"Item code", ITEM),
        (r"Tracking", TRACKING),
        (r"Contact", CUSTOMER),
        (r"total debits|expected line total|JSON for post data|Idempotency Key|mandatory|not of valid type|characters", OURS),
    )
)
_KEYS = {"AccountCode": ACCOUNT, "AccountID": ACCOUNT, "ItemCode": ITEM, "TaxType": TAX_CODE, "TrackingOptionID": TRACKING}
# How the sentence about a refused sign-in ends, by its detail.
_SIGN_IN_STEPS = {
    "AuthorizationUnsuccessful": ". The sign-in does not cover this: run `connector connect`, and agree to all that is asked",
    "AuthenticationUnsuccessful": ". The organisation is not connected any more: run `connector connect`",
}


def advise(posting: Posting, refused: str) -> Advice:
    """What a stored refusal ("code: words") means."""
    words = refused.partition(": ")[2]
    for pattern, advice in ADVICE:
        if pattern.search(words):
            return advice if isinstance(advice, Advice) else unusable(LEDGER, {advice}, _meant(posting.request.body, advice, words))
    return PLAIN


def sign_in_step(said: str) -> str:
    """What a person does about a refused sign-in, as the end of the sentence; nothing where a refresh mends it."""
    return next((step for word, step in _SIGN_IN_STEPS.items() if word in said), "")


def _meant(body: bytes, kind: str, words: str) -> frozenset[Meant]:
    """The mapped names that the words can be about: those whose code they name, else all of that kind."""
    if kind == CUSTOMER:
        return frozenset({(-1, CUSTOMER)})
    codes = {code.casefold() for code in re.findall(r"[\w-]+", words)}
    found = [(line, value) for line, of, value in _codes(body) if of == kind]
    named = [(line, value) for line, value in found if value.casefold() in codes]
    return frozenset((line, kind) for line, _ in named or found)


def _codes(body: bytes) -> Iterator[tuple[int, str, str]]:
    """(line, kind, code or id) of everything in a document's bytes that a mapping names."""
    elements: list[dict[str, Any]] = next(iter(decode(body).values()))
    if len(elements) > 1:
        return  # Several documents in one call: nothing says which is ours.
    for number, row in enumerate(elements[0].get("LineItems") or elements[0].get("JournalLines") or []):
        for part in (row, *row.get("Tracking", [])):
            yield from ((number, _KEYS[key], str(value)) for key, value in part.items() if key in _KEYS)
