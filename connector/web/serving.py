"""The application on its address, in a thread beside the schedule."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import uvicorn
from starlette.types import ASGIApp

from connector.clock import SystemClock
from connector.config.settings import Config
from connector.config.web import WebConfig
from connector.core.clock import Clock
from connector.core.problem import Problem
from connector.engine.health import Health
from connector.engine.heeding import Bell
from connector.source_wiring import hook_vault_of, scope_of
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.store.hints import DeliveryStore
from connector.store.source_hints import SourceDeliveries
from connector.upkeep.deliveries import named_in
from connector.web.app import application
from connector.web.from_upkeep import Addressee, FromUpKeep
from connector.web.receiving import Receiving
from connector.wiring import ears_of

log = logging.getLogger("connector.web")

START_SECONDS_MAX = 10.0
STOP_SECONDS_MAX = 5
THREADS = 4
CONNECTIONS_MAX = 100


class ListeningError(Exception):
    """The address cannot be listened at."""

    def __init__(self, web: WebConfig, error: OSError) -> None:
        message = f"{web.host}:{web.port} cannot be listened at: {error.strerror or error}."
        next_step = "Correct web: listen, or end the program that has the address; it may be another `connector run`."
        self.problem = Problem("WEB_ADDRESS_UNUSABLE", "web", message, next_step)
        super().__init__(message)


@contextmanager
def serving(config: Config, web: WebConfig, database: Database, health: Health, bell: Bell) -> Iterator[None]:
    """Listen while the `with` block runs; raises ListeningError. Deliveries for every connection of the configuration are kept."""
    clock = SystemClock()
    deliveries = DeliveryStore(database, clock)
    receiving = {kind: Receiving(ear, deliveries, bell.ring, clock) for kind, ear in ears_of(config.connections).items()}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="deliveries") as threads:
        from_upkeep = from_upkeep_of(config, database, bell.ring, clock)
        with listening(application(receiving, health, threads, from_upkeep), web) as address:
            log.info("action=listening address=%s", address)
            for kind in receiving:
                log.info("action=listening_to ledger=%s tell_the_vendor=%s/webhooks/%s", kind, web.public_url or "https://YOUR-PROXY", kind)
            yield
        if from_upkeep is not None:
            from_upkeep.write_refused()
        for one in receiving.values():
            with suppress(DatabaseProblem):
                one.write_refused()


def from_upkeep_of(config: Config, database: Database, ring: Callable[[Sequence[str]], None], clock: Clock) -> FromUpKeep | None:
    """What takes UpKeep's deliveries; None where no connection is to hear of its work orders."""
    hearing = [connection for connection in config.connections if connection.source.webhooks]

    def addressees() -> dict[str, Addressee]:
        tokens = [(hook_vault_of(connection, database).token(), connection) for connection in hearing]
        return {token: Addressee(connection.name, scope_of(connection)) for token, connection in tokens if token}

    return FromUpKeep(addressees, named_in, SourceDeliveries(database, clock), ring, clock) if hearing else None


@contextmanager
def listening(app: ASGIApp, web: WebConfig) -> Iterator[str]:
    """Serve an application; its address. The socket is bound first, so that an address that is taken is told at once."""
    with _bound(web) as sock:
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # Nobody is believed to be somebody because of where he calls from.
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=STOP_SECONDS_MAX,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, daemon=True, name="web")
        thread.start()
        pause = threading.Event()
        for _ in range(int(START_SECONDS_MAX / 0.01)):
            if server.started or not thread.is_alive():
                break
            pause.wait(0.01)
        try:
            yield f"http://{web.host}:{sock.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS_MAX + 1)


def _bound(web: WebConfig) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(web.host, web.port, type=socket.SOCK_STREAM)[0]
        # The protocol is named, because asyncio switches Nagle off only where it is: else every answer takes 40 ms.
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListeningError(web, error) from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen()
    except OSError as error:
        sock.close()
        raise ListeningError(web, error) from None
    return sock
