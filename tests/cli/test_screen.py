"""What a person sees: narrow terminals keep words whole, files keep lines whole, and every refusal has its code and next step."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from connector.cli import explaining, output
from connector.cli.app import app
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.core.problem import Problem
from connector.flows.explain import Explanation

pytestmark = pytest.mark.sockets
ANSWERS = {
    "--ledger": "quickbooks",
    "--timezone": "America/Chicago",
    "--currency": "usd",
    "--start-date": "2026-01-01",
    "--document": "journal_entry",
    "--parts": "stocked",
    "--labor-credit": "applied",
}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=18)) as running:
        yield running


def connector(*words: str, told: str = "") -> Result:
    return CliRunner().invoke(app, list(words), input=told)


def configured(running: RunningSandbox, folder: Path, ledger: str = "quickbooks", change: tuple[str, str] = ("", "")) -> str:
    """A configuration of the running sandbox with a database of its own; its path."""
    text = running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(folder / f"{ledger}-"))
    (folder / "config.yaml").write_text(text.replace(*change) if change[0] else text, "utf-8")
    return str(folder / "config.yaml")


# --- init -------------------------------------------------------------------------------------------------------------------------


def flags(**changed: str) -> list[str]:
    return [word for pair in (ANSWERS | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}).items() for word in pair]


def test_a_wrong_answer_is_told_at_once_and_asked_again(tmp_path: Path) -> None:
    answers = ["qb", "quickbooks", "Mars", "America/Chicago", "dollar", "usd", "1.1.26", "2026-01-01"]
    shown = connector("init", str(tmp_path / "shop"), told="\n".join([*answers, "journal", "journal_entry", "", "stocked", "applied"]))
    assert shown.exit_code == 0, shown.output
    for wrong in ("'qb' is none of", "'Mars' is no time zone", "'dollar' is no currency", "'1.1.26' is no day", "'journal' is none of"):
        assert wrong in shown.output
    assert "currency: USD" in (tmp_path / "shop" / "config.yaml").read_text("utf-8")


@pytest.mark.parametrize("wrong", [{"timezone": "Mars"}, {"currency": "dollars"}, {"start_date": "1.1.26"}, {"parts": "bought"}])
def test_a_wrong_flag_writes_nothing(wrong: dict[str, str], tmp_path: Path) -> None:
    shown = connector("init", str(tmp_path / "shop"), *flags(**wrong))
    assert (shown.exit_code, "USAGE" in shown.output) == (2, True)
    assert not (tmp_path / "shop").exists()


def test_a_folder_that_has_a_configuration_is_told_before_the_first_question(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("mine", "utf-8")
    shown = connector("init", str(tmp_path))
    assert (shown.exit_code, "INIT_EXISTS" in shown.output, "Ledger (" in shown.output) == (2, True, False)
    assert (tmp_path / "config.yaml").read_text("utf-8") == "mine"


def test_init_names_the_secrets_that_check_would_miss(tmp_path: Path) -> None:
    shown = connector("init", str(tmp_path / "shop"), *flags(ledger="xero"))
    missing = connector("check", "--config", str(tmp_path / "shop" / "config.yaml"))
    assert missing.exit_code == 2
    names = shown.output.partition("into the environment: ")[2].partition(".")[0].split(", ")
    assert len(names) == 5
    for name in names:
        assert f"CONFIG_ENV_MISSING The environment has no {name}." in missing.output


# --- services that cannot be reached ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["sync", "reconcile"])
def test_a_sign_in_that_is_refused_is_told_with_its_code_its_connection_and_a_next_step(
    command: str, running: RunningSandbox, tmp_path: Path
) -> None:
    config = configured(running, tmp_path, change=('password: "', 'password: "not-'))
    shown = connector(command, "--json", "--config", config)
    assert shown.exit_code == 3
    assert "sandbox-quickbooks: SOURCE_UNREACHABLE UpKeep refused the sign-in" in shown.stderr
    assert "email and password" in shown.stderr
    (told,) = json.loads(shown.stdout)["unreachable"]
    assert (told["code"], told["place"]) == ("SOURCE_UNREACHABLE", "sandbox-quickbooks")


def test_a_dead_refresh_token_asks_to_connect_again(running: RunningSandbox, tmp_path: Path) -> None:
    shown = connector("check", "--config", configured(running, tmp_path, change=('refresh_token: "', 'refresh_token: "not-')))
    assert (shown.exit_code, "Run `connector connect sandbox-quickbooks`" in shown.stderr) == (3, True)


@pytest.mark.long
def test_a_connection_may_be_called_as_a_person_likes(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path, change=("name: sandbox-quickbooks", 'name: "[/bold] shop [red]"'))
    for words in (("sync",), ("status",), ("reconcile",), ("held", "list"), ("explain", "1001"), ("check",)):
        shown = connector(*words, "--config", config)
        assert shown.exception is None or isinstance(shown.exception, SystemExit), words
    assert "[/bold] shop [red]" in connector("sync", "--config", config).output
    assert "'[/red]'" in connector("sync", "--config", config, "--connection", "[/red]").stderr


# --- reports ------------------------------------------------------------------------------------------------------------------------


def test_a_dry_run_names_what_it_would_post_and_what_it_would_hold_and_why(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path)
    shown = connector("sync", "--dry-run", "--config", config)
    assert "nothing was written" in shown.stdout
    assert "would hold 1009: LABOR_WITHOUT_RATE" in shown.stdout
    told = json.loads(connector("sync", "--dry-run", "--json", "--config", config).stdout)["connections"][0]
    assert len(told["would_post"]) + told["held"] + told["excluded"] == 18
    assert [row["problems"][0]["code"] for row in told["would_hold"]] == ["LABOR_WITHOUT_RATE", "PART_WITHOUT_PRICE"]


@pytest.mark.long
def test_the_held_list_says_whose_time_and_which_part(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path)
    connector("sync", "--config", config)
    shown = connector("held", "list", "--config", config).stdout
    assert "LABOR_WITHOUT_RATE labor of temp@sandbox.example" in shown
    assert "PART_WITHOUT_PRICE part Gasket" in shown


def test_a_report_that_is_piped_has_one_line_for_each_row_and_no_control_sequence(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path)
    for words in (("sync",), ("held", "list"), ("explain", "1001"), ("status",), ("reconcile",)):
        shown = connector(*words, "--config", config)
        assert "\x1b" not in shown.output
        assert "\r" not in shown.output
    held = connector("held", "list", "--config", config).stdout
    assert [line for line in held.splitlines() if line.startswith("1009") and "labor_rates" in line]


def test_check_tells_through_which_day_the_books_are_closed(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, tmp_path, "xero")
    assert "closed through" not in connector("check", "--config", config).stdout
    running.sandbox.vendors.xero.set_lock("2025-12-31")
    try:
        shown = connector("check", "--config", config)
        told = json.loads(connector("check", "--json", "--config", config).stdout)["connections"][0]
    finally:
        running.sandbox.vendors.xero.set_lock(None)
    assert "closed through 2025-12-31: what was completed until then is held" in shown.stdout
    assert (shown.exit_code, told["locked_through"], told["problems"]) == (0, "2025-12-31", [])


@pytest.mark.parametrize(("ledger", "zone"), [("quickbooks", "America/Chicago"), ("xero", "CENTRALSTANDARDTIME")])
def test_check_shows_the_ledger_s_time_zone_beside_the_one_that_dates_the_jobs(
    ledger: str, zone: str, running: RunningSandbox, tmp_path: Path
) -> None:
    config = configured(running, tmp_path, ledger)
    shown = " ".join(connector("check", "--config", config).stdout.split())
    assert f"time zone {zone}" in shown
    assert "jobs are dated by the connection's America/Chicago" in shown
    told = json.loads(connector("check", "--json", "--config", config).stdout)["connections"][0]
    assert (told["currency"], told["about"]["time zone"]) == ("USD", zone)


def told_on(width: int, monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal of that width in place of the real one; what it shows is kept."""
    console = Console(width=width, force_terminal=True, record=True, color_system=None, highlight=False)
    monkeypatch.setattr(explaining, "console", lambda: console)
    monkeypatch.setattr(output, "errors", lambda: console)
    return console


