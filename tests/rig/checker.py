"""The verdict, from the ledger's own books and UpKeep's own list alone; and beside it what our record says of itself."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.rig.ground import Ground

ZERO = Decimal(0)
MARKER = re.compile(r"\b([0-9]+)-[0-9A-Z]{13}\b")


@dataclass
class Verdict:
    """What a controller asks: twice, missing, unbalanced, to the cent. `wrong` says each in words."""

    work_orders: int = 0
    documents: int = 0
    duplicates: int = 0
    lost: int = 0
    unbalanced: int = 0
    cents_off: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Verdict) -> None:
        """The sums over several companies."""
        for name in ("work_orders", "documents", "duplicates", "lost", "unbalanced", "cents_off"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong


def check(ground: Ground) -> Verdict:
    """The verdict at rest: everything that is ready has its one document, and nothing else has."""
    verdict = Verdict()
    ready, others = _upkeep(ground)
    documents = ground.oracle("documents")["documents"]
    verdict.work_orders, verdict.documents = len(ready), len(documents)
    by_number: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for document in documents:
        by_number[_work_order_of(document)].append(document)
    for number, cost in ready.items():
        _check_one(verdict, number, cost, by_number.pop(number, []))
    for number, unmeant in by_number.items():
        verdict.duplicates += len(unmeant)
        verdict.wrong.append(f"work order {number} is {'not ready' if number in others else 'not in UpKeep'}, and has a document")
    _check_balance(verdict, ground, documents)
    _check_record(verdict, ground, ready, others)
    return verdict


def _upkeep(ground: Ground) -> tuple[dict[str, Decimal], set[str]]:
    """The cost of every completed, readable work order by number, and the numbers of all others."""
    ready, others, offset = {}, set(), 0
    while page := ground.upkeep.get("/api/v2/work-orders", params={"limit": 100, "offset": offset}).raise_for_status().json()["results"]:
        offset += len(page)
        for row in page:
            detail = ground.upkeep.get(f"/api/v2/work-orders/{row['id']}").raise_for_status().json()["result"]
            costs = [str(line["cost"]) for line in detail.get("additionalCosts", [])]
            if detail["status"] == "complete" and all(cost != "see invoice" for cost in costs):
                ready[detail["workOrderNo"]] = sum((Decimal(cost) for cost in costs), ZERO)
            else:
                others.add(detail["workOrderNo"])
    return ready, others


def _work_order_of(document: dict[str, Any]) -> str:
    """The marker, alone or within the narration, begins with the work order's number."""
    marker = MARKER.search(str(document["number"]))
    return marker[1] if marker else f"without a marker ({document['number']})"


def _check_one(verdict: Verdict, number: str, cost: Decimal, documents: list[dict[str, Any]]) -> None:
    if not documents:
        verdict.lost += 1
        verdict.wrong.append(f"work order {number} has no document")
    if len(documents) > 1:
        verdict.duplicates += len(documents) - 1
        verdict.wrong.append(f"work order {number} has {len(documents)} documents: {[document['id'] for document in documents]}")
    total = sum((Decimal(document["total"]) for document in documents), ZERO)
    if documents and total != cost:
        verdict.cents_off += int(abs(total - cost) * 100)
        verdict.wrong.append(f"work order {number} cost {cost}, and {total} is in the books")


def _check_balance(verdict: Verdict, ground: Ground, documents: list[dict[str, Any]]) -> None:
    for document in documents:
        sides = [sum((Decimal(line[side]) for line in document["lines"]), ZERO) for side in ("debit", "credit")]
        if sides[0] != sides[1] or not sides[0]:
            verdict.unbalanced += 1
            verdict.wrong.append(f"document {document['number']} has {sides[0]} in debit and {sides[1]} in credit")
    balance = ground.oracle("trial-balance")
    if balance["debit"] != balance["credit"]:
        verdict.unbalanced += 1
        verdict.wrong.append(f"the trial balance is {balance['debit']} against {balance['credit']}")
    for violation in ground.oracle("requests")["violations"]:
        verdict.wrong.append(f"the ledger complains: {violation}")


def _check_record(verdict: Verdict, ground: Ground, ready: dict[str, Decimal], others: set[str]) -> None:
    """Our own record: one disposition for each work order, nothing in the air, nothing in doubt."""
    stands = Counter((row.number, row.disposition) for row in ground.rows("SELECT number, disposition FROM work_order"))
    wanted = Counter((number, "posted") for number in ready)
    for (number, disposition), count in ((stands - wanted) | (wanted - stands)).items():
        if number not in others:
            verdict.wrong.append(f"our record has work order {number} as {disposition} {count} times too often or too rarely")
    for row in ground.rows("SELECT number, disposition FROM work_order WHERE disposition NOT IN ('posted', 'open', 'held')"):
        verdict.wrong.append(f"our record has work order {row.number} as {row.disposition}")
    for row in ground.rows("SELECT marker, state FROM posting WHERE state <> 'posted'"):
        verdict.wrong.append(f"our record has document {row.marker} as {row.state}")
    for row in ground.rows("SELECT code, message FROM finding"):
        verdict.wrong.append(f"our record has a finding: {row.code} {row.message}")
