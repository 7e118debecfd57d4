"""The addresses: POST /webhooks/quickbooks, /webhooks/xero and /webhooks/upkeep/…, GET /healthz, GET /connect/quickbooks and /connect/xero.

Nothing is decided here.

Intuit gives three seconds for an answer, Xero five, and both want it without a body; Xero wants no cookies either. The signature alone
says whose a delivery is: what it calls its content does not count.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connector.engine.health import MAX_AGE_SECONDS, Health
from connector.web.from_upkeep import FromUpKeep
from connector.web.receiving import AGAIN, REFUSED, Receiving
from connector.web.way_back import PATHS, way_back

BODY_BYTES_MAX = 1_000_000
# Both together stay below Intuit's three seconds.
READ_SECONDS_MAX = 1.5
KEEP_SECONDS_MAX = 1.3


class TooLargeError(Exception):
    """More than a delivery ever has."""


def application(receiving: Mapping[str, Receiving], health: Health, threads: Executor, from_upkeep: FromUpKeep | None = None) -> Starlette:
    """The application; each vendor that nobody listens to has no address."""
    routes = [Route(f"/webhooks/{kind}", _delivery(one, threads), methods=["POST"]) for kind, one in receiving.items()]
    pages = [Route(path, way_back, methods=["GET"]) for path in PATHS]
    if from_upkeep is not None:
        routes.append(Route("/webhooks/upkeep/{token}", _work_orders(from_upkeep, threads), methods=["POST"]))
    made = Starlette(routes=[*routes, *pages, Route("/healthz", _health(health), methods=["GET"])])
    made.router.redirect_slashes = False  # No vendor follows a redirect: an address with a slash too many is told as none.
    return made


def _delivery(receiving: Receiving, threads: Executor) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        return Response(status_code=await _status(request, receiving, threads))

    return answer


def _work_orders(from_upkeep: FromUpKeep, threads: Executor) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(KEEP_SECONDS_MAX):
                whose = await loop.run_in_executor(threads, from_upkeep.whose, request.path_params["token"])
        except TimeoutError:
            return Response(status_code=AGAIN)
        if whose is None or isinstance(whose, int):
            return Response(status_code=whose or 404)  # Not a byte of it is read.
        body = await _whole(request)
        if isinstance(body, int):
            # What is too large, or too slow, is a delivery that cannot be understood.
            loop.run_in_executor(threads, from_upkeep.take, whose, b"")
            return Response(status_code=body)
        try:
            async with asyncio.timeout(KEEP_SECONDS_MAX):
                return Response(status_code=await loop.run_in_executor(threads, from_upkeep.take, whose, body))
        except TimeoutError:
            return Response(status_code=AGAIN)

    return answer


async def _status(request: Request, receiving: Receiving, threads: Executor) -> int:
    signature = request.headers.get(receiving.ear.header, "").encode("latin-1")
    if not signature:
        return REFUSED  # No delivery: not a byte of it is read.
    body = await _whole(request)
    if isinstance(body, int):
        return body
    try:
        async with asyncio.timeout(KEEP_SECONDS_MAX):
            return await asyncio.get_running_loop().run_in_executor(threads, receiving.take, signature, body)
    except TimeoutError:
        return AGAIN  # It may be kept all the same; delivered again, it is the same hint.


async def _whole(request: Request) -> bytes | int:
    """The body, or the status for one that is too large, cut off or too slow."""
    try:
        async with asyncio.timeout(READ_SECONDS_MAX):
            return await _body(request)
    except TooLargeError:
        return 413
    except ClientDisconnect:
        return 400
    except TimeoutError:
        return 408


async def _body(request: Request) -> bytes:
    """The bytes as they came: they are what is signed."""
    if not request.headers.get("content-length", "0").isdecimal() or int(request.headers.get("content-length", "0")) > BODY_BYTES_MAX:
        raise TooLargeError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise TooLargeError
    return bytes(body)


def _health(health: Health) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        asked = request.query_params.get("max_age_seconds", "")
        is_young = health.is_young(float(asked) if asked.isdecimal() else MAX_AGE_SECONDS)
        told = {name: {"at": at.isoformat(), "ok": ok} for name, (at, ok) in health.told().items()}
        return JSONResponse({"ok": is_young, "connections": told}, status_code=200 if is_young else 503)

    return answer
