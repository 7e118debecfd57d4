"""Every accident of the museum, and the page that shows them."""

from __future__ import annotations

from tests.simulation.museum import answers, attempts, drafts, leases, records, sign_in
from tests.simulation.museum.accident import Accident

EVERY = (
    *records.ACCIDENTS,
    *attempts.ACCIDENTS,
    *answers.ACCIDENTS,
    *leases.ACCIDENTS,
    *drafts.ACCIDENTS,
    *sign_in.ACCIDENTS,
)
# What the connector cannot do yet, it cannot do wrong: there are no batches so far.
LATER = (
    "a batch answered with 400 whose valid items were created",
    "positional pairing of batch answers",
    "a replayed batch under new item ids",
)


def table() -> str:
    """The museum as a table in Markdown."""
    rows = [f"| {one.name} | {one.told} | {one.caught.by} | {_where(one)} |" for one in EVERY]
    rows += [f"| {name} | comes with batches | | |" for name in LATER]
    return "\n".join(["| accident | what was put back | how it was caught | stories needed |", "|---|---|---|---|", *rows])


def _where(one: Accident) -> str:
    return f"{one.caught.at + 1} of at most {one.caught.within}: {one.stories.kind}"
