"""YAML as a person wrote it: every scalar is a string with its line, duplicates are refused, nothing is guessed.

Plain loaders turn `NO: 010` into {False: 8} and let the second of two equal keys win in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from connector.core.problem import Place, Problem

SIZE_BYTES_MAX = 5_000_000
DEPTH_MAX = 20
# From so many characters on, what libyaml reads is taken: a mapping of ten thousand facts in a fifth of the time.
_FAST_FROM = 50_000
_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# A part of what the parser says, what it means to a person, and what to do.
_PLAIN_WORDS = (
    ("character '\\t'", "A tab stands where blanks were expected.", "Replace the tab by blanks."),
    (
        "expected <block end>",
        "This line begins in another column than the entries it belongs to, which begin on line {began}.",
        "Let all of them begin in one column.",
    ),
    (
        "mapping values are not allowed here",
        "A colon is not expected here: the line is indented as a part of the one above, or its value has a colon.",
        "Let it begin in the column of its neighbours, or put the value into quotes.",
    ),
    ("could not find expected ':'", "A name without a colon and a value.", "Write it as name: value."),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of YAML with its place: a scalar, a list, or entries by key (`keys` has each key's own place)."""

    place: str
    scalar: str | None = None
    items: tuple[Node, ...] | None = None
    entries: dict[str, Node] | None = None
    keys: dict[str, str] | None = None

    def what(self) -> str:
        """What it is, in words."""
        if self.scalar is not None:
            return f"'{self.scalar[:60]}'"
        return "a list" if self.items is not None else "a table"


def read_yaml(path: Path, left_bytes: int = SIZE_BYTES_MAX) -> tuple[Node | None, str, list[Problem]]:
    """The file's top node and its text; a file that cannot be read is a problem with its line. `left_bytes`: by files that belong to it."""
    try:
        with path.open("rb") as file:
            content = file.read(left_bytes + 1)  # A device has no size and no end.
        if len(content) > left_bytes:
            whole = "It is" if left_bytes == SIZE_BYTES_MAX else "With the files that belong to it, it is"
            return None, "", [_problem("YAML_TOO_LARGE", str(path), f"{whole} larger than {SIZE_BYTES_MAX} bytes.", "Split it.")]
        text = content.decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        return None, "", [_problem("FILE_MISSING", str(path), "There is no such file.", "Run `connector init`, or name another file.")]
    except (OSError, ValueError) as error:
        return None, "", [_problem("FILE_UNREADABLE", str(path), f"It cannot be read: {error}.", "Save it as UTF-8 text.")]
    node, problems = read_text(text, str(path))
    return node, text, problems


def read_text(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    """The top node of a text that stands in that file."""
    # What libyaml cannot read is read by the other parser, which has the better words, or can. Thousands of brackets are libyaml's alone:
    # the other looks ahead of each of them, to the end of the file.
    with suppress(yaml.YAMLError):
        node, problems = _Builder(file).read(yaml.parse(text, Loader=_FAST))
        if node is None or len(text) > _FAST_FROM:
            return node, problems
    try:
        # The pure reader that keeps no comments: we keep none either, and gathering them takes a fifth to a third of the time.
        return _Builder(file).read(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        return None, [_of_grammar(error, file)]
    except YAMLError as error:
        # ReaderError, about a character, has a position instead of a mark.
        position = getattr(error, "position", 0)
        place = Place.of(file, text.count("\n", 0, position), position - text.rfind("\n", 0, position) - 1)
        reason = getattr(error, "reason", "")
        return None, [_problem("YAML_SYNTAX", place, f"A character cannot be read: {reason}.", "Delete or quote it.")]


def _of_grammar(error: MarkedYAMLError, file: str) -> Problem:
    """The parser's words where a person understands them, our own for the mistakes that people make."""
    mark = error.problem_mark
    place = Place.of(file, mark.line, mark.column) if mark else Place.of(file, 0, 0)
    began = error.context_mark.line + 1 if error.context_mark else 0
    said = str(error.problem)
    for part, message, next_step in _PLAIN_WORDS:
        if part in said:
            return _problem("YAML_SYNTAX", place, message.format(began=began or "above"), next_step)
    context = f" ({error.context} that began on line {began})" if error.context and began else ""
    return _problem("YAML_SYNTAX", place, f"{said}{context}.", "Check the indentation and the quotes.")


class _UnwantedError(Exception):
    """What no person writes in these files."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


class _Builder:
    """Nodes out of a parser's events, one by one: thousands of open brackets or anchors end it before they are a tree."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []

    def read(self, events: Iterable[Any]) -> tuple[Node | None, list[Problem]]:
        """The one document of a stream."""
        node: Node | None = None
        following = iter(events)
        try:
            for event in following:
                if type(event).__name__ == "DocumentStartEvent":
                    if node is not None:
                        message = "A second document begins here; a file is one document."
                        raise _UnwantedError(_problem("YAML_SYNTAX", self._place(event), message, "Take the line `---` out."))
                    node = self._node(next(following), following, 0)
        except _UnwantedError as found:
            return None, [found.problem]
        return node or Node(Place.of(self._file, 0, 0), entries={}, keys={}), sorted(self._problems, key=_line)

    def _place(self, event: Any) -> Place:
        return Place.of(self._file, event.start_mark.line, event.start_mark.column)

    def _node(self, event: Any, following: Iterator[Any], depth: int) -> Node:
        kind, place = type(event).__name__, self._place(event)
        if kind == "ScalarEvent":
            return Node(place, scalar=event.value)
        if kind == "AliasEvent":
            problem = _problem("YAML_ALIAS", place, "Anchors and aliases (& and *) are not used here.", "Write the value out.")
            raise _UnwantedError(problem)
        if depth >= DEPTH_MAX:
            raise _UnwantedError(_problem("YAML_TOO_DEEP", place, f"It is nested more than {DEPTH_MAX} levels.", "Flatten it."))
        if kind == "SequenceStartEvent":
            return Node(place, items=tuple(self._items(following, "SequenceEndEvent", depth + 1)))
        return self._table(place, list(self._items(following, "MappingEndEvent", depth + 1)))

    def _items(self, following: Iterator[Any], end: str, depth: int) -> Iterator[Node]:
        for event in following:
            if type(event).__name__ == end:
                return
            yield self._node(event, following, depth)

    def _table(self, place: Place, nodes: list[Node]) -> Node:
        entries: dict[str, Node] = {}
        keys: dict[str, str] = {}
        for written, value in zip(nodes[::2], nodes[1::2], strict=True):
            key = written.scalar
            if key is None:
                self._add("YAML_KEY", written.place, "A key is a list or a table.", "Write a name before the colon.")
            elif key in entries:
                self._add("YAML_DUPLICATE", written.place, f"'{key}' is written twice (first at {keys[key]}).", "Keep one.")
            else:
                keys[key] = written.place
                # The parser sees an empty value only at whatever comes next, which may be lines below.
                entries[key] = Node(written.place, scalar="") if value.scalar == "" else value
        return Node(place, entries=entries, keys=keys)

    def _add(self, code: str, place: str, message: str, next_step: str) -> None:
        self._problems.append(Problem(code, place, message, next_step))


def _line(problem: Problem) -> int:
    return int(problem.place.rpartition(":")[2])


def _problem(code: str, place: str, message: str, next_step: str) -> Problem:
    return Problem(code, place, message, next_step)
