"""The part of the vendor's where language that this stand-in reads, and the order parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from connector.sandbox.xero.answers import BadQuery

Getter = Callable[[Any], Any]
Test = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<date>DateTime\s*\(\s*\d{4}\s*,\s*\d{1,2}\s*,\s*\d{1,2}\s*(?:,\s*\d+\s*)*\))
    | (?P<guid>guid\s*\(\s*"[^"]*"\s*\))
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<op>==|!=|>=|<=|=|>|<)
    | (?P<and>&&|and\b)
    | (?P<or>\|\||or\b)
    | (?P<call>\.(?:Contains|StartsWith|EndsWith)\b)
    | (?P<open>\()
    | (?P<close>\))
    | (?P<name>[A-Za-z][A-Za-z0-9]*(?:\.(?!Contains|StartsWith|EndsWith)[A-Za-z][A-Za-z0-9]*)*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: bool(a == b),
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
}
_CALLS: dict[str, Callable[[str, str], bool]] = {
    ".contains": lambda a, b: b in a,
    ".startswith": lambda a, b: a.startswith(b),
    ".endswith": lambda a, b: a.endswith(b),
}


@dataclass(slots=True)
class Query:
    """A parsed filter: the test, and the equalities that every hit must meet (for an index)."""

    test: Test
    equals: dict[str, str] = field(default_factory=dict)


def parse_where(text: str, fields: Mapping[str, Getter]) -> Query:
    """Read a where expression over those fields (lower-case names); anything unknown raises BadQuery."""
    parser = _Parser(_tokens(text), fields)
    query = parser.either()
    if parser.peek()[0] != "end":
        raise BadQuery(f"Syntax error in '{text}'")
    return query


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise BadQuery(f"Syntax error '{text[position:]}'")
        found.append((match.lastgroup, match.group(match.lastgroup)))
        position = match.end()
    return found


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _unquote(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], fields: Mapping[str, Getter]) -> None:
        self._tokens = tokens
        self._at = 0
        self._fields = fields

    def peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _take(self, *kinds: str) -> tuple[str, str]:
        token = self.peek()
        if token[0] not in kinds:
            raise BadQuery(f"Syntax error at '{token[1]}'")
        self._at += 1
        return token

    def either(self) -> Query:
        queries = [self._both()]
        while self.peek()[0] == "or":
            self._take("or")
            queries.append(self._both())
        if len(queries) == 1:
            return queries[0]
        return Query(lambda item: any(query.test(item) for query in queries))

    def _both(self) -> Query:
        queries = [self._single()]
        while self.peek()[0] == "and":
            self._take("and")
            queries.append(self._single())
        equals: dict[str, str] = {}
        for query in queries:
            equals.update(query.equals)
        return Query(lambda item: all(query.test(item) for query in queries), equals)

    def _single(self) -> Query:
        if self.peek()[0] == "open":
            self._take("open")
            query = self.either()
            self._take("close")
            return query
        name = self._take("name")[1]
        getter = self._fields.get(name.lower())
        if getter is None:
            raise BadQuery(f"No property or field '{name}' exists")
        kind, sign = self._take("op", "call")
        if kind == "call":
            return self._call(getter, sign)
        return self._compare(name.lower(), getter, sign)

    def _call(self, getter: Getter, sign: str) -> Query:
        self._take("open")
        wanted = _unquote(self._take("text")[1]).lower()
        self._take("close")
        call = _CALLS[sign.lower()]
        return Query(lambda item: call(str(getter(item) or "").lower(), wanted))

    def _compare(self, name: str, getter: Getter, sign: str) -> Query:
        wanted = self._value()
        compare = _COMPARE[sign]

        def test(item: Any) -> bool:
            value = _fold(getter(item))
            if sign in ("==", "=", "!="):
                return compare(value, wanted)
            try:
                return compare(value, wanted)
            except TypeError:
                return False

        equals = {name: wanted} if sign in ("==", "=") and isinstance(wanted, str) else {}
        return Query(test, equals)

    def _value(self) -> Any:
        kind, token = self._take("text", "date", "guid", "number", "name")
        if kind == "text":
            return _unquote(token).lower()
        if kind == "guid":
            return token[token.index('"') + 1 : token.rindex('"')].lower()
        if kind == "number":
            return Decimal(token)
        if kind == "date":
            return _date(token)
        constants: dict[str, Any] = {"null": None, "true": True, "false": False}
        if token.lower() not in constants:
            raise BadQuery(f"No property or field '{token}' exists")
        return constants[token.lower()]


def _date(token: str) -> date:
    year, month, day = [int(part) for part in re.findall(r"\d+", token)[:3]]
    try:
        return date(year, month, day)
    except ValueError as error:
        raise BadQuery(f"Not a date: {token}") from error


def parse_order(text: str, fields: Mapping[str, Getter]) -> list[tuple[Getter, bool]]:
    """Read an order parameter into getters with whether each runs downwards."""
    found: list[tuple[Getter, bool]] = []
    for part in text.split(","):
        words = part.split()
        getter = fields.get(words[0].lower()) if words else None
        if getter is None or len(words) > 2 or (len(words) == 2 and words[1].upper() not in ("ASC", "DESC")):
            raise BadQuery(f"No property or field '{part.strip()}' exists")
        found.append((getter, len(words) == 2 and words[1].upper() == "DESC"))
    return found
