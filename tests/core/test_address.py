"""A sign-in never travels in plain text over somebody's network."""

from __future__ import annotations

import pytest

from connector.core.address import is_loopback, require_safe


@pytest.mark.parametrize("url", ["https://ledger.example", "http://127.0.0.1:8080/token", "http://[::1]:1", "http://localhost"])
def test_https_and_this_machine_are_safe(url: str) -> None:
    require_safe(url)


@pytest.mark.parametrize("url", ["http://ledger.example", "http://localhost.example", "http://127.0.0.1.example", "ledger.example", ""])
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="only https, loopback excepted"):
        require_safe(url)


def test_a_stand_in_is_told_from_a_vendor() -> None:
    assert is_loopback("http://127.0.0.1:8080")
    assert not is_loopback("https://quickbooks.api.intuit.com")
