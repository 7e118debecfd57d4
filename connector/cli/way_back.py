"""How the address comes to us to which a person was sent back: a listener on loopback for one request, or their own hands."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from connector.cli.output import errors

# As long as a person may take to sign in, choose a company and agree.
CONSENT_SECONDS_MAX = 600.0
# Browsers open connections ahead that they may never use: each is heard in a thread of its own, and not for ever.
REQUEST_SECONDS = 10.0
LOOK_SECONDS = 0.1  # how soon an answer that came in is seen
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>UpKeep accounting connector</title>
<body style="font-family: sans-serif; max-width: 40em; margin: 3em auto">
<h1>Thank you</h1><p>Go back to the terminal: it tells whether the account is connected. You can close this page.</p></body></html>
"""


class NobodyCameBackError(Exception):
    """The consent page was shown, and no address came back."""


def is_loopback(redirect_uri: str) -> bool:
    """Whether the way back leads to this machine."""
    return urlsplit(redirect_uri).hostname == "localhost"


def shown(address: str, *, open_browser: bool) -> None:
    """Print the consent page's address; a browser is opened only where a person sits."""
    out = errors()
    out.print("Open this page, sign in, and agree:")
    out.print(address, markup=False, soft_wrap=True)
    if open_browser and sys.stdin.isatty() and sys.stderr.isatty():
        webbrowser.open(address)


def pasted() -> str:
    """The address that the person copies from their browser, or that is piped in."""
    errors().print("Then paste the whole address of the page you were sent to (also one that does not load), and press Enter:")
    line = sys.stdin.readline().strip()
    if not line:
        raise NobodyCameBackError("no address was given")
    return line


def asked_by_hand(*, open_browser: bool) -> Callable[[str], str]:
    """Show the page, and have the address pasted."""

    def ask(address: str) -> str:
        shown(address, open_browser=open_browser)
        return pasted()

    return ask


@dataclass(slots=True)
class Listener:
    """Listens on loopback, at the port of the redirect address, for the one request that brings the person back."""

    redirect_uri: str
    open_browser: bool = True
    seconds: float = CONSENT_SECONDS_MAX
    returned: list[str] = field(default_factory=list)

    def ask(self, address: str) -> str:
        """Show the page and wait; where the port is taken, the person pastes the address instead."""
        try:
            server = ThreadingHTTPServer(("127.0.0.1", urlsplit(self.redirect_uri).port or 80), self._handler())
        except OSError:
            return asked_by_hand(open_browser=self.open_browser)(address)
        with server:
            shown(address, open_browser=self.open_browser)
            return self._wait(server)

    def _wait(self, server: ThreadingHTTPServer) -> str:
        from connector.clock import SystemClock

        clock = SystemClock()
        ends = clock.monotonic() + self.seconds
        while not self.returned and clock.monotonic() < ends:
            server.timeout = min(LOOK_SECONDS, max(0.0, ends - clock.monotonic()))
            server.handle_request()
        if not self.returned:
            raise NobodyCameBackError(f"nobody came back within {self.seconds:.0f} seconds")
        return self.returned[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        listener, path = self, urlsplit(self.redirect_uri).path

        class Handler(BaseHTTPRequestHandler):
            timeout = REQUEST_SECONDS
            server_version, sys_version = "connector", ""

            def do_GET(self) -> None:
                """Take the way back; a browser also asks for icons, which we do not have."""
                if urlsplit(self.path).path != path or listener.returned:
                    self.send_error(HTTPStatus.NOT_FOUND)
                    return
                page = _PAGE.encode()
                self.send_response(HTTPStatus.OK)
                for name, value in (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(page)))):
                    self.send_header(name, value)
                # The address holds the code: it goes into no other page's Referer, and into no cache.
                for name, value in (("Referrer-Policy", "no-referrer"), ("Cache-Control", "no-store"), ("Connection", "close")):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(page)
                listener.returned.append(self.path)  # Last: the process may end as soon as it is seen.

            def log_message(self, format: str, *arguments: object) -> None:
                """Say nothing: the request's line holds the code."""

        return Handler
