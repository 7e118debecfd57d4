"""Has the ledgers' couriers deliver over HTTP, to loopback only, as long as the stand-ins are served."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from urllib.parse import urlsplit

import httpx

from connector.sandbox.courier import Courier
from connector.sandbox.upkeep.postman import LOOPBACK
from connector.sandbox.wire import ConnectionDropped, ConnectionRefused, Request, Response

PAUSE_SECONDS = 0.02


class Rounds:
    """Goes from courier to courier between start and stop."""

    def __init__(self, couriers: Sequence[Courier]) -> None:
        self._couriers = couriers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="sandbox-couriers")

    def start(self) -> None:
        """Deliver from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        with httpx.Client() as client:
            while not self._stop.wait(PAUSE_SECONDS):
                for courier in self._couriers:
                    self._go(client, courier)

    @staticmethod
    def _go(client: httpx.Client, courier: Courier) -> None:
        def post(url: str, request: Request) -> Response:
            if urlsplit(url).hostname not in LOOPBACK:
                raise ConnectionRefused  # The sandbox never leaves the machine.
            try:
                answer = client.post(url, content=request.body, headers=dict(request.headers), timeout=courier.manners.answer_seconds)
            except httpx.TimeoutException:
                raise TimeoutError from None
            except httpx.HTTPError:
                raise ConnectionDropped from None
            return Response(answer.status_code, answer.content, dict(answer.headers))

        courier.deliver(post)
