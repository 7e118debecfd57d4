"""Every case leaves in each ledger exactly the journal in its folder, and that journal balances by another program's count too."""

from __future__ import annotations

from pathlib import Path

import pytest
from beancount import loader

from tests.golden.__main__ import main
from tests.golden.case import FOLDER, Case, books_of, cases
from tests.golden.notation import unbalanced, written

EVERY = [(case, ledger) for case in cases() for ledger in case.ledgers]
# One ledger of each case every day, in turns; the other one with the long tests.
IN_TURNS = [
    pytest.param(case, ledger, id=f"{case.name}-{ledger}", marks=[] if (place + number) % len(case.ledgers) == 0 else [pytest.mark.long])
    for number, case in enumerate(cases())
    for place, ledger in enumerate(case.ledgers)
]


@pytest.mark.parametrize(("case", "ledger"), IN_TURNS)
def test_the_ledger_has_the_documents_and_the_balances_of_the_golden_journal(case: Case, ledger: str, tmp_path: Path) -> None:
    assert written(case, books_of(case, ledger, tmp_path)) == case.journal(ledger).read_text("utf-8")


@pytest.mark.parametrize(("case", "ledger"), EVERY, ids=[f"{case.name}-{ledger}" for case, ledger in EVERY])
def test_beancount_reads_every_golden_journal_and_finds_it_balanced(case: Case, ledger: str) -> None:
    """It adds the lines up by itself: each document to zero, each account to the balance that the ledger told."""
    entries, errors, _ = loader.load_string(case.journal(ledger).read_text("utf-8"))
    assert entries
    assert errors == []
    assert unbalanced(case.journal(ledger).read_text("utf-8")) == []


@pytest.mark.parametrize("wrong", ["45.01", "44.99"])
def test_a_journal_that_is_a_cent_off_is_found_by_both(wrong: str) -> None:
    journal = (FOLDER / "internal-expense" / "quickbooks.beancount").read_text("utf-8")
    line = next(line for line in journal.splitlines() if line.startswith("  ") and " 45.00 USD  ; " in line)
    spoilt = journal.replace(line, line.replace("45.00", wrong))
    assert spoilt != journal
    assert loader.load_string(spoilt)[1]
    assert unbalanced(spoilt)


def test_a_golden_journal_is_never_overwritten_unasked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Case, "journal", lambda _, ledger: tmp_path / f"{ledger}.beancount")
    assert main(["internal-expense"]) == 1
    assert main(["--write", "internal-expense"]) == 0
    file = tmp_path / "quickbooks.beancount"
    whole = file.read_text("utf-8")
    file.write_text("; changed by a person\n", "utf-8")
    assert main(["--write", "internal-expense"]) == 1
    assert file.read_text("utf-8") == "; changed by a person\n"
    assert main(["--write", "--force", "internal-expense"]) == 0
    assert file.read_text("utf-8") == whole
    assert main(["no-such-case"]) == 1
