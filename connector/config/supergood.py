"""`source: {kind: supergood}` in config.yaml: a login with its second factor, and what this customer's contract calls things."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.config.reading import Reader
from connector.config.secret import NO_SECRET, Secret
from connector.config.yaml_nodes import Node
from connector.core.contract import COST_LINES, FIELDS, NAMES, PAGINGS, PATHS, STATUSES, Contract

KEYS = (
    "kind", "base_url", "username", "password", "totp_secret", "company", "site", "time_unit", "work_order_url", "paths", "names", "fields",
    "statuses", "header", "scheme", "paging", "page_size", "cost_lines", "allow_writes", "idempotency_header",
)  # fmt: skip
# pyotp 2.12 takes none that is shorter (NIST SP 800-63B-4).
TOTP_BITS_MIN = 112
PAGE_SIZE_MAX = 1_000
_POINTER = re.compile(r"(/([^~]|~[01])*)?")
# Pointers that may mean the whole answer.
_WHOLE = ("list_rows", "record")


@dataclass(frozen=True, slots=True)
class SupergoodConfig:
    """What this kind of source needs beside a login. Without a TOTP secret a person gives a code when one is asked for."""

    totp_secret: Secret = NO_SECRET
    contract: Contract = field(default_factory=Contract)


def read_supergood(reader: Reader, entries: Mapping[str, Node], place: Node) -> SupergoodConfig:
    """The second factor and the contract; every name that is not written is our own default (core/contract.py)."""
    paths = _texts(reader, entries.get("paths"), PATHS)
    for name, path in paths.items():
        if not re.fullmatch(r"/[^\s?#]*", path) or ("{id}" in PATHS[name] and "{id}" not in path):
            where = _place(entries["paths"], name)
            reader.add("BAD_PATH", where, f"{name} is '{path}'.", "Begin it with /, and put {id} where ours has it.")
    size = entries.get("page_size")
    page_size = None if size is None else reader.whole(size, "page_size", minimum=2, maximum=PAGE_SIZE_MAX)
    default = Contract()
    scheme = entries.get("scheme")
    contract = Contract(
        paths=paths,
        names=_texts(reader, entries.get("names"), NAMES),
        fields=_pointers(reader, entries.get("fields")),
        statuses=dict(STATUSES) | {name: reader.text({name: node}, name, node) for name, node in _table(reader, entries.get("statuses"))},
        header=_header(reader, entries, place, "header", default.header),
        key_header=_header(reader, entries, place, "idempotency_header", default.key_header),
        scheme=default.scheme if scheme is None else (scheme.scalar or "").strip(),
        paging=reader.choice(entries, "paging", place, PAGINGS, default.paging),
        page_size=page_size or default.page_size,
        time_unit=reader.choice(entries, "time_unit", place, ("minutes", "hours", "seconds"), default.time_unit),
        cost_lines=_cost_lines(reader, entries.get("cost_lines")),
    )
    return SupergoodConfig(Secret(_totp_secret(reader, entries, place)), contract)


def _table(reader: Reader, node: Node | None) -> list[tuple[str, Node]]:
    return list(reader.table(node).items())


def _place(node: Node, name: str) -> str:
    return (node.entries or {})[name].place if name in (node.entries or {}) else node.place


def _texts(reader: Reader, node: Node | None, known: Mapping[str, str]) -> dict[str, str]:
    """Names by ours; what is not written keeps its default."""
    entries = reader.table(node, known)
    return {name: reader.text(entries, name, node, default) if node else default for name, default in known.items()}


def _pointers(reader: Reader, node: Node | None) -> dict[str, tuple[str, ...]]:
    """What is written replaces all that would else be tried."""
    found = dict(FIELDS)
    for name, told in reader.table(node, FIELDS).items():
        written = [told] if told.items is None else list(told.items)
        pointers = tuple((one.scalar or "").strip() for one in written)
        for one, pointer in zip(written, pointers, strict=True):
            if one.scalar is None or not _POINTER.fullmatch(pointer) or (not pointer and name not in _WHOLE):
                reader.add("BAD_POINTER", one.place, f"{name} is {one.what()}.", "Write a JSON pointer, such as /asset/name.")
        if name in found:
            found[name] = pointers
    return found


def _header(reader: Reader, entries: Mapping[str, Node], place: Node, key: str, default: str) -> str:
    header = reader.text(entries, key, place, default)
    if header != default and not re.fullmatch(r"[0-9A-Za-z!#$%&'*+.^_`|~-]+", header):
        reader.add("BAD_HEADER", entries[key].place, f"{key} is '{header}'.", "Write the name of an HTTP header.")
    return header


def _cost_lines(reader: Reader, node: Node | None) -> tuple[str, ...]:
    if node is None:
        return COST_LINES
    found = tuple((item.scalar or "").strip() for item in reader.items(node))
    for kind, item in zip(found, reader.items(node), strict=True):
        if kind not in COST_LINES:
            reader.add("BAD_CHOICE", item.place, f"cost_lines has '{kind}'.", f"It must be one of: {', '.join(COST_LINES)}.")
    return found


def _totp_secret(reader: Reader, entries: Mapping[str, Node], place: Node) -> str:
    """What an authenticator app was given, in base32; never shown in a message."""
    secret = re.sub(r"[\s-]", "", reader.text(entries, "totp_secret", place, "")).upper().rstrip("=")
    if not secret:
        return ""
    try:
        bits = 8 * len(base64.b32decode(secret + "=" * (-len(secret) % 8)))
    except (binascii.Error, ValueError):
        bits = 0
    if bits < TOTP_BITS_MIN:
        what = f"has {bits} bits, fewer than {TOTP_BITS_MIN}" if bits else "is not in base32 (letters A-Z and digits 2-7)"
        step = "Copy it from UpKeep where it shows the key beside the QR code; of a short one, have a new one made."
        reader.add("BAD_TOTP_SECRET", entries["totp_secret"].place, f"totp_secret {what}.", step)
        return ""
    return secret
