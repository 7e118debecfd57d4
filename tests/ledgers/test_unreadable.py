"""What a fault in the answer to a read means for the whole run."""

from __future__ import annotations

import pytest

from connector.ledgers.ledger import CompanyInactiveError, ReconnectRequiredError, ServiceUnreachableError
from connector.ledgers.quickbooks.unreadable import unreadable


@pytest.mark.parametrize(
    ("errors", "kind", "words"),
    [
        ([], ServiceUnreachableError, "a query answered 400"),
        ([("4001", "Invalid query")], ServiceUnreachableError, "a query answered 400: 4001 Invalid query"),
        ([("", "odd"), ("7", "")], ServiceUnreachableError, "a query answered 400: odd; 7"),
        ([("4001", "x" * 300)], ServiceUnreachableError, f"a query answered 400: 4001 {'x' * 195}"),
        ([("3100", "wrong company")], ReconnectRequiredError, "a query answered 400: 3100 wrong company"),
        ([("120", "no access")], ReconnectRequiredError, "a query answered 400: 120 no access"),
        ([("6190", "ended"), ("3100", "both")], CompanyInactiveError, "a query answered 400: 6190 ended; 3100 both"),
    ],
)
def test_a_person_learns_whether_to_wait_to_connect_or_to_renew(errors: list[tuple[str, str]], kind: type[Exception], words: str) -> None:
    told = unreadable("a query answered 400", errors)
    assert type(told) is kind
    assert str(told) == f"quickbooks could not be reached: {words}"
