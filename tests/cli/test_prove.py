"""The pack that an auditor receives, and the command that writes it."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from connector.cli.app import app
from connector.cli.proof_pack import default_folder, write_pack
from connector.cli.running_sandbox import Filling, RunningSandbox, running_sandbox
from connector.flows.prove import prove
from tests.stage import Stage

ROOT = Path(__file__).parents[2]
HOSTILE = '<script src="http://evil.example/x.js">alert(1)</script> </table> {{ 7*7 }} " onload="x'


def packed(stage: Stage, folder: Path) -> dict[str, Any]:
    """proof.json of a pack that was just written."""
    with stage.world() as world:
        write_pack(prove(world), folder)
    told: dict[str, Any] = json.loads((folder / "proof.json").read_text("utf-8"))
    return told


def staged(folder: Path) -> Stage:
    """One posted under a hostile title, one held, one lost."""
    folder.mkdir()
    stage = Stage(folder, "xero", "invoice")
    stage.work_order("1", title=HOSTILE)
    stage.work_order("2", additionalCosts=[{"description": "?", "cost": "N/A"}])
    stage.sync()
    stage.work_order("3", title="Nobody posted me")
    return stage


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href", "action", "data", "onload")]

    def handle_data(self, data: str) -> None:
        self.text += data


def verified(folder: Path) -> subprocess.CompletedProcess[str]:
    """What the program in the auditor's guide says of a pack."""
    program = re.search(r"<!-- verify program -->\n```python\n(.*?)```", (ROOT / "docs" / "prove.md").read_text("utf-8"), re.DOTALL)
    assert program is not None
    return subprocess.run([sys.executable, "-c", program[1]], cwd=folder, capture_output=True, text=True, check=False)


def test_the_pack_says_the_verdict_in_the_same_five_figures_on_paper_and_in_data(tmp_path: Path) -> None:
    told = packed(staged(tmp_path / "stage"), tmp_path / "pack")
    assert told["verdict"] == "3 work orders, 1 document, 0 duplicates, 1 lost, 100.00 difference"
    assert told["proven"] is False
    assert [(row["work_order"], row["verdict"], row["difference"]) for row in told["rows"]] == [
        ("1", "posted", "0.00"),
        ("2", "held", "0.00"),
        ("3", "lost", "-100.00"),
    ]
    page = Page((tmp_path / "pack" / "proof.html").read_text("utf-8"))
    assert told["verdict"] in page.text
    assert told["root_hash"] in page.text
    assert "Nobody posted me" in page.text


def test_a_hostile_title_stays_text_and_the_page_loads_nothing(tmp_path: Path) -> None:
    packed(staged(tmp_path / "stage"), tmp_path / "pack")
    text = (tmp_path / "pack" / "proof.html").read_text("utf-8")
    page = Page(text)
    assert HOSTILE in page.text
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & set(page.tags)
    assert page.addresses == []
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text


