"""docs/problems.md lists every code that the connector can show, and every code listed has a reproducer here."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from connector.core.source_hint import EVENTS

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "connector"
CODE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
# Calls whose first words are a code: the constructors, and the small functions that give them a place.
MAKERS = {
    "Problem", "Finding", "DatabaseProblem", "_problem", "_finding", "_note", "_add", "_unknown", "_not_found", "id_of", "add",
    "ConsentError", "Advice", "TaxDoubt",
}  # fmt: skip
_MAPPING = ("mapping_file.py", "mapping_values.py", "invoice_rules.py", "exchange_rates.py", "labor_rules.py", "mapping_facts.py")
_CONFIG = ("settings.py", "supergood.py", "web.py", "export_columns.py")
PREFIXES = {**dict.fromkeys(_CONFIG, ("CONFIG_",)), "reading.py": ("CONFIG_", "MAP_"), **dict.fromkeys(_MAPPING, ("MAP_",))}
# Words of a code's shape that are none: two variables of the environment, what Xero calls a rate, what an earlier release held, and
# what UpKeep calls its events.
NO_CODES = {"CONNECTOR_KEY", "KEY_VARIABLE", "ZERO_RATE", "NEGATIVE_INVOICE", *EVENTS}
# Read by code that both files of a person share, but meaningful in one of them only.
NEVER = {"MAP_BAD_ADDRESS", "MAP_BAD_TIMEZONE", "MAP_ENV_MISSING", "MAP_BAD_VARIABLE", "MAP_ENV_FILE_UNREADABLE"}


def documented() -> set[str]:
    rows = re.findall(r"^\| ([A-Z0-9_, ]+) \|", (ROOT / "docs" / "problems.md").read_text("utf-8"), re.MULTILINE)
    return {code.strip() for row in rows for code in row.split(",")}


def shown() -> Iterator[str]:
    """Codes in the source, outside the sandbox: those are the vendors' own."""
    for path in PACKAGE.rglob("*.py"):
        if "sandbox" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                yield from _codes(name, node, PREFIXES.get(path.name, ("",)) if "config" in path.parts else ("",))
            if isinstance(node, ast.Tuple) and path.name == "trouble.py":
                yield from (e.value for e in node.elts if isinstance(e, ast.Constant) and str(e.value).startswith("DATABASE_"))
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield from re.findall(r"(?:^|: )((?:KEY|INIT|CONNECTION)_[A-Z]+|USAGE) ", node.value)


def _codes(name: str, call: ast.Call, prefixes: tuple[str, ...]) -> Iterator[str]:
    if name not in MAKERS:
        return
    for argument in call.args[:2]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str) and CODE.fullmatch(argument.value):
            own = prefixes if name == "add" else ("",)
            yield from (f"{prefix}{argument.value}" for prefix in own)
            return


def test_every_code_that_can_be_shown_is_in_the_catalogue_and_no_other() -> None:
    found = set(shown()) - NEVER
    assert found - documented() == set(), "not in docs/problems.md"
    assert documented() - found == set(), "in docs/problems.md, but nothing shows it"


def test_nothing_in_the_source_looks_like_a_code_and_is_none() -> None:
    """A code that reaches a person by another way than the calls above is found by its shape."""
    shaped = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
    found = {
        text
        for path in PACKAGE.rglob("*.py")
        if "sandbox" not in path.parts
        for text in strings(path)
        if shaped.fullmatch(text) and not {text, f"CONFIG_{text}", f"MAP_{text}"} & (documented() | NEVER)
    }
    assert found == NO_CODES


def test_every_code_in_the_catalogue_has_a_reproducer() -> None:
    here = [path for path in Path(__file__).parent.glob("test_*.py") if path.name != Path(__file__).name]
    told = {word for path in here for text in strings(path) for word in re.findall(r"\b[A-Z][A-Z0-9_]+\b", text)}
    assert documented() - told == set()


def strings(path: Path) -> Iterator[str]:
    """The strings that the code of a file works with: no comments, and no docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    sentences = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in sentences:
            yield node.value
