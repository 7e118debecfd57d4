"""Hashes by which anybody can tell that a proof is the one that was written: one a row, and one over all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping


def digest(content: Mapping[str, object]) -> str:
    """SHA-256 of a JSON object: keys sorted, no spaces, ASCII only, so that every language writes the same bytes."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def root(head: Mapping[str, object], row_hashes: Iterable[str]) -> str:
    """SHA-256 over lines: the digest of everything but the rows, then the hash of every row in its order."""
    seal = hashlib.sha256(f"{digest(head)}\n".encode("ascii"))
    for row_hash in row_hashes:
        seal.update(f"{row_hash}\n".encode("ascii"))
    return seal.hexdigest()
