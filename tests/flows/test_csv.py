"""A company without API access drops exports into a folder: they reach both ledgers exactly once, whatever happens in between."""

from __future__ import annotations

from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from connector.flows.check import check
from connector.flows.prove import prove
from connector.flows.reconcile import reconcile
from connector.upkeep.source import WorkOrderRead
from tests.everyday import a_few
from tests.stage import Stage

SOURCE = """\
      kind: csv
      files: inbox/*.csv
      columns:
        columns: {id: ID, number: No, title: Title, completed: Done, category: Kind, worker: Who, labor_hours: Hours, labor_rate: Rate,
                  part_number: Part, quantity: Qty, unit_cost: Price, additional_cost: Cost}
"""
HEADER = "ID,No,Title,Done,Kind,Who,Hours,Rate,Part,Qty,Price,Cost\n"
ROWS = """\
w1,150,Leaking pump,2026-02-20T17:00:00Z,HVAC,Kim,1:30,40.00,,,,
w1,150,Leaking pump,2026-02-20T17:00:00Z,HVAC,,,,P-7,2,3.50,
w2,151,Broken fan,2026-02-21T17:00:00Z,HVAC,,,,,,,100.00
w3,152,Squeaking door,2026-02-22T17:00:00Z,HVAC,Lee,2:00,,,,,
w4,153,Not done yet,,HVAC,,,,,,,9.00
"""


def stage_of(folder: Path, ledger: str, **more: object) -> Stage:
    stage = Stage(folder, ledger, **more)  # type: ignore[arg-type]
    config = folder / "config.yaml"
    before, _, rest = config.read_text("utf-8").partition("      kind: upkeep\n")
    config.write_text(before + SOURCE + rest.partition("    ledger:")[1] + rest.partition("    ledger:")[2], "utf-8")
    (folder / "inbox").mkdir()
    return stage


def put(stage: Stage, text: str, name: str = "february.csv") -> Path:
    path = stage.folder / "inbox" / name
    path.write_text(text, "utf-8")
    return path


def codes(stage: Stage, *ids: str) -> dict[str, tuple[str, ...]]:
    with stage.world() as world:
        return {key: row.codes for key, row in world.store.remembered(ids).items()}


@pytest.mark.parametrize(("ledger", "document"), a_few(product(("quickbooks", "xero"), ("journal_entry", "invoice"))))
def test_an_export_is_posted_once_and_reconciles(tmp_path: Path, ledger: str, document: str) -> None:
    stage = stage_of(tmp_path, ledger, document=document)
    put(stage, HEADER + ROWS)
    report = stage.sync()
    assert (report.posted, report.held, report.amount_posted) == (2, 1, {"USD": Decimal("167.00")})
    assert codes(stage, "w1", "w2", "w3", "w4") == {"w1": (), "w2": (), "w3": ("LABOR_WITHOUT_RATE",), "w4": ()}
    put(stage, HEADER + ROWS, "the same again.csv")
    assert stage.sync().posted == 0
    assert len(stage.documents()) == 2
    with stage.world() as world:
        reconciled, proof = reconcile(world), prove(world)
    assert (reconciled.findings, proof.is_proven) == ([], True)


def test_a_run_that_was_killed_in_the_middle_of_a_file_posts_the_rest_and_nothing_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    rows = [f"w{n},{n},Job {n},2026-02-{n % 28 + 1:02},HVAC,,,,,,,1.00\n" for n in range(1, 71)]
    put(stage, HEADER + "".join(rows))
    from connector.upkeep.csv.source import CsvSource

    read, count = CsvSource.read, iter(range(10_000))

    def killed(self: CsvSource, head: object) -> WorkOrderRead:
        if next(count) == 60:
            raise KeyboardInterrupt
        return read(self, head)  # type: ignore[arg-type]

    monkeypatch.setattr(CsvSource, "read", killed)
    with pytest.raises(KeyboardInterrupt):
        stage.sync()
    monkeypatch.undo()
    with stage.world() as world:
        assert len(world.store.remembered([f"w{n}" for n in range(1, 71)])) == 50
    report = stage.sync()
    assert (report.pulled, report.posted, len(stage.documents())) == (20, 70, 70)
    assert (stage.sync().posted, len(stage.numbers())) == (0, 70)


