"""Exchanges that other people recorded with the real services, read from their cassettes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ruamel.yaml import YAML

from tests.contract.reference import RECORDINGS


@dataclass(frozen=True)
class Recorded:
    """One exchange: what was asked, and what the service answered."""

    name: str
    method: str
    path: str
    params: dict[str, str]
    body: bytes
    status: int
    headers: dict[str, str]
    answer: bytes


@cache
def recorded(folder: str) -> tuple[Recorded, ...]:
    """Every exchange in the cassettes below a folder, by file and place."""
    root = RECORDINGS / folder
    files = sorted(path for path in root.rglob("*") if path.suffix in (".yml", ".yaml"))
    return tuple(exchange for path in files for exchange in _of_file(path, path.relative_to(root).with_suffix("").as_posix()))


def exchange(folder: str, name: str) -> Recorded:
    """The recorded exchange of that name."""
    return next(one for one in recorded(folder) if one.name == name)


def _of_file(path: Path, name: str) -> list[Recorded]:
    told = YAML(typ="safe", pure=True).load(path.read_text("utf-8"))
    rows = told.get("http_interactions") or told.get("interactions")
    return [_of_row(row, f"{name}#{place}") for place, row in enumerate(rows)]


def _of_row(row: dict[str, Any], name: str) -> Recorded:
    asked, answered = row["request"], row["response"]
    uri = urlsplit(asked["uri"])
    return Recorded(
        name,
        asked["method"].upper(),
        uri.path,
        dict(parse_qsl(uri.query)),
        _bytes(asked["body"]),
        int(answered["status"]["code"]),
        {key.lower(): values[0] for key, values in answered["headers"].items()},
        _bytes(answered["body"]),
    )


def _bytes(told: Any) -> bytes:
    text = told.get("string", told.get("base64_string")) if isinstance(told, dict) else told
    return text if isinstance(text, bytes) else (text or "").encode()
