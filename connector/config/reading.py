"""Small readers over YAML nodes: each gives a value, or adds a problem and gives None, so that every mistake is told at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from connector.config.yaml_nodes import Node
from connector.core.money import parse_decimal
from connector.core.problem import Problem

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(slots=True)
class Reader:
    """Collects the problems of one file; `prefix` is CONFIG or MAP, the family of its codes."""

    prefix: str
    environment: Mapping[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, code: str, place: str, message: str, next_step: str) -> None:
        """Note one mistake."""
        self.problems.append(Problem(f"{self.prefix}_{code}", place, message, next_step))

    def table(self, node: Node | None, known: Collection[str] | None = None) -> dict[str, Node]:
        """The entries of a table; keys that are not known are mistakes, with the nearest known one."""
        if node is None:
            return {}
        if node.entries is None:
            if node.scalar != "":  # An empty value is an empty table.
                self.add(
                    "NOT_A_TABLE", node.place, f"Here stands {node.what()}, a table of names was expected.", "Write `name: value` lines."
                )
            return {}
        for key in node.entries if known is not None else ():
            if key not in known:  # type: ignore[operator]
                place = (node.keys or {}).get(key, node.place)
                self.add("UNKNOWN_KEY", place, f"'{key}' is not known here.", _nearest(key, known or ()))
        return node.entries

    def items(self, node: Node | None) -> tuple[Node, ...]:
        """The items of a list."""
        if node is None or node.scalar == "":
            return ()
        if node.items is None:
            self.add("NOT_A_LIST", node.place, f"Here stands {node.what()}, a list was expected.", "Begin each entry with `- `.")
            return ()
        return node.items

    def text(self, entries: Mapping[str, Node], key: str, owner: Node, default: str | None = None) -> str:
        """A scalar, `${NAME}` replaced from the environment; required unless it has a default."""
        node = entries.get(key)
        if node is None or node.scalar == "":
            if default is None:
                self.add("MISSING", owner.place, f"'{key}' is missing.", f"Add `{key}:` here.")
            return default or ""
        if node.scalar is None:
            self.add("NOT_A_VALUE", node.place, f"'{key}' is {node.what()}, one value was expected.", "Write it on one line.")
            return default or ""
        return self.substitute(node)

    def substitute(self, node: Node) -> str:
        """Replace each ${NAME} by the environment's NAME, or by what stands in the file that NAME_FILE names."""

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name in self.environment:
                return self.environment[name]
            if f"{name}_FILE" in self.environment:
                try:
                    return Path(self.environment[f"{name}_FILE"]).read_text(encoding="utf-8").strip()
                except OSError:
                    pass
            self.add("ENV_MISSING", node.place, f"The environment has no {name}.", f"Set {name}, or {name}_FILE to a file that holds it.")
            return ""

        return _VARIABLE.sub(value, node.scalar or "")

    def choice(self, entries: Mapping[str, Node], key: str, owner: Node, known: Collection[str], default: str | None = None) -> str:
        """One of the known words."""
        word = self.text(entries, key, owner, default)
        if word and word not in known:
            self.add("BAD_CHOICE", entries[key].place, f"{key} is '{word}'.", f"It must be one of: {', '.join(known)}.")
        return word

    def decimal(self, node: Node, what: str, *, minimum: Decimal | None = None) -> Decimal | None:
        """An exact number."""
        number = parse_decimal(node.scalar)
        if number is None:
            self.add("BAD_NUMBER", node.place, f"{what} is {node.what()}, a number was expected.", "Write it like 55.00.")
        elif minimum is not None and number < minimum:
            self.add("BAD_NUMBER", node.place, f"{what} is {number}; it must be at least {minimum}.", "Correct it.")
            return None
        return number

    def day(self, node: Node | None, what: str) -> date | None:
        """A calendar day."""
        if node is None:
            return None
        try:
            return date.fromisoformat(node.scalar or "")
        except ValueError:
            self.add("BAD_DATE", node.place, f"{what} is {node.what()}.", "Write it as YYYY-MM-DD.")
            return None

    def address(self, entries: Mapping[str, Node], key: str, owner: Node) -> str:
        """An https address; http is for loopback only."""
        address = self.text(entries, key, owner)
        if not address:
            return ""
        parts = urlsplit(address)
        is_loopback = parts.hostname in LOOPBACK
        if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and is_loopback)):
            self.add(
                "BAD_ADDRESS", entries[key].place, f"{key} is '{address[:80]}'.", "Write an https:// address (http only for 127.0.0.1)."
            )
        return address.rstrip("/")

    def timezone(self, entries: Mapping[str, Node], key: str, owner: Node) -> str:
        """A time zone of the IANA database."""
        zone = self.text(entries, key, owner)
        if zone and zone not in available_timezones():
            self.add("BAD_TIMEZONE", entries[key].place, f"'{zone}' is not a time zone.", _nearest(zone, available_timezones()))
        return zone


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(sorted(known)[:12])}."
