"""`web:` in config.yaml: where `connector run` listens for what the ledgers have to tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node

# The operator's own proxy stands in front of it, with the certificate.
LISTEN = "127.0.0.1:8766"
# A page of the books is open to whoever guesses its token: so many characters nobody does.
TOKEN_LENGTH_MIN = 20
_LISTEN = re.compile(r"(?P<host>[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The address and port to listen at; `public_url` is how the vendors reach it, which only tells people what to enter there.

    `explain_token` opens the pages that explain the books; without one there are no such pages.
    """

    host: str
    port: int
    public_url: str = ""
    explain_token: str = field(default="", repr=False)


def read_web(reader: Reader, node: Node | None) -> WebConfig | None:
    """None when nothing is to listen."""
    if node is None:
        return None
    entries = reader.table(node, ("listen", "public_url", "explain_token"))
    listen, public_url = reader.text(entries, "listen", node, LISTEN), reader.address(entries, "public_url", node, "")
    token = _token(reader, entries, node)
    found = _LISTEN.fullmatch(listen)
    if found is None or not 0 < int(found["port"]) < 65_536:
        place = entries["listen"].place if "listen" in entries else node.place
        reader.add("BAD_LISTEN", place, f"listen is '{listen}'.", f"Write an address and a port, such as {LISTEN}.")
        return WebConfig("127.0.0.1", 0)
    return WebConfig(found["host"].strip("[]"), int(found["port"]), public_url, token)


def _token(reader: Reader, entries: Mapping[str, Node], node: Node) -> str:
    if "explain_token" not in entries:
        return ""
    token = reader.text(entries, "explain_token", node).strip()
    if token and len(token) < TOKEN_LENGTH_MIN:
        message = f"explain_token has {len(token)} characters, fewer than {TOKEN_LENGTH_MIN}."
        reader.add("WEAK_TOKEN", entries["explain_token"].place, message, "Make one by chance, such as with `openssl rand -hex 20`.")
    return token
