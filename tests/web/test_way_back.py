"""A consent's way back is a page of ours: it says what to do with its address, and neither keeps nor repeats what stands in it."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from connector.core.problem import Problem
from connector.ledgers.sign_in import Company
from tests.sign_in import change_config, connected, never_connected
from tests.web.rig import URL, listening_stage, receiver


@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_a_person_comes_back_to_the_page_and_pastes_its_address(ledger: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    stage = never_connected(listening_stage(tmp_path, ledger))
    address = f"{URL}/connect/{ledger}"
    change_config(stage, "redirect_uri: .*", f"redirect_uri: {address}")
    (stage.vendor.signin.register if ledger == "xero" else stage.vendor.register_redirect)(address)
    shown: list[str] = []

    def back(returned: str) -> str:
        assert returned.startswith(f"{address}?")
        with receiver(stage) as ours, caplog.at_level(logging.DEBUG):
            answer = ours.call("GET", returned.removeprefix(URL))
        assert (answer.status_code, answer.headers["cache-control"], answer.headers["referrer-policy"]) == (200, "no-store", "no-referrer")
        shown.append(answer.text)
        return returned

    assert isinstance(connected(stage, back), Company)
    assert "Copy the <strong>whole address of this page</strong>" in shown[0]
    assert "connector connect" in shown[0]


@pytest.mark.parametrize(
    "query", ["", "?code=secret-code&state=secret-state", "?error=access_denied", "?x=%3Cscript%3Ealert(1)%3C/script%3E"]
)
def test_the_page_is_the_same_whatever_stands_in_its_address(query: str, tmp_path: Path) -> None:
    with receiver(listening_stage(tmp_path)) as ours:
        told = ours.call("GET", f"/connect/quickbooks{query}")
        assert told.text == ours.call("GET", "/connect/quickbooks").text
        assert ours.call("POST", "/connect/quickbooks", content=b"x").status_code == 405


def test_an_address_that_was_changed_on_the_way_is_not_taken(tmp_path: Path) -> None:
    stage = never_connected(listening_stage(tmp_path, "xero"))
    address = f"{URL}/connect/xero"
    change_config(stage, "redirect_uri: .*", f"redirect_uri: {address}")
    stage.vendor.signin.register(address)
    assert isinstance(connected(stage, lambda returned: returned.replace("state=", "state=x")), Problem)
