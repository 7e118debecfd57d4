"""An editor that knows the schema of mappings refuses what the reader refuses by its shape, and nothing that the reader takes."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

from connector.config.mapping_file import load_mapping
from connector.config.mapping_schema import mapping_schema
from connector.config.reading import Reader
from connector.config.yaml_nodes import Node
from tests.config.test_mapping_facts import MISTAKES as MISTAKES_IN_FACTS
from tests.config.test_mapping_file import GOOD, good
from tests.problems.test_mapping import MISTAKES

ROOT = Path(__file__).parents[2]
VALIDATOR = jsonschema.Draft202012Validator(mapping_schema())
EXAMPLES = sorted(path for path in (ROOT / "mappings").glob("*.yaml") if not path.stem.endswith("-columns"))
IN_THE_GUIDE = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "mapping.md").read_text("utf-8"), re.DOTALL)
# What is wrong with a part by itself, whatever else stands in the file.
SHAPES = {
    "MAP_UNKNOWN_KEY", "MAP_NOT_A_TABLE", "MAP_NOT_A_LIST", "MAP_NOT_A_NAME", "MAP_NOT_A_VALUE", "MAP_EMPTY_CONDITION", "MAP_FACT_EMPTY",
    "MAP_MISSING", "MAP_BAD_DATE", "MAP_BAD_NUMBER", "MAP_BAD_CHOICE",
}  # fmt: skip
# Shapes that only the words beside them make wrong: keys that may be a custom field's, a condition without one, two amounts, two lists.
BY_OTHER_WORDS = re.compile(r"categroy|zzz|because|amount_above: 5, amount_up_to|custom_fields: \[category\]")
EVERYTHING = """\
include: other.yaml
cost_code: category
ready: {statuses: [complete], require: [{team: [Day, Night]}]}
exclude: [{category: Warranty, because: it is}]
cost_codes: {HVAC: 6110, Roof: {parts: 010, default: NO}}
defaults: {account: Repairs}
credits: {labor: Applied, parts: Inventory, other: Accrued}
tracking: {class: {by: location, values: {North: North}, default: Plant}}
labor_rates: [{worker: kim, from: 2026-01-01, rate_per_hour: 48.50}]
overtime: [{weekday: [saturday, sunday], multiplier: 2}, {hours_a_day: 8, multiplier: 1.5}]
labor_entered_twice: time
exchange_rates: [{from: 2026-01-01, rate: "1.0850"}]
documents: [{category: Internal, document: invoice}]
rounding: half_up
invoice:
  customer: {default: Riverside}
  markup_percent: {labor: -5, parts: [{unit_cost_up_to: 100, percent: 30}, {percent: 15}]}
  bill_rates: [{worker: kim, from: 2026-01-01, rate_per_hour: 95.00}]
  minimum_hours: {hours: 1, per: work_order}
  round_hours_up: {to: 0.25, per: entry}
  not_to_exceed: {by: Limit, default: 500, above: company}
  tax: {rounding: {account: R, tax_code: N}, exempt: {customers: [Riverside], tax_code: N}}
names: {quickbooks: {accounts: {Applied: 510}}, xero: {}}
coverage: [{category: Warranty, covers: [labor, parts], show: zero_line, because: it is}]
burden: {Shop: {account: Burden, credit: Burden applied, rates: [{from: 2026-01-01, percent: 32}, {rate_per_hour: 14}]}}
use_tax: {State: {credit: Use tax payable, rates: [{percent: 8.25}]}}
hold_above: 5000
custom_fields: [Grant]
facts:
  - {when: {Category: [A, b], kind: Labor, Grant: 17, amount_above: 5}, account: 1, tracking: {Fund: X}}
"""


def errors(text: str) -> list[str]:
    """What an editor would underline."""
    return [error.message for error in VALIDATOR.iter_errors(_as_json(YAML(typ="safe", pure=True).load(text)))]


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


@pytest.mark.parametrize("text", [*(path.read_text("utf-8") for path in EXAMPLES), *IN_THE_GUIDE, GOOD, "", EVERYTHING])
def test_what_can_be_read_is_valid(text: str) -> None:
    assert errors(text or "{}") == []


BAD = [
    *((code, added) for code, added, _ in MISTAKES),
    *((expected.split()[1], added) for added, expected in MISTAKES_IN_FACTS),
]


@pytest.mark.parametrize("added", [text for code, text in BAD if code in SHAPES and not BY_OTHER_WORDS.search(text)])
def test_what_is_wrong_by_its_shape_is_refused(added: str) -> None:
    assert errors("x: 1\n")
    assert errors(added)


def test_the_schema_knows_the_keys_of_the_reader_and_no_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table that the reader closes is closed in the schema with the same keys, and the other way round."""
    closed: set[frozenset[str]] = set()
    table = Reader.table

    def noted(reader: Reader, node: Node | None, known: Collection[str] | None = None) -> dict[str, Node]:
        closed.update([frozenset(known)] if known is not None else [])
        return table(reader, node, known)

    monkeypatch.setattr(Reader, "table", noted)
    (tmp_path / "other.yaml").write_text("{}\n", "utf-8")
    good(tmp_path, EVERYTHING)
    assert set(_closed(mapping_schema())) == closed


def _closed(schema: Any) -> Iterator[frozenset[str]]:
    if isinstance(schema, dict):
        if schema.get("additionalProperties") is False:
            yield frozenset(schema["properties"])
        for part in schema.values():
            yield from _closed(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _closed(part)


def test_the_examples_name_the_schema_that_lies_beside_them_and_pass_their_own_check() -> None:
    assert json.loads((ROOT / "mappings" / "mapping.schema.json").read_text("utf-8")) == mapping_schema()
    assert len(EXAMPLES) >= 2
    for path in EXAMPLES:
        assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=mapping.schema.json\n")
        assert load_mapping(path)[1] == []
