"""Makes the webhook deliveries of a served stand-in: plain POSTs, to loopback only, never tried again."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

import httpx

from connector.sandbox.upkeep.webhooks import Hooks

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PAUSE_SECONDS = 0.02
TIMEOUT_SECONDS = 10.0


class Postman:
    """Delivers what waits in the hooks between start and stop."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="sandbox-webhooks")

    def start(self) -> None:
        """Deliver from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Deliver no more; what still waits is lost, as it is when UpKeep gives up."""
        self._stop.set()
        self._thread.join(timeout=TIMEOUT_SECONDS)

    def _run(self) -> None:
        with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
            while not self._stop.wait(PAUSE_SECONDS):
                for delivery in self._hooks.take():
                    self._deliver(client, delivery.endpoint, delivery.body)

    @staticmethod
    def _deliver(client: httpx.Client, endpoint: str, body: bytes) -> None:
        try:
            if urlsplit(endpoint).hostname not in LOOPBACK:
                return  # The sandbox never leaves the machine.
            client.post(endpoint, content=body, headers={"content-type": "application/json"})
        except (httpx.HTTPError, httpx.InvalidURL, ValueError):
            return  # Whether UpKeep tries again is not known; the connector must not depend on it.
