"""The stored sign-in, seen from the ledger's side: does the refresh token that we keep still open anything?"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet

from connector.sandbox.xero.signin import REFRESH_DAYS
from connector.store.vault import KEY_VARIABLE

if TYPE_CHECKING:
    from tests.simulation.scene import Scene


def false_alarm(scene: Scene, told: str) -> list[str]:
    """A person is asked to connect again although the stored sign-in works. Where a lock may be lost, two may refresh at once."""
    if scene.setting.server_database or not any(_opens(scene.vendor, token) for token in _stored(scene)):
        return []
    return [f"false alarm: the stored sign-in works, and a run ended in {told}"]


def _stored(scene: Scene) -> list[str]:
    box = Fernet(os.environ[KEY_VARIABLE])
    return [str(json.loads(box.decrypt(row[0]))["refresh"]) for row in scene.rows("SELECT secret FROM token")]


def _opens(vendor: Any, token: str) -> bool:
    if vendor.name == "quickbooks":
        return bool(vendor._sign_in.refresh_token == token)
    known, now = vendor.signin._refresh.get(token), vendor.books.clock.now()
    if known is None or now - known.issued > timedelta(days=REFRESH_DAYS):
        return False
    grace = timedelta(seconds=vendor.books.number_switch("refresh_grace_seconds"))
    return known.used is None or now - known.used <= grace
