"""What a simulated process finds in its environment is gone when its test has ended."""

from __future__ import annotations

import pytest

from connector.store.vault import KEY_VARIABLE
from tests.simulation.scene import KEY


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scene sets it too, for the commands that play without pytest; here it is taken back."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
