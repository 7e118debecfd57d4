"""A small client of UpKeep's API, as a customer's own program would have: it signs in, enters records and changes them."""

from __future__ import annotations

from typing import Any

import httpx

ROOT = "/api/v2"
Content = dict[str, Any]


class UpKeepClient:
    """Enters records over HTTP; a refused request raises httpx.HTTPStatusError and ends the work."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def sign_in(self, email: str, password: str) -> None:
        """Ask for a session and use it from now on."""
        self._http.headers["Session-Token"] = self._told("POST", "auth", {"email": email, "password": password})["sessionToken"]

    def enter(self, kind: str, content: Content) -> Content:
        """A new record; what UpKeep made of it."""
        return self._told("POST", kind, content)

    def change(self, kind: str, identifier: str, content: Content) -> None:
        """A person edits a record."""
        self._told("PATCH", f"{kind}/{identifier}", content)

    def link(self, kind: str, identifier: str, other_kind: str, other: str) -> None:
        """Put a person, team, customer or vendor on a record."""
        self._told("POST", f"{kind}/{identifier}/{other_kind}/{other}", {})

    def _told(self, method: str, path: str, content: Content) -> Content:
        answer = self._http.request(method, f"{ROOT}/{path}", json=content)
        answer.raise_for_status()
        result: Content = answer.json()["result"]
        return result
