"""The cost lines of one work order: hours with their rate, parts with their unit cost, additional costs. What two figures of a line say
must agree; where they do not, nobody can say which is right, and the work order is held.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from connector.core.contract import Contract
from connector.core.work_order import LaborEntry, OtherCost, PartUsage, Reference
from connector.upkeep.reading import Reading, identifier_text, is_absent, label_of, parse_moment, quoted, text_of
from connector.upkeep.supergood.pointing import NOTHING, first

SECONDS_PER_HOUR = Decimal(3600)
SECOND, CENT = Decimal(1), Decimal("0.01")
# A told amount was rounded once.
HALF_CENT = CENT / 2
# Half of a tenth of an hour: JSON leaves zeros out, so a whole number of hours is not one that was rounded to hours.
ROUNDED_SECONDS_MAX = Decimal(180)


class Lines:
    """The lines of one work order, being read."""

    def __init__(self, contract: Contract, raw: Any, reading: Reading) -> None:
        self._contract, self._raw, self._reading = contract, raw, reading

    def _told(self, raw: Any, name: str) -> Any:
        found = first(raw, self._contract.fields[name])
        return None if found is NOTHING else found

    def _rows(self, name: str) -> list[Any]:
        return self._reading.rows_of({name: self._told(self._raw, name)}, (name,))

    def person(self, raw: Any, what: str) -> Reference | None:
        """A person with the e-mail address, as the other source tells them; the name where there is no address."""
        if is_absent(raw):
            return None
        told = raw if isinstance(raw, dict) else {}
        identifier = self._reading.identifier_of(self._told(told, "person_id") if told else raw, what)
        if not identifier:
            if told:
                self._reading.add("UNREADABLE_WORK_ORDER", what, "The person has no id.", "Choose the person again in UpKeep.")
            return None
        return Reference(identifier, text_of(self._told(told, "person_email")) or text_of(self._told(told, "reference_name")))

    # --- labor ------------------------------------------------------------------------------------------------------------------

    def labor(self) -> tuple[tuple[LaborEntry, ...], Decimal | None]:
        """The labor lines; without one, the labor cost of the whole."""
        rows = self._rows("labor")
        keys = self._keys(rows, "labor_id", "time")
        entries = [self._entry(row, key, f"labor {index}") for index, (row, key) in enumerate(zip(rows, keys, strict=True), 1)]
        total = None if rows else self._reading.optional_number(self._told(self._raw, "labor_total"), "labor cost")
        return tuple(entry for entry in entries if entry is not None), total or None

    def _keys(self, rows: list[Any], name: str, kind: str) -> list[str]:
        """A key for each line: its own id, and where lines have none or the same one, their place."""
        own = [identifier_text(self._told(row, name)) for row in rows]
        return [key if key and own.count(key) == 1 else f"{kind}-{index}" for index, key in enumerate(own, 1)]

    def _entry(self, row: Any, key: str, what: str) -> LaborEntry | None:
        time = self._reading.number_of(self._told(row, "labor_time"), what)
        if time is None:
            return None
        if time < 0:
            self._reading.add("NEGATIVE_TIME", what, f"Its duration is {time}.", "Correct it in UpKeep.")
            return None
        worker = self.person(self._told(row, "labor_user"), f"{what}, user")
        rate = self._reading.optional_rate(self._told(row, "labor_rate"), f"{what}, rate")
        cost = self._reading.optional_number(self._told(row, "labor_cost"), f"{what}, cost")
        told = self._told(row, "labor_started_at")
        started = parse_moment(told)
        if started is None and not is_absent(told):
            self._reading.add("UNREADABLE_DATE", what, f"'{quoted(told)}' is not a moment.", "Enter the time again in UpKeep.")
        seconds, rate = self._agreed(time, rate, cost, what)
        day = started.date() if started else None
        category = label_of(self._told(row, "labor_category"))
        return LaborEntry(key, worker, seconds, rate, "time entry" if rate else "", category, day, started)

    def _agreed(self, time: Decimal, rate: Decimal | None, cost: Decimal | None, what: str) -> tuple[Decimal, Decimal | None]:
        """Seconds and rate whose product is the line's cost.

        People log whole seconds at the finest, so a rounded share of an hour is the nearest second; where its last digit is too coarse
        for that, the line's cost says how long it was, within that digit.
        """
        exact = time * self._reading.seconds_per_unit
        seconds = exact.quantize(SECOND, rounding=ROUND_HALF_UP)
        if not cost or not seconds:
            if cost and not seconds:
                self._reading.add("LINE_TOTAL_DIFFERS", what, f"It costs {cost} and took no time.", "Correct it in UpKeep.")
            return seconds, rate
        if rate is None:
            return seconds, cost * SECONDS_PER_HOUR / seconds
        if abs(seconds * rate / SECONDS_PER_HOUR - cost) <= HALF_CENT:
            return seconds, rate
        digit = min(Decimal(1).scaleb(int(time.as_tuple().exponent)) * self._reading.seconds_per_unit / 2, ROUNDED_SECONDS_MAX)
        if abs(exact * rate / SECONDS_PER_HOUR - cost) <= digit * rate / SECONDS_PER_HOUR + HALF_CENT:
            return cost * SECONDS_PER_HOUR / rate, rate
        message = f"{time} at {rate} an hour, and a cost of {cost}: they do not agree."
        self._reading.add("LINE_TOTAL_DIFFERS", what, message, "Correct it in UpKeep, or ask what the contract's figures mean.")
        return seconds, rate

    # --- parts and the rest -----------------------------------------------------------------------------------------------------

    def parts(self) -> tuple[PartUsage, ...]:
        """The parts used, each with its unit cost at use."""
        usages = []
        for index, row in enumerate(self._rows("parts"), 1):
            what = f"part {index}"
            quantity = self._reading.number_of(self._told(row, "part_quantity"), f"{what}, quantity")
            identifier = self._reading.identifier_of(self._told(row, "part_id") or [], what)
            unit = self._reading.optional_number(self._told(row, "part_unit_cost"), f"{what}, unit cost")
            cost = self._reading.optional_number(self._told(row, "part_cost"), f"{what}, cost")
            if quantity is None or not identifier:
                continue
            unit = self._unit(quantity, unit, cost, what)
            part = Reference(identifier, text_of(self._told(row, "part_name")))
            usages.append(PartUsage(f"part-{index}-{identifier}", part, quantity, unit, "part usage" if unit is not None else ""))
        return tuple(usages)

    def _unit(self, quantity: Decimal, unit: Decimal | None, cost: Decimal | None, what: str) -> Decimal | None:
        if cost is None:
            return unit
        if unit is None:
            return cost / quantity if quantity else None
        if abs(quantity * unit - cost) > HALF_CENT:
            message = f"{quantity} at {unit} each, and a cost of {cost}: they do not agree."
            self._reading.add("LINE_TOTAL_DIFFERS", what, message, "Correct it in UpKeep, or ask what the contract's figures mean.")
        return unit

    def additional(self) -> tuple[OtherCost, ...]:
        """Additional costs line by line."""
        rows = self._rows("additional_costs")
        found = []
        for index, (row, key) in enumerate(zip(rows, self._keys(rows, "additional_id", "other"), strict=True), 1):
            amount = self._reading.number_of(self._told(row, "additional_amount"), f"additional cost {index}")
            if amount is not None:
                category = label_of(self._told(row, "additional_category"))
                found.append(OtherCost(key, category, text_of(self._told(row, "additional_description")), amount))
        return tuple(found)
