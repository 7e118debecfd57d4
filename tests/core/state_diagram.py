"""The state table as a diagram in docs/states.md. `python -m tests.core.state_diagram` draws it anew."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from connector.core.posting import NEXT, Event, State, next_state

PAGE = Path(__file__).parents[2] / "docs" / "states.md"
BLOCK = re.compile(r"```mermaid\n.*?```", re.DOTALL)


def steps() -> dict[tuple[State, State], list[str]]:
    """What leads from one state to another, asked of the table itself; some steps end elsewhere after an earlier attempt."""
    led: dict[tuple[State, State], list[str]] = defaultdict(list)
    for state, row in NEXT.items():
        for event in row:
            usual = next_state(state, event, attempted=False)
            led[state, usual].append(event.value)
            for target, why in (_after_an_attempt(state, event), _in_phase_two(state, event)):
                if target is not usual:
                    led[state, target].append(f"{event.value} {why}")
    return led


def _after_an_attempt(state: State, event: Event) -> tuple[State, str]:
    return next_state(state, event, attempted=True), "(attempted)"


def _in_phase_two(state: State, event: Event) -> tuple[State, str]:
    return next_state(state, event, attempted=False, drafted=True), "(phase two)"


def diagram() -> str:
    """The diagram in Mermaid's notation; a posting begins as ready, and posted is for ever."""
    arrows = [f"    {before} --> {after}: {', '.join(events)}" for (before, after), events in steps().items()]
    ends = [f"    {state} --> [*]" for state, row in NEXT.items() if not row]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {State.READY}", *arrows, *ends, "```"])


def drawn(page: str) -> str:
    """The page with the diagram as the table has it now."""
    return BLOCK.sub(lambda _: diagram(), page, count=1)


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text("utf-8")), "utf-8")
