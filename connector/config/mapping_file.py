"""A mapping file as values of core/mapping.py: each fact with its line, every mistake at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping as MappingType
from datetime import date
from decimal import Decimal
from pathlib import Path

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node, read_yaml
from connector.core.costing import CostKind, LaborRate
from connector.core.mapping import (
    CHOSEN_KINDS,
    AccountFact,
    Condition,
    DocumentKind,
    Fact,
    InvoiceRules,
    Lookup,
    Mapping,
    Names,
    TaxRules,
    simplify_status,
)
from connector.core.problem import Problem
from connector.core.tax import Amounts

_KEYS = (
    "cost_code", "ready", "exclude", "cost_codes", "defaults", "credits", "tracking", "labor_rates", "documents", "invoice", "rounding",
    "names",
)  # fmt: skip
_KINDS = tuple(kind.value for kind in CostKind)
_INVOICE_KEYS = ("customer", "markup_percent", "items", "accounts", "tax_codes", "tax", "due_days")
_TAX_KEYS = ("amounts", "tolerance", "expected_percent", "tolerance_percent", "on_difference", "rounding", "exempt")
_ON_DIFFERENCE = ("finding", "rounding_line")
_NAMES_KEYS = ("accounts", "items", "tax_codes", "customers", "tracking")
ALWAYS = date(1900, 1, 1)
DUE_DAYS_MAX = 3650


def load_mapping(path: Path) -> tuple[Mapping | None, list[Problem]]:
    """Read a mapping file; None when there is any problem, and then every one of them."""
    root, text, problems = read_yaml(path)
    if root is None:
        return None, problems
    reader = Reader("MAP", None, problems)
    entries = reader.table(root, _KEYS)
    ready = _ready(reader, entries.get("ready"))
    reader.choice(entries, "rounding", root, ("half_up",), "half_up")
    mapping = Mapping(
        file=str(path),
        digest=hashlib.sha256(text.encode()).hexdigest()[:16],
        cost_code_key=reader.text(entries, "cost_code", root, "category"),
        ready_statuses=ready[0],
        conditions=ready[1],
        exclusions=tuple(c for node in reader.items(entries.get("exclude")) for c in _only_condition(reader, node, "because")),
        debits=(*_cost_codes(reader, entries.get("cost_codes")), *_defaults(reader, entries.get("defaults"))),
        credits=_by_kind(reader, entries.get("credits"), "credits:"),
        tracking={name: _lookup(reader, node) for name, node in reader.table(entries.get("tracking")).items()},
        labor_rates=_labor_rates(reader, entries.get("labor_rates")),
        documents=_documents(reader, entries.get("documents")),
        invoice=_invoice(reader, entries.get("invoice")),
        names={ledger: _names(reader, node) for ledger, node in reader.table(entries.get("names"), ("quickbooks", "xero")).items()},
    )
    _lint(reader, (root.keys or {}).get("credits", root.place), mapping)
    return (None, reader.problems) if reader.problems else (mapping, [])


def _fact(reader: Reader, node: Node, what: str, rule: str = "") -> Fact | None:
    if node.scalar is None or node.scalar.strip() == "":
        reader.add("NOT_A_NAME", node.place, f"{what} is {node.what()}, a name was expected.", "Write the name on one line.")
        return None
    return Fact(node.scalar.strip(), node.place, rule)


def _facts(reader: Reader, node: Node | None, known: tuple[str, ...] | None = None, *, under: str = "") -> dict[str, Fact]:
    """The names of a table; `under` is what the table is called, for the rule that each of them is."""
    found = {name: _fact(reader, value, f"'{name}'", f"{under} {name}".strip()) for name, value in reader.table(node, known).items()}
    return {name: fact for name, fact in found.items() if fact is not None}


def _by_kind(reader: Reader, node: Node | None, under: str) -> dict[CostKind, Fact]:
    return {CostKind(name): fact for name, fact in _facts(reader, node, _KINDS, under=under).items() if name in _KINDS}


def _ready(reader: Reader, node: Node | None) -> tuple[frozenset[str], tuple[Condition, ...]]:
    entries = reader.table(node, ("statuses", "require"))
    facts = [_fact(reader, item, "a status") for item in reader.items(entries.get("statuses"))]
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


def _refuse_equal(reader: Reader, node: Node | None, entries: MappingType[str, Node]) -> None:
    """Names that differ in capitals or blanks only are one name when work orders are compared, and one of the two would be lost."""
    first: dict[str, str] = {}
    for name in entries:
        folded = name.strip().casefold()
        place = ((node.keys if node else None) or {}).get(name, "")
        if folded in first:
            reader.add("TWICE", place, f"'{name}' is the same as '{first[folded]}': capitals do not count.", "Keep one.")
        first.setdefault(folded, name)


def _cost_codes(reader: Reader, node: Node | None) -> list[AccountFact]:
    facts = []
    entries = reader.table(node)
    _refuse_equal(reader, node, entries)
    for code, value in entries.items():
        folded = code.strip().casefold()
        if value.scalar is not None:
            fact = _fact(reader, value, f"'{code}'", f"cost_codes: {code}")
            facts += [AccountFact(fact, folded)] if fact else []
            continue
        for kind, fact in _facts(reader, value, (*_KINDS, "default"), under=f"cost_codes: {code},").items():
            if kind in _KINDS or kind == "default":
                facts.append(AccountFact(fact, folded, None if kind == "default" else CostKind(kind)))
    return facts


def _defaults(reader: Reader, node: Node | None) -> list[AccountFact]:
    known = (*_KINDS, "account")
    facts = _facts(reader, node, known, under="defaults:")
    return [AccountFact(fact, "", None if name == "account" else CostKind(name)) for name, fact in facts.items() if name in known]


def _lookup(reader: Reader, node: Node | None) -> Lookup:
    before = len(reader.problems)
    entries = reader.table(node, ("by", "values", "default"))
    by = reader.text(entries, "by", node, "") if node is not None else ""
    default = _fact(reader, entries["default"], "'default'") if "default" in entries else None
    facts = _facts(reader, entries.get("values"))
    _refuse_equal(reader, entries.get("values"), (entries["values"].entries or {}) if "values" in entries else {})
    values = {name.strip().casefold(): fact for name, fact in facts.items()}
    if values and not by and node is not None:
        reader.add("LOOKUP_WITHOUT_KEY", node.place, "It lists values but not by which key.", "Add `by: location` (or asset, category, …).")
    if node is not None and not values and default is None and len(reader.problems) == before:
        reader.add("LOOKUP_EMPTY", node.place, "It gives no value at all.", "Add `values:` or a `default:`.")
    return Lookup(by, values, default)


def _labor_rates(reader: Reader, node: Node | None) -> tuple[LaborRate, ...]:
    rates: list[LaborRate] = []
    seen: dict[tuple[str, date], str] = {}
    for item in reader.items(node):
        rate = _labor_rate(reader, item)
        if rate is None:
            continue
        scope = (rate.worker.strip().casefold(), rate.valid_from)
        if scope in seen:
            whose = f"'{rate.worker}'" if rate.worker else "everyone"
            message = f"A second rate for {whose} from the same day (first at {seen[scope]})."
            reader.add("TWICE", rate.place, message, "Keep one, or give it another `from:`.")
        seen.setdefault(scope, rate.place)
        rates.append(rate)
    return tuple(rates)


def _labor_rate(reader: Reader, node: Node) -> LaborRate | None:
    entries = reader.table(node, ("worker", "from", "rate_per_hour"))
    if "rate_per_hour" not in entries:
        reader.add("MISSING", node.place, "'rate_per_hour' is missing.", "Add it, such as rate_per_hour: 48.50.")
        return None
    rate = reader.decimal(entries["rate_per_hour"], "rate_per_hour")
    if rate is not None and rate <= 0:
        reader.add(
            "RATE_NOT_POSITIVE", entries["rate_per_hour"].place, f"rate_per_hour is {rate}.", "A rate is above zero, or not written."
        )
    start = reader.day(entries.get("from"), "from") if "from" in entries else ALWAYS
    return None if rate is None or start is None else LaborRate(reader.text(entries, "worker", node, ""), start, rate, node.place)


def _documents(reader: Reader, node: Node | None) -> tuple[tuple[Condition, DocumentKind], ...]:
    found = []
    for item in reader.items(node):
        entries = reader.table(item)
        word = reader.choice(entries, "document", item, [kind.value for kind in CHOSEN_KINDS])
        if word in [kind.value for kind in CHOSEN_KINDS]:
            found += [(condition, DocumentKind(word)) for condition in _only_condition(reader, item, "document")]
    return tuple(found)


def _invoice(reader: Reader, node: Node | None) -> InvoiceRules:
    entries = reader.table(node, _INVOICE_KEYS)
    markup: dict[CostKind, Decimal] = {}
    for name, value in reader.table(entries.get("markup_percent"), _KINDS).items():
        number = reader.decimal(value, f"markup of {name}", minimum=Decimal(-100))
        if number is not None and name in _KINDS:
            markup[CostKind(name)] = number
    customer = _lookup(reader, entries.get("customer"))
    due = reader.whole(entries["due_days"], "due_days", minimum=0, maximum=DUE_DAYS_MAX) if "due_days" in entries else 30
    return InvoiceRules(
        customer=customer,
        markup_percent=markup,
        items=_by_kind(reader, entries.get("items"), "invoice items:"),
        accounts=_by_kind(reader, entries.get("accounts"), "invoice accounts:"),
        tax_codes=_by_kind(reader, entries.get("tax_codes"), "invoice tax_codes:"),
        tax=_tax(reader, entries["tax"], customer) if "tax" in entries else TaxRules(),
        due_days=due or 0,
    )


def _tax(reader: Reader, node: Node, customer: Lookup) -> TaxRules:
    entries = reader.table(node, _TAX_KEYS)
    words = [amounts.value for amounts in Amounts]
    amounts = reader.choice(entries, "amounts", node, words, Amounts.EXCLUSIVE.value)
    adds_line = reader.choice(entries, "on_difference", node, _ON_DIFFERENCE, "finding") == "rounding_line"
    rounding = _facts(reader, entries.get("rounding"), ("item", "account", "tax_code"), under="invoice tax rounding:")
    # A line that no tax code keeps untaxed, or that is booked nowhere, would make a difference instead of mending one.
    if adds_line and not ("tax_code" in rounding and {"item", "account"} & rounding.keys()):
        message = "A rounding line needs a tax_code without tax, and an item (QuickBooks) or an account (Xero)."
        reader.add("MISSING", node.place, message, "Add `rounding:` with them under `tax:`.")

    def number(key: str) -> Decimal | None:
        return reader.decimal(entries[key], key, minimum=Decimal(0)) if key in entries else None

    exempt, exempt_code = _exempt(reader, entries.get("exempt"), customer)
    return TaxRules(
        amounts=Amounts(amounts) if amounts in words else Amounts.EXCLUSIVE,
        tolerance=number("tolerance"),
        expected_percent=number("expected_percent"),
        tolerance_percent=number("tolerance_percent") or Decimal(0),
        adds_rounding_line=adds_line,
        rounding=rounding,
        exempt=exempt,
        exempt_code=exempt_code,
    )


def _exempt(reader: Reader, node: Node | None, customer: Lookup) -> tuple[frozenset[str], Fact | None]:
    """The customers who are billed without tax, and under which code; a name that no work order leads to is a mistake."""
    entries = reader.table(node, ("customers", "tax_code"))
    code = _fact(reader, entries["tax_code"], "'tax_code'", "invoice tax exempt:") if "tax_code" in entries else None
    if node is not None and (code is None or "customers" not in entries) and node.entries is not None:
        reader.add("MISSING", node.place, "It needs `customers:` and a `tax_code:` without tax.", "Write both.")
    known = {fact.value for fact in (*customer.values.values(), customer.default) if fact is not None}
    found = [fact for item in reader.items(entries.get("customers")) if (fact := _fact(reader, item, "a customer"))]
    for fact in found:
        if fact.value not in known:
            message = f"'{fact.value}' is no customer of this mapping."
            reader.add("BAD_CHOICE", fact.place, message, f"It must be one of: {', '.join(sorted(known))}.")
    return frozenset(fact.value for fact in found), code


def _names(reader: Reader, node: Node) -> Names:
    entries = reader.table(node, _NAMES_KEYS)

    def by_name(key: str) -> MappingType[str, Fact]:
        return _facts(reader, entries.get(key))

    return Names(by_name("accounts"), by_name("items"), by_name("tax_codes"), by_name("customers"), by_name("tracking"))


def _lint(reader: Reader, credits_place: str, mapping: Mapping) -> None:
    """What no chart is needed to see."""
    if not mapping.debits and not mapping.invoice.items and not mapping.invoice.accounts:
        message = "No cost code and no default has an account."
        reader.add("NO_ACCOUNTS", f"{mapping.file}:1", message, "Add `defaults:` with an `account:`.")
    missing = [kind.value for kind in CostKind if kind not in mapping.credits]
    if mapping.debits and missing:
        reader.add("NO_CREDIT", credits_place, f"The credit side of {', '.join(missing)} is missing.", "Add it under `credits:`.")
