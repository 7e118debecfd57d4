"""Several files as one mapping: facts keep their file and win by it; anything else is taken whole from the nearest file that writes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, fields, replace

from connector.config.mapping_includes import Part
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from connector.core.additions import ADDED_TO
from connector.core.billing_rules import BillingRules
from connector.core.facts import WhenFact
from connector.core.mapping import Fact, InvoiceRules, Mapping, Names

Read = tuple[Part, Mapping]


def together(reader: Reader, read: Sequence[Read]) -> Mapping:
    """One mapping of all files, the nearest first."""
    own = read[0][1]
    if len(read) == 1:
        return own
    nearest = _Nearest(reader, read)
    ready = nearest.of("ready")
    return replace(
        own,
        cost_code_key=nearest.of("cost_code").cost_code_key,
        ready_statuses=ready.ready_statuses,
        conditions=ready.conditions,
        exclusions=nearest.of("exclude").exclusions,
        labor_rates=nearest.of("labor_rates").labor_rates,
        overtime=nearest.of("overtime").overtime,
        labor_twice=nearest.of("labor_entered_twice").labor_twice,
        exchange_rates=nearest.of("exchange_rates").exchange_rates,
        coverage=nearest.of("coverage").coverage,
        additions={word: found for word in ADDED_TO if (found := nearest.of(word.value).additions.get(word.value))},
        hold_above=nearest.of("hold_above").hold_above,
        documents=nearest.of("documents").documents,
        segments=nearest.of("account_segments").segments,
        invoice=_invoice(own.invoice, nearest),
        facts=(*own.facts, *(fact for part, mapping in read[1:] for fact in _facts(part, mapping))),
        custom_fields=tuple(dict.fromkeys(word for _, mapping in read for word in mapping.custom_fields)),
        names=_names(reader, read),
    )


def _facts(part: Part, mapping: Mapping) -> Iterator[WhenFact]:
    yield from (replace(fact, layer=part.layer) for fact in mapping.short_facts())
    yield from mapping.facts


def _invoice(own: InvoiceRules, nearest: _Nearest) -> InvoiceRules:
    """What `invoice:` says beside its facts."""
    status, markup, limit = (nearest.of_invoice(key) for key in ("status", "markup_percent", "not_to_exceed"))
    billing = BillingRules(
        markup_places=markup.billing.markup_places,
        tiers=markup.billing.tiers,
        bill_rates=nearest.of_invoice("bill_rates").billing.bill_rates,
        minimum=nearest.of_invoice("minimum_hours").billing.minimum,
        rounding=nearest.of_invoice("round_hours_up").billing.rounding,
        above_limit=limit.billing.above_limit,
    )
    return replace(
        own,
        markup_percent=markup.markup_percent,
        billing=billing,
        not_to_exceed=limit.not_to_exceed,
        tax=nearest.of_invoice("tax").tax,
        due_days=nearest.of_invoice("due_days").due_days,
        terms=nearest.of_invoice("terms").terms,
        service_date=nearest.of_invoice("service_date").service_date,
        bill_email=nearest.of_invoice("bill_email").bill_email,
        memo=nearest.of_invoice("memo").memo,
        branding_theme=nearest.of_invoice("branding_theme").branding_theme,
        approval=status.approval,
        approval_place=status.approval_place,
    )


@dataclass(frozen=True, slots=True)
class _Nearest:
    """The nearest file that writes a key, else the mapping itself; two files side by side that write it are a mistake."""

    reader: Reader
    read: Sequence[Read]

    def of(self, key: str) -> Mapping:
        """The file's values, for a key of its own."""
        return self._which(key, [part.root.entries or {} for part, _ in self.read])

    def of_invoice(self, key: str) -> InvoiceRules:
        """The file's values, for a key under `invoice`."""
        tables = [(part.root.entries or {}).get("invoice") for part, _ in self.read]
        return self._which(key, [(table.entries or {}) if table is not None else {} for table in tables]).invoice

    def _which(self, key: str, tables: Sequence[MappingType[str, Node]]) -> Mapping:
        writing = [(part, mapping, table[key]) for (part, mapping), table in zip(self.read, tables, strict=True) if key in table]
        for part, _, node in writing[1:]:
            if part.layer == writing[0][0].layer:
                _refuse_beside(self.reader, key, writing[0][2].place, node.place)
        return writing[0][1] if writing else self.read[0][1]


def _refuse_beside(reader: Reader, key: str, place: str, other: str) -> None:
    message = f"Two included files write '{key}' (the other at {place})."
    reader.add("INCLUDE_TIE", other, message, "Keep one, or write it in the file that includes both.")


def _names(reader: Reader, read: Sequence[Read]) -> dict[str, Names]:
    """What each name is called: by ledger and list, and there name by name."""
    found: dict[str, Names] = {}
    for ledger in dict.fromkeys(ledger for _, mapping in read for ledger in mapping.names):
        writing = [(part, mapping.names[ledger]) for part, mapping in read if ledger in mapping.names]
        tables = {one.name: _table(reader, [(part, getattr(names, one.name)) for part, names in writing]) for one in fields(Names)}
        found[ledger] = Names(**tables)
    return found


def _table(reader: Reader, tables: Sequence[tuple[Part, MappingType[str, Fact]]]) -> dict[str, Fact]:
    found: dict[str, tuple[Part, Fact]] = {}
    for part, table in tables:
        for name, fact in table.items():
            first_part, first = found.setdefault(name, (part, fact))
            if first_part.layer == part.layer and first.value != fact.value:
                _refuse_beside(reader, name, first.place, fact.place)
    return {name: fact for name, (_, fact) in found.items()}
