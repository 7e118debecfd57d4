"""How commands speak: reports on standard output, everything else on standard error, JSON as one object."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from connector.core.problem import exact

if TYPE_CHECKING:
    from decimal import Decimal

    from rich.table import Table

    from connector.core.problem import Problem
    from connector.flows.world import Progress

# Off a terminal a line is printed each time so many are done.
PLAIN_PROGRESS_STEP = 500
# Columns of words to copy and to search for: broken in two they are neither.
_WHOLE = frozenset({"code", "work order", "because of"})
# Off a terminal nothing is wrapped: a line of the report is a line of the file, so that it can be searched and compared.
_UNWRAPPED = 1_000


def console() -> Console:
    """Standard output, for reports."""
    return _console(stderr=False)


def errors() -> Console:
    """Standard error, for problems and progress."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    is_terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, soft_wrap=not is_terminal, width=None if is_terminal else _UNWRAPPED)


def print_json(content: object) -> None:
    """One JSON object on standard output."""
    sys.stdout.write(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n")


def print_problems(problems: Sequence[Problem]) -> None:
    """Every problem at once: place, code, message, next step."""
    out = errors()
    for problem in sorted(problems, key=_by_line):
        out.print(f"[bold]{escape(exact(problem.place))}[/bold]: [red]{problem.code}[/red] {escape(problem.message)}")
        print_indented(out, problem.next_step, 4)


def print_indented(out: Console, text: str, by: int) -> None:
    """A line that belongs to the one above; what a narrow terminal wraps stays under its beginning. No markup is read in it."""
    if not out.is_terminal:
        out.print(" " * by + text, markup=False)
        return
    from rich.padding import Padding
    from rich.text import Text

    out.print(Padding(Text(text), (0, 0, 0, by)))


def _by_line(problem: Problem) -> tuple[str, int]:
    """A file's problems from top to bottom, as a person corrects them."""
    file, _, line = problem.place.rpartition(":")
    return (file, int(line)) if line.isdigit() else (problem.place, 0)


def counted(count: int, what: str, several: str = "") -> str:
    """A count with its word, as it is read aloud."""
    return f"{count} {what}" if count == 1 else f"{count} {several or what + 's'}"


def money(amount: Decimal, currency: str) -> str:
    """An amount as a person reads it: with its cents, the thousands set apart."""
    from connector.core.money import to_cents

    return f"{to_cents(amount, currency):,}"


def problem_json(problem: Problem) -> dict[str, str]:
    """A problem as JSON values."""
    return {"code": problem.code, "place": exact(problem.place), "message": problem.message, "next_step": problem.next_step}


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: frozenset[int] = frozenset()) -> Table:
    """A table for a report; the columns in `right` hold amounts or counts. Cells are user data: no markup is read in them.

    A row without any cell draws a line.
    """
    from rich.table import Table

    made = Table(title=escape(title), title_justify="left", title_style="bold", header_style="bold", show_edge=False, pad_edge=False)
    for index, name in enumerate(columns):
        whole = name in _WHOLE or index in right
        made.add_column(name, justify="right" if index in right else "left", overflow="fold", no_wrap=whole)
    for row in rows:
        if not row:
            made.add_section()
            continue
        made.add_row(*(escape(cell) for cell in row))
    return made


@contextmanager
def progress(name: str, *, quiet: bool = False) -> Iterator[Progress]:
    """A progress bar on a terminal, plain lines elsewhere, nothing when quiet."""
    if quiet:
        yield lambda stage, done, total: None
    elif sys.stderr.isatty():
        with _bar(name) as tell:
            yield tell
    else:
        yield _plain(name)


@contextmanager
def _bar(name: str) -> Iterator[Progress]:
    """A bar that fills, or only moves while nobody knows how much there is; it is gone when the work is done."""
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bars

    what, count = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[count]}", markup=False)
    with Bars(what, BarColumn(), count, console=errors(), transient=True) as bars:
        task = bars.add_task(name, total=None, count="")

        def tell(stage: str, done: int, total: int | None) -> None:
            count = f"{done} of {total}" if total else str(done or "")
            bars.update(task, description=f"{name}: {stage}", completed=done, total=total, count=count)

        yield tell


def _plain(name: str) -> Progress:
    def tell(stage: str, done: int, total: int | None) -> None:
        if done and done % PLAIN_PROGRESS_STEP == 0:
            sys.stderr.write(f"{name}: {stage} {done}" + (f" of {total}" if total else "") + "\n")

    return tell
