"""Which names of the mapping a document was made of, and where each is written: kept with the work order, for a refusal to point at."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from connector.core.drafting import Draft, InvoiceDraft, InvoiceLine, JournalLine
from connector.core.mapping import Fact

ACCOUNT, ITEM, CUSTOMER, TAX_CODE, TRACKING, TERMS = "account", "item", "customer", "tax code", "tracking value", "terms"


@dataclass(frozen=True, slots=True)
class MappedName:
    """One name of the mapping in a document. `line` counts from 0; -1 is the document itself. `place` is "file:line"."""

    line: int
    kind: str
    value: str
    place: str


def names_of(draft: Draft) -> tuple[MappedName, ...]:
    """Every name that the draft was made of, in the order of its lines, which are the lines of the ledger's document too."""
    found, lines = list(_of_head(draft)), cast(Sequence[JournalLine | InvoiceLine], draft.lines)
    for number, line in enumerate(lines):
        found += [MappedName(number, kind, fact.value, fact.place) for kind, fact in _of_line(line)]
    return tuple(found)


def _of_head(draft: Draft) -> Iterator[MappedName]:
    if isinstance(draft, InvoiceDraft):
        yield MappedName(-1, CUSTOMER, draft.customer.value, draft.customer.place)
        if draft.heading.terms is not None:
            yield MappedName(-1, TERMS, draft.heading.terms.value, draft.heading.terms.place)


def _of_line(line: JournalLine | InvoiceLine) -> Iterator[tuple[str, Fact]]:
    told: list[tuple[str, Fact | None]] = [(ACCOUNT, line.account)]
    if isinstance(line, InvoiceLine):
        told += [(ITEM, line.item), (TAX_CODE, line.tax_code)]
    yield from ((kind, fact) for kind, fact in told if fact is not None)
    yield from ((TRACKING, fact) for _, fact in line.tracking)


def names_as_json(draft: Draft) -> list[list[object]]:
    """The names as JSON values: [line, kind, value, place] each."""
    return [[name.line, name.kind, name.value, name.place] for name in names_of(draft)]


def read_names(explanation: str) -> tuple[MappedName, ...]:
    """The names out of a work order's stored explanation; none in one that an earlier version wrote."""
    told: dict[str, Any] = json.loads(explanation or "{}")
    return tuple(MappedName(line, kind, value, place) for line, kind, value, place in told.get("names", []))
