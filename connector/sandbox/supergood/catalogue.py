"""What a contract of the normalised API may look like: its switches, and two customers' names for the same things.

Published are seven paths, the sign-in with a second factor, and that schemas differ by customer. No header, field, paging parameter,
error or status is; each has a switch here.
"""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    "contract": "ours",  # or customer: other paths, parameters, header and field names
    "leaks": False,  # names of UpKeep's own web application in the place of some normalised ones
    "paging": "cursor",  # or offset, page
    "first_page": 1,  # or 0; or either: there is a page 0, and it is page 1
    "limit_cap": 100,  # silently lower than asked
    "order": "updated",  # or updated_desc, created, id: a list has an order, and nobody says which
    "updated_filter": "honoured",  # or ignored, 400
    "status_filter": "honoured",  # or ignored, 400
    "wrapper": "data",  # or results, items, bare (a list without anything around it: offset and page only)
    "lines": "detail",  # the cost lines are in the detail; or list (in both), nowhere
    "detail": "present",  # or 404, 405: no such path is published
    "detail_wrapper": "bare",  # or data
    "labor": "lines",  # or total (labor_cost alone), hours (a line without rate and cost), cost (a line without rate)
    "line_ids": True,  # labor and additional costs have ids of their own
    "ids": "upkeep",  # or own: the adapter's ids, with UpKeep's nowhere
    "hours_digits": 6,
    "numbers": "number",  # or string
    "status_word": "completed",  # or complete, Complete
    "errors": "json",  # or text
    "mfa": "totp",  # none, totp, sms, email, or a list of them; in the first request only where it is totp
    "inline_code": True,  # a code in the first request is looked at; else it is asked for all the same
    "mfa_answer": 202,  # or 401: how a pending second factor is told
    "lock_after": 3,  # so many refused codes or passwords lock the account
    "session_answer": 201,  # or 200
    "token_ttl_seconds": 900,
    "token_calls": 0,  # a session ends after so many calls; 0 is never
    "expires_at": "iso",  # or absent, epoch_ms, expires_in
    "refresh": "present",  # or 401, 404; the old token is dead afterwards
    "retry_after": "seconds",  # what a 429 says: or date, absent
    "requests_per_minute": 0,
    "forbidden": False,  # the contract does not cover work orders: 403
    "moving_sort": 0,  # so many times the first row of a page changes after it was read
    "endless": False,  # a next page is told for ever, and it is the last one again
    "repeats": 0,  # so many times a page is answered with the page before it
    "empty_list": "200",  # or 404
    "writes": "allowed",  # or 403
    "write_answer": 201,  # or 200, 202
    "key_header": "Idempotency-Key",  # keys are published, their header is not; what comes under another one is not seen
    "key_hours": 24,  # so long an answer is remembered
    "stock": "may_go_below_zero",  # or never_below_zero
    "attachments": True,  # files are published, their paths are not
    "checksums": True,  # whether a file's SHA-256 is told
    "upload_address_seconds": 900,
}

# Our own names, and those of one invented customer.
PATHS: dict[str, dict[str, str]] = {
    "ours": {},
    "customer": {"/v1/login/renew": "/sessions/refresh", "/v1/login": "/sessions", "/v1/jobs": "/work-orders", "/v1/equipment": "/assets"},
}
PARAMS: dict[str, dict[str, str]] = {
    "ours": {},
    "customer": {
        "changed_since": "updated_after",
        "state": "status",
        "after": "cursor",
        "page_size": "limit",
        "skip": "offset",
        "p": "page",
    },
}
HEADERS: dict[str, tuple[str, str]] = {"ours": ("authorization", "Bearer "), "customer": ("x-session", "")}
FIELDS: dict[str, dict[str, str]] = {
    "ours": {},
    "customer": {
        "id": "jobId", "number": "jobNo", "status": "state", "updated_at": "modifiedOn", "completed_at": "closedOn", "labor": "timeSheet",
        "parts": "materials", "additional_costs": "extras", "hours": "hrs", "rate": "hourly", "quantity": "qty", "unit_cost": "price",
        "amount": "value", "category": "kind", "cost_code": "activity", "part_id": "materialId",
    },
}  # fmt: skip
# The sign-in's own names are a contract's too.
SESSION_FIELDS: dict[str, dict[str, str]] = {
    "ours": {},
    "customer": {
        "username": "login", "password": "secret", "totp": "otp", "mfa_code": "otp_code", "token": "sessionKey", "expires_at": "validUntil",
    },
}  # fmt: skip
LEAKED = {
    "number": "workOrderNumber",
    "title": "mainDescription",
    "status": "currentStatus",
    "priority": "priorityNumber",
    "category": "categoryType",
}
