"""The JSON Schema of a mapping, made of the reader's own tables of keys: editors complete and check by it what they can.

It tells shapes. What a person may write in more than one way is not refused; ties, slips in a custom field's name and all that compares
two lines are left to `connector mapping check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.config.billing_rules import BILL_RATE_KEYS, COVERAGE_KEYS, LIMIT_KEYS, SHOW, TIER_KEYS
from connector.config.exchange_rates import EXCHANGE_KEYS, LEFT_TO
from connector.config.invoice_rules import DUE_DAYS_MAX, EXEMPT_KEYS, INVOICE_KEYS, ON_DIFFERENCE, ROUNDING_KEYS, TAX_KEYS
from connector.config.journal_rules import ADDITION_KEYS, WAYS
from connector.config.labor_rules import OVERTIME_KEYS, RATE_KEYS
from connector.config.mapping_facts import ABOVE, FACT_KEYS, GIVES, UP_TO, WHEN, WHEN_KEYS
from connector.config.mapping_file import CODE_KEYS, DEFAULT_KEYS, KEYS, LEDGERS, NAMES_KEYS, READY_KEYS, ROUNDINGS
from connector.config.mapping_values import KINDS, LOOKUP_KEYS
from connector.core.billing_rules import AboveLimit, Per
from connector.core.cost_rules import LaborTwice
from connector.core.facts import KIND
from connector.core.mapping import CHOSEN_KINDS, Approval, ServiceDate
from connector.core.tax import Amounts

Schema = dict[str, object]

# A name may be any one value: account 6110 is a number to an editor, and `NO` a truth to some.
_NAME: Schema = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
_WORD: Schema = {"type": ["string", "number", "boolean", "null"]}
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^\s*[-+]?[0-9.][0-9.eE+-]*\s*$"}]}
_AMOUNT: Schema = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\s*\+?[0-9.][0-9.eE+-]*\s*$"}]}
_DAY: Schema = {"type": "string", "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"}


def mapping_schema() -> Schema:
    """The schema of one file, in draft 2020-12."""
    top: dict[str, Schema] = {
        "cost_code": _WORD,
        "ready": _table(READY_KEYS, {"statuses": _list(_NAME), "require": _list(_conditions())}),
        "exclude": _list(_conditions()),
        "cost_codes": _open({"anyOf": [_NAME, _table(CODE_KEYS, dict.fromkeys(CODE_KEYS, _NAME))]}),
        "defaults": _table(DEFAULT_KEYS, dict.fromkeys(DEFAULT_KEYS, _NAME)),
        "credits": _by_kind(_NAME),
        "tracking": _open(_lookup()),
        "labor_rates": _list(_table(RATE_KEYS, _rate(), ["rate_per_hour"])),
        "overtime": _list(_table(OVERTIME_KEYS, _overtime(), ["multiplier"])),
        "labor_entered_twice": _choice(one.value for one in LaborTwice),
        "documents": _list(_documents()),
        "coverage": _list(_coverage()),
        **{target.value: _open(_addition(ways)) for target, ways in WAYS.items()},
        "hold_above": _NAME,
        "invoice": _invoice(),
        "rounding": _choice(ROUNDINGS),
        "exchange_rates": {"anyOf": [_choice((LEFT_TO,)), _list(_table(EXCHANGE_KEYS, {"from": _DAY, "rate": _NUMBER}, EXCHANGE_KEYS))]},
        "names": _table(LEDGERS, dict.fromkeys(LEDGERS, _table(NAMES_KEYS, dict.fromkeys(NAMES_KEYS, _open(_NAME))))),
        "facts": _list(_fact()),
        "custom_fields": _list(_NAME),
        "account_segments": _WORD,
        "include": {"anyOf": [_NAME, {"type": "array", "items": _NAME}]},
    }
    about = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A mapping of the UpKeep accounting connector"}
    return {**about, **_table(KEYS, top)}


def _table(keys: Iterable[str], values: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A table of these keys and no others; a key without a schema here is a mistake of ours, which a test finds."""
    return {
        "type": ["object", "null"],
        "properties": {key: values[key] for key in keys},
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def _open(value: Schema) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": value}


def _list(item: Schema) -> Schema:
    return {"type": ["array", "null"], "items": item}


def _choice(words: Iterable[str]) -> Schema:
    return {"enum": [*words, None]}


def _by_kind(value: Schema) -> Schema:
    return _table(KINDS, dict.fromkeys(KINDS, value))


def _rate() -> dict[str, Schema]:
    return {"worker": _WORD, "vendor": _WORD, "trade": _WORD, "from": _DAY, "rate_per_hour": _NUMBER}


def _overtime() -> dict[str, Schema]:
    words: Schema = {"anyOf": [_NAME, _list(_NAME)]}
    return {"multiplier": _NUMBER, "category": words, "weekday": words, "hours_a_day": _AMOUNT, "hours_a_week": _AMOUNT}


def _lookup() -> Schema:
    return _table(LOOKUP_KEYS, {"by": _WORD, "values": _open(_NAME), "default": _NAME})


def _conditions() -> Schema:
    return {"type": "object", "minProperties": 1, "additionalProperties": {"anyOf": [_WORD, {"type": "array", "items": _WORD}]}}


def _documents() -> Schema:
    chosen: Schema = {"enum": [kind.value for kind in CHOSEN_KINDS]}
    return {**_conditions(), "minProperties": 2, "required": ["document"], "properties": {"document": chosen}}


def _coverage() -> Schema:
    kinds: Schema = {"enum": list(KINDS)}
    values: dict[str, Schema] = {
        "covers": {"anyOf": [kinds, {"type": "array", "items": kinds}]},
        "show": _choice(SHOW),
        "because": _WORD,
    }
    return {**_conditions(), "minProperties": 2, "required": ["covers"], "properties": {key: values[key] for key in COVERAGE_KEYS}}


def _addition(ways: Iterable[str]) -> Schema:
    rates = _list(_table(("from", *ways), {"from": _DAY, **dict.fromkeys(ways, _NUMBER)}))
    return _table(ADDITION_KEYS, {"account": _NAME, "credit": _NAME, "rates": rates}, ["credit", "rates"])


def _bill_rate() -> dict[str, Schema]:
    return {"worker": _WORD, "trade": _WORD, "category": _WORD, "from": _DAY, "rate_per_hour": _NUMBER}


def _hours(word: str) -> Schema:
    return _table((word, "per"), {word: _AMOUNT, "per": _choice(per.value for per in Per)}, [word])


def _limit() -> dict[str, Schema]:
    return {"by": _WORD, "values": _open(_NUMBER), "default": _NUMBER}


def _invoice() -> Schema:
    names = _by_kind(_NAME)
    exempt = _table(EXEMPT_KEYS, {"customers": _list(_NAME), "tax_code": _NAME}, EXEMPT_KEYS)
    tax: dict[str, Schema] = {
        "amounts": _choice(amounts.value for amounts in Amounts),
        "tolerance": _AMOUNT,
        "expected_percent": _AMOUNT,
        "tolerance_percent": _AMOUNT,
        "on_difference": _choice(ON_DIFFERENCE),
        "rounding": _table(ROUNDING_KEYS, dict.fromkeys(ROUNDING_KEYS, _NAME)),
        "exempt": exempt,
    }
    values: dict[str, Schema] = {
        "customer": _lookup(),
        "markup_percent": _by_kind({"anyOf": [_NUMBER, _list(_table(TIER_KEYS, dict.fromkeys(TIER_KEYS, _NUMBER), ["percent"]))]}),
        "bill_rates": _list(_table(BILL_RATE_KEYS, _bill_rate(), ["rate_per_hour"])),
        "minimum_hours": _hours("hours"),
        "round_hours_up": _hours("to"),
        "not_to_exceed": _table(LIMIT_KEYS, {**_limit(), "above": _choice(above.value for above in AboveLimit)}),
        "items": names,
        "accounts": names,
        "tax_codes": names,
        "tax": _table(TAX_KEYS, tax),
        "due_days": {
            "anyOf": [{"type": "integer", "minimum": 0, "maximum": DUE_DAYS_MAX}, {"type": "string", "pattern": r"^\s*[0-9.]+\s*$"}]
        },
        "terms": _NAME,
        "service_date": _choice(day.value for day in ServiceDate),
        "bill_email": _lookup(),
        "memo": _lookup(),
        "branding_theme": _NAME,
        "status": _choice(approval.value for approval in Approval),
    }
    return _table(INVOICE_KEYS, values)


def _fact() -> Schema:
    """One fact: what it gives, and for what. Capitals do not count in a key or a kind, and a custom field may be a key."""
    some: Schema = {"anyOf": [_NAME, {"type": "array", "items": _NAME}]}
    kind: Schema = {"type": "string", "pattern": rf"^\s*({'|'.join(_any_case(word) for word in KINDS)})\s*$"}
    special: dict[str, Schema] = {
        ABOVE: _AMOUNT,
        UP_TO: _AMOUNT,
        KIND: {"anyOf": [kind, {"type": "array", "items": kind}], "examples": list(KINDS)},
    }
    when: Schema = {
        "type": ["object", "null"],
        "properties": {key: special.get(key, some) for key in WHEN_KEYS},
        "additionalProperties": some,
    }
    gives: dict[str, Schema] = {key: _open(_NAME) if key.endswith("tracking") else _NAME for key in GIVES}
    table = _table(FACT_KEYS, {WHEN: when, **gives})
    return {**table, "type": "object", "anyOf": [{"required": [key]} for key in GIVES]}


def _any_case(word: str) -> str:
    return "".join(f"[{letter}{letter.upper()}]" for letter in word)
