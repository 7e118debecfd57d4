"""The stand-ins over real sockets: a small ASGI application around each handler, served by uvicorn on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import uvicorn

from connector.sandbox.rounds import Rounds
from connector.sandbox.upkeep.postman import Postman
from connector.sandbox.wire import ConnectionDropped, ConnectionRefused, Handler, Request, Response
from connector.sandbox.world import Sandbox

HOST = "127.0.0.1"
START_SECONDS_MAX = 10.0
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


def application(handler: Handler) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """One handler as an ASGI application; its rules run in a thread, one request at a time."""
    turn = threading.Lock()

    def one_at_a_time(request: Request) -> Response:
        with turn:
            return handler(request)

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return  # Half a request is none: its sender died before the rest left.
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        request = Request(scope["method"], scope["path"], scope["query_string"].decode("ascii"), headers, bytes(body))
        try:
            answer = await asyncio.to_thread(one_at_a_time, request)
        except (ConnectionDropped, ConnectionRefused):
            await _cut(send)
            return
        await send({"type": "http.response.start", "status": answer.status, "headers": _headers(answer)})
        await send({"type": "http.response.body", "body": answer.body})

    return app


def _headers(answer: Response) -> list[tuple[bytes, bytes]]:
    told = {name.lower(): value for name, value in answer.headers.items()} | {"content-length": str(len(answer.body))}
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in told.items()]


async def _cut(send: Send) -> None:
    """Cut the TCP connection. ASGI has no word for it; uvicorn's `send` is a method of the cycle that holds the transport."""
    cycle = send.__self__  # type: ignore[attr-defined]
    cycle.transport.abort()
    while not cycle.disconnected:  # Returning earlier would have uvicorn answer 500 first.
        await asyncio.sleep(0.001)


class Served:
    """The stand-ins on loopback ports while the `with` block runs; `addresses` are their roots. UpKeep has two."""

    def __init__(self, sandbox: Sandbox, ports: tuple[int, int, int] = (0, 0, 0)) -> None:
        self._servers: list[uvicorn.Server] = []
        self._threads: list[threading.Thread] = []
        self._postman = Postman(sandbox.vendors.upkeep.hooks)
        self._rounds = Rounds([sandbox.vendors.quickbooks.courier, sandbox.vendors.xero.courier])
        self.addresses: dict[str, str] = {}
        for (name, handler), port in zip(
            (("upkeep", sandbox.upkeep.handle), ("quickbooks", sandbox.quickbooks.handle), ("xero", sandbox.xero.handle)),
            ports,
            strict=True,
        ):
            self._prepare(name, handler, port)
        self._prepare("supergood", sandbox.supergood.handle, 0)

    def _prepare(self, name: str, handler: Handler, port: int) -> None:
        # The protocol is named, because asyncio switches Nagle off only where it is: else every answer takes 40 ms.
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        self.addresses[name] = f"http://{HOST}:{listening.getsockname()[1]}"
        config = uvicorn.Config(
            application(handler),
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            date_header=False,  # A vendor's answer has the time of its own clock.
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        self._servers.append(server)
        self._threads.append(threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True, name=f"sandbox-{name}"))

    def __enter__(self) -> Served:
        for thread in self._threads:
            thread.start()
        pause = threading.Event()
        for _ in range(int(START_SECONDS_MAX / 0.01)):
            if all(server.started for server in self._servers):
                self._postman.start()
                self._rounds.start()
                return self
            pause.wait(0.01)
        raise RuntimeError("the sandbox did not start")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._postman.stop()
        self._rounds.stop()
        for server in self._servers:
            server.should_exit = True
        for thread in self._threads:
            thread.join(timeout=5)
