"""Every accident of the museum, and the page that shows them."""

from __future__ import annotations

from tests.simulation.museum import answers, attempts, batches, credits, customers, drafts, evidence, leases, records, sign_in
from tests.simulation.museum.accident import Accident

EVERY = (
    *records.ACCIDENTS,
    *attempts.ACCIDENTS,
    *answers.ACCIDENTS,
    *leases.ACCIDENTS,
    *drafts.ACCIDENTS,
    *batches.ACCIDENTS,
    *customers.ACCIDENTS,
    *evidence.ACCIDENTS,
    *credits.ACCIDENTS,
    *sign_in.ACCIDENTS,
)


def table() -> str:
    """The museum as a table in Markdown."""
    rows = [f"| {one.name} | {one.told} | {one.caught.by} | {_where(one)} |" for one in EVERY]
    return "\n".join(["| accident | what was put back | how it was caught | stories needed |", "|---|---|---|---|", *rows])


def _where(one: Accident) -> str:
    return f"{one.caught.at + 1} of at most {one.caught.within}: {one.stories.kind}"
