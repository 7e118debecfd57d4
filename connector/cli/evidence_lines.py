"""How a connection's evidence stands, in lines for the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connector.core.evidence import EvidenceTally

# In the words of a person, by the names of the states.
_WORDS = {"attached": "on their documents", "due": "waiting", "sending": "on their way", "uncertain": "in doubt", "left_out": "left out"}
_SHOWN = 5


def evidence_lines(tally: EvidenceTally) -> Iterator[str]:
    """One line of counts, and one for each of the first pieces that fail; none where no evidence was asked for."""
    if not tally.counts:
        return
    counts = {state.value: count for state, count in tally.counts.items()}
    yield "evidence: " + ", ".join(f"{counts[name]} {words}" for name, words in _WORDS.items() if name in counts)
    for one in tally.failing[:_SHOWN]:
        what = one.name or one.kind.replace("_", " ")
        yield f"  work order {one.work_order_number}, {what}: tried {counted(one.tries, 'time')}, {one.problem}"
    if len(tally.failing) > _SHOWN:
        yield "  and more; `connector explain WORK_ORDER` shows those of one"
