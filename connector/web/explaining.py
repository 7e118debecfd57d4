"""GET /explain and /explain/NUMBER: where each cent went, for whoever has the token; a page that works without a script.

The token is asked for as a browser asks for a password (HTTP Basic, any user name): it stands in no address, so in no log, no history
and no referrer. Encryption is the proxy's, as for every address here.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from connector.config.settings import ConnectionConfig
from connector.core.clock import Clock
from connector.core.document_address import TEXT_LENGTH_MAX
from connector.flows.evidence_records import EvidenceRecords
from connector.flows.explain_document import answers
from connector.flows.explain_page import Told, page
from connector.flows.world import Store
from connector.flows.write_back_records import MessageRecords
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.wiring import records_of

log = logging.getLogger("connector.web")

ANSWER_SECONDS_MAX = 10.0
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ASK = {"WWW-Authenticate": 'Basic realm="connector", charset="UTF-8"', **HEADERS}


@dataclass(frozen=True, slots=True)
class Books:
    """The records of one connection, and whose they are."""

    connection: str
    ledger: str
    company: str
    store: Store
    evidence: EvidenceRecords
    messages: MessageRecords | None = None


def books_of(connections: Sequence[ConnectionConfig], database: Database, clock: Clock) -> list[Books]:
    """The records of every connection of the configuration."""
    return [Books(c.name, c.ledger.kind, c.ledger.company_id, *records_of(c, database, clock)) for c in connections]


class Explaining:
    """The pages of the books, behind a token."""

    def __init__(self, books: Sequence[Books], token: str) -> None:
        self._books = books
        self._token = token.encode()

    def routes(self, threads: Executor) -> list[Route]:
        """Its addresses; the database is read in `threads`."""
        answer = self._answer(threads)
        return [Route("/explain", answer, methods=["GET"]), Route("/explain/{number:path}", answer, methods=["GET"])]

    def _answer(self, threads: Executor) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            if not self._is_let_in(request.headers.get("authorization", "")):
                return PlainTextResponse("The token of web: explain_token is the password; the user name does not matter.\n", 401, ASK)
            asked = str(request.path_params.get("number") or request.query_params.get("q", "")).strip()[:TEXT_LENGTH_MAX]
            try:
                async with asyncio.timeout(ANSWER_SECONDS_MAX):
                    told = await asyncio.get_running_loop().run_in_executor(threads, self._told, asked)
            except (TimeoutError, DatabaseProblem) as error:
                log.warning("action=not_explained reason=%s", error or "the database took too long")
                return PlainTextResponse("The database cannot be read just now.\n", 503, HEADERS)
            # A name may hold half a character, which no answer can.
            text = page(asked, told, form=True).encode("utf-8", "replace")
            return HTMLResponse(text, 404 if asked and not told else 200, HEADERS)

        return answer

    def _told(self, asked: str) -> list[Told]:
        if not asked:
            return []
        return [Told(one.connection, one.ledger, one.company, answer) for one in self._books for answer in answers(one, asked, one.ledger)]

    def _is_let_in(self, header: str) -> bool:
        """Whether the password is the token; how long that takes tells nothing of it."""
        scheme, _, encoded = header.partition(" ")
        if scheme.casefold() != "basic":
            return False
        try:
            given = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given.partition(b":")[2], self._token)
