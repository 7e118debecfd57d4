"""The files of a work order. What is documented is thin: a detail shows them, as ids or as records, and an address gives each for a while.

Every spelling that the facts allow is read: `files`, `images` and `image`, each an id or a record; an id is asked for at /files/{id}.
A file whose record cannot be read is not passed over: the whole list is read again later.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from connector.core.address import is_loopback
from connector.upkeep.reading import identifier_text, text_of
from connector.upkeep.source import SourceFile, UnreadableAnswerError

_LISTS = ("files", "images", "image")
_NAMES = ("name", "fileName", "filename", "title")
_ADDRESSES = ("url", "fileUrl", "downloadUrl")


def files_of(detail: Any, get: Callable[[str], Any]) -> list[SourceFile]:
    """Every file that a work order's detail shows, each once; `get` reads the record of one that is shown as an id."""
    found: dict[str, SourceFile] = {}
    for told in _shown(detail):
        one = file_of(told if isinstance(told, dict) else _record(told, get))
        found.setdefault(one.id, one)
    return list(found.values())


def _shown(detail: Any) -> Iterator[Any]:
    for name in _LISTS:
        told = detail.get(name) if isinstance(detail, dict) else None
        rows = told if isinstance(told, list) else [told]
        yield from (row for row in rows if row not in (None, "", {}))


def _record(told: Any, get: Callable[[str], Any]) -> dict[str, Any]:
    identifier = identifier_text(told)
    answer = get(f"/files/{quote(identifier, safe='')}") if identifier else None
    record = answer.get("result") if isinstance(answer, dict) else None
    if not isinstance(record, dict):
        raise UnreadableAnswerError("UpKeep shows a file on the work order and does not say where it is", 200)
    return {"id": identifier, **record}


def file_of(record: dict[str, Any]) -> SourceFile:
    """A file's record as it is shown; raises UnreadableAnswerError for one without an id or an address."""
    identifier = identifier_text(record.get("id")) or identifier_text(record.get("objectId"))
    # Whole: a signed address is longer than any text that is shown.
    address = next((record[name] for name in _ADDRESSES if isinstance(record.get(name), str) and record[name]), "")
    if not identifier or not address:
        raise UnreadableAnswerError("UpKeep shows a file on the work order without its id or its address", 200)
    name = next((text_of(record[name]) for name in _NAMES if text_of(record.get(name))), "") or httpx.URL(address).path.rpartition("/")[2]
    size = str(record.get("size", ""))
    return SourceFile(identifier, name, address, int(size) if size.isdecimal() else None, _sha256(record))


def _sha256(record: dict[str, Any]) -> str:
    """The checksum that is told, in hex; one of another kind proves nothing to us."""
    told = str(record.get("sha256") or record.get("checksum") or "").strip().lower().removeprefix("sha256:")
    return told if re.fullmatch("[0-9a-f]{64}", told) else ""


class Downloads(Protocol):
    """What fetches from a signed address."""

    base_url: str

    def download(self, address: str, bytes_max: int) -> bytes | None:
        """What lies there, whole; None when it has more bytes than that. Raises UnreadableAnswerError."""
        ...


def whole_file(file: SourceFile, http: Downloads, bytes_max: int) -> bytes | None:
    """The bytes of a file, None when there are too many; one that is shorter than UpKeep says is none."""
    is_stand_in = is_loopback(http.base_url) and is_loopback(file.address)
    if not file.address.startswith("https://") and not is_stand_in:
        raise UnreadableAnswerError("UpKeep names an address for a file that is not https", 200)
    if file.size is not None and file.size > bytes_max:
        return None
    content = http.download(file.address, bytes_max)
    if content is not None and file.size is not None and len(content) != file.size:
        raise UnreadableAnswerError(f"a file of UpKeep has {file.size} bytes, and {len(content)} came", 200)
    if content is not None and file.sha256 and hashlib.sha256(content).hexdigest() != file.sha256:
        raise UnreadableAnswerError(f"the file {file.name} of UpKeep came with another checksum than it should have", 200)
    return content
