"""A sandbox filled and served, with the configuration texts to use it: shared by `connector sandbox` and `connector demo`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connector.cli.company_mapping import company_mapping_text
from connector.cli.sandbox_config import SandboxFacts, config_texts, plain_mapping_text
from connector.sandbox.company import Company
from connector.sandbox.world import Sandbox

if TYPE_CHECKING:
    from connector.sandbox.companies import Plan


@dataclass(frozen=True, slots=True)
class Filling:
    """What the sandbox is filled with: generated work orders, those of a file, or an invented company."""

    seed: int = 1
    orders: int = 60
    work_orders: Path | None = None
    columns: Path | None = None
    document: str = "journal_entry"
    enforce_limits: bool = False
    ports: tuple[int, int, int] = (0, 0, 0)
    company: Plan | None = None


@dataclass(frozen=True, slots=True)
class RunningSandbox:
    """Three stand-ins answering on loopback."""

    sandbox: Sandbox
    addresses: dict[str, str]
    config: dict[str, str]
    folder: Path
    is_company: bool = False


@contextmanager
def running_sandbox(filling: Filling) -> Iterator[RunningSandbox]:
    """Start the three stand-ins, fill UpKeep, and stop everything at the end; the folder goes with it."""
    from connector.sandbox.serve import Served

    with tempfile.TemporaryDirectory(prefix="connector-sandbox-") as name:
        folder = Path(name)
        columns = _columns(filling)
        sandbox = Sandbox.create(company=_company(filling, columns), enforce_limits=filling.enforce_limits)
        with Served(sandbox, ports=filling.ports) as served:
            _fill(sandbox, filling, columns)
            facts = _facts(sandbox, served.addresses, folder, filling)
            yield RunningSandbox(sandbox, served.addresses, config_texts(facts), folder, filling.company is not None)


def _columns(filling: Filling) -> Path | None:
    if filling.work_orders is None:
        return None
    from connector.sandbox.csv_orders import find_columns

    return filling.columns or find_columns(filling.work_orders)


def _company(filling: Filling, columns: Path | None) -> Company:
    if filling.company is not None:
        from connector.sandbox.companies import books_of, invented

        return books_of(invented(filling.company)[0])
    if columns is None:
        # As US companies are since 2017: QuickBooks finds the sales tax by itself, and a line says TAX or NON.
        return Company(switches={"automated_sales_tax": True})
    from connector.sandbox.csv_orders import read_columns

    spec = read_columns(columns)
    return Company(currency=spec.currency, country="AU" if spec.currency == "AUD" else "US", timezone=spec.timezone)


def _fill(sandbox: Sandbox, filling: Filling, columns: Path | None) -> None:
    import httpx

    from connector.sandbox.transport import SandboxTransport

    with httpx.Client(transport=SandboxTransport(sandbox.upkeep.handle), base_url="http://upkeep.sandbox", timeout=60) as client:
        if filling.company is not None:
            from connector.sandbox.companies import fill_company

            fill_company(client, filling.company)
        elif filling.work_orders is not None and columns is not None:
            from connector.sandbox.csv_orders import fill_from_csv

            fill_from_csv(client, filling.work_orders, columns)
        else:
            from connector.sandbox.generator import fill

            fill(client, seed=filling.seed, orders=filling.orders)


def _facts(sandbox: Sandbox, addresses: dict[str, str], folder: Path, filling: Filling) -> SandboxFacts:
    vendors = sandbox.vendors
    mapping = folder / "mapping.yaml"
    mapping.write_text(_mapping(sandbox, filling), "utf-8")
    return SandboxFacts(
        folder=folder,
        upkeep=addresses["upkeep"],
        quickbooks=addresses["quickbooks"],
        xero=addresses["xero"],
        email=vendors.upkeep.email,
        password=vendors.upkeep.password,
        realm_id=vendors.quickbooks.realm_id,
        tenant_id=vendors.xero.tenant_id,
        credentials={
            vendor.name: (vendor.client_id, vendor.client_secret, vendor.first_refresh_token)
            for vendor in (vendors.quickbooks, vendors.xero)
        },
        currency=sandbox.company.currency,
        timezone=sandbox.company.timezone,
        start_date="2000-01-01",
        document=filling.document,
        mapping=mapping,
        bills_some=filling.company is not None,
    )


def _mapping(sandbox: Sandbox, filling: Filling) -> str:
    if filling.company is not None:
        return company_mapping_text(sandbox.company.customers, sandbox.company.departments)
    return plain_mapping_text(sandbox.company.currency) if filling.work_orders else _example(filling.document)


def _example(document: str) -> str:
    """The mapping example that ships with the product for that document."""
    name = "invoices.yaml" if document == "invoice" else "journal-entries.yaml"
    package = Path(__file__).parents[1]
    # In an installed wheel the examples lie inside the package, in a checkout beside it.
    folder = package / "mappings" if (package / "mappings").is_dir() else package.parent / "mappings"
    return (folder / name).read_text(encoding="utf-8")
