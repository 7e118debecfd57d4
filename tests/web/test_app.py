"""Whatever comes in at the vendors' addresses: what is signed is kept, what is not leaves no trace but a count."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connector.config.settings import Secret
from connector.engine.health import Health
from connector.sandbox.wire import Request, Response
from connector.store.engine import DatabaseProblem
from connector.web import app as web_app
from connector.web import receiving as receiving_module
from connector.wiring import ears_of
from tests.stage import Stage
from tests.web.rig import Receiver, listening_stage, receiver

PATHS = {"quickbooks": "/webhooks/quickbooks", "xero": "/webhooks/xero"}


@pytest.fixture(params=["quickbooks", pytest.param("xero", marks=pytest.mark.long)])
def ours(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    with receiver(listening_stage(tmp_path, request.param)) as made:
        yield made


def send(ours: Receiver, body: bytes, key: str = "", **headers: str) -> Response:
    """A delivery of those bytes, signed with the vendor's key or another one."""
    ledger, courier = ours.stage.ledger, ours.stage.vendor.courier
    return ours.post(PATHS[ledger], courier.request(body, key, **headers))


def counts(ours: Receiver) -> dict[str, Any]:
    return ours.tables()[1]


GARBAGE = [b"", b"null", b"[", b"\xff\xfe", b"7", b'"x"', b"[" * 100_000, b'{"events": 5}', b'{"eventNotifications": {}}', b"{}"]


def test_a_body_that_cannot_be_read_is_counted_and_not_asked_for_again(ours: Receiver) -> None:
    """It bears the vendor's signature: an error would only have it sent again, and in the end the address given up."""
    answers = [send(ours, body) for body in GARBAGE]
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"")}
    assert (counts(ours)["deliveries"], counts(ours)["unreadable"]) == (len(GARBAGE), len(GARBAGE))


def test_the_same_body_without_the_vendor_s_signature_is_refused(ours: Receiver) -> None:
    answers = [send(ours, body, "another key") for body in GARBAGE]
    assert {(answer.status, answer.body, "set-cookie" in answer.headers) for answer in answers} == {(401, b"", False)}
    assert (counts(ours)["deliveries"], counts(ours)["refused"]) == (0, 1)


def test_one_odd_entry_costs_none_of_the_others(ours: Receiver) -> None:
    company = ours.stage.settings()[0].ledger.company_id
    good = {
        "quickbooks": {"type": "qbo.invoice.updated.v1", "intuitentityid": "7", "intuitaccountid": company},
        "xero": {"tenantId": company, "resourceId": "7", "eventCategory": "INVOICE", "eventType": "UPDATE"},
    }[ours.stage.ledger]
    odd: list[Any] = [5, None, [], {}, *({**good, name: wrong} for name in good for wrong in (None, 5, "", "a b", {"x": 1}))]
    entries = [good, *odd]
    body: Any = entries if ours.stage.ledger == "quickbooks" else {"events": entries}
    assert send(ours, json.dumps(body).encode()).status == 200
    told = ears_of([ours.stage.settings()[0]])[ours.stage.ledger].read(json.dumps(body).encode())
    assert ("7" in {change.remote_id for change in told.changes}, company in told.companies) == (True, True)
    assert counts(ours)["unreadable"] == told.unreadable >= len(odd) - 6


def test_what_a_delivery_calls_its_content_does_not_count(ours: Receiver) -> None:
    for kind in ("text/plain", "application/cloudevents-batch+json", ""):
        assert send(ours, b"[]", **{"content-type": kind}).status == 200


def test_a_request_without_a_signature_is_no_delivery_and_is_not_counted(ours: Receiver) -> None:
    answer = ours.call("POST", PATHS[ours.stage.ledger], content=b"[]")
    assert (answer.status_code, answer.content, counts(ours)) == (401, b"", {})


def test_a_signature_that_is_none_is_refused_and_nothing_else_happens(ours: Receiver) -> None:
    header = ours.stage.vendor.courier.manners.header.encode()
    for signature in ("", "x", "é", "=", "A" * 44, "A" * 10_000, "%00"):
        headers = {header: signature.encode("latin-1")}
        assert ours.call("POST", PATHS[ours.stage.ledger], content=b"[]", headers=headers).status_code == 401
    assert ours.rung == []


