"""Which document of the ledger a person means: by its number, its id, or the address of its page as a browser shows it (pure).

QuickBooks' addresses have the id behind `txnId` (seen, published nowhere); Xero's have it in the path or behind a name, also in a link
that signs in first (src/consts/deeplinks.ts of XeroAPI/xero-mcp-server). Nothing is ever fetched from an address.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from connector.core.mapping import DocumentKind

TEXT_LENGTH_MAX = 2_000
_MARKER = re.compile(r"(?<![0-9A-Z-])(?:[0-9A-Z]{1,7}-)?[A-Z2-7]{13}(?![0-9A-Z-])")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_HOSTS = {"qbo.intuit.com": "quickbooks", "xero.com": "xero"}
# The pages of QuickBooks by the last word of their path; ids are of one kind of document there.
_PAGES = {"journal": DocumentKind.JOURNAL_ENTRY, "invoice": DocumentKind.INVOICE, "creditmemo": DocumentKind.CREDIT}


@dataclass(frozen=True, slots=True)
class MeantDocument:
    """What to look for. `words` are numbers and ids; `ledger` and `kind` are told by an address only, `kind` not by every one.

    `is_certain`: it can be nothing but a document; else it may as well be the number of a work order.
    """

    words: tuple[str, ...]
    ledger: str = ""
    kind: DocumentKind | None = None
    is_certain: bool = False


def meant_document(text: str) -> MeantDocument:
    """Read what a person typed or pasted; a page that names no document has no words."""
    told = text.strip()[:TEXT_LENGTH_MAX]
    ledger = _ledger_of(told)
    if ledger == "quickbooks":
        return _of_quickbooks(told)
    if ledger == "xero":
        found = tuple(dict.fromkeys(guid.lower() for guid in _GUID.findall(unquote(unquote(told)))))
        return MeantDocument(found, ledger, is_certain=True)
    if "://" in told:
        return MeantDocument((), is_certain=True)
    marker = _MARKER.search(told.upper())
    if marker is not None:
        return MeantDocument((marker.group(),), is_certain=True)
    return MeantDocument((told,) if told else (), is_certain=_GUID.fullmatch(told) is not None)


def _ledger_of(told: str) -> str:
    """Whose page it is; "" when it is none of theirs. A browser may leave the scheme out."""
    try:
        host = (urlsplit(told if "://" in told else f"https://{told}").hostname or "").casefold()
    except ValueError:
        return ""
    return next((ledger for name, ledger in _HOSTS.items() if host == name or host.endswith(f".{name}")), "")


def _of_quickbooks(told: str) -> MeantDocument:
    parts = urlsplit(told if "://" in told else f"https://{told}")
    found = [value.strip() for key, value in parse_qsl(parts.query) if key.casefold() == "txnid" and value.strip()]
    page = parts.path.rstrip("/").rpartition("/")[2].casefold()
    return MeantDocument(tuple(dict.fromkeys(found)), "quickbooks", _PAGES.get(page), is_certain=True)
