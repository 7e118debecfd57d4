"""python -m tests.golden [--write [CASE …]] [--force]: compare the golden journals with the books, or write them."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.golden.case import FOLDER, Case, books_of, case_of, cases
from tests.golden.notation import written


def main(arguments: list[str] | None = None) -> int:
    """0 when every journal is as its file says, or was written; 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden", description=__doc__)
    parser.add_argument("case", nargs="*", help="the cases; all of them unless named")
    parser.add_argument("--write", action="store_true", help="write the journals that the ledgers' books give")
    parser.add_argument("--force", action="store_true", help="overwrite journals that say something else")
    told = parser.parse_args(arguments)
    if unknown := [name for name in told.case if not (FOLDER / name / "case.yaml").exists()]:
        print(f"No such case: {', '.join(unknown)}.", file=sys.stderr)
        return 1
    chosen = [case_of(name) for name in told.case] if told.case else cases()
    results = [_journal(case, ledger, told.write, told.force) for case in chosen for ledger in case.ledgers]
    return 0 if all(results) else 1


def _journal(case: Case, ledger: str, write: bool, force: bool) -> bool:
    path = case.journal(ledger)
    with tempfile.TemporaryDirectory() as folder:
        journal = written(case, books_of(case, ledger, Path(folder)))
    before = path.read_text("utf-8") if path.exists() else None
    if before == journal:
        return True
    if write and (before is None or force):
        path.write_text(journal, "utf-8")
        print(f"{path.parent.name}/{path.name} is written.")
        return True
    what = "does not exist; --write makes it" if before is None else "says something else; --write --force overwrites it"
    print(f"{path.parent.name}/{path.name} {what}.", file=sys.stderr)
    return False


if __name__ == "__main__":
    sys.exit(main())