def line(actual: str, side: str, account: str, **more: object) -> dict[str, object]:
    return {
        "actual": actual, "quantity": "1.5000", "unit_price": "61.25", "cost": "91.88", "basis": "user", "amount": "91.88",
        "side": side, "account": account, "rule": "/home/books/mapping.yaml:20", "because": "cost_codes: Electrical",
        "tracking": ["department: Harbor"], **more,
    }  # fmt: skip


def explained(*lines: dict[str, object]) -> Explanation:
    return Explanation(
        "1001", "Breaker trips", "posted", "91.88", "USD", "2026-01-02", "2026-01-02", "", "1001-ABC", "37", "posted", "x", lines, ()
    )


def test_explain_fits_eighty_columns_and_its_debits_equal_its_credits(monkeypatch: pytest.MonkeyPatch) -> None:
    console = told_on(80, monkeypatch)
    who = "Labor someone.with.a.long.name@maintenance.example (Wrench Time)"
    explaining._print_explanation("shop", explained(line(who, "debit", "Electrical repairs"), line(who, "credit", "Labor applied")))
    shown = console.export_text()
    rows = [row.split() for row in shown.splitlines()]
    assert max(len(row) for row in shown.splitlines()) <= 80
    assert ["Electrical", "repairs", "│", "91.88", "│", "│", "cost_codes:", "Electrical"] in rows
    assert ["Labor", "applied", "│", "│", "91.88", "│", "cost_codes:", "Electrical"] in rows
    assert rows.count(["│", "│", "│", "mapping.yaml:20"]) == 2
    assert ["total", "USD", "│", "91.88", "│", "91.88", "│"] in rows
    assert "every line has department: Harbor" in shown


