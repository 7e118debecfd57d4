"""Believable companies for UpKeep's stand-in, invented from a seed: the same seed and size, the same requests, byte for byte."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import httpx

from connector.sandbox.client import UpKeepClient
from connector.sandbox.companies.blueprint import Blueprint
from connector.sandbox.companies.fleet import fleet
from connector.sandbox.companies.moving_in import move_in
from connector.sandbox.companies.plant import plant
from connector.sandbox.companies.portfolio import portfolio
from connector.sandbox.companies.working import Maintenance
from connector.sandbox.company import CHART, CUSTOMERS, DEPARTMENTS, AccountSeed, Company

COMPANIES: dict[str, Callable[[random.Random, int], Blueprint]] = {"portfolio": portfolio, "plant": plant, "fleet": fleet}
# What these companies book to, beside what every sandbox company has.
ACCOUNTS = (AccountSeed("1500", "Capital improvements", "asset"), AccountSeed("6160", "Vehicle repairs", "expense"))
YEAR_AFTER = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Plan:
    """Which company, how large, and which months: from the first of a month on."""

    kind: str
    seed: int = 1
    months: int = 3
    technicians: int = 8
    first_day: date | None = None

    def begins(self) -> date:
        """The first day; unless told, the months end with 2025."""
        if self.first_day is not None:
            return self.first_day.replace(day=1)
        return _months_after(YEAR_AFTER, -self.months)

    def ends(self) -> date:
        """The first day after the last month."""
        return _months_after(self.begins(), self.months)


def _months_after(day: date, count: int) -> date:
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def invented(plan: Plan) -> tuple[Blueprint, random.Random]:
    """The company of a plan, and the chance by which it goes on."""
    chance = random.Random(f"{plan.kind} {plan.seed}")  # noqa: S311 invented data, not a secret
    return COMPANIES[plan.kind](chance, plan.technicians), chance


def books_of(blueprint: Blueprint) -> Company:
    """Both ledgers' company: the sandbox's own chart, with this one's sites as departments and its tenants as customers."""
    return Company(
        name=blueprint.name,
        chart=(*CHART, *ACCOUNTS),
        customers=tuple(dict.fromkeys((*CUSTOMERS, *blueprint.customers()))),
        departments=tuple(dict.fromkeys((*DEPARTMENTS, *(site.name for site in blueprint.sites())))),
        switches={"automated_sales_tax": True},
    )


def at_work(
    http: httpx.Client,
    plan: Plan,
    *,
    timezone: str = "America/Chicago",
    email: str = "admin@sandbox.example",
    password: str = "Sandbox-Pass-1",  # noqa: S107 the sandbox's own
) -> Maintenance:
    """Sign in and enter the company; its months are still to be worked through."""
    blueprint, chance = invented(plan)
    client = UpKeepClient(http)
    client.sign_in(email, password)
    entered = move_in(client, blueprint, chance, plan.begins())
    return Maintenance(client, blueprint, entered, chance, plan.begins(), ZoneInfo(timezone))


def fill_company(http: httpx.Client, plan: Plan) -> int:
    """Enter the company and all its months; how many work orders."""
    maintenance = at_work(http, plan)
    return sum(maintenance.month(number) for number in range(plan.months))
