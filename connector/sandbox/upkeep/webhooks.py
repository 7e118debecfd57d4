"""UpKeep's webhooks: which events call which endpoints, with the bare record as the body. Nobody signs them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from connector.sandbox.upkeep.records import Record

EVENTS = (
    "WORK_ORDER_CREATED", "WORK_ORDER_UPDATED", "WORK_ORDER_STATUS_UPDATED", "WORK_ORDER_DELETED",
    "PM_WORK_ORDER_CREATED", "PM_WORK_ORDER_UPDATED", "PM_WORK_ORDER_DELETED",
    "WORK_ORDER_SCHEDULE_CREATED", "WORK_ORDER_SCHEDULE_UPDATED", "WORK_ORDER_SCHEDULE_STATUS_UPDATED", "WORK_ORDER_SCHEDULE_DELETED",
    "PURCHASE_ORDER_CREATED", "PURCHASE_ORDER_UPDATED", "PURCHASE_ORDER_DELETED", "PURCHASE_ORDER_APPROVED", "PURCHASE_ORDER_DECLINED",
    "REQUEST_CREATED", "REQUEST_UPDATED", "REQUEST_APPROVED", "REQUEST_REJECTED",
)  # fmt: skip
_SUBJECTS = {"work-orders": "WORK_ORDER", "purchase-orders": "PURCHASE_ORDER", "requests": "REQUEST"}
_VERDICTS = {"approved": "APPROVED", "declined": "DECLINED", "rejected": "REJECTED"}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One POST to an endpoint that somebody registered."""

    endpoint: str
    body: bytes


def events_of(kind: str, before: Record | None, after: Record | None) -> list[str]:
    """The events of a record that was created (no before), changed or deleted (no after)."""
    subject = _SUBJECTS.get(kind)
    if subject is None:
        return []
    if before is None or after is None:
        verb = "CREATED" if before is None else "DELETED"
        return [event for event in (f"{subject}_{verb}",) if event in EVENTS]
    events = [f"{subject}_UPDATED"]
    status = after.get("status")
    if before.get("status") != status:
        events.append(f"{subject}_STATUS_UPDATED" if kind == "work-orders" else f"{subject}_{_VERDICTS.get(str(status), '')}")
    return [event for event in events if event in EVENTS]


class Hooks:
    """Deliveries waiting to be made; whoever serves the stand-in, or a test, takes them."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self.waiting: deque[Delivery] = deque()

    def tell(self, hooks: list[Record], events: list[str], body: bytes) -> None:
        """Queue the body for every hook that asked for one of the events."""
        if self._mode == "none":
            return
        late = [event.replace("DELETED", "UPDATED") for event in events if self._mode == "after_deletion" and event.endswith("_DELETED")]
        for event in (*events, *late):
            for hook in hooks:
                if event not in hook["events"]:
                    continue
                delivery = Delivery(hook["endpoint"], body)
                if self._mode == "out_of_order":
                    self.waiting.appendleft(delivery)
                else:
                    self.waiting.extend([delivery] * (2 if self._mode == "twice" else 1))

    def take(self) -> list[Delivery]:
        """Every waiting delivery, in the order in which it leaves."""
        taken = []
        while self.waiting:
            taken.append(self.waiting.popleft())
        return taken