def test_explain_sets_what_is_billed_beside_what_it_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    console = told_on(80, monkeypatch)
    explaining._print_explanation("shop", explained(line("Labor kim", "credit", "Maintenance labor", amount="105.66", tax_code="No tax")))
    shown = console.export_text()
    assert "Maintenance labor, tax code No tax" in shown
    assert ["total", "USD,", "before", "tax", "│", "91.88", "│", "105.66", "│"] in [row.split() for row in shown.splitlines()]


def test_explain_says_when_the_tax_is_in_the_amounts(monkeypatch: pytest.MonkeyPatch) -> None:
    console = told_on(80, monkeypatch)
    row = line("Labor kim", "credit", "Maintenance labor", amount="105.66", tax_code="VAT", amounts="inclusive")
    explaining._print_explanation("shop", replace(explained(row), tax="17.61", tax_tolerance="0.01"))
    explaining._print_explanation("shop", replace(explained(row), tax="0.00", tax_tolerance="0"))
    shown = console.export_text()
    assert "total USD, with tax" in shown
    assert shown.count("tax that the ledger should charge") == 1
    assert "17.61 │ 0.01 more or less" in shown


def test_a_problem_on_a_narrow_terminal_breaks_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    console = told_on(40, monkeypatch)
    output.print_problems(
        [Problem("CODE", "config.yaml:17", "The environment has no QUICKBOOKS_REALM_ID.", "Set QUICKBOOKS_REALM_ID now.")]
    )
    words = console.export_text().split()
    assert words.count("QUICKBOOKS_REALM_ID.") == 1
    assert words.count("QUICKBOOKS_REALM_ID") == 1


def test_long_work_moves_a_bar_on_a_terminal_and_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(output, "errors", lambda: Console(file=screen, width=80, force_terminal=True, highlight=False))
    with output._bar("[/shop]") as tell:
        tell("reading", 40, None)
        tell("posting", 7, 20)
    shown = screen.getvalue()
    assert "[/shop]: posting" in shown
    assert "7 of 20" in shown
    assert shown.endswith("\x1b[2K")  # The line of the bar is wiped.


def test_long_work_off_a_terminal_is_a_plain_line_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with output.progress("shop") as tell:
        for done in range(1, 1_001):
            tell("posting", done, None)
    assert capsys.readouterr().err.splitlines() == ["shop: posting 500", "shop: posting 1000"]
