"""Which of many cases run with every test run; the others are marked `long` and run in `.ci/run`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def a_few(cases: Iterable[Any], count: int = 1) -> list[Any]:
    """The cases as parameters: the first so many as they are, the others marked `long`."""
    rows = [case if isinstance(case, tuple) else (case,) for case in cases]
    return [pytest.param(*row, marks=[] if number < count else [pytest.mark.long]) for number, row in enumerate(rows)]
