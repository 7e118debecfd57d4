"""`include:` of a mapping: the files that it is made of, each read once, and how far each is from the mapping itself.

A file's layer is the longest way to it: every file that includes it, by whatever way, is nearer.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from connector.config.mapping_values import read_fact
from connector.config.reading import Reader
from connector.config.yaml_nodes import SIZE_BYTES_MAX, Node, read_yaml
from connector.core.facts import Fact
from connector.core.problem import Problem

INCLUDE = "include"
FILES_MAX = 50
_OF_A_FILE = {
    "FILE_MISSING": "Correct the name: it is looked for from the folder of this file.",
    "FILE_UNREADABLE": "Save it as UTF-8 text.",
    "YAML_TOO_LARGE": "Split it among connections.",
}


@dataclass(slots=True)
class Part:
    """One file of a mapping. `layer`: 0 for the mapping itself, and more for what it includes."""

    path: Path
    root: Node
    text: str
    layer: int = 0
    included: list[str] = field(default_factory=list)


def read_parts(path: Path) -> tuple[list[Part], list[Problem]]:
    """Every file of the mapping, the nearest first; none when any of them could not be read as YAML."""
    files = _Files()
    files.take(path, None)
    return ([] if files.is_broken else files.in_layers()), files.reader.problems


class _Files:
    """The files met so far, by their real path; those in `_open` include the one that is being read."""

    def __init__(self) -> None:
        self.reader = Reader("MAP")
        self.is_broken = False
        self._parts: dict[str, Part] = {}
        self._open: set[str] = set()
        self._left_first: list[str] = []  # a file after all that it includes
        self._bytes_left = SIZE_BYTES_MAX

    def take(self, path: Path, written: Fact | None) -> None:
        """Read a file and all that it includes; `written` is the line that names it."""
        real = os.path.realpath(path)
        if written is not None and real in self._open:
            message = f"'{written.value}' includes this file, or is it."
            self.reader.add("INCLUDE_CYCLE", written.place, message, "Take one of the two `include:` out.")
        if real in self._open or real in self._parts:
            return
        part = self._read(path, written)
        if part is None:
            self.is_broken = True
            return
        self._parts[real] = part
        self._open.add(real)
        for fact in self._includes(part.root):
            other = path.parent / fact.value
            part.included.append(os.path.realpath(other))
            self.take(other, fact)
        self._open.remove(real)
        self._left_first.append(real)

    def _includes(self, root: Node) -> list[Fact]:
        node = (root.entries or {}).get(INCLUDE)
        if node is None:
            return []
        found = []
        for item in (node,) if node.items is None else node.items:
            fact = read_fact(self.reader, item, f"'{INCLUDE}'")
            if fact is not None and not fact.value.isprintable():
                self.reader.add("NOT_A_NAME", item.place, "This is no name of a file.", "Write the name on one line.")
            elif fact is not None:
                found.append(fact)
        return found

    def _read(self, path: Path, written: Fact | None) -> Part | None:
        if len(self._parts) >= FILES_MAX and written is not None:
            message = f"The mapping is made of more than {FILES_MAX} files."
            self.reader.add("INCLUDE_TOO_MANY", written.place, message, "Put them together into fewer.")
            return None
        if written is not None and path.exists() and not path.is_file():
            self.reader.add("NOT_A_NAME", written.place, f"'{written.value}' is no file.", "Name a file.")
            return None
        root, text, problems = read_yaml(path, self._bytes_left)
        self._bytes_left -= len(text.encode())
        self.reader.problems += [_told(problem, written) for problem in problems]
        return None if root is None else Part(path, root, text)

    def in_layers(self) -> list[Part]:
        """The files, the nearest first; those of one layer in the order in which they were met."""
        for real in reversed(self._left_first):
            part = self._parts[real]
            for other in part.included:
                self._parts[other].layer = max(self._parts[other].layer, part.layer + 1)
        return sorted(self._parts.values(), key=lambda part: part.layer)


def _told(problem: Problem, written: Fact | None) -> Problem:
    """What is wrong with an included file as a whole is told where it is included."""
    if written is None or problem.code not in _OF_A_FILE:
        return problem
    return replace(problem, place=written.place, message=f"'{written.value}': {problem.message}", next_step=_OF_A_FILE[problem.code])
