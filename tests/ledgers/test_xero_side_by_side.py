"""Several Xero companies are posted to from one process."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from connector.core.mapping import DocumentKind
from connector.core.reference import Entry, Told
from connector.ledgers.http import LedgerHttp
from connector.ledgers.xero import client
from connector.ledgers.xero.client import XeroLedger
from tests.ledgers.rig import START, TestClock


def test_a_company_that_answers_slowly_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """functools' cached_property has one lock for all instances: the account list of a slow company was waited for by every other."""
    is_asked, may_answer = threading.Event(), threading.Event()

    def asked(office: str) -> Told:
        if office == "slow":
            is_asked.set()
            may_answer.wait(10)
        return Told((Entry(office, ("Advertising",), facts={"code": "400"}),), "")

    monkeypatch.setattr(client, "Office", lambda http, tenant_id: tenant_id)
    monkeypatch.setattr(client, "read_accounts", asked)
    slow, quick = (
        XeroLedger(http=cast("LedgerHttp", None), tenant_id=name, currency="USD", clock=TestClock(START)) for name in ("slow", "quick")
    )
    told: list[dict[str, str]] = []
    waiting = threading.Thread(target=lambda: told.append(slow._ids(DocumentKind.JOURNAL_ENTRY)))
    other = threading.Thread(target=lambda: told.append(quick._ids(DocumentKind.JOURNAL_ENTRY)))
    waiting.start()
    assert is_asked.wait(10)
    other.start()
    other.join(5)
    may_answer.set()
    waiting.join()
    other.join()
    assert told == [{"400": "quick"}, {"400": "slow"}]
