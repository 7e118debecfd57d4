"""Which work order one of UpKeep's webhook deliveries is about: its id, in whatever place, and nothing else of it.

The body was seen to be the bare record, as JSON; its shape is not documented. So the record may also lie one level down, and a form is
read as well.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qs

from connector.upkeep.reading import identifier_text

# Parse Server's ids have ten characters, a preventive schedule's twenty-four.
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_IDS = ("id", "objectId", "_id")
_BELOW = ("result", "data", "workOrder", "record", "object", "body")


def named_in(body: bytes) -> str:
    """The id that a delivery names; "" when it names none that can be one."""
    told = _read(body)
    places = [told, *(told.get(key) for key in _BELOW)] if isinstance(told, dict) else []
    found = (identifier_text(place.get(key)) for place in places if isinstance(place, dict) for key in _IDS)
    return next((one for one in found if _ID.fullmatch(one)), "")


def _read(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        pass
    try:
        return {key: values[0] for key, values in parse_qs(body.decode("ascii"), max_num_fields=200).items()}
    except ValueError:
        return None
