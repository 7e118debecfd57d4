"""What makes a ledger document one of ours and one of a kind: identity, marker, idempotency key, fingerprint.

Everything here is derived from the identity alone, so that an empty or restored database computes the same markers and
finds the documents that an earlier one posted. Titles, mapping files and connection names are no part of it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass

# QuickBooks' DocNumber is the shortest of the marker fields.
MARKER_LENGTH_MAX = 21
_NUMBER_LENGTH_MAX = 7
_HASH_LENGTH = 13  # 65 bits: among a million documents a collision has odds below one in thirty million


@dataclass(frozen=True, slots=True)
class Identity:
    """One intended document: which ledger company, which work order, which of its documents, which revision.

    `ledger_company` is the realm or tenant id; `flow` is "cost" or "invoice"; `revision` counts changes of the accounting facts.
    """

    ledger_company: str
    source_company: str
    site: str
    work_order_number: str
    flow: str
    revision: int = 1

    def text(self) -> str:
        """The identity as one unambiguous line."""
        return json.dumps(
            [self.ledger_company, self.source_company, self.site, self.work_order_number, self.flow, self.revision], ensure_ascii=True
        )


def marker(identity: Identity) -> str:
    """The document number under which the ledger can be asked for this identity: at most 21 characters, upper case only."""
    readable = re.sub(r"[^0-9A-Z]", "", identity.work_order_number.upper())[-_NUMBER_LENGTH_MAX:]
    digest = base64.b32encode(hashlib.sha256(identity.text().encode()).digest()).decode()[:_HASH_LENGTH]
    return f"{readable}-{digest}" if readable else digest


def narration(identity: Identity) -> str:
    """The whole narration of a Xero manual journal, the one field by which it can be found again."""
    readable = "".join(c for c in identity.work_order_number if c.isprintable() and c not in '"\\')[:80]
    return f"UpKeep work order {readable} [{marker(identity)}]"


def idempotency_key(identity: Identity, phase: str, generation: int) -> str:
    """The key that the vendor remembers for one write: 32 hex characters, tenant and document included by derivation."""
    return hashlib.sha256(f"upkeep-connector|{identity.text()}|{phase}|{generation}".encode()).hexdigest()[:32]


def fingerprint(facts: object) -> str:
    """A short hash of accounting facts given as plain lists, strings and numbers."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, ensure_ascii=True, default=str).encode()).hexdigest()[:32]
