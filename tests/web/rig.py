"""What receives deliveries, in this process: the real application on the stage's database, with the stand-in's courier in front of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from connector.config.settings import ConnectionConfig
from connector.engine.health import Health
from connector.flows.hearing import Deliveries
from connector.sandbox.wire import Request, Response
from connector.store.connection_store import Database
from connector.store.hints import DeliveryStore
from connector.web.app import application
from connector.web.receiving import Receiving
from connector.wiring import ears_of
from tests.stage import SharedClock, Stage

URL = "https://books.example.com"
KEYS = {"quickbooks": "sandbox-verifier-token", "xero": "sandbox-webhook-key"}


def listening_stage(folder: Path, ledger: str = "quickbooks", document: str = "invoice", **more: Any) -> Stage:
    """A stage whose configuration listens, and whose vendor knows the address."""
    change = ("      client_id:", f"      webhook_key: {KEYS[ledger]}\n      client_id:")
    stage = Stage(folder, ledger, document, config_change=change, **more)
    path = folder / "config.yaml"
    path.write_text(path.read_text("utf-8") + "web:\n", "utf-8")
    stage.vendor.register_webhook(f"{URL}/webhooks/{ledger}")
    return stage


@dataclass
class Receiver:
    """The application, and for which connections it rang."""

    stage: Stage
    app: Any
    receiving: Mapping[str, Receiving]
    rung: list[str] = field(default_factory=list)

    def post(self, url: str, request: Request) -> Response:
        """One delivery, as a courier makes it."""
        answer = self.call("POST", httpx.URL(url).path, content=request.body, headers=dict(request.headers))
        return Response(answer.status_code, answer.content, dict(answer.headers))

    def deliver(self) -> int:
        """What the vendor has to tell by now."""
        return int(self.stage.vendor.courier.deliver(self.post))

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        async def one() -> httpx.Response:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=URL) as client:
                return await client.request(method, path, **more)

        return asyncio.run(one())

    def tables(self) -> tuple[list[Any], dict[str, Any]]:
        """The hints, and the row of the vendor's address as a whole."""
        with self.stage.world() as world, world.hints.database.write() as connection:  # type: ignore[attr-defined]
            hints = [tuple(row) for row in connection.exec_driver_sql("SELECT posting_id, arrivals FROM hint ORDER BY 1")]
            rows = connection.exec_driver_sql("SELECT * FROM delivery WHERE company = ''").mappings()
            return hints, dict(next(iter(rows), {}))


@contextmanager
def receiver(
    stage: Stage, connections: Sequence[ConnectionConfig] = (), deliveries: Deliveries | None = None, health: Health | None = None
) -> Iterator[Receiver]:
    """The application as `connector run` serves it, without a socket."""
    clock = SharedClock(stage.clock)
    database = Database.open(stage.database_url or str(stage.database_path), clock)
    rung: list[str] = []
    store = deliveries or DeliveryStore(database, clock)
    receiving = {kind: Receiving(ear, store, rung.extend, clock) for kind, ear in ears_of(connections or [stage.settings()[0]]).items()}
    with ThreadPoolExecutor(1) as threads:
        yield Receiver(stage, application(receiving, health or Health(None), threads), receiving, rung)
    database.close()
