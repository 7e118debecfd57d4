"""A text that must never be shown."""

from __future__ import annotations


class Secret:
    """A text that is never shown: only `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "***"


NO_SECRET = Secret("")
