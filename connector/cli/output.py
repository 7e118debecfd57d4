"""How commands speak: reports on standard output, everything else on standard error, JSON as one object."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from connector.core.problem import Problem
from connector.flows.world import Progress

# Off a terminal a line is printed each time so many are done.
PLAIN_PROGRESS_STEP = 500
# Columns of words to copy and to search for: broken in two they are neither.
_WHOLE = frozenset({"code", "work order"})


def console() -> Console:
    """Standard output, for reports."""
    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def errors() -> Console:
    """Standard error, for problems and progress."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(content: object) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n")


def print_problems(problems: Sequence[Problem]) -> None:
    """Every problem at once: place, code, message, next step."""
    out = errors()
    for problem in sorted(problems, key=_by_line):
        out.print(f"[bold]{escape(problem.place)}[/bold]: [red]{problem.code}[/red] {escape(problem.message)}")
        out.print(f"    {escape(problem.next_step)}")


def _by_line(problem: Problem) -> tuple[str, int]:
    """A file's problems from top to bottom, as a person corrects them."""
    file, _, line = problem.place.rpartition(":")
    return (file, int(line)) if line.isdigit() else (problem.place, 0)


def counted(count: int, what: str) -> str:
    """A count with its word, as it is read aloud."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def problem_json(problem: Problem) -> dict[str, str]:
    """A problem as JSON values."""
    return {"code": problem.code, "place": problem.place, "message": problem.message, "next_step": problem.next_step}


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset()) -> Table:
    """A table for a report; the columns in `right` hold amounts or counts. Cells are user data: no markup is read in them."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style="bold", show_edge=False, pad_edge=False)
    for index, name in enumerate(columns):
        made.add_column(name, justify="right" if index in right else "left", overflow="fold", no_wrap=name in _WHOLE)
    for row in rows:
        made.add_row(*(escape(cell) for cell in row))
    return made


@contextmanager
def progress(name: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        yield lambda stage, done, total: None
    elif sys.stderr.isatty():
        with errors().status(name) as status:
            yield lambda stage, done, total: status.update(f"{name}: {stage} {done}" + (f" of {total}" if total else ""))
    else:
        yield _plain(name)


def _plain(name: str) -> Progress:
    def tell(stage: str, done: int, total: int | None) -> None:
        if done and done % PLAIN_PROGRESS_STEP == 0:
            sys.stderr.write(f"{name}: {stage} {done}" + (f" of {total}" if total else "") + "\n")

    return tell
