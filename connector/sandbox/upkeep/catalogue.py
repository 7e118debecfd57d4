"""What UpKeep's API has: its resources with their methods, required keys, filters, orders and references, and its switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

PAGE_SIZE = 25
STATUSES = ("open", "inProgress", "onHold", "complete")
CUSTOM_FIELD_TYPES = ("singleLineText", "multiLineText", "number", "currency", "date", "dropdown")

DEFAULTS: dict[str, Any] = {
    "empty_list": "200",  # or "404"
    "time_unit": "minutes",  # or hours, seconds
    "numbers": "as_given",  # or number, string
    "moments": "iso",  # or milliseconds (13 digits, a number), text (the same as text)
    "unset_keys": "omitted",  # or null
    "parts_shape": "objects_with_cost",  # or objects, ids
    "time_log": "array",  # or absent
    "labor_cost": "absent",  # or present, zero
    "labor_in_additional_cost": False,
    "cost_lines": "array",  # or absent: then there is their total only
    "references": "id",  # or object
    "location_key": "location",  # or objectLocationForWorkOrder, both_differ
    "limit_cap": 200,
    "total_count": "absent",  # or present
    "token_ttl_seconds": 43_200,
    "token_calls": 0,  # a session ends after so many calls; 0 is never
    "moving_sort": 0,  # so many times the first row of a page changes after it was read
    "unknown_filters": "honoured",  # date ranges are honoured; or ignored; or 400, for unknown ones too
    "archived": "listed",  # or hidden: what is archived is found by its id only
    "sessions": "many",  # or one: a further sign-in of the same person ends the earlier session
    "status_case": "complete",  # or Complete
    "user_rates": True,
    "parents": "id",  # how an asset or location names the one above it; or object, parent
    "partners": "ids",  # how an asset or location shows its customers and vendors; or objects, absent
    "total_cost": "absent",  # or with_labor, without_labor: the setting "Include Labor Costs in the Total Cost"
    "currency": "absent",  # or a code, on each work order
    "plan": "enterprise",  # or business: everything is refused
    "sites": 1,
    "webhook": "once",  # or none, twice, out_of_order, after_deletion: an update of a record that is gone is told too
    "webhook_reply": "webhookId",  # or result
    "webhook_body": "either",  # how a webhook is registered: or json, form
    "webhook_list": "shown",  # or 404: what is registered cannot be read back
    "messages": "hidden",  # or detail (without the key where there is none), detail_always, path
    "message_tells": False,  # whether a message counts as a change that webhooks tell
    "files": "objects",  # how a detail shows its files: objects, ids (each then at /files/{id}), or absent
    "file_size": "present",  # or absent
    "file_address_seconds": 900,  # so long an address of a file is good
    "file_uploads": True,  # POST /files: named in the documentation's navigation, and no client's
    "limited_users": "own",  # whom a limited user sees under /users: itself, or all, or 403
    "requests_per_minute": 0,  # UpKeep publishes none; 0 is no limit
}


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of record: what may be done with it, and how its list may be asked for."""

    methods: frozenset[str]  # of GET, POST, PATCH, DELETE
    required: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    includes: tuple[tuple[str, str], ...] = ()  # reference key → kind
    links: tuple[str, ...] = ()  # POST and DELETE /{kind}/{id}/{link}/{otherId}


ALL = frozenset({"GET", "POST", "PATCH", "DELETE"})
KEPT = ALL - {"DELETE"}
PEOPLE = ("users", "teams", "customers", "vendors")
WORK_ORDER_REFERENCES = (
    ("asset", "assets"),
    ("location", "locations"),
    ("assignedToUser", "users"),
    ("assignedByUser", "users"),
    ("requestedByUser", "users"),
    ("completedByUser", "users"),
    ("team", "teams"),
)
RESOURCES: dict[str, Resource] = {
    "work-orders": Resource(
        ALL,
        ("title",),
        ("status", "asset", "location", "title", "category", "priority", "archived", "assignedToUser"),
        ("dueDate", "endDueDate", "dateCompleted"),
        WORK_ORDER_REFERENCES,
        ("workers", "teams"),
    ),
    "parts": Resource(
        ALL,
        ("name",),
        ("name", "category", "location", "createdByUser", "partNumber"),
        (),
        (("location", "locations"), ("createdByUser", "users")),
    ),
    "users": Resource(KEPT, ("email", "accountType"), ("email", "accountType")),
    "customers": Resource(KEPT, ("name",), ("name",)),
    "vendors": Resource(KEPT, ("businessName",), ("businessName",)),
    "teams": Resource(ALL, ("name",), ("name",), links=("users",)),
    "assets": Resource(ALL, ("name",), ("name", "location", "downtimeStatus"), links=PEOPLE),
    "locations": Resource(ALL, ("name",), ("name",), links=PEOPLE),
    "asset-downtime-statuses": Resource(frozenset({"GET"})),
    "custom-fields/workorders": Resource(ALL, ("name", "type"), ("name",)),
    "custom-fields/assets": Resource(ALL, ("name", "type"), ("name",)),
    "work-order-cost-categories": Resource(ALL, ("name",), ("name",)),
    "purchase-order-categories": Resource(ALL, ("name",), ("name",)),
    "purchase-orders": Resource(
        ALL,
        ("title",),
        ("title", "status", "vendor", "category"),
        ("dueDate", "poDate", "fulfilledAt", "approvedAt", "declinedAt"),
        (("vendor", "vendors"), ("createdByUser", "users")),
    ),
    "requests": Resource(frozenset({"GET", "POST", "DELETE"}), ("title",)),
    "meters": Resource(
        ALL, ("name",), ("name", "asset", "location"), (), (("asset", "assets"), ("location", "locations"), ("createdByUser", "users"))
    ),
    "preventive-maintenance": Resource(frozenset({"GET", "POST"}), ("name",)),
    "webhooks": Resource(ALL, ("title", "endpoint", "events")),
}
