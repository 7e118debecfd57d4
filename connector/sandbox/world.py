"""The three stand-ins together: one invented company, one clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.company import Company
from connector.sandbox.faults import FaultPlan
from connector.sandbox.quickbooks import QuickBooksSandbox
from connector.sandbox.shell import Shell
from connector.sandbox.upkeep import UpKeepSandbox
from connector.sandbox.xero import XeroSandbox


@dataclass(frozen=True, slots=True)
class Vendors:
    """The rules of each service, without faults."""

    upkeep: UpKeepSandbox
    quickbooks: QuickBooksSandbox
    xero: XeroSandbox


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Each service as it is reached, and the rules behind it."""

    company: Company
    clock: SandboxClock
    vendors: Vendors
    upkeep: Shell
    quickbooks: Shell
    xero: Shell

    @staticmethod
    def create(
        company: Company | None = None,
        clock: SandboxClock | None = None,
        *,
        enforce_limits: bool = False,
        switches: dict[str, Any] | None = None,
    ) -> Sandbox:
        """A new company with empty books; `switches` are UpKeep's, the ledgers' are the company's own."""
        company, clock = company or Company(), clock or SandboxClock()
        vendors = Vendors(
            UpKeepSandbox(company, clock, switches=switches, enforce_limits=enforce_limits),
            QuickBooksSandbox(company, clock, enforce_limits=enforce_limits),
            XeroSandbox(company, clock, enforce_limits=enforce_limits),
        )
        shells = [Shell(vendor, FaultPlan(), clock) for vendor in (vendors.upkeep, vendors.quickbooks, vendors.xero)]
        return Sandbox(company, clock, vendors, *shells)
