"""Criteria of completion as conditions for posting: what is done posts, what is not waits, and only what is named is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.core.keys import Need
from connector.upkeep.criteria import beside, criteria_of
from connector.upkeep.source import UnreadableAnswerError
from tests.stage import Stage
from tests.upkeep.rig import Answers
from tests.upkeep.supergood_stage import supergood_stage

PLAIN = plain_mapping_text("USD")


def mapping(require: str) -> str:
    return PLAIN.replace("credits:", f"ready:\n  require:\n    - {{{require}}}\ncredits:")


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({}, None),
        ({"checklist": [{"name": "Oil", "done": True}, {"name": "Belt", "completed": "yes"}]}, "done"),
        ({"checklist": [{"name": "Oil", "done": True}, {"name": "Belt", "done": False}]}, "open"),
        ({"formItems": [{"formName": "Pressure", "formValue": "3.1"}]}, "done"),
        ({"formItems": [{"formName": "Pressure", "formValue": ""}]}, "open"),
        ({"tasks": [{"title": "Oil", "status": "complete"}]}, "done"),
        ({"tasks": [{"title": "Oil", "status": "open", "value": "3"}]}, "open"),
        ({"checklist": {"items": [{"name": "Oil", "required": False}]}}, "done"),
        ({"checklist": ["Oil"]}, "open"),
        ({"checklist": [{"name": "Oil", "value": False}]}, "open"),
    ],
)
def test_a_checklist_is_done_when_every_step_says_so(detail: dict[str, Any], expected: str | None) -> None:
    assert criteria_of(detail).get("checklist") == expected


@pytest.mark.parametrize(
    ("detail", "expected"),
    [
        ({}, ("absent", "no")),
        ({"signature": "sig1", "approvedByUser": "u1"}, ("present", "yes")),
        ({"signatures": [], "approved": False, "approvedByUser": "u1"}, ("absent", "no")),
        ({"signatureImage": {"id": "i"}, "approvalStatus": "Approved"}, ("present", "yes")),
        ({"signature": "null", "approvalStatus": "declined"}, ("absent", "no")),
        ({"signature": True, "isApproved": "true"}, ("present", "yes")),
    ],
)
def test_signature_and_approval_are_there_or_they_are_not(detail: dict[str, Any], expected: tuple[str, str]) -> None:
    found = criteria_of(detail)
    assert (found["signature"], found["approved"]) == expected


def test_the_result_of_a_step_is_a_key_of_its_own() -> None:
    found = criteria_of({"formItems": [{"formName": "Safe to run", "formValue": "Yes"}, {"name": "Oil", "done": True}, 7]})
    assert (found["checklist.safe to run"], found["checklist.oil"], found["checklist"]) == ("Yes", "yes", "open")


DONE: dict[str, dict[str, Any]] = {
    "checklist: done": {"checklist": [{"name": "Oil", "done": True}]},
    "signature: present": {"signature": "sig1"},
    'approved: "yes"': {"approved": True},
    "checklist.safe: Pass": {"checklist": [{"name": "Safe", "value": "pass"}]},
}


@pytest.mark.parametrize("through", ["upkeep", "supergood"])
@pytest.mark.parametrize("condition", DONE)
def test_a_job_waits_until_it_is_finished_as_the_mapping_wants_it(through: str, condition: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path) if through == "upkeep" else supergood_stage(tmp_path)
    (tmp_path / "mapping.yaml").write_text(mapping(condition), "utf-8")
    identifier = stage.work_order("1")
    report = stage.sync()
    assert (report.posted, report.held) == (0, 1)
    with stage.world() as world:
        row = world.store.find("1")
    assert row is not None
    assert row.codes == ("NOT_APPROVED_YET",)
    stage.change(identifier, **DONE[condition])
    assert stage.sync().posted == 1


def test_a_custom_field_of_the_same_name_still_comes_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path, mapping_text=mapping('approved: "ok"'))
    stage.work_order("1", customFields=[{"name": "Approved", "value": "ok"}])
    assert stage.sync().posted == 1


def paths(stage: Stage) -> list[str]:
    return [entry["path"] for entry in stage.sandbox.upkeep.log if entry["method"] == "GET"]


def test_requests_and_meters_are_read_where_the_mapping_names_them_and_otherwise_left_alone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    asset = stage.upkeep.post("/api/v2/assets", json={"name": "Pump"}).json()["result"]["id"]
    request = stage.upkeep.post("/api/v2/requests", json={"title": "It leaks", "status": "approved"}).json()["result"]["id"]
    meter = stage.upkeep.post("/api/v2/meters", json={"name": "Hours", "units": "h", "asset": asset}).json()["result"]["id"]
    for value in (100, 250):
        stage.clock.advance(1)
        stage.upkeep.post(f"/api/v2/meters/{meter}/readings", json={"value": value})
    stage.work_order("1", asset=asset, request=request)
    assert stage.sync().posted == 1
    assert not [path for path in paths(stage) if "requests" in path or "meters" in path]
    for number, condition in (("2", "request: approved"), ("3", "meter reading: 250")):
        (tmp_path / "mapping.yaml").write_text(mapping(condition), "utf-8")
        stage.work_order(number, asset=asset, request=request)
        stage.work_order(f"{number}-without")
        report = stage.sync()
        assert (report.posted, report.held >= 1) == (1, True)
    assert f"/api/v2/requests/{request}" in paths(stage)
    assert f"/api/v2/meters/{meter}/readings" in paths(stage)


def test_of_several_meters_none_is_guessed_and_what_cannot_be_read_is_not_passed_over() -> None:
    detail, needs = {"asset": {"id": "a1"}, "request": "r1"}, frozenset({Need.REQUEST, Need.METER})
    two = Answers({"/meters": {"results": [{"id": "m1", "asset": "a1"}, {"id": "m2", "asset": "a1"}]}})

    def get(answers: dict[str, Any]) -> Any:
        return lambda path, params: answers.get(path)

    assert beside(detail, needs, get(two.by_path)) == {"request": "", "meter reading": ""}
    meters = [{"id": "m1", "asset": "a1"}, {"id": "m2", "asset": "other"}]
    undated = {"/meters": {"results": meters}, "/meters/m1/readings": {"results": [{"value": 1}]}}
    assert beside(detail, needs, get(undated))["meter reading"] == ""
    assert beside({}, needs, get({})) == {}
    for broken in ({"/meters": {"results": None}}, {"/requests/r1": {"result": 7}}):
        with pytest.raises(UnreadableAnswerError):
            beside(detail, needs, get(broken))
