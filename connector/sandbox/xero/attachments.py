"""Files on documents: raw bytes under a name, at most ten, with a switch for what Xero's pages leave open."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import unquote

from connector.sandbox.wire import Request, Response
from connector.sandbox.xero.answers import NotFound, envelope, refusal
from connector.sandbox.xero.books import Books, Document, File

FILES_MAX = 10
FORBIDDEN = frozenset(' :"/\\|?*\0+')


def serve_files(books: Books, request: Request, plural: str, document: Document, name: str) -> Response | None:
    """Answer a call about the files of a document; None when that method is not known there."""
    if not name:
        return _listed(books, plural, document, _visible(books, document)) if request.method == "GET" else None
    if request.method == "GET":
        found = next((file for file in document.files if name.lower() in (file.id, unquote(name).lower(), file.name.lower())), None)
        if found is None:
            raise NotFound
        return Response(200, found.content, {"content-type": found.media_type})
    if request.method not in ("PUT", "POST"):
        return None
    return _put(books, request, plural, document, unquote(name))


def _visible(books: Books, document: Document) -> list[File]:
    now, lag = books.clock.now(), books.number_switch("attachment_lag_seconds")
    return [file for file in document.files if (now - file.made_at).total_seconds() >= lag]


def _put(books: Books, request: Request, plural: str, document: Document, name: str) -> Response:
    same = next((file for file in document.files if file.name.lower() == name.lower()), None)
    handling = "replaces" if request.method == "POST" else str(books.switch("put_same_file_name"))
    words = _wrong(books, request, name)
    if not words and same is None and len(document.files) >= FILES_MAX:
        words = f"Only {FILES_MAX} attachments are allowed for each document."
    if not words and same is not None and handling == "refuses":
        words = f"An attachment with the name {name} exists already."
    if words or books.planned_refusal:
        return refusal(10, "ValidationException", books.planned_refusal or words)
    is_online = request.params().get("IncludeOnline", "").lower() == "true"
    file = File(books.guid("attachment"), name, request.headers["content-type"], request.body, books.clock.now(), is_online)
    if same is not None and handling == "replaces":
        file.id = same.id
        document.files.remove(same)
    document.files.append(file)
    if books.switch("attaching_changes_document"):
        books.commit(document)
    return _listed(books, plural, document, [file])


def _wrong(books: Books, request: Request, name: str) -> str:
    if not name or FORBIDDEN & set(name):
        return "The file name has characters that are not allowed."
    if not request.headers.get("content-type") or not request.body:
        return "A file needs a Content-Type and a body."
    limit = int(books.number_switch("attachment_bytes_max"))
    return f"The file is larger than {limit} bytes." if len(request.body) > limit else ""


def _listed(books: Books, plural: str, document: Document, files: list[File]) -> Response:
    shown: list[dict[str, Any]] = [
        {
            "AttachmentID": file.id,
            "FileName": file.name,
            "Url": f"https://api.xero.com/api.xro/2.0/{plural}/{document.id}/Attachments/{file.name}",
            "MimeType": file.media_type,
            "ContentLength": len(file.content),
            **({"IncludeOnline": True} if file.is_online else {}),  # recorded where it was asked for
        }
        for file in files
    ]
    return envelope(books.clock.now(), books.guid("answer"), "Attachments", shown)


def told(books: Books) -> list[dict[str, str]]:
    """Every file and note on a document: for tests, past the API."""
    found = []
    for shelf in books.shelves.values():
        for document in shelf.by_id.values():
            for file in document.files:
                digest = hashlib.sha256(file.content).hexdigest()
                found.append({"document": document.id, "name": file.name, "id": file.id, "sha256": digest})
            found += [{"document": document.id, "name": "note", "id": f"{at}", "sha256": text} for at, text in document.history]
    return found
