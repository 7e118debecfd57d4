"""Small readers over YAML nodes: each gives a value, or adds a problem and gives None, so that every mistake is told at once."""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from connector.config.yaml_nodes import Node
from connector.core.address import LOOPBACK
from connector.core.money import parse_decimal
from connector.core.problem import Problem

_VARIABLE = re.compile(r"\$\{([^}]*)\}?")
_VARIABLE_NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(slots=True)
class Reader:
    """Collects the problems of one file; `prefix` is CONFIG or MAP, the family of its codes. Without an environment, ${NAME} is text."""

    prefix: str
    environment: Mapping[str, str] | None = None
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
        if node is None or (node.scalar is not None and not node.scalar.strip()):
            if default is None:
                self.add("MISSING", owner.place, f"'{key}' is missing.", f"Add `{key}:` here.")
            return default or ""
        if node.scalar is None:
            self.add("NOT_A_VALUE", node.place, f"'{key}' is {node.what()}, one value was expected.", "Write it on one line.")
            return default or ""
        before = len(self.problems)
        told = self.substitute(node)
        if default is None and not told.strip() and len(self.problems) == before:
            self.add("MISSING", node.place, f"'{key}' is empty: {node.what()} holds nothing.", "Put a value there.")
        return told

    def substitute(self, node: Node) -> str:
        """Replace each ${NAME} by the environment's NAME, or by what stands in the file that NAME_FILE names."""
        environment = self.environment
        if environment is None:
            return node.scalar or ""

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if not match.group().endswith("}") or not _VARIABLE_NAME.fullmatch(name):
                self.add("BAD_VARIABLE", node.place, f"{node.what()} names no variable.", "Write it as ${NAME}: letters, digits and _.")
                return ""
            return self._variable(environment, name, node.place)

        return _VARIABLE.sub(value, node.scalar or "")

    def _variable(self, environment: Mapping[str, str], name: str, place: str) -> str:
        if name in environment:
            return environment[name]
        file = environment.get(f"{name}_FILE")
        if file is None:
            self.add("ENV_MISSING", place, f"The environment has no {name}.", f"Set {name}, or {name}_FILE to a file that holds it.")
            return ""
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            self.add("ENV_FILE_UNREADABLE", place, f"{name}_FILE names a file that cannot be read: {error}.", f"Correct {name}_FILE.")
            return ""

    def choice(self, entries: Mapping[str, Node], key: str, owner: Node, known: Collection[str], default: str | None = None) -> str:
        """One of the known words."""
        word = self.text(entries, key, owner, default)
        if word and word not in known:
            self.add("BAD_CHOICE", entries[key].place, f"{key} is '{word}'.", f"It must be one of: {', '.join(known)}.")
        return word

    def decimal(self, node: Node, what: str, *, minimum: Decimal | None = None, maximum: Decimal | None = None) -> Decimal | None:
        """An exact number."""
        number = parse_decimal(node.scalar)
        if number is None:
            self.add("BAD_NUMBER", node.place, f"{what} is {node.what()}, a number was expected.", "Write it like 55.00.")
        elif minimum is not None and number < minimum:
            self.add("BAD_NUMBER", node.place, f"{what} is {number}; it must be at least {minimum}.", "Correct it.")
            return None
        elif maximum is not None and number > maximum:
            self.add("BAD_NUMBER", node.place, f"{what} is {number}; it must be at most {maximum}.", "Correct it.")
            return None
        return number

    def whole(self, node: Node, what: str, *, minimum: int, maximum: int) -> int | None:
        """A number without a fraction."""
        number = self.decimal(node, what, minimum=Decimal(minimum), maximum=Decimal(maximum))
        if number is not None and number != int(number):
            self.add("BAD_NUMBER", node.place, f"{what} is {number}; it must be a whole number.", "Correct it.")
            return None
        return None if number is None else int(number)

    def day(self, node: Node | None, what: str) -> date | None:
        """A calendar day."""
        if node is None:
            return None
        written = (node.scalar or "").strip()
        try:
            if _DAY.fullmatch(written):
                return date.fromisoformat(written)
        except ValueError:
            pass
        self.add("BAD_DATE", node.place, f"{what} is {node.what()}.", "Write it as YYYY-MM-DD.")
        return None

    def address(self, entries: Mapping[str, Node], key: str, owner: Node, default: str | None = None) -> str:
        """An https address; http is for loopback only."""
        address = self.text(entries, key, owner, default)
        if address and not _is_address(address):
            told = entries[key].what()  # As it is written: a variable may hold something secret.
            self.add("BAD_ADDRESS", entries[key].place, f"{key} is {told}.", "Write an https:// address (http only for 127.0.0.1).")
        return address.rstrip("/")

    def timezone(self, entries: Mapping[str, Node], key: str, owner: Node) -> str:
        """A time zone of the IANA database."""
        zone = self.text(entries, key, owner)
        if zone and zone not in _timezones():
            self.add("BAD_TIMEZONE", entries[key].place, f"'{zone}' is not a time zone.", _nearest(zone, _timezones()))
        return zone


@functools.cache
def _timezones() -> frozenset[str]:
    """Looked up once: it reads hundreds of files, which took longer than reading the configuration."""
    return frozenset(available_timezones())


def _is_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or "@" in parts.netloc or port == 0 or re.search(r"[\s\\]", address))
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    return bool(host) and is_plain and is_safe


def _nearest(word: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean '{near[0]}'?" if near else f"Known: {', '.join(sorted(known)[:12])}."
