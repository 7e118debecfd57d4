"""What a ledger's refusal means to the person who reads it: our code, the name of the mapping it is about, and the next step (pure).

Each ledger's advice.py reads its vendor's codes and words; here they meet the names that the document was made of. What the ledger
does not name is not guessed: then every name that can be meant is listed with its line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from connector.core.mapped_names import ACCOUNT, TAX_CODE, MappedName
from connector.core.mapping import DocumentKind
from connector.core.problem import Problem

WORDS = {DocumentKind.JOURNAL_ENTRY: "journal entry", DocumentKind.INVOICE: "invoice", DocumentKind.CREDIT: "credit"}
NAMES_SHOWN_MAX = 6
REFUSED_SHOWN_MAX = 450

# (line, kind) of a mapped name; line -1 is the document itself.
Meant = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Advice:
    """What a refusal means. `code` is a problem's; `meant` are the names that can be at fault, none when none is."""

    code: str
    next_step: str
    meant: frozenset[Meant] = frozenset()


# What nobody knows better.
PLAIN = Advice("LEDGER_REFUSED", "Mend what the ledger names; it is asked again at the next sync.")


def unusable(ledger: str, kinds: Collection[str], meant: Collection[Meant] = ()) -> Advice:
    """The ledger does not take a name that the document refers to: it was made inactive, archived, deleted, or fits no such document.

    `kinds` are those of the names that it can be; `meant`, when something is known of the document, which names of it.
    """
    found = {kind for _, kind in meant} or set(kinds)
    step = f"Make it usable again in {ledger}, or map another; it is asked again at the next sync."
    if found == {ACCOUNT}:
        return Advice("ACCOUNT_UNUSABLE", step, frozenset(meant))
    if found == {TAX_CODE}:
        return Advice("TAX_CODE_UNUSABLE", step, frozenset(meant))
    return Advice("NAME_UNUSABLE", step, frozenset(meant))


def refusal_problem(
    advice: Advice, *, ledger: str, kind: DocumentKind, marker: str, refused: str, names: Sequence[MappedName] = ()
) -> Problem:
    """The problem of a refused document. `refused` is the vendor's "code: words", `names` what the document was made of."""
    concerned = list(dict.fromkeys((n.kind, n.value, n.place) for n in names if (n.line, n.kind) in advice.meant))
    place = concerned[0][2] if len(concerned) == 1 else f"document {marker}"
    told = (refused or "without a word")[:REFUSED_SHOWN_MAX]
    message = f"{ledger} refused the {WORDS[kind]} {marker}: {told}{'' if told.endswith('.') else '.'}{_about(concerned)}"
    which = " The next sync, with the ledger's list at hand, says which it is." if len(concerned) > 1 else ""
    return Problem(advice.code, place, message, advice.next_step + which)


def _about(concerned: Sequence[tuple[str, str, str]]) -> str:
    """The names that it can be about, each with its line."""
    if not concerned:
        return ""
    if len(concerned) == 1:
        return f" It is about {concerned[0][0]} '{concerned[0][1]}'."
    shown = ", ".join(f"{kind} '{value}' ({place})" for kind, value, place in concerned[:NAMES_SHOWN_MAX])
    left = len(concerned) - NAMES_SHOWN_MAX
    return f" It is about one of these: {shown}{f' and {left} more' if left > 0 else ''}."
