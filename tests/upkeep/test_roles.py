"""What a login of UpKeep is and sees: found out at sign-in, and a limited one is refused as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from connector.flows.check import check
from connector.flows.prove import prove
from connector.upkeep.source import LimitedLoginError, SourceUnreachableError
from tests.stage import Stage
from tests.upkeep.rig import Answers, source_over

DAY_SECONDS = 86_400.0
OWN = {"email": "Admin@sandbox.example", "accountType": "ADMIN"}


def become(stage: Stage, account_type: str) -> None:
    for user in stage.sandbox.vendors.upkeep.records.by_kind["users"].values():
        user["accountType"] = account_type


@pytest.mark.parametrize("listing", ["own", "all"])
def test_a_limited_technician_is_refused_as_a_source_and_nothing_is_posted_or_missed(listing: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, upkeep_switches={"limited_users": listing})
    stage.work_order("1")
    assert stage.sync().posted == 1
    become(stage, "LIMITED_TECH")
    stage.clock.advance(DAY_SECONDS)
    with pytest.raises(LimitedLoginError, match="its own work orders only"):
        stage.sync()
    with stage.world() as world, pytest.raises(LimitedLoginError):
        prove(world)
    with stage.world() as world:
        checked = check(world)
    assert [problem.code for problem in checked.problems] == ["UPKEEP_LIMITED"]
    assert checked.login == {"login": "admin@sandbox.example", "role": "LIMITED_TECH", "sees": "its own work orders only"}


def test_a_login_that_may_not_see_users_is_no_administrators(tmp_path: Path) -> None:
    stage = Stage(tmp_path, upkeep_switches={"limited_users": "403"})
    become(stage, "LIMITED_TECH")
    with stage.world() as world:
        checked = check(world)
    assert [problem.code for problem in checked.problems] == ["UPKEEP_NOT_ADMIN"]
    assert checked.login["sees"] == "perhaps not every work order"


def test_a_plan_without_the_api_is_not_taken_for_a_role() -> None:
    refused = httpx.Response(403, json={"success": False, "message": "your plan has no API access"})
    source = source_over(Answers({"/users": refused, "/work-orders": refused}))
    with pytest.raises(SourceUnreachableError, match="plan"):
        source.visibility()


def test_a_role_is_read_once_for_each_sign_in() -> None:
    answers = Answers({"/users": {"results": [OWN]}, "/work-orders": {"results": []}})
    source = source_over(answers)
    assert source.role() == {"login": "admin@sandbox.example", "role": "ADMIN", "sees": "every work order"}
    for _ in range(3):
        assert list(source.changed_since(None)) == []
    assert answers.asked.count("/users") == 1
    assert source_over(Answers({}), token="T").role() == {}


def test_the_own_record_is_found_where_the_filter_is_ignored() -> None:
    def users(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/auth"):
            return httpx.Response(200, json={"success": True, "result": {"sessionToken": "r:1"}})
        pages: dict[str, list[Any]] = {"0": [{"email": "kim@x"}, 7], "100": [OWN]}
        return httpx.Response(200, json={"success": True, "results": pages.get(request.url.params["offset"], [])})

    assert source_over(users).role()["role"] == "ADMIN"
    untold = source_over(users, email="nobody@x", password="p")
    assert (untold.role()["role"], untold.visibility()) == ("not told", [])
