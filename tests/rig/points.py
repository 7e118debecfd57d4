"""The named points of the process at which it can be struck: around every commit, every write, every file that changes its name."""

from __future__ import annotations

# Transactions of the store, by what they do: the process can be struck before each commit and after it.
COMMITS = (
    "migration",
    "note_writer",
    "expire_leases",
    "decide",
    "mark_seen",
    "token save",
    "lease",
    "record",
    "lease_batch",
    "record_batch",
    "keep_reference",
    "next_phase",
    "matched",
    "noted_absent",
    "note_run",
)
# Requests whose bytes matter. Phase two is a Xero manual journal's.
REQUESTS = ("create", "phase two", "token refresh")
FILES = ("epoch", "audit", "key")

CREATING_TABLES = "between two tables of the migration"


def before_commit(of: str) -> str:
    return f"before the commit of {of}"


def after_commit(of: str) -> str:
    return f"after the commit of {of}"


def before_first_byte(of: str) -> str:
    return f"before the first byte of {of}"


def half_sent(of: str) -> str:
    return f"between the headers and the body of {of}"


def after_last_byte(of: str) -> str:
    return f"after the last byte of {of}"


def half_answered(of: str) -> str:
    return f"halfway through the answer to {of}"


def answered(of: str) -> str:
    return f"after the answer to {of}"


def before_rename(of: str) -> str:
    return f"before the rename of the {of} file"


def after_rename(of: str) -> str:
    return f"after the rename of the {of} file"


EVERY_POINT: tuple[str, ...] = (
    CREATING_TABLES,
    *(point(of) for of in COMMITS for point in (before_commit, after_commit)),
    *(point(of) for of in REQUESTS for point in (before_first_byte, half_sent, after_last_byte, half_answered, answered)),
    *(point(of) for of in FILES for point in (before_rename, after_rename)),
)
