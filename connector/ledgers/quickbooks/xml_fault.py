"""QuickBooks' fault in XML, which it may send although JSON was asked for (pure). Read by its own tags only: nothing is expanded."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

_FAULT = re.compile(r'<Fault\b(?:[^>]*\btype="([^"]*)")?')
_ERROR = re.compile(r"<Error\b([^>]*)>(.*?)</Error>", re.DOTALL)


def read_xml_fault(body: bytes) -> dict[str, Any] | None:
    """The fault in the shape that it has in JSON; None when the body holds none."""
    text = body.decode("utf-8", "replace")
    fault = _FAULT.search(text)
    if fault is None:
        return None
    errors = [
        {
            "code": _attribute("code", attributes),
            "element": _attribute("element", attributes),
            "Message": _text("Message", content),
            "Detail": _text("Detail", content),
        }
        for attributes, content in _ERROR.findall(text)
    ]
    return {"Fault": {"type": fault.group(1) or "", "Error": errors}}


def _attribute(name: str, attributes: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', attributes)
    return unescape(found.group(1)) if found else ""


def _text(tag: str, content: str) -> str:
    found = re.search(rf"<{tag}>(.*?)</{tag}>", content, re.DOTALL)
    return unescape(found.group(1)) if found else ""
