"""What each fault of QuickBooks means to a bookkeeper (pure). Codes: Intuit's error catalogue.

A reference that QuickBooks refuses is looked for in the frozen bytes: by the property and the id in its words, as far as it says them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.core.mapped_names import ACCOUNT, CUSTOMER, ITEM, TAX_CODE, TERMS, TRACKING
from connector.core.posting import Posting
from connector.core.refusal import PLAIN, Advice, Meant, unusable
from connector.ledgers.exact_json import decode

LEDGER = "QuickBooks"
# Behind the words stands Intuit's own name of the answer, whose digits are nobody's id (ledgers/traced.py).
TRACE = " [intuit"
KINDS = {
    "AccountRef": ACCOUNT,
    "ItemRef": ITEM,
    "CustomerRef": CUSTOMER,
    "TaxCodeRef": TAX_CODE,
    "TxnTaxCodeRef": TAX_CODE,
    "ClassRef": TRACKING,
    "DepartmentRef": TRACKING,
    "SalesTermRef": TERMS,
}
ANY = frozenset(KINDS.values())

CLOSED = Advice(
    "PERIOD_CLOSED", "Reopen the period in QuickBooks, or set closed_period: next_open_day; it is asked again at the next sync."
)
INACTIVE = Advice(
    "COMPANY_INACTIVE",
    "Renew the company's QuickBooks subscription. Until then each sync tries one document and sends no other; then it goes on by itself.",
)
RESET = Advice("COMPANY_INACTIVE", "The books were reset in QuickBooks: find out by whom, and what they shall hold, before you sync again.")
FORBIDDEN = Advice(
    "PERMISSION_DENIED",
    "Give the user who connected the right to book this in QuickBooks, or run `connector connect` as another; then it goes on by itself.",
)
NOT_IN_PLAN = Advice(
    "PLAN_LIMIT", "The company's QuickBooks plan lacks this: choose a plan that has it, or another document in the mapping."
)
CURRENCY = Advice("CURRENCY_MISMATCH", "Set the connection's currency to one that the books have.")
OURS = Advice(
    "DOCUMENT_MALFORMED",
    "The connector built it wrongly, not you: report it with this message, and release the work order when it is mended.",
)

_OURS = """620 630 700 800 900 1040 1050 2000 2010 2020 2030 2040 2050 2060 2070 2080 2090 2100 2110 2120 2130 2140 2150 2160 2170 2180
2190 2200 2230 2240 2250 2260 2270 2280 2290 2300 2600 3000 4000 4001 4002 5000 5010 6020 6030 6040 6041 6050 6070 6080 6090 6150
6180 6220 6240 6280 6400 6440 6450 6480 6540 10100"""
ADVICE: dict[str, Advice] = {
    **dict.fromkeys(_OURS.split(), OURS),
    **dict.fromkeys(("6200", "6210"), CLOSED),
    "6190": INACTIVE,
    "10200": RESET,
    "5020": FORBIDDEN,
    "5030": NOT_IN_PLAN,
    "2220": CURRENCY,
    "2210": Advice("BILL_EMAIL_UNUSABLE", "Correct the address that bill_email leads to; it is asked again at the next sync."),
    **dict.fromkeys(("1010", "1020", "6000"), PLAIN),
}
# Faults about a name that the document refers to, and which kinds of name they can be about.
ABOUT: dict[str, frozenset[str]] = {
    **dict.fromkeys(("610", "2500"), ANY),
    **dict.fromkeys(("6010", "6430"), frozenset({ACCOUNT})),
    **dict.fromkeys(("6250", "6310", "6320"), frozenset({CUSTOMER})),
    **dict.fromkeys(("6270", "6520"), frozenset({ITEM})),
    **dict.fromkeys(("6100", "6160", "6170", "6230", "6470"), frozenset({TAX_CODE})),
}
# No other document of this company would fare better: the run stops.
OF_THE_COMPANY = frozenset({"5020", "6190", "10200"})

_CONNECT = "Run `connector connect`; nothing was booked."
_PASSES = "Nothing to do: QuickBooks has the company under its own hands; the next sync goes on."
_LOOKED_UP = "Nothing to do: QuickBooks is asked whether the document is there before anything is sent again."
# Answers that are no refusal of the document.
STEPS: dict[str, str] = {
    **dict.fromkeys(("100", "110", "3200", "3202"), _CONNECT),
    "120": "The user who connected has lost access to the company: have them invited again, or run `connector connect` as another.",
    "3100": "The sign-in is not for this company: check realm_id, and run `connector connect`.",
    **dict.fromkeys(("130", "140", "150"), _PASSES),
    "3001": "Nothing to do: the limit of calls is reached, and sending goes on when it allows more.",
    **dict.fromkeys(("500", "600", "1000", "6140", "10000"), _LOOKED_UP),
}


def next_step(code: str) -> str:
    """What a person does about one fault, whatever it means for the document; for one that Intuit does not list, what is always right."""
    if code in STEPS:
        return STEPS[code]
    return unusable(LEDGER, ABOUT[code]).next_step if code in ABOUT else ADVICE.get(code, PLAIN).next_step


def advise(posting: Posting, refused: str) -> Advice:
    """What a stored refusal ("code, code: words") means; of several codes, the first about which a person can do something of their own."""
    codes, _, words = refused.partition(": ")
    found = [_advice(posting, code, words) for code in codes.split(", ")]
    return next((advice for advice in found if advice not in (PLAIN, OURS)), found[0])


def _advice(posting: Posting, code: str, words: str) -> Advice:
    if code not in ABOUT:
        return ADVICE.get(code, PLAIN)
    said = words.partition(TRACE)[0]
    return unusable(LEDGER, ABOUT[code], _meant(posting.request.body, ABOUT[code], said))


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference in the bytes of a document: its property, the id, and the mapped names that it can come from."""

    name: str
    id: str
    meant: tuple[Meant, ...]


def _meant(body: bytes, kinds: frozenset[str], words: str) -> frozenset[Meant]:
    """The mapped names that the words can be about: those of the property and the id that they name, else all of these kinds."""
    found = [reference for reference in references(body) if KINDS[reference.name] in kinds]
    names, ids = set(re.findall(r"\b[A-Za-z]+Ref\b", words)), set(re.findall(r"\b\d+\b", words))
    found = [one for one in found if one.name in names] or found
    found = [one for one in found if one.id in ids] or found
    return frozenset(pair for one in found for pair in one.meant)


def references(body: bytes) -> list[Reference]:
    """Every reference of a document's bytes to something that a mapping names."""
    told: dict[str, Any] = decode(body)
    rows = told.get("Line", [])
    found = [Reference(name, value, _of_head(KINDS[name], len(rows))) for name, value in _refs({**told, "Line": None})]
    for number, row in enumerate(rows):
        found += [Reference(name, value, ((number, KINDS[name]),)) for name, value in _refs(row)]
    return found


def _of_head(kind: str, lines: int) -> tuple[Meant, ...]:
    """A document's customer and terms are its own; its department, its class and its tax code are those of its lines."""
    return ((-1, kind),) if kind in (CUSTOMER, TERMS) else tuple((line, kind) for line in range(lines))


def _refs(told: Any) -> Iterator[tuple[str, str]]:
    """(property, id) of the references inside, at any depth."""
    for name, value in told.items():
        if name in KINDS:
            yield name, str(value["value"])
        elif isinstance(value, dict):
            yield from _refs(value)
