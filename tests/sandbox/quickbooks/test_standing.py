"""What the company and its people decide before any document is looked at, and refusals that are planned."""

from __future__ import annotations

import json

import pytest

from connector.sandbox.faults import Fault
from connector.sandbox.quickbooks import catalogue
from connector.sandbox.quickbooks.faults import MESSAGES
from connector.sandbox.wire import Request
from tests.sandbox.quickbooks.test_rules import Caller, code_of


def test_a_company_whose_subscription_ended_takes_nothing_until_it_is_renewed() -> None:
    caller = Caller(ended_company_reads="allowed")
    caller.vendor.end_subscription()
    assert code_of(caller.post(caller.journal())) == "6190"
    assert caller.call("GET", "preferences").status == 200
    caller.vendor.renew_subscription()
    assert caller.post(caller.journal(), query="requestid=r2").status == 200


def test_a_company_whose_subscription_ended_shows_nothing_either() -> None:
    caller = Caller()
    caller.vendor.end_subscription()
    for path in ("preferences", "companyinfo/1"):
        assert code_of(caller.call("GET", path)) == "6190"


def test_a_user_without_the_right_books_none_of_these_and_all_others() -> None:
    caller = Caller()
    caller.vendor.bar("Invoice")
    assert caller.post(caller.journal()).status == 200
    caller.vendor.bar("JournalEntry")
    assert code_of(caller.post(caller.journal(DocNumber="J-2"), query="requestid=r2")) == "5020"
    caller.vendor.allow("JournalEntry")
    assert caller.post(caller.journal(DocNumber="J-2"), query="requestid=r3").status == 200


def test_every_fault_of_the_catalogue_can_be_planned_and_books_nothing() -> None:
    caller = Caller()
    for number, code in enumerate({**MESSAGES, **catalogue.MESSAGES}):
        headers = {"authorization": f"Bearer {caller.access}"}
        body = json.dumps(caller.journal()).encode()
        request = Request("POST", f"/v3/company/{caller.vendor.realm_id}/journalentry", f"requestid=p{number}", headers, body)
        answer = caller.vendor.refused(request, code, 503)
        told = json.loads(answer.body)["Fault"]
        assert told["Error"][0]["code"] == code
        assert told["Error"][0]["Message"]
        assert answer.status == (401 if code in ("100", "110", "120", "3200") else 400)
        assert told["type"].endswith("Fault")
        assert caller.vendor.refused(request, code, 200).status == answer.status, "a remembered answer stays as it was"
    assert caller.vendor.documents() == []


def test_a_planned_fault_may_hide_in_a_good_answer_and_strikes_once() -> None:
    caller = Caller()
    request = Request(
        "POST",
        f"/v3/company/{caller.vendor.realm_id}/journalentry",
        "requestid=r1",
        {"authorization": f"Bearer {caller.access}"},
        json.dumps(caller.journal()).encode(),
    )
    assert caller.vendor.refused(request, "6000", 200).status == 200
    assert caller.vendor.documents() == []
    assert caller.post(caller.journal(), query="requestid=r2").status == 200
    with pytest.raises(ValueError, match="no fault 12"):
        caller.vendor.refused(request, "12", 400)


@pytest.mark.parametrize("fault", [{"kind": "refusal"}, {"kind": "5xx", "code": "6000"}])
def test_a_refusal_has_a_code_and_nothing_else_has(fault: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="a refusal has a code"):
        Fault(**fault)  # type: ignore[arg-type]
