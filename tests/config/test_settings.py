"""Each mistake in config.yaml is told at its line with its next step, and all of them at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from connector.config.settings import Config, Secret, load_config
from connector.core.mapping import DocumentKind
from connector.core.period import ClosedPeriodPolicy
from connector.core.problem import Problem

GOOD = """\
database: books.db
connections:
  - name: plant
    timezone: America/Chicago
    currency: USD
    start_date: 2026-01-01
    source:
      kind: upkeep
      base_url: https://api.onupkeep.com
      email: kim@example.com
      password: ${UPKEEP_PASSWORD}
    ledger:
      kind: quickbooks
      base_url: https://quickbooks.api.intuit.com/
      token_url: https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer
      realm_id: "9130"
      client_id: id
      client_secret: secret
    mapping: mappings/plant.yaml
    document: journal_entry
"""
ENVIRONMENT = {"UPKEEP_PASSWORD": "open sesame"}


def load(folder: Path, text: str, environment: dict[str, str] | None = None) -> tuple[Config | None, list[Problem]]:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path, ENVIRONMENT if environment is None else environment)


def good(folder: Path, text: str, environment: dict[str, str] | None = None) -> Config:
    config, problems = load(folder, text, environment)
    assert problems == []
    assert config is not None
    return config


def told(folder: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    """Every problem as line and code; its words are there, and nothing was half read."""
    config, problems = load(folder, text, environment)
    assert config is None
    assert all(problem.message and problem.next_step for problem in problems)
    return [f"{problem.place.removeprefix(str(folder / 'config.yaml') + ':')} {problem.code}" for problem in problems]


def changed(before: str, after: str) -> str:
    assert GOOD.count(before) == 1
    return GOOD.replace(before, after)


# --- what is read -------------------------------------------------------------------------------------------------------------


def test_a_connection_is_read_with_its_defaults(tmp_path: Path) -> None:
    config = good(tmp_path, GOOD)
    (connection,) = config.connections
    assert (connection.name, connection.timezone, connection.currency, connection.start_date) == (
        "plant", "America/Chicago", "USD", date(2026, 1, 1),
    )  # fmt: skip
    assert (connection.document, connection.closed_period) == (DocumentKind.JOURNAL_ENTRY, ClosedPeriodPolicy.HOLD)
    assert (connection.schedule, connection.settle_seconds) == ("*/15 * * * *", 180.0)
    assert (connection.source.company, connection.source.site, connection.source.time_unit) == ("upkeep", "", "minutes")
    assert connection.source.password.reveal() == "open sesame"
    assert (connection.ledger.company_id, connection.ledger.base_url) == ("9130", "https://quickbooks.api.intuit.com")


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    config = good(tmp_path, GOOD)
    assert config.database == str((tmp_path / "books.db").resolve())
    assert config.connections[0].mapping == tmp_path / "mappings/plant.yaml"
    elsewhere = good(tmp_path, GOOD.replace("books.db", "/data/books.db").replace("mappings/", "/data/"))
    assert (elsewhere.database, str(elsewhere.connections[0].mapping)) == ("/data/books.db", "/data/plant.yaml")


@pytest.mark.parametrize("address", ["postgresql://a:b@host/books", "postgres://host/books", "postgresql+psycopg://host/books"])
def test_the_address_of_a_postgresql_database_stays_one(tmp_path: Path, address: str) -> None:
    assert good(tmp_path, changed("books.db", address)).database == address


def test_a_secret_is_never_shown() -> None:
    secret = Secret("open sesame")
    assert (repr(secret), str(secret), f"{[secret]}", secret.reveal()) == ("***", "***", "[***]", "open sesame")


def test_a_token_stands_for_email_and_password(tmp_path: Path) -> None:
    text = GOOD.replace("      email: kim@example.com\n", "").replace("password: ${UPKEEP_PASSWORD}", "token: abc")
    assert good(tmp_path, text).connections[0].source.token.reveal() == "abc"
    assert told(tmp_path, text.replace("token: abc", "token:")) == ["8 CONFIG_MISSING", "8 CONFIG_MISSING"]


def test_quickbooks_reads_are_those_of_the_free_tier_and_a_batch_counts_each_item_unless_written_otherwise(tmp_path: Path) -> None:
    ledger = good(tmp_path, GOOD).connections[0].ledger
    assert (ledger.batch_items, ledger.reads_per_month) == ("each", 500_000)
    written = changed("      client_id: id\n", "      client_id: id\n      batch_items: call\n      reads_per_month: 0\n")
    ledger = good(tmp_path, written).connections[0].ledger
    assert (ledger.batch_items, ledger.reads_per_month) == ("call", 0)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("batch_items: some", "CONFIG_BAD_CHOICE"),
        ("reads_per_month: many", "CONFIG_BAD_NUMBER"),
        ("reads_per_month: -1", "CONFIG_BAD_NUMBER"),
        ("reads_per_month: 1.5", "CONFIG_BAD_NUMBER"),
    ],
)
def test_limits_that_cannot_be_understood_are_told(line: str, code: str, tmp_path: Path) -> None:
    assert [problem.split()[1] for problem in told(tmp_path, changed("      client_id: id\n", f"      client_id: id\n      {line}\n"))] == [
        code
    ]


def test_xero_meters_no_reads_and_has_no_such_setting(tmp_path: Path) -> None:
    xero = GOOD.replace("kind: quickbooks", "kind: xero\n      reads_per_month: 5").replace('realm_id: "9130"', "tenant_id: t")
    assert [problem.split()[1] for problem in told(tmp_path, xero)] == ["CONFIG_UNKNOWN_KEY"]


def test_the_sign_in_has_the_vendors_public_addresses_unless_others_are_written(tmp_path: Path) -> None:
    ledger = good(tmp_path, GOOD).connections[0].ledger
    assert ledger.authorize_url == "https://appcenter.intuit.com/connect/oauth2"
    assert ledger.revoke_url == "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
    assert ledger.redirect_uri.startswith("https://developer.intuit.com/")
    written = changed("      client_id: id\n", "      client_id: id\n      redirect_uri: https://books.example/back/\n")
    assert good(tmp_path, written).connections[0].ledger.redirect_uri == "https://books.example/back/"  # Letter for letter.
    xero = GOOD.replace("kind: quickbooks", "kind: xero").replace('realm_id: "9130"', "tenant_id: t")
    ledger = good(tmp_path, xero).connections[0].ledger
    assert ledger.authorize_url == "https://login.xero.com/identity/connect/authorize"
    assert (ledger.revoke_url, ledger.redirect_uri) == ("https://identity.xero.com/connect/revocation", "http://localhost:8765/callback")


def test_only_an_app_of_xero_s_that_people_consent_to_may_have_no_secret(tmp_path: Path) -> None:
    xero = GOOD.replace("kind: quickbooks", "kind: xero").replace('realm_id: "9130"', "tenant_id: t")
    without = xero.replace("      client_secret: secret\n", "")
    assert good(tmp_path, without).connections[0].ledger.client_secret.reveal() == ""
    assert told(tmp_path, without.replace("kind: xero", "kind: xero\n      sign_in: client_credentials")) == ["13 CONFIG_MISSING"]


def test_a_custom_connection_is_xero_s_alone(tmp_path: Path) -> None:
    xero = GOOD.replace("kind: quickbooks", "kind: xero\n      sign_in: client_credentials").replace('realm_id: "9130"', "tenant_id: t")
    assert good(tmp_path, xero).connections[0].ledger.sign_in == "client_credentials"
    assert told(tmp_path, xero.replace("client_credentials", "password")) == ["14 CONFIG_BAD_CHOICE"]
    assert told(tmp_path, changed("      client_id: id\n", "      client_id: id\n      sign_in: consent\n")) == ["18 CONFIG_UNKNOWN_KEY"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:8765/back", "http://books.example/back", "https://books.example/back?x=1", "books"])
def test_a_consent_returns_only_to_where_both_vendors_let_it(address: str, tmp_path: Path) -> None:
    assert told(tmp_path, changed("      client_id: id\n", f"      client_id: id\n      redirect_uri: {address}\n")) == [
        "18 CONFIG_BAD_ADDRESS"
    ]


def test_a_xero_organisation_is_named_by_its_tenant(tmp_path: Path) -> None:
    text = GOOD.replace("kind: quickbooks", "kind: xero").replace('realm_id: "9130"', "tenant_id: 77d3a1a3-5f5c-4c0a-a3ab-ee0e5ac7a4f0")
    assert good(tmp_path, text).connections[0].ledger.company_id == "77d3a1a3-5f5c-4c0a-a3ab-ee0e5ac7a4f0"


# --- the environment ----------------------------------------------------------------------------------------------------------


def test_a_variable_is_read_from_the_environment_or_from_the_file_that_is_named_there(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(" from a file \n", encoding="utf-8")
    text = changed("kim@example.com", "${WHO}@${WHERE}.com")
    config = good(tmp_path, text, {"UPKEEP_PASSWORD_FILE": str(tmp_path / "secret"), "WHO": "kim", "WHERE": "example"})
    assert config.connections[0].source.password.reveal() == "from a file"
    assert config.connections[0].source.email == "kim@example.com"
    assert good(tmp_path, GOOD, {"UPKEEP_PASSWORD": "a ${B} c"}).connections[0].source.password.reveal() == "a ${B} c"


@pytest.mark.parametrize(
    ("environment", "code", "words", "next_step"),
    [
        ({}, "CONFIG_ENV_MISSING", "The environment has no UPKEEP_PASSWORD.", "Set UPKEEP_PASSWORD, or UPKEEP_PASSWORD_FILE"),
        ({"UPKEEP_PASSWORD_FILE": "/no/such/file"}, "CONFIG_ENV_FILE_UNREADABLE", "UPKEEP_PASSWORD_FILE names a file", "Correct"),
        ({"UPKEEP_PASSWORD_FILE": "a\0b"}, "CONFIG_ENV_FILE_UNREADABLE", "UPKEEP_PASSWORD_FILE names a file", "Correct"),
        ({"UPKEEP_PASSWORD": ""}, "CONFIG_MISSING", "'password' is empty: '${UPKEEP_PASSWORD}' holds nothing.", "Put a value there."),
        ({"UPKEEP_PASSWORD": "  "}, "CONFIG_MISSING", "'password' is empty: '${UPKEEP_PASSWORD}' holds nothing.", "Put a value there."),
    ],
)
def test_a_variable_without_a_value_is_a_problem(
    tmp_path: Path, environment: dict[str, str], code: str, words: str, next_step: str
) -> None:
    _, problems = load(tmp_path, GOOD, environment)
    assert [(problem.code, problem.place) for problem in problems] == [(code, f"{tmp_path / 'config.yaml'}:11")]
    assert words in problems[0].message
    assert problems[0].next_step.startswith(next_step)


def test_a_file_that_is_not_text_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"\xff\xfe")
    assert told(tmp_path, GOOD, {"UPKEEP_PASSWORD_FILE": str(tmp_path / "secret")}) == ["11 CONFIG_ENV_FILE_UNREADABLE"]


@pytest.mark.parametrize("written", ["${}", "${1A}", "${UPKEEP-PASSWORD}", "${UPKEEP_PASSWORD", "a${ UPKEEP_PASSWORD }"])
def test_a_variable_that_is_not_well_written_is_a_problem_and_no_password(tmp_path: Path, written: str) -> None:
    assert told(tmp_path, changed("${UPKEEP_PASSWORD}", f'"{written}"')) == ["11 CONFIG_BAD_VARIABLE"]


def test_the_value_of_a_variable_is_never_repeated_in_a_problem(tmp_path: Path) -> None:
    text = GOOD.replace("https://api.onupkeep.com", "${UPKEEP_PASSWORD}").replace('"9130"', "${UPKEEP_PASSWORD}")
    _, problems = load(tmp_path, text)
    assert [problem.code for problem in problems] == ["CONFIG_BAD_ADDRESS", "CONFIG_BAD_COMPANY"]
    assert "open sesame" not in "".join(map(str, problems))


# --- each mistake -------------------------------------------------------------------------------------------------------------

LEDGER = GOOD[GOOD.index("    ledger:") : GOOD.index("    mapping:")]
SOURCE = GOOD[GOOD.index("    source:") : GOOD.index("    ledger:")]
MISTAKES = [
    ("database: books.db\n", "", "1 CONFIG_MISSING", "'database' is missing."),
    ("books.db", "", "1 CONFIG_MISSING", "'database' is missing."),
    ("books.db", '"  "', "1 CONFIG_MISSING", "'database' is missing."),
    ("books.db", "[a]", "1 CONFIG_NOT_A_VALUE", "'database' is a list, one value was expected."),
    ("books.db", "mysql://host/books", "1 CONFIG_BAD_DATABASE", "database is 'mysql://host/books'."),
    ("database:", "databse: x\ndatabase:", "1 CONFIG_UNKNOWN_KEY", "'databse' is not known here."),
    ("    timezone:", "    time_zone: x\n    timezone:", "4 CONFIG_UNKNOWN_KEY", "'time_zone' is not known here."),
    ("America/Chicago", "America/Chicgo", "4 CONFIG_BAD_TIMEZONE", "'America/Chicgo' is not a time zone."),
    ("America/Chicago", "../etc", "4 CONFIG_BAD_TIMEZONE", "'../etc' is not a time zone."),
    ("USD", "usd", "5 CONFIG_BAD_CURRENCY", "currency is 'usd'."),
    ("USD", "US dollars", "5 CONFIG_BAD_CURRENCY", "currency is 'US dollars'."),
    ("USD", "{a: b}", "5 CONFIG_NOT_A_VALUE", "'currency' is a table, one value was expected."),
    ("2026-01-01", "01/02/2026", "6 CONFIG_BAD_DATE", "start_date is '01/02/2026'."),
    ("2026-01-01", "20260101", "6 CONFIG_BAD_DATE", "start_date is '20260101'."),
    ("2026-01-01", "2026-02-30", "6 CONFIG_BAD_DATE", "start_date is '2026-02-30'."),
    ("2026-01-01", "[2026-01-01]", "6 CONFIG_BAD_DATE", "start_date is a list."),
    ("2026-01-01", "", "6 CONFIG_BAD_DATE", "start_date is ''."),
    ("    start_date: 2026-01-01\n", "", "3 CONFIG_MISSING", "'start_date' is missing."),
    (SOURCE, "", "3 CONFIG_MISSING", "'source' is missing."),
    (LEDGER, "", "3 CONFIG_MISSING", "'ledger' is missing."),
    ("      kind: upkeep\n", "", "8 CONFIG_MISSING", "'kind' is missing."),
    ("kind: upkeep", "kind: excel", "8 CONFIG_BAD_CHOICE", "kind is 'excel'."),
    ("      email: kim@example.com\n", "", "8 CONFIG_MISSING", "'email' is missing."),
    (
        "      email:",
        "      work_order_url: work-orders/{id}\n      email:",
        "10 CONFIG_BAD_ADDRESS",
        "work_order_url is 'work-orders/{id}'.",
    ),
    ("      email:", "      work_order_url: https://up.test/wo\n      email:", "10 CONFIG_BAD_ADDRESS", "work_order_url is"),
    ("      email:", "      time_unit: days\n      email:", "10 CONFIG_BAD_CHOICE", "time_unit is 'days'."),
    ("      email:", "      window_days: -1\n      email:", "10 CONFIG_BAD_NUMBER", "window_days is -1"),
    ("kind: quickbooks", "kind: quickbook", "13 CONFIG_BAD_CHOICE", "kind is 'quickbook'."),
    ("      kind: quickbooks\n", "", "13 CONFIG_MISSING", "'kind' is missing."),
    ('      realm_id: "9130"\n', "", "13 CONFIG_MISSING", "'realm_id' is missing."),
    ('"9130"', "../9130", "16 CONFIG_BAD_COMPANY", "realm_id is '../9130'."),
    ("      client_secret: secret\n", "", "13 CONFIG_MISSING", "'client_secret' is missing."),
    ("    mapping: mappings/plant.yaml\n", "", "3 CONFIG_MISSING", "'mapping' is missing."),
    ("journal_entry", "bill", "20 CONFIG_BAD_CHOICE", "document is 'bill'."),
    ("    document:", "    closed_period: open\n    document:", "20 CONFIG_BAD_CHOICE", "closed_period is 'open'."),
    (
        "    document:",
        "    settle_seconds: soon\n    document:",
        "20 CONFIG_BAD_NUMBER",
        "settle_seconds is 'soon', a number was expected.",
    ),
    ("    document:", "    settle_seconds: NaN\n    document:", "20 CONFIG_BAD_NUMBER", "settle_seconds is 'NaN', a number was expected."),
    ("    document:", "    settle_seconds: 0\n    document:", "20 CONFIG_BAD_NUMBER", "settle_seconds is 0; it must be at least 0.05."),
    ("    document:", "    settle_seconds: 86401\n    document:", "20 CONFIG_BAD_NUMBER", "it must be at most 86400."),
    ("    document:", "    settle_seconds: [1]\n    document:", "20 CONFIG_BAD_NUMBER", "settle_seconds is a list, a number was expected."),
    ("    document:", "    schedule: hourly\n    document:", "20 CONFIG_BAD_SCHEDULE", "schedule is 'hourly'."),
    ("    document:", "    schedule: '* * * * * *'\n    document:", "20 CONFIG_BAD_SCHEDULE", "schedule is '* * * * * *'."),
    ("    document:", "    schedule: 99 * * * *\n    document:", "20 CONFIG_BAD_SCHEDULE", "schedule is '99 * * * *':"),
    ("    document:", "    schedule: '*/0 * * * *'\n    document:", "20 CONFIG_BAD_SCHEDULE", "schedule is '*/0 * * * *':"),
    ("    document:", "    schedule: a-b 1,,2 * * *\n    document:", "20 CONFIG_BAD_SCHEDULE", "schedule is 'a-b 1,,2 * * *':"),
    ("    document:", "    schedule: [1]\n    document:", "20 CONFIG_NOT_A_VALUE", "'schedule' is a list, one value was expected."),
]


@pytest.mark.parametrize(("before", "after", "place", "words"), MISTAKES, ids=[f"{m[2]} {m[3][:40]}" for m in MISTAKES])
def test_a_mistake_is_told_at_its_line_with_its_next_step(tmp_path: Path, before: str, after: str, place: str, words: str) -> None:
    text = changed(before, after)
    assert told(tmp_path, text) == [place]
    _, problems = load(tmp_path, text)
    assert words in problems[0].message


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", ["1 CONFIG_MISSING", "1 CONFIG_MISSING"]),
        ("- a\n", ["1 CONFIG_NOT_A_TABLE", "1 CONFIG_MISSING", "1 CONFIG_MISSING"]),
        ("database: a\nconnections: plant\n", ["2 CONFIG_NOT_A_LIST", "1 CONFIG_MISSING"]),
        ("database: a\nconnections: []\n", ["1 CONFIG_MISSING"]),
        ("database: a\nconnections:\n", ["1 CONFIG_MISSING"]),
    ],
)
def test_a_file_of_another_shape_says_so(tmp_path: Path, text: str, places: list[str]) -> None:
    assert told(tmp_path, text) == places


def test_a_connection_and_its_parts_are_tables(tmp_path: Path) -> None:
    assert "2 CONFIG_NOT_A_TABLE" in told(tmp_path, "database: a\nconnections: [plant]\n")
    assert "12 CONFIG_NOT_A_TABLE" in told(tmp_path, changed(LEDGER, "    ledger: quickbooks\n"))
    assert "7 CONFIG_NOT_A_TABLE" in told(tmp_path, changed(SOURCE, "    source: [a]\n"))


def test_a_file_that_cannot_be_read_is_told_with_its_own_code(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD + "database: other.db\n") == ["21 YAML_DUPLICATE"]
    assert told(tmp_path, GOOD + " x") == ["21 YAML_SYNTAX"]
    config, problems = load_config(tmp_path / "none.yaml", {})
    assert (config, [problem.code for problem in problems]) == (None, ["FILE_MISSING"])


def test_all_mistakes_are_told_at_once_each_at_its_own_line(tmp_path: Path) -> None:
    text = GOOD
    for before, after in (
        ("America/Chicago", "Chicago"),
        ("USD", "$"),
        ("2026-01-01", "soon"),
        ("https://api.onupkeep.com", "http://api.onupkeep.com"),
        ("      email: kim@example.com\n", "      emial: kim@example.com\n"),
        ("kind: quickbooks", "kind: sage"),
        ("journal_entry", "bill"),
    ):
        text = text.replace(before, after)
    assert sorted(told(tmp_path, text, {}), key=lambda line: int(line.split()[0])) == [
        "4 CONFIG_BAD_TIMEZONE",
        "5 CONFIG_BAD_CURRENCY",
        "6 CONFIG_BAD_DATE",
        "8 CONFIG_MISSING",
        "9 CONFIG_BAD_ADDRESS",
        "10 CONFIG_UNKNOWN_KEY",
        "11 CONFIG_ENV_MISSING",
        "13 CONFIG_BAD_CHOICE",
        "20 CONFIG_BAD_CHOICE",
    ]


def test_the_nearest_known_word_is_proposed(tmp_path: Path) -> None:
    _, problems = load(tmp_path, GOOD.replace("      email:", "      emial:").replace("America/Chicago", "America/Chicgo"))
    proposed = {problem.code: problem.next_step for problem in problems}
    assert proposed["CONFIG_UNKNOWN_KEY"] == "Did you mean 'email'?"
    assert proposed["CONFIG_BAD_TIMEZONE"] == "Did you mean 'America/Chicago'?"
    _, problems = load(tmp_path, "zzz: 1\n" + GOOD)
    assert problems[0].next_step == "Known: connections, database, web."


# --- addresses ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["https://api.onupkeep.com/", "HTTPS://api.onupkeep.com", "http://127.0.0.1:8080", "http://localhost:1/a", "http://[::1]:80"]
)
def test_https_and_loopback_are_addresses(tmp_path: Path, address: str) -> None:
    assert good(tmp_path, changed("https://api.onupkeep.com", address)).connections[0].source.base_url == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://api.onupkeep.com",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
        "http://localhost.example.com",
        "http://0.0.0.0",
        "http://192.168.0.1",
        "api.onupkeep.com",
        "//api.onupkeep.com",
        "https://",
        "https:///v2",
        "ftp://api.onupkeep.com",
        "https://kim:secret@api.onupkeep.com",
        "https://api.onupkeep.com:99999",
        "https://api.onupkeep.com:port",
        "https://[::1",
        "https://api onupkeep com",
        "https:\\\\api.onupkeep.com",
        "https://api.onupkeep.com?a=b",
        "https://api.onupkeep.com#x",
    ],
)
def test_every_other_address_is_refused(tmp_path: Path, address: str) -> None:
    assert told(tmp_path, changed("https://api.onupkeep.com", f"'{address}'")) == ["9 CONFIG_BAD_ADDRESS"]
    assert told(tmp_path, changed("https://quickbooks.api.intuit.com/", f"'{address}'")) == ["14 CONFIG_BAD_ADDRESS"]
    token_url = "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    assert told(tmp_path, changed(token_url, f"'{address}'")) == ["15 CONFIG_BAD_ADDRESS"]


# --- twins --------------------------------------------------------------------------------------------------------------------

ONE = GOOD[GOOD.index("  - name:") :]


def test_two_connections_do_not_share_a_name_nor_books_and_source(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD + ONE) == ["21 CONFIG_NAME_TWICE", "21 CONFIG_SCOPE_TWICE"]
    assert told(tmp_path, GOOD + ONE.replace("name: plant", "name: other")) == ["21 CONFIG_SCOPE_TWICE"]
    assert told(tmp_path, GOOD + ONE.replace('"9130"', '"9131"')) == ["21 CONFIG_NAME_TWICE"]


def test_one_source_may_feed_two_books_and_two_sites_one(tmp_path: Path) -> None:
    other = ONE.replace("name: plant", "name: other")
    assert len(good(tmp_path, GOOD + other.replace('"9130"', '"9131"')).connections) == 2
    assert len(good(tmp_path, GOOD + other.replace("      email:", "      site: tenants\n      email:")).connections) == 2


def test_the_same_tenant_in_other_letters_is_the_same(tmp_path: Path) -> None:
    text = GOOD.replace("kind: quickbooks", "kind: xero").replace("realm_id", "tenant_id").replace("9130", "77d3a1a3-5f5c")
    other = text[text.index("  - name:") :].replace("name: plant", "name: other").replace("77d3a1a3-5f5c", "77D3A1A3-5F5C")
    assert told(tmp_path, text + other) == ["21 CONFIG_SCOPE_TWICE"]


def test_twins_are_told_beside_other_mistakes(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD.replace("USD", "$") + ONE) == ["5 CONFIG_BAD_CURRENCY", "21 CONFIG_NAME_TWICE", "21 CONFIG_SCOPE_TWICE"]


def test_customers_are_confirmed_by_a_person_unless_exact_names_are_to_do(tmp_path: Path) -> None:
    assert good(tmp_path, GOOD).connections[0].confirm_customers
    assert not good(tmp_path, f"{GOOD}    confirm_customers: false\n").connections[0].confirm_customers
    assert told(tmp_path, f"{GOOD}    confirm_customers: perhaps\n") == ["21 CONFIG_BAD_CHOICE"]
