"""Where a secret may be sent: over https, or to this machine."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def is_loopback(url: str) -> bool:
    """Whether the address leads to this machine: a stand-in of the sandbox, not a vendor."""
    return urlsplit(url).hostname in LOOPBACK


def require_safe(url: str) -> None:
    """Raise ValueError where a sign-in would travel in plain text over somebody's network."""
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise ValueError("only https, loopback excepted")
