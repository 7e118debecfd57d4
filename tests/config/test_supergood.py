"""`source: {kind: supergood}`: a contract as a person writes it, and each mistake in it at its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config.settings import load_config
from connector.core.contract import FIELDS, NAMES, PATHS, Contract
from tests.config.test_settings import GOOD, good, told

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OFFICIAL = (
    "      kind: upkeep\n      base_url: https://api.onupkeep.com\n      email: kim@example.com\n      password: ${UPKEEP_PASSWORD}\n"
)
LOGIN = "      kind: supergood\n      base_url: https://adapter.example.com\n      username: kim\n      password: ${UPKEEP_PASSWORD}\n"


def written(more: str = "") -> str:
    assert OFFICIAL in GOOD
    return GOOD.replace(OFFICIAL, LOGIN + more)


def test_a_login_alone_has_our_own_defaults_and_the_same_identity(tmp_path: Path) -> None:
    source = good(tmp_path, written()).connections[0].source
    official = good(tmp_path, GOOD).connections[0].source
    assert (source.company, source.site) == (official.company, official.site)
    assert source.supergood is not None
    assert source.supergood.contract == Contract()
    assert (source.email, source.password.reveal(), source.supergood.totp_secret.reveal()) == ("kim", "open sesame", "")


def test_a_contract_is_written_name_by_name_and_the_rest_stays(tmp_path: Path) -> None:
    more = """\
      totp_secret: jbsw y3dp ehpk 3pxp jbsw y3dp ehpk 3pxp
      header: X-Session
      scheme: ""
      paging: page
      page_size: 50
      time_unit: minutes
      paths: {work_orders: /v1/jobs}
      names: {page: p}
      fields:
        number: /jobNo
        list_rows: ""
        asset: [/asset, /machine/ref]
      statuses: {Done: complete}
      cost_lines: [labor, parts]
"""
    supergood = good(tmp_path, written(more)).connections[0].source.supergood
    assert supergood is not None
    contract = supergood.contract
    assert supergood.totp_secret.reveal() == SECRET
    assert (contract.header, contract.scheme, contract.paging, contract.page_size, contract.time_unit) == (
        "X-Session",
        "",
        "page",
        50,
        "minutes",
    )
    assert contract.paths == {**PATHS, "work_orders": "/v1/jobs"}
    assert contract.names == {**NAMES, "page": "p"}
    assert contract.fields == {**FIELDS, "number": ("/jobNo",), "list_rows": ("",), "asset": ("/asset", "/machine/ref")}
    assert (contract.statuses["Done"], contract.statuses["completed"], contract.cost_lines) == ("complete", "complete", ("labor", "parts"))


@pytest.mark.parametrize(("more", "expected"), [
    ("      totp_secret: JBSWY3DPEHPK3PXP\n", "12 CONFIG_BAD_TOTP_SECRET"),
    ("      totp_secret: 123-456\n", "12 CONFIG_BAD_TOTP_SECRET"),
    ("      paths: {work_orders: v1/jobs}\n", "12 CONFIG_BAD_PATH"),
    ("      paths: {work_order: /v1/jobs}\n", "12 CONFIG_BAD_PATH"),
    ("      paths: {jobs: /v1/jobs}\n", "12 CONFIG_UNKNOWN_KEY"),
    ("      fields: {number: jobNo}\n", "12 CONFIG_BAD_POINTER"),
    ("      fields: {number: [/a, [b]]}\n", "12 CONFIG_BAD_POINTER"),
    ("      fields: {number: ''}\n", "12 CONFIG_BAD_POINTER"),
    ("      fields: {nummer: /a}\n", "12 CONFIG_UNKNOWN_KEY"),
    ("      header: 'X Session'\n", "12 CONFIG_BAD_HEADER"),
    ("      paging: pages\n", "12 CONFIG_BAD_CHOICE"),
    ("      page_size: 1\n", "12 CONFIG_BAD_NUMBER"),
    ("      time_unit: days\n", "12 CONFIG_BAD_CHOICE"),
    ("      cost_lines: [labour]\n", "12 CONFIG_BAD_CHOICE"),
    ("      email: kim@example.com\n", "12 CONFIG_UNKNOWN_KEY"),
    ("      statuses: {Done: [a]}\n", "12 CONFIG_NOT_A_VALUE"),
])  # fmt: skip
def test_each_mistake_is_told_at_its_line(more: str, expected: str, tmp_path: Path) -> None:
    assert told(tmp_path, written(more)) == [expected]


def test_a_login_that_is_missing_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, written().replace("      username: kim\n", "")) == ["8 CONFIG_MISSING"]


def test_a_short_secret_is_explained_and_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(written("      totp_secret: ${TOTP}\n"), "utf-8")
    _, (problem,) = load_config(path, {"UPKEEP_PASSWORD": "x", "TOTP": "JBSWY3DPEHPK3PXP"})
    assert "80 bits, fewer than 112" in problem.message
    assert "have a new one made" in problem.next_step
    assert "JBSWY3DPEHPK3PXP" not in str(problem)


def test_every_name_of_a_contract_is_in_the_guide() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "supergood.md").read_text("utf-8")
    assert [name for name in (*FIELDS, *NAMES, *PATHS) if f"`{name}`" not in guide and f"{name}: " not in guide] == []
