"""Several writes in one call: what a batch must look like, and how each item is answered on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from connector.sandbox.quickbooks.books import Entity
from connector.sandbox.quickbooks.faults import Refusal, decode, encode
from connector.sandbox.wire import Request, Response

ITEMS_MAX = 30
# Under a requestid the pair of both names is what is remembered, and the pair has to fit.
REQUEST_ID_LENGTH_MAX = 36
ITEM_ID_LENGTH_MAX = 10
OPERATIONS = frozenset({"create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Item:
    """One item: the name under which it is answered, the entity or the query, and what is to be done with it."""

    id: str
    kind: str
    content: Any
    operation: str = ""

    @property
    def parameter(self) -> str:
        """The `operation` of the same write as a call of its own."""
        return self.operation if self.operation in ("delete", "void") else ""


def read_items(body: bytes, request_id: str) -> list[Entity]:
    """The items as they were sent; what is wrong with the call as a whole refuses all of them."""
    try:
        told = decode(body)
    except ValueError:
        told = None
    items = told.get("BatchItemRequest") if isinstance(told, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Refusal("2010", "failed to parse json object; a property specified is unsupported or invalid")
    if not items or not all(item.get("bId") for item in items):
        element = "bId" if items else "BatchItemRequest"
        raise Refusal("2020", f"Required parameter {element} is missing in the request", element)
    if len(items) > ITEMS_MAX:
        raise Refusal("1040", f"Batch size exceeds allowed limit : {len(items)} items, at most {ITEMS_MAX} are taken")
    if request_id and (len(request_id) > REQUEST_ID_LENGTH_MAX or any(len(str(item["bId"])) > ITEM_ID_LENGTH_MAX for item in items)):
        raise Refusal("2130", f"Request Id is longer than {REQUEST_ID_LENGTH_MAX} characters, or a bId than {ITEM_ID_LENGTH_MAX}")
    return items


def read_item(item: Entity, names: dict[str, str]) -> Item:
    """One item, understood; `names` are the entities that this company can write, by their names in small letters."""
    identifier = str(item["bId"])
    if "Query" in item:
        return Item(identifier, "Query", str(item["Query"]))
    found = [name for name in item if name.lower() in names]
    if len(found) != 1:
        raise Refusal("2010", "a batch item holds one entity that is known", "BatchItemRequest")
    operation = str(item.get("operation") or "")
    if operation not in OPERATIONS:
        raise Refusal("2170", f"Invalid Enumeration : {operation or 'no operation'}", "operation")
    content = item[found[0]]
    if operation != "create" and not (isinstance(content, dict) and content.get("Id")):
        raise Refusal("2020", "Required parameter Id is missing in the request", "Id")
    if operation == "update" and item.get("optionsData") == "void":
        operation = "void"
    return Item(identifier, names[found[0].lower()], content, operation)


def first_half(request: Request) -> Request | None:
    """The same batch with the first half of its items; None when the call is not one of several."""
    if not request.path.rstrip("/").endswith("/batch"):
        return None
    told = decode(request.body)
    items = told["BatchItemRequest"]
    if len(items) < 2:
        return None
    return replace(request, body=encode({**told, "BatchItemRequest": items[: len(items) // 2]}))


def answer_of(identifier: str, response: Response) -> Entity:
    """The item's own answer: its entity, its query's rows, or its fault."""
    told = decode(response.body)
    return {"bId": identifier, **{name: value for name, value in told.items() if name != "time"}}