def test_the_signature_is_over_the_bytes_as_they_came(ours: Receiver) -> None:
    courier = ours.stage.vendor.courier
    signed = courier.request(b'{"events": []}')
    assert ours.post(PATHS[ours.stage.ledger], replace(signed, body=b'{"events":[]}')).status == 401


def test_a_huge_body_is_not_read(ours: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_app, "BODY_BYTES_MAX", 100)
    assert send(ours, b"[" + b" " * 99).status == 200
    assert send(ours, b"[" + b" " * 100).status == 413
    assert counts(ours)["deliveries"] == 1


async def in_pieces(ours: Receiver, messages: list[dict[str, Any]], **headers: str) -> int:
    """A request whose body comes in pieces, as a slow or a lying client sends it; it waits for ever after the last one."""
    waiting, status = list(messages), []

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.sleep(3600)
        return waiting.pop(0)

    async def answer(message: dict[str, Any]) -> None:
        status.append(message.get("status"))

    headers |= {ours.stage.vendor.courier.manners.header: "x"}
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": PATHS[ours.stage.ledger], "query_string": b"", "headers": raw}
    await ours.app(scope | {"http_version": "1.1", "scheme": "http", "server": ("x", 1), "client": ("x", 2)}, receive, answer)
    return int(status[0])


def test_a_body_that_grows_beyond_the_limit_or_never_ends_is_given_up(ours: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_app, "BODY_BYTES_MAX", 100)
    monkeypatch.setattr(web_app, "READ_SECONDS_MAX", 0.01)
    piece = {"type": "http.request", "body": b" " * 60, "more_body": True}
    assert asyncio.run(in_pieces(ours, [piece, piece])) == 413
    assert asyncio.run(in_pieces(ours, [piece])) == 408
    assert asyncio.run(in_pieces(ours, [piece, {"type": "http.disconnect"}])) == 400
    assert asyncio.run(in_pieces(ours, [piece], **{"content-length": "lots"})) == 413


def test_a_vendor_that_nobody_listens_to_has_no_address(ours: Receiver) -> None:
    (other,) = set(PATHS) - {ours.stage.ledger}
    assert ours.call("POST", PATHS[other], content=b"[]").status_code == 404
    assert ours.call("GET", PATHS[ours.stage.ledger]).status_code == 405
    assert ours.call("POST", f"{PATHS[ours.stage.ledger]}/", content=b"[]").status_code == 404


def test_an_empty_key_listens_to_nobody(ours: Receiver) -> None:
    settings = ours.stage.settings()[0]
    assert ears_of([replace(settings, ledger=replace(settings.ledger, webhook_key=Secret("")))]) == {}


def test_a_company_that_no_connection_has_is_counted_and_left_alone(ours: Receiver) -> None:
    settings = ours.stage.settings()[0]
    with receiver(ours.stage, [replace(settings, ledger=replace(settings.ledger, company_id="999"))]) as theirs:
        courier = ours.stage.vendor.courier
        body = courier._write([]) if ours.stage.ledger == "quickbooks" else b'{"events": []}'
        assert send(theirs, body).status == 200
        courier.state = "active"
        courier.tell(
            settings.ledger.company_id, *(("Invoice", "7", "voided") if ours.stage.ledger == "quickbooks" else ("INVOICE", "7", "UPDATE"))
        )
        theirs.deliver()
        assert (counts(theirs)["deliveries"], counts(theirs)["strangers"], theirs.rung) == (2, 1, [])


def test_another_app_s_key_does_not_speak_for_this_app_s_companies(ours: Receiver) -> None:
    """Two apps at one address: each key counts for its own companies."""
    stage = ours.stage
    settings = stage.settings()[0]
    other = replace(settings, name="other", ledger=replace(settings.ledger, company_id="999", webhook_key=Secret("other key")))
    with receiver(stage, [settings, other]) as both:
        courier = stage.vendor.courier
        courier.state = "active"
        courier.tell(
            settings.ledger.company_id, *(("Invoice", "7", "voided") if stage.ledger == "quickbooks" else ("INVOICE", "7", "UPDATE"))
        )
        sent: list[Request] = []
        courier.deliver(lambda url, request: sent.append(request) or Response(200))  # type: ignore[func-returns-value]
        assert both.post(PATHS[stage.ledger], courier.request(sent[0].body, "other key")).status == 200
        assert counts(both)["strangers"] == 1


