"""The pages of the books: open to whoever has the token and to nobody else, and without a token there are none."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from connector.config.settings import Config
from connector.config.web import WebConfig
from connector.core.document_address import TEXT_LENGTH_MAX
from connector.engine.health import Health
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem
from connector.web import explaining as web_explaining
from connector.web.app import application
from connector.web.explaining import Explaining, books_of
from connector.web.serving import _explaining
from tests.stage import SharedClock, Stage

TOKEN = "0123456789abcdef-ünïcode"
Ask = Callable[..., httpx.Response]


def password(token: str, user: str = "kim") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()}


def asking(stage: Stage, explaining: Explaining | None) -> Ask:
    def ask(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> httpx.Response:
        async def one() -> httpx.Response:
            with ThreadPoolExecutor(1) as threads:
                app = application({}, Health(None), threads, explaining=explaining)
                async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8766") as client:
                    return await client.request(method, path, headers=password(TOKEN) if headers is None else headers)

        return asyncio.run(one())

    return ask


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    stage = Stage(tmp_path_factory.mktemp("books"))
    stage.work_order("10/02 é?", title="<b>Fan</b>")
    stage.sync()
    return stage


@pytest.fixture
def ask(stage: Stage) -> Iterator[Ask]:
    clock = SharedClock(stage.clock)
    database = Database.open(str(stage.database_path), clock)
    yield asking(stage, Explaining(books_of([stage.settings()[0]], database, clock), TOKEN))
    database.close()


def test_a_page_explains_a_work_order_and_the_way_back_with_a_plain_form(ask: Ask, stage: Stage) -> None:
    page = ask("/explain/10%2F02%20%C3%A9%3F")
    assert page.status_code == 200
    assert "6100 Repairs and maintenance" in page.text
    assert "&lt;b&gt;Fan" in page.text
    assert "<b>Fan" not in page.text
    with stage.world() as world:
        row = world.store.find("10/02 é?")
    assert row is not None
    for asked in (row.marker, f"https://app.qbo.intuit.com/app/journal?txnId={row.remote_id}", row.remote_id):
        assert "6100 Repairs and maintenance" in ask(f"/explain?q={httpx.QueryParams({'q': asked})['q']}").text
    assert '<form action="/explain" method="get">' in ask("/explain").text


@pytest.mark.parametrize(
    "headers",
    [
        {},
        password(""),
        password("wrong"),
        password(TOKEN[:-1]),
        password(TOKEN + "x"),
        {"authorization": "Bearer " + TOKEN[:17]},
        {"authorization": "Basic"},
        {"authorization": "Basic !!!"},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe").decode()},
    ],
)
@pytest.mark.parametrize("path", ["/explain", "/explain/10%2F02%20%C3%A9%3F", "/explain?q=1"])
def test_without_the_token_nothing_is_told(ask: Ask, path: str, headers: dict[str, str]) -> None:
    answer = ask(path, headers)
    assert (answer.status_code, "Fan" in answer.text) == (401, False)
    assert answer.headers["www-authenticate"].startswith("Basic ")


def test_what_is_not_known_is_not_found(ask: Ask) -> None:
    assert ask("/explain/9").status_code == 404
    assert "Nothing of that is known here" in ask("/explain/9").text
    assert ask("/explain?q=%20").status_code == 200


def test_no_memory_keeps_the_page_and_no_other_page_frames_it(ask: Ask) -> None:
    for answer in (ask("/explain"), ask("/explain/9"), ask("/explain", {})):
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in answer.headers


def test_it_only_reads(ask: Ask) -> None:
    assert {ask("/explain/9", method=method).status_code for method in ("POST", "PUT", "DELETE")} == {405}


def test_a_question_without_an_end_is_cut(ask: Ask) -> None:
    answer = ask(f"/explain?q={'7' * 20_000}")
    assert answer.status_code == 404
    assert "7" * (TEXT_LENGTH_MAX + 1) not in answer.text


def test_a_database_that_is_down_is_said_and_nothing_else(stage: Stage) -> None:
    class Down:
        def __getattr__(self, name: str) -> object:
            raise DatabaseProblem("DATABASE_UNREADABLE", "books.db", "it is gone", "Wait.")

    books = web_explaining.Books("shop", "quickbooks", "1", Down(), Down())  # type: ignore[arg-type]
    answer = asking(stage, Explaining([books], TOKEN))("/explain/1")
    assert (answer.status_code, "gone" in answer.text) == (503, False)


def test_without_a_token_the_books_have_no_address(stage: Stage, tmp_path: Path) -> None:
    database = Database.open(str(stage.database_path), SharedClock(stage.clock))
    config = Config(tmp_path / "config.yaml", str(stage.database_path), (stage.settings()[0],))
    web = WebConfig("127.0.0.1", 8766)
    assert _explaining(config, web, database, SharedClock(stage.clock)) is None
    assert asking(stage, None)("/explain/1").status_code == 404
    opened = _explaining(config, WebConfig("127.0.0.1", 8766, "", TOKEN), database, SharedClock(stage.clock))
    assert asking(stage, opened)("/explain").status_code == 200
    assert TOKEN not in repr(WebConfig("127.0.0.1", 8766, "", TOKEN))
    database.close()
