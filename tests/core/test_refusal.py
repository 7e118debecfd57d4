"""What a refusal is called, which name of the mapping it points at, and which it lists when nobody knows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connector.core.costing import CostKind
from connector.core.drafting import Heading, InvoiceDraft, InvoiceLine, JournalEntryDraft, JournalLine
from connector.core.mapped_names import ACCOUNT, CUSTOMER, ITEM, TAX_CODE, TERMS, TRACKING, MappedName, names_as_json, names_of, read_names
from connector.core.mapping import DocumentKind, Fact
from connector.core.problem import Problem
from connector.core.refusal import PLAIN, Advice, refusal_problem, unusable

DAY = date(2026, 2, 20)
NORTH = ("Region", Fact("North", "m.yaml:9"))
NAMES = (
    MappedName(-1, CUSTOMER, "Riverside", "m.yaml:3"),
    MappedName(0, ACCOUNT, "Repairs", "m.yaml:4"),
    MappedName(1, ACCOUNT, "Payables", "m.yaml:5"),
    MappedName(2, ACCOUNT, "Repairs", "m.yaml:4"),
)


def told(advice: Advice, refused: str = "610: Gone", names: tuple[MappedName, ...] = NAMES) -> Problem:
    return refusal_problem(advice, ledger="QuickBooks", kind=DocumentKind.JOURNAL_ENTRY, marker="4711-A", refused=refused, names=names)


def test_the_one_name_that_is_meant_is_the_place_of_the_problem() -> None:
    problem = told(unusable("QuickBooks", {ACCOUNT}, {(0, ACCOUNT), (2, ACCOUNT)}))
    assert (problem.code, problem.place) == ("ACCOUNT_UNUSABLE", "m.yaml:4")
    assert problem.message == "QuickBooks refused the journal entry 4711-A: 610: Gone. It is about account 'Repairs'."
    assert problem.next_step == "Make it usable again in QuickBooks, or map another; it is asked again at the next sync."


def test_of_several_names_none_is_picked_and_each_has_its_line() -> None:
    problem = told(unusable("QuickBooks", {ACCOUNT}, {(0, ACCOUNT), (1, ACCOUNT), (-1, CUSTOMER)}))
    assert (problem.code, problem.place) == ("NAME_UNUSABLE", "document 4711-A")
    names = "customer 'Riverside' (m.yaml:3), account 'Repairs' (m.yaml:4), account 'Payables' (m.yaml:5)"
    assert problem.message.endswith(f"Gone. It is about one of these: {names}.")
    assert problem.next_step.endswith("at the next sync. The next sync, with the ledger's list at hand, says which it is.")


@pytest.mark.parametrize(("count", "end"), [(6, "'Five' (m.yaml:5)."), (7, "'Five' (m.yaml:5) and 1 more.")])
def test_a_long_list_of_names_is_cut_with_a_count(count: int, end: str) -> None:
    words = ("Zero", "One", "Two", "Three", "Four", "Five", "Six")[:count]
    names = tuple(MappedName(n, ACCOUNT, word, f"m.yaml:{n}") for n, word in enumerate(words))
    assert told(unusable("QuickBooks", {ACCOUNT}, {(n, ACCOUNT) for n in range(count)}), names=names).message.endswith(end)


def test_a_refusal_about_no_name_has_the_document_for_a_place() -> None:
    assert told(PLAIN, "") == Problem(
        "LEDGER_REFUSED", "document 4711-A", "QuickBooks refused the journal entry 4711-A: without a word.", PLAIN.next_step
    )
    assert told(PLAIN, "6000: No.").message == "QuickBooks refused the journal entry 4711-A: 6000: No."
    assert told(PLAIN, "x" * 500).message == f"QuickBooks refused the journal entry 4711-A: {'x' * 450}."


def test_an_invoice_is_called_one() -> None:
    problem = refusal_problem(PLAIN, ledger="Xero", kind=DocumentKind.INVOICE, marker="4711-A", refused="404: Gone.")
    assert problem.message == "Xero refused the invoice 4711-A: 404: Gone."


@pytest.mark.parametrize(
    ("kinds", "meant", "code"),
    [
        ({ACCOUNT}, (), "ACCOUNT_UNUSABLE"),
        ({TAX_CODE}, (), "TAX_CODE_UNUSABLE"),
        ({ACCOUNT, TAX_CODE}, (), "NAME_UNUSABLE"),
        ({ACCOUNT, CUSTOMER}, [(0, ACCOUNT)], "ACCOUNT_UNUSABLE"),
        ({ACCOUNT, TAX_CODE}, [(0, TAX_CODE)], "TAX_CODE_UNUSABLE"),
        ({ACCOUNT}, [(0, ITEM)], "NAME_UNUSABLE"),
    ],
)
def test_what_is_unusable_is_called_by_the_names_that_are_meant(kinds: set[str], meant: list[tuple[int, str]], code: str) -> None:
    advice = unusable("Xero", kinds, meant)
    assert (advice.code, advice.meant, "in Xero" in advice.next_step) == (code, frozenset(meant), True)


def test_every_name_of_a_document_is_kept_with_its_line() -> None:
    line = JournalLine(Fact("Repairs", "m.yaml:4"), True, Decimal(1), "x", (NORTH,))
    other = JournalLine(Fact("Payables", "m.yaml:5"), False, Decimal(1), "x")
    assert names_of(JournalEntryDraft("1", DAY, "USD", (line, other), "x")) == (
        MappedName(0, ACCOUNT, "Repairs", "m.yaml:4"),
        MappedName(0, TRACKING, "North", "m.yaml:9"),
        MappedName(1, ACCOUNT, "Payables", "m.yaml:5"),
    )
    item, tax = Fact("Pump", "m.yaml:6"), Fact("GST", "m.yaml:7")
    sale = InvoiceLine(CostKind.PARTS, item, None, tax, "x", Decimal(1), Decimal(1), Decimal(1))
    invoice = InvoiceDraft("1", DAY, DAY, "USD", Fact("Riverside", "m.yaml:3"), (sale,), "x")
    assert names_of(invoice) == (
        MappedName(-1, CUSTOMER, "Riverside", "m.yaml:3"),
        MappedName(0, ITEM, "Pump", "m.yaml:6"),
        MappedName(0, TAX_CODE, "GST", "m.yaml:7"),
    )


def test_the_terms_of_an_invoice_are_a_name_of_its_head() -> None:
    invoice = InvoiceDraft("1", DAY, DAY, "USD", Fact("Riverside", "m.yaml:3"), (), "x", heading=Heading(terms=Fact("Net 30", "m.yaml:8")))
    assert names_of(invoice)[1:] == (MappedName(-1, TERMS, "Net 30", "m.yaml:8"),)


def test_the_names_are_read_back_as_they_were_kept_and_earlier_records_have_none() -> None:
    import json

    line = JournalLine(Fact("Repairs", "m.yaml:4"), True, Decimal(0), "x")
    draft = JournalEntryDraft("1", DAY, "USD", (line,), "x")
    assert read_names(json.dumps({"names": names_as_json(draft)})) == names_of(draft)
    assert read_names('{"lines": []}') == read_names("") == ()
