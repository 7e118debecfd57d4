"""One file as a multipart/form-data body, its bytes the same each time it is made."""

from __future__ import annotations

import hashlib
import mimetypes


def one_file(name: str, content: bytes) -> tuple[bytes, str]:
    """The body and its content type; the boundary is derived from the file, so that a repeat has the same bytes."""
    boundary = "connector-" + hashlib.sha256(content).hexdigest()[:40]
    shown = "".join(c if c.isprintable() and c not in '"\\' else "_" for c in name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{shown}"\r\nContent-Type: {kind}\r\n\r\n'
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
