"""What `status` and `check` say of the last comparison with UpKeep, and of the fields of its records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from connector.cli.output import counted, money

if TYPE_CHECKING:
    from connector.core.source_record import WindowResult

# New and missing fields are news for an engineer: named as far as a line goes.
NAMED_MAX = 5


def source_lines(window: WindowResult | None, fields: Mapping[str, Sequence[str]], currency: str) -> Iterator[str]:
    """A line about the window, and one about each kind of field where there is something to say."""
    if window is not None:
        listed, here = money(window.listed_total, currency), money(window.here_total, currency)
        yield (
            f"compared with UpKeep {window.at:%Y-%m-%d %H:%M %Z}, completed since {window.first_day}: {window.listed:,} there (rows show "
            f"{listed}), {window.here:,} here ({here}); {_differing(window)}"
        )
    for kind, words in (("gone", "gone"), ("retyped", "of another type"), ("new", "new to this connector")):
        names = fields.get(kind, ())
        if names:
            more = f", and {len(names) - NAMED_MAX} more" if len(names) > NAMED_MAX else ""
            yield f"UpKeep's records: {counted(len(names), 'field')} {words}: {', '.join(names[:NAMED_MAX])}{more}"


def _differing(window: WindowResult) -> str:
    if not window.differing:
        return "nothing differed"
    return f"read again: {window.missed} missed, {window.changed} changed, {window.gone} not listed any more"
