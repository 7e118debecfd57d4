"""Months of maintenance: schedules fall due, things break by season, people log time, take parts, pay vendors, and correct themselves."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from connector.sandbox.client import UpKeepClient
from connector.sandbox.companies.blueprint import BILL_TO, BILLABLE, CENT, SITE, Blueprint, Job, Vendor
from connector.sandbox.companies.moving_in import Due, Entered, Shelf, Where, Worker

# So many breakdowns a technician is sent to in a month, beside the scheduled work.
BREAKDOWNS_PER_TECHNICIAN = 20
# A breakdown in its season is so many times as likely.
IN_SEASON = 4
OVERTIME = Decimal("1.5")
# Of a hundred breakdowns, so many are …
WITHOUT_COST, ON_HOLD, WITH_VENDOR, WITH_TRAVEL, REOPENED, EDITED, RETURNED, AFTER_HOURS = 3, 2, 9, 8, 2, 3, 25, 12
CAPITAL_PER_TECHNICIAN = 0.1
QUARTER_HOUR = 15
EXPENSES = frozenset({"HVAC", "Electrical", "Plumbing", "Equipment", "Vehicles"})
DAY = timedelta(days=1)
SATURDAY = 5  # Weekends are for emergencies.


@dataclass(frozen=True, slots=True)
class Call:
    """One reason to work: where, what, and since when (the company's own time)."""

    opened: datetime
    where: Where
    job: Job
    category: str


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody will do to a work order later."""

    moment: datetime
    order: str
    content: dict[str, Any]
    taken: tuple[tuple[Shelf, int], ...] = ()


@dataclass(slots=True)
class Maintenance:
    """The company at work, month by month from a given day."""

    client: UpKeepClient
    blueprint: Blueprint
    entered: Entered
    chance: random.Random
    first_day: date
    zone: ZoneInfo
    _later: list[Change] = field(default_factory=list)

    def month(self, number: int) -> int:
        """Work through one month, the first is 0; how many work orders it had."""
        begin, end = self._begin(number), self._begin(number + 1)
        self._restock(begin)
        calls = [*self._scheduled(number, begin), *self._broken(begin, end), *self._capital(begin)]
        for call in sorted(calls, key=lambda call: call.opened):
            self._enter(call, end)
        self._catch_up(end)
        return len(calls)

    def _begin(self, number: int) -> datetime:
        months = self.first_day.year * 12 + self.first_day.month - 1 + number
        return datetime(months // 12, months % 12 + 1, 1)  # noqa: DTZ001 the company's own time; the zone is put on when it is sent

    # --- why work is done -----------------------------------------------------------------------------------------------------------

    def _scheduled(self, number: int, begin: datetime) -> list[Call]:
        calls = []
        for due in self.entered.schedules:
            if self._falls_due(due, number):
                schedule = due.schedule
                job = Job(schedule.title, "Preventive", schedule.trade, schedule.minutes, schedule.parts)
                calls.append(Call(self._morning(begin + DAY * self.chance.randrange(20)), due.where, job, "Preventive"))
        return calls

    def _falls_due(self, due: Due, number: int) -> bool:
        if not due.meter:
            return number % due.schedule.every_months == due.month
        due.reading += self.chance.randint(*due.schedule.units_per_month)
        self.client.enter(f"meters/{due.meter}/readings", {"value": due.reading})
        if due.reading < due.due_at:
            return False
        due.due_at = due.reading + due.schedule.every_units
        return True

    def _broken(self, begin: datetime, end: datetime) -> list[Call]:
        possible = self.entered.jobs()
        weights = [job.weight * (IN_SEASON if begin.month in job.season else 1) for _, job in possible]
        usual = len(self.blueprint.technicians) * BREAKDOWNS_PER_TECHNICIAN
        count = self.chance.randint(usual * 9 // 10, usual * 11 // 10)
        days = (end - begin).days
        calls = []
        for where, job in self.chance.choices(possible, weights, k=count):
            opened = begin + DAY * self.chance.randrange(days) + timedelta(minutes=self.chance.randint(6 * 60, 20 * 60))
            is_warranty = where.equipment.is_under_warranty and self._happens(50)
            calls.append(Call(opened, where, job, "Warranty" if is_warranty else job.category))
        return calls

    def _capital(self, begin: datetime) -> list[Call]:
        """What is replaced for good: it is no expense of the month."""
        worn = [where for where in self.entered.assets if where.equipment.capital]
        count = int(len(self.blueprint.technicians) * CAPITAL_PER_TECHNICIAN + self.chance.random())
        calls = []
        for where in self.chance.choices(worn, k=count):
            job = Job(where.equipment.capital, "Capital", where.equipment.jobs[0].trade, (420, 600), permit=True)
            calls.append(Call(self._morning(begin + DAY * self.chance.randrange(15)), where, job, "Capital"))
        return calls

    # --- how it is done -------------------------------------------------------------------------------------------------------------

    def _enter(self, call: Call, until: datetime) -> None:
        """One work order as it is at the end of its month; what becomes of it later is done later."""
        is_emergency = call.category not in ("Preventive", "Capital") and self._happens(AFTER_HOURS)
        started = self._started(call, is_emergency=is_emergency)
        workers = self._crew(call)
        logs = self._time(call, started, workers, is_overtime=is_emergency)
        completed = started + timedelta(minutes=max(entry["duration"] for entry in logs) + 10)
        order = self._head(call, workers, priority=3 if is_emergency else self.chance.randint(0, 2))
        if call.category != "Preventive" and self._happens(ON_HOLD):
            self.client.enter("work-orders", order | {"status": "onHold", "updatedAt": self._utc(call.opened)})
            return
        done: dict[str, Any] = {"status": "complete", "dateCompleted": self._utc(completed), "updatedAt": self._utc(completed)}
        done["completedByUser"] = workers[0].id
        is_free = call.category in EXPENSES and self._happens(WITHOUT_COST)
        taken = () if is_free else self._taken(call.job)
        if not is_free:
            done |= {"timeLogs": logs, **_used(taken), **self._charges(call)}
        if completed < until:
            _take(taken)
            identifier = self.client.enter("work-orders", order | done)["id"]
        else:
            now = ("inProgress", started) if started < until else ("open", call.opened)
            identifier = self.client.enter("work-orders", order | {"status": now[0], "updatedAt": self._utc(now[1])})["id"]
            self._later.append(Change(completed, identifier, done, taken))
        if not is_free:
            self._regret(identifier, completed, logs, workers[0])

    def _head(self, call: Call, workers: Sequence[Worker], priority: int) -> dict[str, Any]:
        where = call.where
        due = (call.opened + DAY * self.chance.randint(1, 10)).replace(tzinfo=self.zone)
        is_billable = call.category not in ("Preventive", "Warranty", "Capital") and self._happens(self.blueprint.billable_percent)
        fields = {SITE: where.site, BILL_TO: where.customer, BILLABLE: "yes" if where.customer and is_billable else "no"}
        return {
            "title": f"{call.job.title}: {where.equipment.name}",
            "description": f"{where.equipment.name} ({where.equipment.model}) at {where.site}",
            "category": call.category,
            "priority": priority,
            "createdAt": self._utc(call.opened),
            "dueDate": int(due.timestamp()) * 1000,
            "asset": where.asset,
            "location": where.location,
            "assignedToUser": workers[0].id,
            "team": workers[0].team,
            **({"additionalUsers": [worker.id for worker in workers[1:]]} if workers[1:] else {}),
            "customFields": [{"name": name, "value": value} for name, value in fields.items() if value],
        }

    def _crew(self, call: Call) -> list[Worker]:
        """Somebody of the trade, and helpers: of the trade too where it has more people."""
        everybody = [worker for trade in self.entered.workers.values() for worker in trade]
        of_trade = self.entered.workers.get(call.job.trade) or everybody
        first = self.chance.choice(of_trade)
        helpers = [worker for worker in of_trade if worker is not first] or [worker for worker in everybody if worker is not first]
        wanted = {"Capital": 2, "Preventive": 0}.get(call.category, self.chance.choice((0, 0, 0, 0, 0, 1, 1, 2)))
        return [first, *self.chance.sample(helpers, min(wanted, len(helpers)))]

    def _started(self, call: Call, *, is_emergency: bool) -> datetime:
        if is_emergency:
            return max(call.opened, call.opened.replace(hour=17)) + timedelta(minutes=self.chance.randint(20, 150))
        day = call.opened + DAY * self.chance.choice((0, 1, 1, 1, 2, 2, 3, 5))
        while day.weekday() >= SATURDAY:
            day += DAY
        return max(self._morning(day), call.opened)

    def _time(self, call: Call, started: datetime, workers: Sequence[Worker], *, is_overtime: bool) -> list[dict[str, Any]]:
        logs = []
        for worker in workers:
            minutes = self.chance.randint(call.job.minutes[0] // QUARTER_HOUR, call.job.minutes[1] // QUARTER_HOUR) * QUARTER_HOUR
            entry: dict[str, Any] = {"user": worker.id, "dateStarted": self._utc(started), "duration": max(minutes, QUARTER_HOUR)}
            if is_overtime:
                # The rate of the entry is another than the person's own.
                entry |= {"category": "Overtime", "hourlyRate": str((worker.person.rate_per_hour * OVERTIME).quantize(CENT))}
            logs.append({"category": "Wrench Time", **entry})
        if self._happens(30):
            travel = {"user": workers[0].id, "dateStarted": self._utc(started), "duration": self.chance.choice((15, 20, 25, 40))}
            logs.append(travel | {"category": "Travel Time"})
        return logs

    # --- what it takes --------------------------------------------------------------------------------------------------------------

    def _taken(self, job: Job) -> tuple[tuple[Shelf, int], ...]:
        """Parts from the shelf; now and then too many were taken, and what was left over is put back on a line of its own."""
        taken: list[tuple[Shelf, int]] = []
        for name in job.parts:
            if self._happens(75):
                shelf, quantity = self.entered.shelves[name], self.chance.choice((1, 1, 1, 2, 2, 4))
                taken.append((shelf, quantity))
                if quantity > 1 and self._happens(RETURNED):
                    taken.append((shelf, -1))
        return tuple(taken)

    def _charges(self, call: Call) -> dict[str, Any]:
        lines = []
        if call.category == "Capital":
            lines.append(self._invoice(call.job.trade, times=12))
        elif call.category != "Preventive" and self._happens(WITH_VENDOR):
            lines.append(self._invoice(call.job.trade))
        if call.job.permit and self._happens(60):
            lines.append({"description": "City permit and inspection", "category": "Permit", "cost": f"{self.chance.randint(45, 220)}.00"})
        if self._happens(WITH_TRAVEL):
            miles = self.chance.randint(6, 85)
            lines.append({"description": f"Mileage, {miles} miles", "category": "Travel", "cost": str(Decimal(miles) * Decimal("0.70"))})
        return {"additionalCosts": lines} if lines else {}

    def _invoice(self, trade: str, times: int = 1) -> dict[str, Any]:
        vendor: Vendor = self.chance.choice([one for one in self.blueprint.vendors if one.trade == trade] or self.blueprint.vendors)
        cost = Decimal(self.chance.randint(vendor.charge[0] * 100, vendor.charge[1] * 100)) / 100 * times
        number = self.chance.randint(1_000, 99_999)
        told = f"{vendor.service}, {vendor.name}, invoice {number}"
        return {"description": told, "category": "Vendor invoice", "cost": str(cost.quantize(CENT))}

    def _restock(self, begin: datetime) -> None:
        """Order what runs low; a new delivery seldom costs what the last one did."""
        for shelf in self.entered.shelves.values():
            if shelf.count >= shelf.least:
                continue
            ordered = shelf.full - shelf.count
            order = {"title": f"Restock {shelf.name}", "category": shelf.category, "poDate": begin.strftime("%Y-%m-%d")}
            self.client.enter("purchase-orders", order | {"parts": [{"id": shelf.id, "quantity": ordered}]})
            shelf.count = shelf.full
            shelf.cost = (shelf.cost * Decimal(self.chance.randint(99, 104)) / 100).quantize(CENT)
            self.client.change("parts", shelf.id, {"quantity": shelf.full, "cost": str(shelf.cost), "updatedAt": self._utc(begin)})

    # --- what is thought better of --------------------------------------------------------------------------------------------------

    def _regret(self, identifier: str, completed: datetime, logged: list[dict[str, Any]], worker: Worker) -> None:
        """A job that was not done after all, or time that was forgotten: with what has to be billed again or adjusted."""
        again = completed + DAY * self.chance.randint(2, 45)
        entry = {
            "user": worker.id,
            "dateStarted": self._utc(again),
            "duration": self.chance.choice((30, 45, 60)),
            "category": "Wrench Time",
        }
        moment = self._utc(again)
        logs = {"timeLogs": [*logged, entry], "updatedAt": moment}
        if self._happens(REOPENED):
            self._later.append(Change(again, identifier, {"status": "inProgress", "updatedAt": moment}))
            finished = again + DAY
            done = self._utc(finished)
            told = logs | {"status": "complete", "dateCompleted": done, "updatedAt": done, "completedByUser": worker.id}
            self._later.append(Change(finished, identifier, told))
        elif self._happens(EDITED):
            self._later.append(Change(again, identifier, logs))

    def _catch_up(self, until: datetime) -> None:
        """Do what was to be done by then."""
        due = sorted((change for change in self._later if change.moment < until), key=lambda change: (change.moment, change.order))
        self._later = [change for change in self._later if change.moment >= until]
        for change in due:
            _take(change.taken)
            self.client.change("work-orders", change.order, change.content)

    # --- time and chance ------------------------------------------------------------------------------------------------------------

    def _happens(self, percent: int) -> bool:
        return self.chance.randrange(100) < percent

    def _morning(self, day: datetime) -> datetime:
        return day.replace(hour=self.chance.randint(7, 14), minute=self.chance.choice((0, 15, 30, 45)))

    def _utc(self, moment: datetime) -> str:
        return moment.replace(tzinfo=self.zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _take(taken: Sequence[tuple[Shelf, int]]) -> None:
    for shelf, quantity in taken:
        shelf.count -= quantity


def _used(taken: Sequence[tuple[Shelf, int]]) -> dict[str, Any]:
    """UpKeep's two lists side by side: which parts, and how many of each."""
    return {"parts": [shelf.id for shelf, _ in taken], "respectivePartQuantityUsed": [count for _, count in taken]} if taken else {}