def test_a_rehearsal_posts_nothing_and_keeps_nothing_from_being_posted(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    put(stage, HEADER + ROWS)
    assert stage.sync(dry_run=True).posted == 0
    assert stage.sync().posted == 2


def test_an_edited_row_of_a_posted_work_order_is_reported_and_not_posted_again(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "xero")
    put(stage, HEADER + ROWS)
    stage.sync()
    stage.clock.advance(60)
    put(stage, HEADER + ROWS.replace("100.00", "120.00"), "march.csv")
    assert stage.sync().posted == 0
    with stage.world() as world:
        assert [(finding.code, finding.number) for finding in world.store.findings()] == [("CHANGED_AFTER_POSTING", "151")]


def test_a_held_work_order_is_posted_when_the_next_export_has_its_rate(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    put(stage, HEADER + ROWS)
    stage.sync()
    stage.clock.advance(60)
    put(stage, HEADER + ROWS.replace("Lee,2:00,,", "Lee,2:00,30.00,"), "march.csv")
    report = stage.sync()
    assert (report.posted, report.amount_posted) == (1, {"USD": Decimal("60.00")})


def test_a_held_work_order_is_posted_when_the_mapping_has_its_rate_although_its_file_was_read(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    put(stage, HEADER + ROWS)
    stage.sync()
    stage.sync()
    mapping = stage.folder / "mapping.yaml"
    mapping.write_text(mapping.read_text("utf-8") + "labor_rates:\n  - {worker: Lee, rate_per_hour: 30.00}\n", "utf-8")
    report = stage.sync()
    assert (report.posted, report.amount_posted) == (1, {"USD": Decimal("60.00")})


def test_a_bad_file_is_held_by_its_name_while_the_others_are_posted_and_is_forgotten_when_mended(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    put(stage, HEADER + ROWS)
    put(stage, "Nothing,of,it\n1,2,3\n", "bad.csv")
    report = stage.sync()
    assert (report.posted, report.held) == (2, 2)
    assert set(codes(stage, "file:inbox/bad.csv")["file:inbox/bad.csv"]) == {"CSV_COLUMN_MISSING"}
    put(stage, HEADER + "w9,159,Lamp,2026-02-23,HVAC,,,,,,,5.00\n", "bad.csv")
    assert stage.sync().posted == 1
    assert codes(stage, "file:inbox/bad.csv")["file:inbox/bad.csv"] == ()


def test_check_tells_what_was_found_and_every_problem_of_every_file(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    put(stage, HEADER + ROWS)
    put(stage, "", "empty.csv")
    with stage.world() as world:
        checked = check(world)
    assert [problem.code for problem in checked.problems] == ["CSV_EMPTY"]
    assert checked.found == ("inbox/february.csv: utf-8, comma between the columns; 5 rows, 4 work orders by ID",)


def test_a_restored_database_posts_nothing_again(tmp_path: Path) -> None:
    stage = stage_of(tmp_path, "quickbooks")
    backup = stage.back_up()
    put(stage, HEADER + ROWS)
    stage.sync()
    stage.restore(backup)
    stage.clock.advance(3600)
    stage.sync()
    stage.clock.advance(3600)
    stage.sync()
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 2


@pytest.mark.parametrize("to_csv", [True, False], ids=["from the API to exports", "from exports to the API"])
def test_another_source_of_the_same_work_orders_posts_nothing_again(tmp_path: Path, to_csv: bool) -> None:
    stage = Stage(tmp_path, "quickbooks")
    config = tmp_path / "config.yaml"
    of_api = config.read_text("utf-8")
    with_id = stage.work_order("151", title="Broken fan", dateCompleted="2026-02-21T17:00:00.000Z")
    before, _, rest = of_api.partition("      kind: upkeep\n")
    of_csv = before + SOURCE + "    ledger:" + rest.partition("    ledger:")[2]
    (tmp_path / "inbox").mkdir()
    row = f"{with_id},151,Broken fan,2026-02-21T17:00:00Z,HVAC,,,,,,,100.00\n"
    put(stage, HEADER + row + row.replace(with_id, "other").replace("151", "152"))
    config.write_text(of_api if to_csv else of_csv, "utf-8")
    first = stage.sync().posted
    config.write_text(of_csv if to_csv else of_api, "utf-8")
    second = stage.sync().posted
    assert (first, second) == ((1, 1) if to_csv else (2, 0))
    assert set(stage.numbers().values()) == {1}
    assert len(stage.documents()) == 2


def test_where_the_export_has_no_id_of_upkeeps_the_number_alone_keeps_a_document_from_being_made_twice(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "quickbooks")
    stage.work_order("151", title="Broken fan", dateCompleted="2026-02-21T17:00:00.000Z")
    assert stage.sync().posted == 1
    config = tmp_path / "config.yaml"
    before, _, rest = config.read_text("utf-8").partition("      kind: upkeep\n")
    config.write_text(before + SOURCE + "    ledger:" + rest.partition("    ledger:")[2], "utf-8")
    (tmp_path / "inbox").mkdir()
    put(stage, HEADER + "151,151,Broken fan,2026-02-21T17:00:00Z,HVAC,,,,,,,100.00\n")
    assert stage.sync().posted == 0
    assert len(stage.documents()) == 1
