"""A problem is one line that names its place, its code, what is wrong and what to do."""

from __future__ import annotations

from connector.core.problem import Problem


def test_a_problem_reads_as_one_line() -> None:
    told = str(Problem("PERIOD_CLOSED", "work order 7", "The books are closed.", "Open them."))
    assert told == "work order 7: PERIOD_CLOSED The books are closed. Open them."
