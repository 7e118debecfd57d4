"""Style that is not executed rots: the size of functions and modules, forbidden drawers, and what must never be committed."""

from __future__ import annotations

import ast
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PRODUCT = sorted(path for path in (ROOT / "connector").rglob("*.py"))
FUNCTION_LINES_MAX = 50
MODULE_LINES_MAX = 400
MODULE_LINES_MEDIAN_MAX = 150
BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py", "service.py", "models.py", "base.py"}


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    told = (first.end_lineno or 0) - first.lineno + 1 if ast.get_docstring(function, clean=False) else 0
    return (function.end_lineno or 0) - function.lineno + 1 - told


@pytest.mark.parametrize("path", PRODUCT, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_and_function_is_small_enough_to_be_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MODULE_LINES_MAX
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f"{f.name}: {body_lines(f)}" for f in functions if body_lines(f) > FUNCTION_LINES_MAX] == []


def test_half_of_the_modules_fit_on_three_screens() -> None:
    assert statistics.median(len(path.read_text(encoding="utf-8").splitlines()) for path in PRODUCT) <= MODULE_LINES_MEDIAN_MAX


def test_there_is_no_drawer_for_things_without_a_room() -> None:
    assert [path for path in PRODUCT if path.name in BANNED_NAMES] == []


def test_nothing_committed_names_a_machine_path_or_a_registry_host() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    forbidden = ("/wo" + "rk/", "/ro" + "ot/", "files.python" + "hosted", "pypi" + ".org", "/opt/" + "pypi")
    found = []
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [(name, word) for word in forbidden if word in text]
    assert found == []
