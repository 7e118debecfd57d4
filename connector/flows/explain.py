"""Why each cent of a work order went where it went: the actual, the rule, the YAML line, the account, the document."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from connector.core.disposition import Remembered
from connector.core.evidence import Evidence
from connector.core.money import plain
from connector.core.reversal import Reversal
from connector.core.write_back import Message
from connector.flows.world import World


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything we know of one work order, in the order in which a person asks."""

    number: str
    title: str
    disposition: str
    amount: str
    currency: str
    completed_on: str
    document_date: str
    moved_from: str
    marker: str
    document_id: str
    posting_state: str
    mapping_digest: str
    lines: tuple[dict[str, object], ...]
    problems: tuple[dict[str, str], ...]
    tax: str = ""  # what the ledger is expected to charge; "" when it cannot be foretold
    tax_tolerance: str = ""
    head: tuple[dict[str, str], ...] = ()  # what the head of the document says: field, value, rule
    evidence: tuple[dict[str, str], ...] = ()  # what lies beside its document, or is meant to
    messages: tuple[dict[str, str], ...] = ()  # what the work order is told about its documents
    kind: str = ""  # of the document; "" where an earlier release decided
    left_out: tuple[str, ...] = ()  # what stands on the work order and does not count, because the mapping says so
    reversal: dict[str, str] = field(default_factory=dict)  # the credit that takes it back: by whom, when and why; empty when there is none

    def to_json(self) -> dict[str, object]:
        """The explanation as JSON values."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def explain(world: World, number: str) -> Explanation | None:
    """Explain one work order from our records; None when it is not known here."""
    row = world.store.find(number)
    if row is None:
        return None
    beside = tuple(_evidence(one) for one in world.evidence.of(number))
    told = tuple(_message(one) for one in world.messages.of(number)) if world.messages is not None else ()
    return replace(_explanation(row), evidence=beside, messages=told, reversal=_reversal(next(iter(world.store.reversals(number)), None)))


def _message(one: Message) -> dict[str, str]:
    return {"text": one.text, "state": one.state.value, "problem": one.problem}


def _evidence(one: Evidence) -> dict[str, str]:
    told = {"kind": one.kind.value, "name": one.name, "state": one.state.value, "sha256": one.checksum, "id": one.remote_id}
    return told | {"marker": one.marker, "problem": one.problem}


def _reversal(known: Reversal | None) -> dict[str, str]:
    if known is None:
        return {}
    credit = known.credit
    told = {
        "marker": credit.marker,
        "document_id": credit.remote_id,
        "state": credit.state.value,
        "date": credit.expectation.date.isoformat(),
    }
    return told | {"because": known.because, "by": known.actor, "asked_at": known.asked_at.isoformat()}


def _explanation(row: Remembered) -> Explanation:
    told: dict[str, Any] = json.loads(row.explanation) if row.explanation else {"date": "", "lines": []}
    return Explanation(
        number=row.number,
        title=row.title,
        disposition=row.disposition.value,
        amount=plain(row.amount) if row.amount is not None else "",
        currency=row.currency,
        completed_on=row.completed_on.isoformat() if row.completed_on else "",
        document_date=told["date"],
        moved_from=row.moved_from.isoformat() if row.moved_from else "",
        marker=row.marker,
        document_id=row.remote_id,
        posting_state=row.posting_state,
        mapping_digest=row.mapping_digest,
        lines=tuple(told["lines"]),
        problems=tuple({"code": p.code, "place": p.place, "message": p.message, "next_step": p.next_step} for p in row.problems),
        tax=told.get("tax", ""),
        tax_tolerance=told.get("tax_tolerance", ""),
        head=tuple(dict(zip(("field", "value", "rule"), row, strict=True)) for row in told.get("head", [])),
        kind=told.get("kind", ""),
        left_out=tuple(told.get("left_out", ())),
    )
