"""A mapping of several files: what a connection's own file says comes before what it includes, and every mistake keeps its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.config import mapping_includes
from connector.config.mapping_file import load_mapping
from connector.config.yaml_nodes import SIZE_BYTES_MAX
from connector.core.mapping import Mapping
from connector.core.problem import Problem

COMMON = """\
defaults: {account: Repairs}
credits: {labor: Applied, parts: Inventory, other: Accrued}
"""


def load(folder: Path, **files: str) -> tuple[Mapping | None, list[Problem]]:
    """The mapping `own`, beside the others."""
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, "utf-8")
    return load_mapping(folder / "own.yaml")


def good(folder: Path, **files: str) -> Mapping:
    mapping, problems = load(folder, **files)
    assert problems == []
    assert mapping is not None
    return mapping


def told(folder: Path, **files: str) -> list[str]:
    mapping, problems = load(folder, **files)
    assert mapping is None
    assert all(problem.message and problem.next_step for problem in problems)
    return sorted(f"{problem.place.removeprefix(f'{folder}/')} {problem.code}" for problem in problems)


def account(mapping: Mapping, **values: str) -> str:
    found = mapping.index.find("account", values)
    return f"{found.fact.value} {Path(found.fact.place).name}" if found else ""


def test_what_another_file_says_holds_and_keeps_its_own_line(tmp_path: Path) -> None:
    mapping = good(tmp_path, own="include: common.yaml\ncost_codes: {HVAC: Cooling}\n", common=COMMON)
    assert account(mapping, cost_code="roof") == "Repairs common.yaml:1"
    assert account(mapping, cost_code="hvac") == "Cooling own.yaml:2"


def test_a_fact_of_the_nearer_file_wins_over_a_more_specific_one(tmp_path: Path) -> None:
    own = "include: [common.yaml]\nfacts:\n  - {when: {location: North}, account: North}\n"
    mapping = good(tmp_path, own=own, common=COMMON + "facts:\n  - {when: {category: HVAC, location: North}, account: HVAC}\n")
    assert account(mapping, category="hvac", location="north") == "North own.yaml:3"


def test_a_file_is_found_from_the_folder_of_the_one_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "shared" / "deep").mkdir(parents=True)
    (tmp_path / "shared" / "common.yaml").write_text("include: deep/base.yaml\n", "utf-8")
    (tmp_path / "shared" / "deep" / "base.yaml").write_text(COMMON, "utf-8")
    assert account(good(tmp_path, own="include: shared/common.yaml\n")) == "Repairs base.yaml:1"


def test_a_file_that_two_others_include_is_further_away_than_both(tmp_path: Path) -> None:
    own = "include: [base.yaml, region.yaml]\n"
    mapping = good(tmp_path, own=own, base=COMMON, region="include: base.yaml\ndefaults: {account: Region}\n")
    assert account(mapping) == "Region region.yaml:2"


def test_the_digest_is_of_every_file(tmp_path: Path) -> None:
    before = good(tmp_path, own="include: common.yaml\n", common=COMMON).digest
    assert good(tmp_path, common=COMMON + "# a word\n").digest != before
    assert good(tmp_path, common=COMMON).digest == before


def test_what_is_no_fact_is_taken_whole_from_the_nearest_file(tmp_path: Path) -> None:
    common = COMMON + "cost_code: team\nexclude:\n  - {category: Warranty}\nlabor_rates:\n  - {rate_per_hour: 40}\n"
    common += "invoice: {due_days: 14, markup_percent: {labor: 5}, customer: {default: Riverside}}\n"
    mapping = good(tmp_path, own="include: common.yaml\nexclude:\n  - {team: Night}\ninvoice: {due_days: 7}\n", common=common)
    assert mapping.cost_code_key == "team"
    assert [condition.key for condition in mapping.exclusions] == ["team"]
    assert len(mapping.labor_rates) == 1
    assert (mapping.invoice.due_days, len(mapping.invoice.markup_percent)) == (7, 1)
    assert [fact.value for fact in mapping.given("customer")] == ["Riverside"]


def test_names_are_taken_one_by_one(tmp_path: Path) -> None:
    common = COMMON + "names:\n  xero: {accounts: {Repairs: '400', Applied: '510'}}\n"
    mapping = good(tmp_path, own="include: common.yaml\nnames:\n  xero: {accounts: {Repairs: '410'}}\n", common=common)
    assert {name: fact.value for name, fact in mapping.names["xero"].accounts.items()} == {"Repairs": "410", "Applied": "510"}


def test_custom_fields_and_exempt_customers_of_an_included_file_may_be_named(tmp_path: Path) -> None:
    common = COMMON + "custom_fields: [Grant]\nfacts:\n  - {when: {Grant: A}, customer: Clinic}\n"
    own = "include: common.yaml\nfacts:\n  - {when: {Grant: B}, account: B}\n"
    own += "invoice: {tax: {exempt: {customers: [Clinic], tax_code: None}}}\n"
    assert good(tmp_path, own=own, common=common).custom_fields == ("grant",)


MISTAKES = [
    ({"own": "include: none.yaml\n"}, ["own.yaml:1 FILE_MISSING"]),
    ({"own": "include: ../\n"}, ["own.yaml:1 MAP_NOT_A_NAME"]),
    ({"own": "include: [[a]]\n" + COMMON}, ["own.yaml:1 MAP_NOT_A_NAME"]),
    ({"own": 'include: "a\\0b"\n' + COMMON}, ["own.yaml:1 MAP_NOT_A_NAME"]),
    ({"own": "include: own.yaml\n" + COMMON}, ["own.yaml:1 MAP_INCLUDE_CYCLE"]),
    ({"own": "include: a.yaml\n" + COMMON, "a": "include: b.yaml\n", "b": "include: a.yaml\n"}, ["b.yaml:1 MAP_INCLUDE_CYCLE"]),
    ({"own": "include: a.yaml\nfcts: []\n" + COMMON, "a": "credit: []\n"}, ["a.yaml:1 MAP_UNKNOWN_KEY", "own.yaml:2 MAP_UNKNOWN_KEY"]),
    ({"own": "include: a.yaml\n" + COMMON, "a": "x: [\n"}, ["a.yaml:2 YAML_SYNTAX"]),
    ({"own": "include: [a.yaml, b.yaml]\n" + COMMON, "a": "ready: {}\n", "b": "\nready: {}\n"}, ["b.yaml:2 MAP_INCLUDE_TIE"]),
    (
        {
            "own": "include: [a.yaml, b.yaml]\n" + COMMON,
            "a": "names: {xero: {items: {A: '1'}}}\n",
            "b": "names: {xero: {items: {A: '2'}}}\n",
        },
        ["b.yaml:1 MAP_INCLUDE_TIE"],
    ),
    (
        {"own": "include: [a.yaml, b.yaml]\n" + COMMON, "a": "cost_codes: {X: A}\n", "b": "cost_codes: {x: B}\n"},
        ["b.yaml:1 MAP_FACT_TIE"],
    ),
    ({"own": "include: a.yaml\n", "a": "cost_code: team\n"}, ["own.yaml:1 MAP_NO_ACCOUNTS"]),
]


@pytest.mark.parametrize(("files", "expected"), MISTAKES)
def test_a_mistake_is_told_at_the_line_of_its_own_file(files: dict[str, str], expected: list[str], tmp_path: Path) -> None:
    assert told(tmp_path, **files) == expected


# --- what nobody would write --------------------------------------------------------------------------------------------------


def test_a_hundred_megabytes_through_an_include_are_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(100_000_000)
    assert told(tmp_path, own="include: large.yaml\n") == ["own.yaml:1 YAML_TOO_LARGE"]


def test_the_files_of_a_mapping_are_bounded_together(tmp_path: Path) -> None:
    comment = "#" * (SIZE_BYTES_MAX // 2)
    assert told(tmp_path, own="include: [a.yaml, b.yaml]\n", a=comment, b=comment) == ["own.yaml:1 YAML_TOO_LARGE"]


def test_anchors_brackets_and_devices_are_refused_through_an_include(tmp_path: Path) -> None:
    assert told(tmp_path, own="include: a.yaml\n", a="a: &a [x]\nb: [*a, *a]\n") == ["a.yaml:2 YAML_ALIAS"]
    assert told(tmp_path, a="[" * 100_000) == ["a.yaml:1 YAML_TOO_DEEP"]
    assert told(tmp_path, own="include: /dev/zero\n") == ["own.yaml:1 MAP_NOT_A_NAME"]


def test_files_that_include_each_other_many_times_are_read_once_each(tmp_path: Path) -> None:
    """Each includes every later one: 2^39 ways lead to the last."""
    names = [f"f{number}" for number in range(40)]
    files = {name: f"include: [{', '.join(f'{other}.yaml' for other in names[at + 1 :])}]\n" for at, name in enumerate(names)}
    mapping = good(tmp_path, **(files | {"own": "include: f0.yaml\n", names[-1]: COMMON}))
    assert account(mapping) == "Repairs f39.yaml:1"


def test_more_files_than_a_person_reviews_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping_includes, "FILES_MAX", 2)
    assert told(tmp_path, own="include: [a.yaml, b.yaml]\n" + COMMON, a="", b="") == ["own.yaml:1 MAP_INCLUDE_TOO_MANY"]
