"""The listener for the one request that brings a person back, and the browser that is opened only for a person."""

from __future__ import annotations

import socket
import threading
import webbrowser

import httpx
import pytest

from connector.cli import way_back
from connector.cli.way_back import Listener, NobodyCameBackError

pytestmark = pytest.mark.sockets


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def knock(port: int, path: str) -> httpx.Response:
    """As a browser does that is sent back: it tries until the listener is there."""
    with httpx.Client(transport=httpx.HTTPTransport(retries=20)) as browser:
        return browser.get(f"http://127.0.0.1:{port}{path}")


def test_the_listener_answers_other_pages_with_nothing_and_the_way_back_with_thanks() -> None:
    port = free_port()
    answers: list[httpx.Response] = []

    def browse() -> None:
        answers.extend(knock(port, path) for path in ("/favicon.ico", "/", "/back?code=c1&state=s1"))

    browser = threading.Thread(target=browse)
    browser.start()
    returned = Listener(f"http://localhost:{port}/back", open_browser=False, seconds=30).ask("https://vendor.example/consent")
    browser.join()
    assert returned == "/back?code=c1&state=s1"
    assert [answer.status_code for answer in answers] == [404, 404, 200]
    assert "c1" not in answers[2].text
    assert {"cache-control": "no-store", "referrer-policy": "no-referrer"}.items() <= dict(answers[2].headers).items()


def test_a_connection_that_a_browser_opens_ahead_and_never_uses_keeps_nobody_out() -> None:
    port = free_port()
    idle: list[socket.socket] = []

    def browse() -> None:
        knock(port, "/")  # The listener is there.
        idle.append(socket.create_connection(("127.0.0.1", port)))
        knock(port, "/back?code=c1")

    browser = threading.Thread(target=browse)
    browser.start()
    # Less than what the unused connection may take: heard one after the other, the way back would come too late.
    assert Listener(f"http://localhost:{port}/back", open_browser=False, seconds=way_back.REQUEST_SECONDS / 2).ask("x") == "/back?code=c1"
    browser.join()
    idle[0].close()


def test_what_the_browser_sends_is_not_logged(capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    browser = threading.Thread(target=knock, args=(port, "/back?code=c1&state=s1"))
    browser.start()
    Listener(f"http://localhost:{port}/back", open_browser=False, seconds=30).ask("https://vendor.example/consent")
    browser.join()
    shown = capsys.readouterr()
    assert "c1" not in shown.out + shown.err


@pytest.mark.parametrize(("is_terminal", "wanted", "opened"), [(True, True, 1), (False, True, 0), (True, False, 0)])
def test_a_browser_is_opened_only_where_a_person_sits(
    is_terminal: bool, wanted: bool, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages: list[str] = []
    monkeypatch.setattr(webbrowser, "open", pages.append)
    for stream in ("stdin", "stderr"):
        monkeypatch.setattr(getattr(way_back.sys, stream), "isatty", lambda: is_terminal)
    way_back.shown("https://vendor.example/consent", open_browser=wanted)
    assert pages == ["https://vendor.example/consent"] * opened


def test_nobody_who_comes_back_is_not_waited_for_for_ever() -> None:
    with pytest.raises(NobodyCameBackError):
        Listener(f"http://localhost:{free_port()}/back", open_browser=False, seconds=0.05).ask("https://vendor.example")
