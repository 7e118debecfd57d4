"""A session at a source says nothing of its secrets, and a contract of one customer changes no other's."""

from __future__ import annotations

import pytest

from connector.core.contract import FIELDS, NAMES, PATHS, Contract
from connector.core.source_session import SourceSession, Stop


def test_a_session_in_a_log_or_a_traceback_shows_no_secret() -> None:
    session = SourceSession(token="secret", pending="secret", stop=Stop.CODE_NEEDED)
    assert (repr(session), "secret" in f"{session!r} {session}") == ("SourceSession(stop='code needed')", False)


@pytest.mark.parametrize("names", [PATHS, NAMES, FIELDS])
def test_our_own_defaults_cannot_be_changed_in_passing(names: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        names["id"] = "/other"


def test_every_field_of_a_contract_has_a_pointer() -> None:
    assert [
        name for name, pointers in Contract().fields.items() if not pointers or any(p and not p.startswith("/") for p in pointers)
    ] == []