def test_the_sums_and_the_program_of_the_guide_accept_the_pack_and_notice_one_changed_cent(tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    told = packed(staged(tmp_path / "stage"), folder)
    for line in (folder / "SHA256SUMS").read_text("ascii").splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    assert verified(folder).stdout.strip() == told["root_hash"]
    text = (folder / "proof.json").read_text("utf-8")
    for old, new in (
        ('"booked": "100.00", "difference": "0.00"', '"booked": "100.01", "difference": "0.00"'),
        ("1 lost, 100.00", "0 lost, 0.00"),
    ):
        assert text.count(old) == 1
        (folder / "proof.json").write_text(text.replace(old, new), "utf-8")
        assert "was changed" in verified(folder).stderr
    lines = text.splitlines(keepends=True)
    (folder / "proof.json").write_text("".join(line for line in lines if '"work_order": "2"' not in line), "utf-8")
    assert "the proof was changed" in verified(folder).stderr


def test_the_same_books_at_the_same_time_give_the_same_bytes(tmp_path: Path) -> None:
    stage = staged(tmp_path / "stage")
    packed(stage, tmp_path / "one")
    for path in (tmp_path / "stage").glob("connector.db*"):
        path.unlink()  # Not even our records are needed for that.
    packed(stage, tmp_path / "two")
    for name in ("proof.json", "proof.html", "SHA256SUMS"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_pack_is_never_overwritten_and_never_half_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = staged(tmp_path / "stage")
    packed(stage, tmp_path / "pack")
    before = (tmp_path / "pack" / "proof.json").read_bytes()
    with stage.world() as world:
        proof = prove(world)
        with pytest.raises(FileExistsError):
            write_pack(proof, tmp_path / "pack")
        # The disk is full when the page is to be written.
        monkeypatch.setattr("connector.cli.proof_pack.write_page", _full_disk)
        with pytest.raises(OSError, match="No space left"):
            write_pack(proof, tmp_path / "other")
    assert (tmp_path / "pack" / "proof.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pack", "stage"]


def _full_disk(*given: object) -> None:
    raise OSError(28, "No space left on device")


def test_the_folder_says_what_it_proves_and_when_it_was_read(tmp_path: Path) -> None:
    with staged(tmp_path / "stage").world() as world:
        assert re.fullmatch(r"proof-sandbox-xero-all-20260302T15\d{4}Z", str(default_folder(prove(world))))


# --- the command --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running() -> Iterator[RunningSandbox]:
    with running_sandbox(Filling(orders=18)) as running:
        yield running


def connector(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def configured(running: RunningSandbox, ledger: str, folder: Path) -> Path:
    config = folder / "config.yaml"
    config.write_text(running.config[ledger].replace(str(running.folder / f"{ledger}-"), str(folder / f"{ledger}-")), "utf-8")
    return config


@pytest.mark.sockets
@pytest.mark.parametrize("ledger", ["quickbooks", "xero"])
def test_prove_tells_what_is_lost_before_the_sync_and_nothing_after_it(ledger: str, running: RunningSandbox, tmp_path: Path) -> None:
    on = ("--config", str(configured(running, ledger, tmp_path)))
    before = connector("prove", *on, "--out", str(tmp_path / "before"))
    assert before.exit_code == 1
    assert "NOT PROVEN" in before.output
    connector("sync", *on)
    after = connector("prove", *on, "--out", str(tmp_path / "after"), "--json")
    told = json.loads(after.stdout)
    assert after.exit_code == 1  # Proven, and some are held.
    assert (told["proven"], told["contradictions"], told["counts"]["lost"], told["totals"]["difference"]) == (True, [], 0, "0.00")
    assert told["counts"]["verdict_held"] > 0
    assert json.loads((tmp_path / "after" / "proof.json").read_text("utf-8"))["root_hash"] == told["root_hash"]
    nothing = connector("prove", *on, "--period", "1999-01", "--out", str(tmp_path / "nothing"))
    assert "0 work orders, 0 documents, 0 duplicates, 0 lost, 0.00 difference" in nothing.output
    assert nothing.exit_code == 0


@pytest.mark.sockets
def test_a_pack_holds_no_secret(running: RunningSandbox, tmp_path: Path) -> None:
    on = ("--config", str(configured(running, "quickbooks", tmp_path)))
    shown = connector("prove", *on, "--out", str(tmp_path / "pack")).output
    vendors = running.sandbox.vendors
    written = "".join(path.read_text("utf-8") for path in (tmp_path / "pack").iterdir()) + shown
    assert vendors.quickbooks.realm_id in written
    for secret in (vendors.upkeep.password, vendors.quickbooks.client_secret, vendors.quickbooks.first_refresh_token, "sandbox-access-"):
        assert secret not in written


@pytest.mark.sockets
@pytest.mark.parametrize("period", ["2026-13", "2026-1", "February", "0000-01", "2026-02-01"])
def test_a_month_that_is_none_is_told_with_code_2(period: str, running: RunningSandbox, tmp_path: Path) -> None:
    shown = connector("prove", "--config", str(configured(running, "xero", tmp_path)), "--period", period)
    assert shown.exit_code == 2
    assert f"USAGE --period is '{period}'" in shown.output


@pytest.mark.sockets
def test_a_folder_that_is_there_is_refused_before_anything_is_read(running: RunningSandbox, tmp_path: Path) -> None:
    shown = connector("prove", "--config", str(configured(running, "xero", tmp_path)), "--out", str(tmp_path))
    assert shown.exit_code == 2
    assert "exists already" in shown.output


@pytest.mark.sockets
def test_a_ledger_that_is_not_there_ends_with_code_3_and_leaves_no_pack(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "xero", tmp_path)
    config.write_text(config.read_text("utf-8").replace(running.addresses["xero"], "http://127.0.0.1:9"), "utf-8")
    assert connector("prove", "--config", str(config), "--out", str(tmp_path / "pack")).exit_code == 3
    assert not (tmp_path / "pack").exists()


@pytest.mark.long
@pytest.mark.sockets
def test_each_of_several_connections_gets_a_pack_of_its_own(running: RunningSandbox, tmp_path: Path) -> None:
    config = configured(running, "quickbooks", tmp_path)
    second = running.config["xero"]
    config.write_text(config.read_text("utf-8") + second[second.index("  - name:") :], "utf-8")
    assert connector("sync", "--config", str(config)).exit_code == 1
    shown = connector("prove", "--config", str(config), "--out", str(tmp_path / "packs"))
    assert (shown.exit_code, shown.output.count(": proven")) == (1, 2)
    assert sorted(path.name.split("-all-")[0] for path in (tmp_path / "packs").iterdir()) == [
        "proof-sandbox-quickbooks",
        "proof-sandbox-xero",
    ]


@pytest.mark.sockets
def test_a_disk_that_is_full_is_told_with_code_2(running: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.cli.proof_pack.write_page", _full_disk)
    shown = connector("prove", "--config", str(configured(running, "xero", tmp_path)), "--out", str(tmp_path / "pack"))
    assert shown.exit_code == 2
    assert "No space left on device" in shown.output
    assert not (tmp_path / "pack").exists()
