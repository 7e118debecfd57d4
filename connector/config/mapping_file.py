"""A mapping file as values of core/mapping.py: each fact with its line, every mistake at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as MappingType
from pathlib import Path

from connector.config.exchange_rates import read_exchange_rates
from connector.config.invoice_rules import read_invoice
from connector.config.labor_rules import read_labor_rates, read_overtime
from connector.config.mapping_facts import read_custom_fields, read_facts_of, refuse_ties
from connector.config.mapping_values import KINDS, read_by_kind, read_fact, read_facts, read_lookup, refuse_equal, refuse_slip
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node, read_yaml
from connector.core.cost_rules import LaborTwice
from connector.core.costing import CostKind
from connector.core.facts import KIND, Target
from connector.core.mapping import (
    CHOSEN_KINDS,
    AccountFact,
    Condition,
    DocumentKind,
    Fact,
    Mapping,
    Names,
    simplify_status,
)
from connector.core.problem import Problem

_KEYS = (
    "cost_code", "ready", "exclude", "cost_codes", "defaults", "credits", "tracking", "labor_rates", "documents", "invoice", "rounding",
    "exchange_rates", "names", "overtime", "labor_entered_twice", "facts", "custom_fields", "account_segments",
)  # fmt: skip
_NAMES_KEYS = ("accounts", "items", "tax_codes", "customers", "tracking")


def load_mapping(path: Path) -> tuple[Mapping | None, list[Problem]]:
    """Read a mapping file; None when there is any problem, and then every one of them."""
    root, text, problems = read_yaml(path)
    if root is None:
        return None, problems
    reader = Reader("MAP", None, problems)
    entries = reader.table(root, _KEYS)
    custom_fields = read_custom_fields(reader, entries.get("custom_fields"))
    facts = read_facts_of(reader, [(0, entries["facts"])] if "facts" in entries else [], custom_fields)
    ready = _ready(reader, entries.get("ready"))
    reader.choice(entries, "rounding", root, ("half_up",), "half_up")
    twice = reader.choice(entries, "labor_entered_twice", root, [one.value for one in LaborTwice], "hold")
    cost_code = reader.text(entries, "cost_code", root, "category")
    refuse_slip(reader, cost_code, entries["cost_code"].place if "cost_code" in entries else "")
    mapping = Mapping(
        file=str(path),
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        cost_code_key=cost_code,
        ready_statuses=ready[0],
        conditions=ready[1],
        exclusions=tuple(c for node in reader.items(entries.get("exclude")) for c in _only_condition(reader, node, "because")),
        debits=(*_cost_codes(reader, entries.get("cost_codes")), *_defaults(reader, entries.get("defaults"))),
        credits=read_by_kind(reader, entries.get("credits"), "credits:"),
        tracking={name: read_lookup(reader, node) for name, node in reader.table(entries.get("tracking")).items()},
        exchange_rates=read_exchange_rates(reader, entries.get("exchange_rates")),
        labor_rates=read_labor_rates(reader, entries.get("labor_rates")),
        overtime=read_overtime(reader, entries.get("overtime")),
        labor_twice=next((one for one in LaborTwice if one.value == twice), LaborTwice.HOLD),
        documents=_documents(reader, entries.get("documents")),
        invoice=read_invoice(reader, entries.get("invoice"), {fact.fact.value for fact in facts if fact.target == Target.CUSTOMER}),
        names={ledger: _names(reader, node) for ledger, node in reader.table(entries.get("names"), ("quickbooks", "xero")).items()},
        facts=facts,
        custom_fields=custom_fields,
        segments=reader.text(entries, "account_segments", root, ""),
    )
    refuse_ties(reader, mapping.index)
    _lint(reader, (root.keys or {}).get("credits", root.place), mapping)
    return (None, reader.problems) if reader.problems else (mapping, [])


def _ready(reader: Reader, node: Node | None) -> tuple[frozenset[str], tuple[Condition, ...]]:
    entries = reader.table(node, ("statuses", "require"))
    facts = [read_fact(reader, item, "a status") for item in reader.items(entries.get("statuses"))]
    statuses = frozenset(simplify_status(fact.value) for fact in facts if fact is not None) or frozenset({"complete"})
    conditions = tuple(c for item in reader.items(entries.get("require")) for c in _conditions(reader, item, ()))
    return statuses, conditions


def _conditions(reader: Reader, node: Node, besides: tuple[str, ...]) -> list[Condition]:
    """The conditions of one entry; `besides` are keys of the entry that are no conditions."""
    entries = reader.table(node)
    because = reader.text(entries, "because", node, "") if "because" in besides else ""
    found = []
    for key, value in entries.items():
        if key in besides:
            continue
        values = [value] if value.items is None else list(value.items)
        for item in values:
            if item.scalar is None:
                reader.add("NOT_A_VALUE", item.place, f"'{key}' is {item.what()}, words were expected.", "Write one word, or [a, list].")
        words = frozenset((item.scalar or "").strip().casefold() for item in values)
        refuse_slip(reader, key, (node.keys or {}).get(key, value.place))
        found.append(Condition(key, words, value.place, because))
    if not found:
        reader.add("EMPTY_CONDITION", node.place, "This entry names nothing to compare.", "Write one like {category: Warranty}.")
    return found


def _only_condition(reader: Reader, node: Node, beside: str) -> list[Condition]:
    """The one condition of an entry: with two, nobody could tell whether both must hold or one is enough."""
    found = _conditions(reader, node, (beside,))
    if len(found) > 1:
        keys = " and ".join(f"'{condition.key}'" for condition in found)
        reader.add("TWO_CONDITIONS", found[1].place, f"This entry compares {keys}.", "Compare one key in each entry.")
    return found


def _cost_codes(reader: Reader, node: Node | None) -> list[AccountFact]:
    facts = []
    entries = reader.table(node)
    refuse_equal(reader, node, entries)
    for code, value in entries.items():
        folded = code.strip().casefold()
        if value.scalar is not None:
            fact = read_fact(reader, value, f"'{code}'", f"cost_codes: {code}")
            facts += [AccountFact(fact, folded)] if fact else []
            continue
        for kind, fact in read_facts(reader, value, (*KINDS, "default"), under=f"cost_codes: {code},").items():
            if kind in KINDS or kind == "default":
                facts.append(AccountFact(fact, folded, None if kind == "default" else CostKind(kind)))
    return facts


def _defaults(reader: Reader, node: Node | None) -> list[AccountFact]:
    known = (*KINDS, "account")
    facts = read_facts(reader, node, known, under="defaults:")
    return [AccountFact(fact, "", None if name == "account" else CostKind(name)) for name, fact in facts.items() if name in known]


def _documents(reader: Reader, node: Node | None) -> tuple[tuple[Condition, DocumentKind], ...]:
    found = []
    for item in reader.items(node):
        entries = reader.table(item)
        word = reader.choice(entries, "document", item, [kind.value for kind in CHOSEN_KINDS])
        if word in [kind.value for kind in CHOSEN_KINDS]:
            found += [(condition, DocumentKind(word)) for condition in _only_condition(reader, item, "document")]
    return tuple(found)


def _names(reader: Reader, node: Node) -> Names:
    entries = reader.table(node, _NAMES_KEYS)

    def by_name(key: str) -> MappingType[str, Fact]:
        return read_facts(reader, entries.get(key))

    return Names(by_name("accounts"), by_name("items"), by_name("tax_codes"), by_name("customers"), by_name("tracking"))


def _lint(reader: Reader, credits_place: str, mapping: Mapping) -> None:
    """What no chart is needed to see."""
    index = mapping.index
    makes_journals = bool(index.of(Target.ACCOUNT))
    if not makes_journals and not index.of(Target.ITEM) and not index.of(Target.REVENUE_ACCOUNT):
        message = "No cost code and no default has an account."
        reader.add("NO_ACCOUNTS", f"{mapping.file}:1", message, "Add `defaults:` with an `account:`.")
    told = {kind for fact in index.of(Target.CREDIT) for kind in (dict(fact.when).get(KIND, ""), *(() if fact.when else KINDS))}
    missing = [kind for kind in KINDS if kind not in told]
    if makes_journals and missing:
        reader.add("NO_CREDIT", credits_place, f"The credit side of {', '.join(missing)} is missing.", "Add it under `credits:`.")
