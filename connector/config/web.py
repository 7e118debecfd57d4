"""`web:` in config.yaml: where `connector run` listens for what the ledgers have to tell."""

from __future__ import annotations

import re
from dataclasses import dataclass

from connector.config.reading import Reader
from connector.config.yaml_nodes import Node

# The operator's own proxy stands in front of it, with the certificate.
LISTEN = "127.0.0.1:8766"
_LISTEN = re.compile(r"(?P<host>[0-9A-Za-z.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class WebConfig:
    """The address and port to listen at; `public_url` is how the vendors reach it, which only tells people what to enter there."""

    host: str
    port: int
    public_url: str = ""


def read_web(reader: Reader, node: Node | None) -> WebConfig | None:
    """None when nothing is to listen."""
    if node is None:
        return None
    entries = reader.table(node, ("listen", "public_url"))
    listen, public_url = reader.text(entries, "listen", node, LISTEN), reader.address(entries, "public_url", node, "")
    found = _LISTEN.fullmatch(listen)
    if found is None or not 0 < int(found["port"]) < 65_536:
        place = entries["listen"].place if "listen" in entries else node.place
        reader.add("BAD_LISTEN", place, f"listen is '{listen}'.", f"Write an address and a port, such as {LISTEN}.")
        return WebConfig("127.0.0.1", 0)
    return WebConfig(found["host"].strip("[]"), int(found["port"]), public_url)
