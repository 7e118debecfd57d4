"""YAML as a person wrote it: every scalar is a string with its line, duplicates are refused, nothing is guessed.

Plain loaders turn `NO: 010` into {False: 8} and let the second of two equal keys win in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, NodeEvent
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as RuamelNode

from connector.core.problem import Problem

SIZE_BYTES_MAX = 5_000_000
DEPTH_MAX = 20
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


def read_yaml(path: Path) -> tuple[Node | None, str, list[Problem]]:
    """The file's top node and its text; a file that cannot be read is a problem with its line."""
    try:
        if path.stat().st_size > SIZE_BYTES_MAX:
            return None, "", [_problem("YAML_TOO_LARGE", str(path), f"It is larger than {SIZE_BYTES_MAX} bytes.", "Split it.")]
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, "", [_problem("FILE_MISSING", str(path), "There is no such file.", "Run `connector init`, or name another file.")]
    except (OSError, ValueError) as error:
        return None, "", [_problem("FILE_UNREADABLE", str(path), f"It cannot be read: {error}.", "Save it as UTF-8 text.")]
    node, problems = _compose(text, str(path))
    return node, text, problems


def _compose(text: str, file: str) -> tuple[Node | None, list[Problem]]:
    try:
        unwanted = _unwanted(text, file)
        if unwanted is not None:
            return None, [unwanted]
        root = _yaml().compose(text)
    except MarkedYAMLError as error:
        return None, [_of_grammar(error, file)]
    except YAMLError as error:
        # ReaderError, about a character, has a position instead of a mark.
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        reason = getattr(error, "reason", "")
        return None, [_problem("YAML_SYNTAX", f"{file}:{line}", f"A character cannot be read: {reason}.", "Delete or quote it.")]
    if root is None:
        return Node(f"{file}:1", entries={}, keys={}), []
    problems: list[Problem] = []
    return _walk(root, file, problems), problems


def _yaml() -> YAML:
    # The pure reader that keeps no comments: we keep none either, and gathering them takes a fifth to a third of the time.
    return YAML(typ="safe", pure=True)


def _of_grammar(error: MarkedYAMLError, file: str) -> Problem:
    """The parser's words where a person understands them, our own for the mistakes that people make."""
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    place, began = f"{file}:{line}", error.context_mark.line + 1 if error.context_mark else 0
    said = str(error.problem)
    for part, message, next_step in _PLAIN_WORDS:
        if part in said:
            return _problem("YAML_SYNTAX", place, message.format(began=began or "above"), next_step)
    context = f" ({error.context} that began on line {began})" if error.context and began else ""
    return _problem("YAML_SYNTAX", place, f"{said}{context}.", "Check the indentation and the quotes.")


def _unwanted(text: str, file: str) -> Problem | None:
    """What no person writes here, found before the nodes are built: thousands of open brackets would take most of a minute."""
    depth = 0
    for event in _yaml().parse(text):
        place = f"{file}:{event.start_mark.line + 1}"
        if isinstance(event, AliasEvent):
            return _problem("YAML_ALIAS", place, "Anchors and aliases (& and *) are not used here.", "Write the value out.")
        if isinstance(event, NodeEvent) and depth > DEPTH_MAX:
            return _problem("YAML_TOO_DEEP", place, f"It is nested more than {DEPTH_MAX} levels.", "Flatten it.")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
    return None


def _walk(node: RuamelNode, file: str, problems: list[Problem]) -> Node:
    place = f"{file}:{node.start_mark.line + 1}"
    if isinstance(node, ScalarNode):
        return Node(place, scalar=node.value)
    if isinstance(node, SequenceNode):
        return Node(place, items=tuple(_walk(item, file, problems) for item in node.value))
    assert isinstance(node, MappingNode)
    entries: dict[str, Node] = {}
    keys: dict[str, str] = {}
    for key_node, value_node in node.value:
        key_place = f"{file}:{key_node.start_mark.line + 1}"
        if not isinstance(key_node, ScalarNode):
            problems.append(_problem("YAML_KEY", key_place, "A key is a list or a table.", "Write a name before the colon."))
            continue
        key = key_node.value
        if key in entries:
            problems.append(_problem("YAML_DUPLICATE", key_place, f"'{key}' is written twice (first at {keys[key]}).", "Keep one."))
            continue
        keys[key] = key_place
        # The parser sees an empty value only at whatever comes next, which may be lines below.
        is_empty = isinstance(value_node, ScalarNode) and not value_node.value
        entries[key] = Node(key_place, scalar="") if is_empty else _walk(value_node, file, problems)
    return Node(place, entries=entries, keys=keys)


def _problem(code: str, place: str, message: str, next_step: str) -> Problem:
    return Problem(code, place, message, next_step)
