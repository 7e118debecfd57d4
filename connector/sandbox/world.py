"""The stand-ins together: one invented company, one clock; UpKeep is reached through two APIs over the same records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.faults import FaultPlan
from connector.sandbox.quickbooks import QuickBooksSandbox
from connector.sandbox.shell import Shell
from connector.sandbox.supergood import SupergoodSandbox
from connector.sandbox.upkeep import UpKeepSandbox
from connector.sandbox.xero import XeroSandbox


@dataclass(frozen=True, slots=True)
class Vendors:
    """The rules of each service, without faults."""

    upkeep: UpKeepSandbox
    quickbooks: QuickBooksSandbox
    xero: XeroSandbox
    supergood: SupergoodSandbox


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Each service as it is reached, and the rules behind it."""

    company: Company
    clock: SandboxClock
    vendors: Vendors
    upkeep: Shell
    quickbooks: Shell
    xero: Shell
    supergood: Shell

    @staticmethod
    def create(
        company: Company | None = None,
        clock: SandboxClock | None = None,
        *,
        enforce_limits: bool = False,
        switches: dict[str, Any] | None = None,
        supergood: dict[str, Any] | None = None,
    ) -> Sandbox:
        """A new company with empty books; `switches` are UpKeep's, `supergood` the normalised API's; the ledgers' are the company's own."""
        company, clock = company or Company(), clock or SandboxClock()
        upkeep = UpKeepSandbox(company, clock, switches=switches, enforce_limits=enforce_limits)
        vendors = Vendors(
            upkeep,
            QuickBooksSandbox(company, clock, enforce_limits=enforce_limits),
            XeroSandbox(company, clock, enforce_limits=enforce_limits),
            SupergoodSandbox(company, clock, upkeep, switches=supergood, enforce_limits=enforce_limits),
        )
        shells = [Shell(vendor, FaultPlan(), clock) for vendor in (vendors.upkeep, vendors.quickbooks, vendors.xero, vendors.supergood)]
        return Sandbox(company, clock, vendors, *shells)
