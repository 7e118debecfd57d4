"""One reproducer for each way in which the world around the books can stand in the way."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from connector.cli.app import app
from connector.cli.sandbox_config import plain_mapping_text
from connector.clock import SystemClock
from connector.core.tokens import Token
from connector.flows.check import check
from connector.sandbox.company import Company
from connector.sandbox.faults import Fault
from connector.sandbox.xero.catalogue import LISTS
from connector.store.connection_store import Database
from connector.store.engine import DatabaseProblem, url_of
from connector.store.vault import KeyMismatchError, KeyMissingError, TokenVault
from tests.stage import Stage
from tests.store.databases import PostgresServer

PLAIN = plain_mapping_text("USD")


def checked(stage: Stage) -> set[str]:
    with stage.world() as world:
        return {problem.code for problem in check(world).problems}


def test_a_good_connection_has_no_problem(tmp_path: Path) -> None:
    assert checked(Stage(tmp_path)) == set()


def test_an_upkeep_that_does_not_answer_is_told_by_check(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.sandbox.upkeep.plan.plan([Fault("5xx", times=50)])
    assert checked(stage) == {"SOURCE_UNREACHABLE"}


def test_a_ledger_that_does_not_answer_is_told_by_check(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.plan(Fault("5xx", times=50))
    assert checked(stage) == {"LEDGER_UNREACHABLE"}


def test_a_second_process_on_the_same_books_is_told_that_it_waits(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.database_path = stage.folder / "quickbooks-journal_entry.db"
    with stage.world() as first, first.store.writer():
        result = CliRunner().invoke(app, ["sync", "--config", str(stage.folder / "config.yaml")])
    assert (result.exit_code, "WRITER_BUSY Another process" in result.output) == (3, True)


def test_a_login_that_does_not_see_everything_is_told_by_check(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for user in stage.sandbox.vendors.upkeep.records.by_kind["users"].values():
        user["accountType"] = "TECH"
    assert checked(stage) == {"UPKEEP_NOT_ADMIN"}


def test_quickbooks_without_custom_transaction_numbers_is_told_by_check(tmp_path: Path) -> None:
    assert checked(Stage(tmp_path, company=Company(switches={"custom_txn_numbers": False}))) == {"QUICKBOOKS_CUSTOM_NUMBERS_OFF"}


@pytest.mark.parametrize(("document", "told"), [("invoice", {"QUICKBOOKS_APPLIES_CREDITS"}), ("journal_entry", set())])
def test_quickbooks_that_applies_credits_by_itself_is_told_by_check_where_there_may_be_some(
    document: str, told: set[str], tmp_path: Path
) -> None:
    assert checked(Stage(tmp_path, document=document, company=Company(switches={"auto_apply_credit": True}))) == told


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"ClassTrackingPerTxnLine": False}, "QUICKBOOKS_CLASSES_OFF"),
        ({"TrackDepartments": False}, "QUICKBOOKS_DEPARTMENTS_OFF"),
    ],
)
def test_quickbooks_that_would_drop_what_the_mapping_tracks_is_told_by_check(changed: dict[str, bool], code: str, tmp_path: Path) -> None:
    tracking = "tracking: {class: {default: Facilities}, site: {default: Plant}}\ncredits:"
    mapping = PLAIN.replace("credits:", tracking).replace("  quickbooks:", "  quickbooks:\n    tracking: {site: Department}")
    stage = Stage(tmp_path, document="invoice", mapping_text=mapping)
    told = stage.vendor._preferences

    def otherwise() -> dict[str, dict[str, object]]:
        preferences = told()
        preferences["AccountingInfoPrefs"] |= changed
        return dict(preferences)

    stage.vendor._preferences = otherwise
    assert checked(stage) == {code}
    (tmp_path / "mapping.yaml").write_text(PLAIN, "utf-8")
    assert checked(stage) == set(), "nothing is dropped where nothing is tracked"


def test_an_account_of_another_currency_is_told_by_check_where_quickbooks_keeps_several(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    accounts = stage.vendor.books.lists["Account"].values()
    next(one for one in accounts if one["AcctNum"] == "2100")["CurrencyRef"] = {"value": "EUR"}
    told = stage.vendor._preferences
    assert checked(stage) == set()
    stage.vendor._preferences = lambda: told() | {"CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}}}
    assert checked(stage) == {"ACCOUNT_NOT_JOURNALABLE"}


def test_an_adviser_whom_the_period_lock_does_not_bind_is_told_by_check(tmp_path: Path) -> None:
    assert checked(Stage(tmp_path, "xero", company=Company(switches={"adviser": True}))) == {"XERO_ADVISER"}


def test_an_organisation_that_does_not_tell_whose_consent_it_is_is_not_guessed_about(tmp_path: Path) -> None:
    switches: dict[str, object] = {"adviser": True, "own_user_is_listed": False}
    stage = Stage(tmp_path, "xero", company=Company(switches=switches))
    assert checked(stage) == set()
    stage.plan(Fault("5xx", path="*/Users", times=9))
    assert checked(stage) == set()


@pytest.mark.parametrize("account", ["Accounts receivable", "Accounts payable", "Retained earnings", "Operating bank"])
def test_a_system_account_of_xero_that_takes_no_journals_is_told_by_check(account: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", mapping_text=PLAIN.replace("account: Repairs and maintenance", f"account: {account}"))
    assert checked(stage) == {"ACCOUNT_NOT_JOURNALABLE"}


def test_a_tax_rate_that_xero_does_not_allow_on_the_account_is_told_by_check(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero", "invoice", mapping_text=PLAIN.replace('No tax: "NONE"', "No tax: INPUT"))
    assert checked(stage) == {"TAX_CODE_NOT_FOR_ACCOUNT"}


def test_a_xero_partner_edition_takes_no_invoices_and_is_told_by_check(tmp_path: Path) -> None:
    stage = Stage(tmp_path, "xero")
    plural, keys, told = LISTS["organisation"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LISTS, "organisation", (plural, keys, lambda books: [told(books)[0] | {"Edition": "PARTNER"}]))
        assert checked(stage) == {"XERO_PARTNER_EDITION"}


def opened(path: Path) -> None:
    Database.open(str(path), SystemClock()).close()


def code_of(path: Path) -> str:
    with pytest.raises(DatabaseProblem) as problem:
        opened(path)
    assert str(path) in str(problem.value)
    return problem.value.code


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    path.write_bytes(b"Dear diary, " * 1000)
    assert code_of(path) == "DATABASE_CORRUPT"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert code_of(tmp_path / "nowhere" / "books.db") == "DATABASE_UNWRITABLE"


def test_a_database_of_a_newer_connector_is_told(tmp_path: Path) -> None:
    path = tmp_path / "books.db"
    opened(path)
    with sqlite3.connect(path) as connection:
        key = [row for row in connection.execute("SELECT key, value FROM meta") if "schema" in row[0] or "version" in row[0]]
        connection.execute("UPDATE meta SET value = '99' WHERE key = ?", (key[0][0],))
    connection.close()
    assert code_of(path) == "DATABASE_NEWER"


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    database = Database.open(str(tmp_path / "books.db"), SystemClock())
    database.engine.dispose()
    sa.event.listen(database.engine, "connect", lambda connection, _: connection.execute("PRAGMA max_page_count=1"))
    with pytest.raises(DatabaseProblem) as problem, database.write() as connection:
        database.set_meta(connection, "diary", "x" * 1_000_000)
    database.close()
    assert problem.value.code == "DATABASE_FULL"


def test_a_disk_that_takes_no_more_bytes_is_told_and_not_a_stack_of_calls(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000));"
        "from connector.cli import main; sys.argv[0] = 'connector'; main()"
    )
    stage = Stage(tmp_path)
    words = [sys.executable, "-c", script, "status", "--config", str(stage.folder / "config.yaml")]
    root = str(Path(__file__).parents[2])
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": root})
    assert done.returncode == 2
    assert "DATABASE_FAILING" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_address_of_no_database_that_we_know_is_told() -> None:
    with pytest.raises(DatabaseProblem) as problem:
        Database.open("mysql://kim:secret-word@127.0.0.1:9/books", SystemClock())
    assert problem.value.code == "DATABASE_UNKNOWN"
    assert "secret-word" not in str(problem.value)


@pytest.mark.postgres
def test_a_database_server_that_refuses_the_sign_in_is_told(postgres: PostgresServer) -> None:
    address = postgres.create()
    with pytest.raises(DatabaseProblem) as problem:
        Database.open(url_of(address).set(database="nowhere").render_as_string(hide_password=False), SystemClock())
    assert problem.value.code == "DATABASE_REFUSED"


def test_a_database_server_that_is_not_there_is_told() -> None:
    with pytest.raises(DatabaseProblem) as problem:
        Database.open("postgresql://kim:secret-word@127.0.0.1:9/books", SystemClock())
    assert problem.value.code == "DATABASE_UNREACHABLE"
    assert "secret-word" not in str(problem.value)


def test_a_database_that_another_program_holds_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "books.db"
    opened(path)
    monkeypatch.setattr("connector.store.engine.BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        database = Database.open(str(path), SystemClock())
        with pytest.raises(DatabaseProblem) as problem, database.write() as connection:
            database.set_meta(connection, "test", "1")
    except DatabaseProblem as error:
        assert error.code == "DATABASE_BUSY"
        return
    finally:
        other.close()
    assert problem.value.code == "DATABASE_BUSY"


def test_a_database_whose_key_is_another_one_is_told(tmp_path: Path) -> None:
    from cryptography.fernet import Fernet

    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    (key_file,) = tmp_path.glob("*.key")
    key_file.write_bytes(Fernet.generate_key())
    stage.work_order("2")
    with pytest.raises(KeyMismatchError, match="KEY_MISMATCH"):
        stage.sync()


def test_a_database_without_a_place_for_a_key_asks_for_one() -> None:
    database = Database.open(":memory:", SystemClock())
    vault = TokenVault(database, "xero:t1", environment={})
    with pytest.raises(KeyMissingError, match=r"KEY_MISSING .* CONNECTOR_KEY"):
        vault.save(Token("access", "refresh", SystemClock().now()))
    database.close()


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 2, result.output
    return result.output


def test_commands_refuse_what_does_not_fit(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert "CONNECTION_UNKNOWN" in run("status", "--config", str(stage.folder / "config.yaml"), "--connection", "nobody")
    answers = ("--timezone", "UTC", "--currency", "USD", "--start-date", "2026-01-01", "--document", "invoice")
    policies = ("--parts", "stocked", "--labor-credit", "applied")
    assert "USAGE" in run("init", str(tmp_path / "new"), "--ledger", "sage", *answers, *policies)
    assert "INIT_EXISTS" in run("init", str(tmp_path), "--ledger", "xero", *answers, *policies)


def audited(stage: Stage, *statements: str) -> str:
    """What `audit verify` says once somebody has run these statements past the connector."""
    with sqlite3.connect(stage.database_path) as connection:
        for what in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS audit_no_{what}")
        for statement in statements:
            connection.execute(statement)
    connection.close()
    config = stage.folder / "config.yaml"
    text = config.read_text("utf-8")
    config.write_text(re.sub('database: ".*"', f'database: "{stage.database_path}"', text), "utf-8")
    result = CliRunner().invoke(app, ["audit", "verify", "--config", str(config)])
    assert result.exit_code == 1, result.output
    return result.output


def test_a_recorded_decision_that_was_changed_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    told = audited(stage, "UPDATE audit SET reason = 'another' WHERE number = 3")
    assert "audit entry 3: AUDIT_BROKEN" in told
    assert "2 entries fit" in told


def test_recorded_decisions_that_were_cut_off_are_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("1")
    stage.sync()
    assert "AUDIT_CUT_OFF" in audited(stage, "DELETE FROM audit WHERE number > 3")
