"""The sandbox behind httpx's one-method seam, in this process: what a test plugs in where sockets would be."""

from __future__ import annotations

import httpx

from connector.sandbox.wire import ConnectionDropped, ConnectionRefused, Handler, Request


class SandboxTransport(httpx.BaseTransport):
    """Gives each request to a handler, and turns its dropped connections into httpx's own errors."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange; raises ConnectError when nothing was read, RemoteProtocolError when the answer is lost."""
        try:
            answer = self._handler(asked_of(request))
        except ConnectionRefused:
            raise httpx.ConnectError("connection refused", request=request) from None
        except ConnectionDropped:
            raise httpx.RemoteProtocolError("the server closed the connection", request=request) from None
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body, request=request)


def asked_of(request: httpx.Request) -> Request:
    """A client's request as the stand-ins read it."""
    return Request(
        request.method,
        request.url.path,
        request.url.query.decode("ascii"),
        {name.lower(): value for name, value in request.headers.items()},
        request.read(),
    )
