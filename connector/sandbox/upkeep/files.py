"""Files on work orders, for which UpKeep documents next to nothing: how they are shown is a switch, an address gives each for a while."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.upkeep.records import Record
from connector.sandbox.wire import Request, Response

DOWNLOADS = "/sandbox-files/"


@dataclass(slots=True)
class Stored:
    """A file: its name, its bytes, and how many of them a download gives (all, unless the line is to be cut)."""

    name: str
    content: bytes
    given: int


class Files:
    """The files of one UpKeep company."""

    def __init__(self, clock: SandboxClock, switches: dict[str, Any], violations: list[str]) -> None:
        self._clock = clock
        self._switches = switches
        self._violations = violations
        self._stored: dict[str, Stored] = {}

    def put(self, name: str, content: bytes) -> str:
        """A person uploads a file; its id."""
        identifier = f"file{len(self._stored) + 1:06}"
        self._stored[identifier] = Stored(name, content, len(content))
        return identifier

    def uploaded(self, request: Request) -> str | None:
        """The id of the one file of a multipart body; None for a body that is none."""
        boundary = request.headers.get("content-type", "").partition("multipart/form-data; boundary=")[2].encode()
        start, end = b"--" + boundary + b"\r\n", b"\r\n--" + boundary + b"--\r\n"
        if not boundary or not request.body.startswith(start) or not request.body.endswith(end):
            return None
        head, _, content = request.body.removeprefix(start).removesuffix(end).partition(b"\r\n\r\n")
        name = re.search(rb'; name="file"; filename="([^"]+)"', head)
        return self.put(name.group(1).decode(), content) if name and b"\r\n--" + boundary not in content else None

    def content(self, identifier: str) -> bytes | None:
        """The bytes that a download gives."""
        stored = self._stored.get(identifier)
        return stored.content[: stored.given] if stored is not None else None

    def knows(self, identifiers: Any) -> bool:
        """Whether these are ids of files."""
        return isinstance(identifiers, list) and all(isinstance(one, str) and one in self._stored for one in identifiers)

    def cut(self, identifier: str, given: int) -> None:
        """From now on a download of that file ends early."""
        self._stored[identifier].given = given

    def shown(self, identifiers: list[str], host: str) -> Any:
        """What a work order's detail shows under `files`: ids, records, or nothing."""
        mode = self._switches["files"]
        if mode == "absent":
            return None
        return [self.record(one, host) if mode == "objects" else one for one in identifiers if one in self._stored]

    def record(self, identifier: str, host: str) -> Record | None:
        """One file's record, with an address that is good for a while."""
        stored = self._stored.get(identifier)
        if stored is None:
            return None
        ends = self._clock.now() + timedelta(seconds=float(self._switches["file_address_seconds"]))
        address = f"http://{host}{DOWNLOADS}{identifier}?expires={ends.timestamp():.3f}&signature={_signature(identifier, ends)}"
        size = {"size": len(stored.content)} if self._switches["file_size"] == "present" else {}
        return {"id": identifier, "name": stored.name, "url": address, **size}

    def download(self, request: Request) -> Response:
        """The bytes at a signed address, which asks for no sign-in and should get none."""
        if "session-token" in request.headers:
            self._violations.append(f"a session was sent to {DOWNLOADS}")
        identifier, told = request.path.removeprefix(DOWNLOADS), request.params()
        stored = self._stored.get(identifier)
        ends = datetime.fromtimestamp(float(told.get("expires", 0)), self._clock.now().tzinfo)
        if stored is None or told.get("signature") != _signature(identifier, ends) or ends < self._clock.now():
            return Response(403, b"<Error><Code>AccessDenied</Code></Error>", {"content-type": "application/xml"})
        return Response(200, stored.content[: stored.given], {"content-type": "application/octet-stream"})


def _signature(identifier: str, ends: datetime) -> str:
    return hashlib.sha256(f"{identifier} {ends.timestamp():.3f}".encode()).hexdigest()[:32]
