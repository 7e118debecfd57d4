"""What of the normalised API differs by customer: paths, names, fields, header and paging, each with a default of our own.

Published are the paths of the sign-in and of the list, and that a work order has status, priority, labor, parts and cost codes. Every
other default here is ours: a customer's contract says what it is really called (docs/supergood.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# "detail" is published nowhere; a work order whose cost lines are in the list needs none.
PATHS: Mapping[str, str] = MappingProxyType(
    {
        "sign_in": "/sessions", "refresh": "/sessions/refresh", "work_orders": "/work-orders", "work_order": "/work-orders/{id}",
        "assets": "/assets", "schedules": "/assets/{id}/pm-schedules", "parts_usage": "/work-orders/{id}/parts-usage",
        "attachments": "/work-orders/{id}/attachments",
    }
)  # fmt: skip
# Names that we send: in the sign-in's body and in the list's query.
NAMES: Mapping[str, str] = MappingProxyType(
    {
        "username": "username", "password": "password", "totp": "totp", "session_id": "session_id", "mfa_code": "mfa_code",
        "updated_after": "updated_after", "limit": "limit", "cursor": "cursor", "offset": "offset", "page": "page",
        # In the bodies of what `connector upkeep` writes.
        "title": "title", "description": "description", "category": "category", "priority": "priority", "due": "due_date",
        "asset": "asset_id", "location": "location_id", "assignee": "assigned_to", "name": "name", "model": "model", "serial": "serial",
        "warranty_until": "warranty_until", "meter": "meter", "meter_unit": "unit", "every": "interval", "unit": "unit",
        "starts": "start_date", "meter_id": "meter_id", "checklist": "checklist", "makes_work_orders": "auto_generate",
        "part": "part_id", "quantity": "quantity", "file_name": "name", "size": "size", "sha256": "sha256",
    }
)  # fmt: skip
PAGINGS = ("cursor", "offset", "page")
# JSON pointers (RFC 6901), the first that leads anywhere counts; "" is the whole answer. The later ones are names of UpKeep's own web
# application, which the API drives and may let through.
FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "session_token": ("/token", "/data/token"),
        "session_ends": ("/expires_at", "/data/expires_at"),
        "session_seconds": ("/expires_in", "/data/expires_in"),
        "session_pending": ("/session_id", "/error/session_id", "/data/session_id"),
        "session_methods": ("/error/methods", "/methods"),
        "error_code": ("/error/code", "/code"),
        "error_message": ("/error/message", "/message"),
        "error_request": ("/error/request_id", "/request_id"),
        "list_rows": ("/data", "/results", "/items", ""),
        "list_next": ("/next_cursor",),
        "record": ("/data", "/result", ""),
        "id": ("/id",),
        "number": ("/number", "/workOrderNumber"),
        "title": ("/title", "/mainDescription"),
        "status": ("/status", "/currentStatus"),
        "priority": ("/priority", "/priorityNumber"),
        "category": ("/category", "/categoryType"),
        "completed_at": ("/completed_at",),
        "updated_at": ("/updated_at",),
        "archived": ("/archived",),
        "asset": ("/asset", "/objectAsset"),
        "location": ("/location", "/objectLocationForWorkOrder"),
        "team": ("/team",),
        "completed_by": ("/completed_by",),
        "assigned_to": ("/assigned_to", "/userAssignedTo"),
        "fields": ("/custom_fields",),
        "checklist": ("/checklist", "/checklists"),
        "signature": ("/signature", "/signatures"),
        "approved": ("/approved", "/approval_status"),
        "labor": ("/labor",),
        "labor_total": ("/labor_cost",),
        "parts": ("/parts",),
        "additional_costs": ("/additional_costs",),
        "reference_id": ("/id", "/objectId"),
        "reference_name": ("/name", "/Name", "/stringName"),
        "person_id": ("/id", "/objectId"),
        "person_email": ("/email", "/username"),
        "labor_id": ("/id",),
        "labor_user": ("/user",),
        "labor_time": ("/hours",),
        "labor_rate": ("/rate",),
        "labor_cost": ("/cost",),
        "labor_category": ("/cost_code", "/category"),
        "labor_started_at": ("/started_at",),
        "part_id": ("/part_id",),
        "part_name": ("/name",),
        "part_quantity": ("/quantity",),
        "part_unit_cost": ("/unit_cost",),
        "part_cost": ("/cost",),
        "additional_id": ("/id",),
        "additional_category": ("/category",),
        "additional_description": ("/description",),
        "additional_amount": ("/amount", "/cost"),
        "attachment_rows": ("/data", "/attachments", "/results", ""),
        "upload_address": ("/upload/url", "/upload_url", "/data/upload/url"),
    }
)
KEY_HEADER = "Idempotency-Key"  # sent in any case
COST_LINES = ("labor", "parts", "additional_costs")
# What a status is called there, and what it is called at UpKeep.
STATUSES: Mapping[str, str] = MappingProxyType({"completed": "complete", "closed": "complete"})


@dataclass(frozen=True, slots=True)
class Contract:
    """One customer's contract. `cost_lines` are the kinds of cost that every work order carries, be it an empty list."""

    paths: Mapping[str, str] = field(default_factory=lambda: PATHS)
    names: Mapping[str, str] = field(default_factory=lambda: NAMES)
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: FIELDS)
    statuses: Mapping[str, str] = field(default_factory=lambda: STATUSES)
    header: str = "Authorization"
    scheme: str = "Bearer"
    paging: str = "cursor"
    page_size: int = 100
    time_unit: str = "hours"
    cost_lines: tuple[str, ...] = COST_LINES
    # Keys are published, the name of their header is not: only where the contract names it is a write repeated under its key.
    key_header: str = ""
