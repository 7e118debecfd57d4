"""What init writes loads without a problem, whatever was answered; and so do the examples."""

from __future__ import annotations

import itertools
import re
from datetime import date
from pathlib import Path

import pytest

from connector.config.mapping_file import load_mapping
from connector.config.settings import load_config
from connector.config.template import InitAnswers, config_text, mapping_text
from connector.core.costing import CostKind
from connector.core.mapping import DocumentKind, debit_account

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"
ANSWERS = list(itertools.product(("quickbooks", "xero"), ("journal_entry", "invoice"), ("stocked", "expensed"), ("applied", "wages")))


def environment_of(text: str) -> dict[str, str]:
    """A value for every variable that the text names."""
    return {name: f"value-of-{name.replace('_', '-')}" for name in re.findall(r"\$\{([A-Z_]+)\}", text)}


def answers(ledger: str, document: str, parts: str, labor: str, name: str = "plant") -> InitAnswers:
    return InitAnswers(name, ledger, "Europe/Oslo", "NOK", date(2026, 1, 1), document, parts, labor)


@pytest.mark.parametrize(("ledger", "document", "parts", "labor"), ANSWERS)
def test_each_combination_of_answers_gives_files_that_load(tmp_path: Path, ledger: str, document: str, parts: str, labor: str) -> None:
    given = answers(ledger, document, parts, labor)
    (tmp_path / "config.yaml").write_text(config_text(given), encoding="utf-8")
    (tmp_path / "mapping.yaml").write_text(mapping_text(given), encoding="utf-8")
    config, problems = load_config(tmp_path / "config.yaml", environment_of(config_text(given)))
    assert problems == []
    assert config is not None
    (connection,) = config.connections
    assert (connection.ledger.kind, connection.document, connection.start_date) == (ledger, DocumentKind(document), date(2026, 1, 1))
    mapping, problems = load_mapping(connection.mapping)
    assert problems == []
    assert mapping is not None
    assert mapping.credits[CostKind.PARTS].value == ("MRO parts inventory" if parts == "stocked" else "Parts purchases")
    assert mapping.credits[CostKind.LABOR].value == ("Maintenance labor applied" if labor == "applied" else "Maintenance wages")
    account = debit_account(mapping, "anything", CostKind.OTHER)
    assert account is not None
    assert account.value == "Repairs and maintenance"
    assert set(mapping.invoice.tax_codes) == set(CostKind)
    assert {fact.value for fact in mapping.invoice.tax_codes.values()} == mapping.names[ledger].tax_codes.keys()


@pytest.mark.parametrize("name", ['the "big" plant', "C:\\plant", "plant: north # 2", "Müller 🔧", "- NO"])
def test_a_connection_may_have_any_name(tmp_path: Path, name: str) -> None:
    text = config_text(answers("xero", "invoice", "stocked", "applied", name))
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    config, problems = load_config(tmp_path / "config.yaml", environment_of(text))
    assert problems == []
    assert config is not None
    assert config.connections[0].name == name


def test_no_secret_is_asked_for_or_written() -> None:
    text = config_text(answers("quickbooks", "invoice", "stocked", "applied"))
    secrets = re.findall(r"^ *(?:password|client_secret|refresh_token): (\S+)", text, re.MULTILINE)
    assert secrets == ["${UPKEEP_PASSWORD}", "${QUICKBOOKS_CLIENT_SECRET}"]


def test_the_example_loads_with_every_mapping_that_it_names() -> None:
    config, problems = load_config(EXAMPLE, environment_of(EXAMPLE.read_text(encoding="utf-8")))
    assert problems == []
    assert config is not None
    assert [connection.ledger.kind for connection in config.connections] == ["quickbooks", "xero"]
    assert [load_mapping(connection.mapping)[1] for connection in config.connections] == [[], []]


def test_the_example_without_an_environment_names_every_variable_at_its_line() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    _, problems = load_config(EXAMPLE, {})
    written = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    named = [name for line in written for name in re.findall(r"\$\{([A-Z_]+)\}", line.partition(" #")[0])]
    assert sorted(problem.code for problem in problems) == ["CONFIG_ENV_MISSING"] * len(named)
    for problem in problems:
        line = text.splitlines()[int(problem.place.rpartition(":")[2]) - 1]
        assert f"${{{problem.message.split()[-1].rstrip('.')}}}" in line


@pytest.mark.parametrize(
    "path", sorted(set((ROOT / "mappings").glob("*.yaml")) - set((ROOT / "mappings").glob("*-columns.yaml"))), ids=lambda path: path.name
)
def test_each_mapping_that_ships_loads(path: Path) -> None:
    mapping, problems = load_mapping(path)
    assert problems == []
    assert mapping is not None