def test_a_delivery_that_is_played_again_is_the_same_hint(ours: Receiver) -> None:
    before = [send(ours, b"[]").status for _ in range(3)]
    assert (before, ours.rung) == ([200] * 3, [])


def test_nothing_of_a_body_a_key_or_a_signature_is_logged(ours: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    send(ours, b'{"private": "matter"}')
    send(ours, b'{"private": "matter"}', "another key")
    told = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("connector"))
    assert "action=delivery_refused" in told
    for secret in ("private", ours.stage.vendor.courier.key, ours.stage.vendor.courier.signature(b'{"private": "matter"}')):
        assert secret not in told
    assert all(record.exc_info is None for record in caplog.records)


def test_a_flood_of_wrong_signatures_is_written_down_now_and_then(ours: Receiver) -> None:
    for _ in range(50):
        send(ours, b"[]", "another key")
    assert counts(ours)["refused"] == 1
    ours.stage.clock.advance(receiving_module.REFUSALS_SECONDS)
    send(ours, b"[]", "another key")
    assert (counts(ours)["refused"], counts(ours)["refused_in_a_row"]) == (51, 51)
    send(ours, b"[]")
    assert (counts(ours)["refused"], counts(ours)["refused_in_a_row"]) == (51, 0)


class Down:
    """A database that is not there."""

    def __init__(self) -> None:
        self.is_down = True

    def keep(self, *_: Any) -> list[Any]:
        if self.is_down:
            raise DatabaseProblem("DATABASE_UNREACHABLE", "host", "The database server does not answer.", "Start it.")
        return []

    def note_refused(self, ledger: str, count: int) -> None:
        self.keep()


def test_while_the_database_is_down_everything_is_to_be_delivered_again_and_the_log_says_so_once(
    ours: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    down = Down()
    with receiver(ours.stage, deliveries=down) as without:
        assert [send(without, b"[]").status for _ in range(3)] == [503] * 3
        assert [send(without, b"[]", "another key").status for _ in range(2)] == [401] * 2  # Xero's question is answered all the same.
        down.is_down = False
        assert [send(without, b"[]").status for _ in range(2)] == [200] * 2
        ours.stage.clock.advance(receiving_module.REFUSALS_SECONDS)
        send(without, b"[]", "another key")
    told = [record.getMessage().partition(" reason")[0] for record in caplog.records if record.name == "connector.web"]
    ledger = f"ledger={ours.stage.ledger}"
    assert told == [
        f"action=delivery_not_kept {ledger}", f"action=deliveries_kept_again {ledger}", f"action=delivery_refused {ledger} count=3",
    ]  # fmt: skip


def test_a_database_that_takes_too_long_has_it_delivered_again(ours: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_app, "KEEP_SECONDS_MAX", 0.01)
    goes_on = threading.Event()

    class Slow(Down):
        def keep(self, *_: Any) -> list[Any]:
            goes_on.wait(30)
            return []

    with receiver(ours.stage, deliveries=Slow()) as slow:
        assert send(slow, b"[]").status == 503
        goes_on.set()


def test_health_is_young_while_something_was_told_and_keeps_its_words_to_itself(tmp_path: Path) -> None:
    stage: Stage = listening_stage(tmp_path)
    health = Health(None)
    with receiver(stage, health=health) as ours:
        assert ours.call("GET", "/healthz").status_code == 503
        health.tell("plant", "the password was refused", ok=False)
        answer = ours.call("GET", "/healthz")
        assert ours.call("GET", "/healthz?max_age_seconds=0").status_code == 503
        assert ours.call("GET", "/healthz?max_age_seconds=-1e9").status_code == 200
    assert (answer.status_code, answer.json()["ok"], answer.json()["connections"]["plant"]["ok"]) == (200, True, False)
    assert "password" not in answer.text
    assert not health.is_young(-1)
