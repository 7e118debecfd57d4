"""JSON with exact numbers both ways: a Decimal leaves as a number with its own digits, and a number arrives as a Decimal."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

_MARK = "\x02decimal:"


def encode(content: object) -> bytes:
    """Bytes of a JSON document in which every Decimal is a plain number; no float takes part."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_marked)
    pieces = text.split('"' + json.dumps(_MARK)[1:-1])
    return (pieces[0] + "".join(_unquoted(piece) for piece in pieces[1:])).encode()


def _marked(value: object) -> str:
    if isinstance(value, Decimal):
        return _MARK + format(value, "f")
    raise TypeError(f"{type(value).__name__} does not belong into a document")


def _unquoted(piece: str) -> str:
    number, _, rest = piece.partition('"')
    return number + rest


def decode(body: bytes) -> Any:
    """A JSON document with its numbers as Decimals; raises ValueError when it is not one."""
    return json.loads(body, parse_float=Decimal, parse_int=Decimal)
