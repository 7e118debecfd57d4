"""The values that each switch of UpKeep's stand-in may have; a misspelt one would quietly test something else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

CHOICES: dict[str, tuple[Any, ...]] = {
    "empty_list": ("200", "404"),
    "time_unit": ("minutes", "hours", "seconds"),
    "numbers": ("as_given", "number", "string"),
    "moments": ("iso", "milliseconds", "text"),
    "unset_keys": ("omitted", "null"),
    "archived": ("listed", "hidden"),
    "sessions": ("many", "one"),
    "parts_shape": ("objects_with_cost", "objects", "ids"),
    "time_log": ("array", "absent"),
    "labor_cost": ("absent", "present", "zero"),
    "labor_in_additional_cost": (False, True),
    "cost_lines": ("array", "absent"),
    "references": ("id", "object"),
    "location_key": ("location", "objectLocationForWorkOrder", "both_differ"),
    "total_count": ("absent", "present"),
    "unknown_filters": ("honoured", "ignored", "400"),
    "status_case": ("complete", "Complete"),
    "user_rates": (True, False),
    "plan": ("enterprise", "business"),
    "webhook": ("once", "none", "twice", "out_of_order", "after_deletion"),
    "webhook_reply": ("webhookId", "result"),
    "files": ("objects", "ids", "absent"),
    "file_size": ("present", "absent"),
}


def check_choices(switches: Mapping[str, Any]) -> None:
    """Raise ValueError for a value that a switch does not have."""
    for name, value in switches.items():
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"UpKeep's stand-in has no {name}={value}: it knows {', '.join(map(str, CHOICES[name]))}")
