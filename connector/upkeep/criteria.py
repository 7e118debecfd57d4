"""Whether a job is finished as the company wants it: its checklist, its signature, its approval, and where the mapping asks for it, the
request that it came from and the last reading of its asset's meter.

None of it is documented for a work order beyond v1's `formItems`, so each spelling that the product's words suggest is read, and what
cannot be read is not done: a job is held rather than posted on a guess. The request and the meter cost calls, and are asked for only
where the mapping goes by them (core/keys.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from connector.core.keys import CHECKLIST_ITEM, Need
from connector.upkeep.reading import identifier_text, is_absent, label_of, parse_moment, text_of
from connector.upkeep.source import UnreadableAnswerError

_CHECKLISTS = ("checklist", "checklistItems", "formItems", "tasks")
_NAMES = ("name", "formName", "title", "label")
_DONE = ("done", "completed", "isCompleted", "isComplete", "checked")
_RESULTS = ("value", "formValue", "result", "answer")
_OPTIONAL = ("required", "isRequired")
_SIGNATURES = ("signature", "signatures", "signatureImage", "signatureFile")
_APPROVERS = ("approvedByUser", "approvedBy", "approvedAt", "dateApproved")
_APPROVALS = ("approved", "isApproved", "approvalStatus")
_YES = frozenset({"true", "yes", "1", "done", "complete", "completed", "approved", "pass", "passed", "checked"})
_NO = frozenset({"", "false", "no", "0", "null", "none", "[]", "{}"})
Get = Callable[[str, Mapping[str, str | int] | None], Any]


def criteria_of(detail: Mapping[str, Any]) -> dict[str, str]:
    """What the work order itself shows: `checklist` (done, open), `checklist.NAME`, `signature` (present, absent), `approved` (yes, no).

    Without any item there is no checklist, and then nothing under that key.
    """
    items = [item for key in _CHECKLISTS for item in _rows(detail.get(key))]
    found = {f"{CHECKLIST_ITEM}{name.casefold()}": _result(item) for item in items if (name := _name(item))}
    if items:
        found["checklist"] = "done" if all(_is_done(item) for item in items) else "open"
    found["signature"] = "present" if any(_is_there(detail.get(key)) for key in _SIGNATURES) else "absent"
    found["approved"] = "yes" if _is_approved(detail) else "no"
    return found


def beside(detail: Mapping[str, Any], needs: frozenset[Need], get: Get) -> dict[str, str]:
    """What has to be looked up: `request` (its status) and `meter reading` (the last one); raises SourceUnreachableError."""
    found = {}
    request = _identifier(detail.get("request", detail.get("requestId")))
    if Need.REQUEST in needs and request:
        found["request"] = text_of(_record(get, f"/requests/{quote(request, safe='')}").get("status"))
    asset = _identifier(detail.get("asset"))
    if Need.METER in needs and asset:
        found["meter reading"] = _last_reading(asset, get)
    return found


def _last_reading(asset: str, get: Get) -> str:
    """The newest reading of the asset's one meter; "" where it has none, or several, of which nobody says which is meant."""
    listed = _list(get, "/meters", {"asset": asset, "limit": 100})
    # A server that does not know the filter gives every meter.
    meters = [row for row in listed if isinstance(row, dict) and _identifier(row.get("asset")) == asset]
    if len(meters) != 1:
        return ""
    readings = _list(get, f"/meters/{quote(_identifier(meters[0].get('id')), safe='')}/readings", None)
    dated = [(moment, row) for row in readings if isinstance(row, dict) and (moment := parse_moment(row.get("createdAt"))) is not None]
    return text_of(max(dated, key=lambda pair: pair[0])[1].get("value")) if dated and len(dated) == len(readings) else ""


def _list(get: Get, path: str, params: Mapping[str, str | int] | None) -> list[Any]:
    told = get(path, params)
    rows = told.get("results") if isinstance(told, dict) else []
    if not isinstance(rows, list):
        raise UnreadableAnswerError(f"UpKeep answered {path} without results", 200)
    return rows


def _record(get: Get, path: str) -> Mapping[str, Any]:
    told = get(path, None)
    record = told.get("result") if isinstance(told, dict) else {}
    if not isinstance(record, dict):
        raise UnreadableAnswerError(f"UpKeep answered {path} without a record", 200)
    return record


def _identifier(raw: Any) -> str:
    return identifier_text((raw.get("id") or raw.get("objectId")) if isinstance(raw, dict) else raw) if raw else ""


def _rows(raw: Any) -> list[Any]:
    if isinstance(raw, dict):
        return _rows(raw.get("items"))
    return raw if isinstance(raw, list) else [] if is_absent(raw) else [raw]


def _name(item: Any) -> str:
    return next((text_of(item[key]).strip() for key in _NAMES if text_of(item.get(key)).strip()), "") if isinstance(item, dict) else ""


def _result(item: Mapping[str, Any]) -> str:
    told = next((item[key] for key in (*_RESULTS, *_DONE) if not is_absent(item.get(key))), "")
    return ("yes" if told else "no") if isinstance(told, bool) else label_of(told)


def _is_done(item: Any) -> bool:
    """A step that says that it is done, or has a result where it says nothing; one that need not be done counts as done."""
    if not isinstance(item, dict):
        return False
    if any(item.get(key) is False for key in _OPTIONAL):
        return True
    told = [item[key] for key in (*_DONE, "status") if not is_absent(item.get(key))]
    if told:
        return all(_is_yes(one) for one in told)
    return any(not is_absent(item.get(key)) and item[key] is not False for key in _RESULTS)


def _is_yes(raw: Any) -> bool:
    return raw if isinstance(raw, bool) else text_of(raw).strip().casefold() in _YES


def _is_there(raw: Any) -> bool:
    return bool(raw) if isinstance(raw, bool | dict | list) else text_of(raw).strip().casefold() not in _NO


def _is_approved(detail: Mapping[str, Any]) -> bool:
    told = [detail[key] for key in _APPROVALS if not is_absent(detail.get(key))]
    if told:
        return all(_is_yes(one) for one in told)
    return any(_is_there(detail.get(key)) for key in _APPROVERS)
