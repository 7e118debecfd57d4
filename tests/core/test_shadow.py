"""What is kept back after a shadow time, and which document is taken for which draft."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connector.core.booked import BookedDocument
from connector.core.mapping import DocumentKind
from connector.core.shadow import DAYS_MAX, ByHand, Pair, ShadowDraft, ShadowTime, paired, words_in

DAY, START = date(2026, 2, 20), date(2026, 1, 1)
ACCOUNTS = frozenset({"6100 Repairs", "2100 Accrued"})


def draft(number: str = "5001", total: str = "100", **more: Any) -> ShadowDraft:
    told = {"kind": DocumentKind.JOURNAL_ENTRY, "date": DAY, "currency": "USD", "accounts": ACCOUNTS} | more
    return ShadowDraft(number, "Job", total=Decimal(total), **told)


def hand(identifier: str = "1", total: str = "100", text: str = "", accounts: frozenset[str] = ACCOUNTS, **more: Any) -> ByHand:
    told = {"kind": DocumentKind.JOURNAL_ENTRY, "number": "", "marker": "", "date": DAY, "currency": "USD"} | more
    return ByHand(BookedDocument(id=identifier, total=Decimal(total), text=text, **told), accounts)


def numbers(pairs: list[Pair]) -> dict[str, str]:
    return {pair.draft.number: pair.hand.document.id for pair in pairs}


def test_what_was_completed_in_the_shadow_is_kept_back_until_a_person_moves_the_start_date() -> None:
    goes_on, ended = ShadowTime(START), ShadowTime(START, DAY)
    assert (goes_on.keeps_back(DAY, START), goes_on.keeps_back(None, START)) == (True, False)
    assert [ended.keeps_back(day, START) for day in (DAY, DAY + timedelta(days=1))] == [True, False]
    assert [ended.keeps_back(DAY, start) for start in (START + timedelta(days=1), START - timedelta(days=1))] == [False, True]


def test_the_same_amount_needs_an_account_or_a_customer_beside_it() -> None:
    elsewhere = frozenset({"1010 Bank"})
    assert paired([draft()], [hand(accounts=elsewhere)]) == []
    [pair] = paired([draft(customer_id="7")], [hand(accounts=elsewhere, customer_id="7")])
    assert pair.because == ("amount", "customer")


def test_a_number_in_the_text_goes_before_the_same_amount() -> None:
    [pair] = paired([draft()], [hand("1"), hand("2", "120", "WO-5001: 5001/B and wo 5001")])
    assert (pair.hand.document.id, pair.because, pair.difference) == ("2", ("number", "account"), Decimal(20))
    assert words_in("WO-5001: 5001/B and wo 5001") == {"wo-5001", "5001/b", "and", "wo", "5001"}


def test_a_purchase_order_is_as_good_as_the_number_and_a_short_number_is_chance() -> None:
    assert numbers(paired([draft("1", words=("PO-77",))], [hand("9", "95", "po-77 crane")])) == {"1": "9"}
    assert paired([draft("1")], [hand("9", "95", "1 crane")]) == []


def test_a_document_is_taken_once_and_the_nearest_day_first() -> None:
    near, far = hand("1", date=DAY + timedelta(days=1)), hand("2", date=DAY - timedelta(days=3))
    late = hand("3", date=DAY + timedelta(days=DAYS_MAX + 1))
    assert numbers(paired([draft("5001"), draft("5002"), draft("5003")], [late, far, near])) == {"5001": "1", "5002": "2"}


def test_another_currency_is_no_match_and_one_that_is_not_told_is() -> None:
    assert numbers(paired([draft()], [hand("1", currency="CAD"), hand("2", currency="")])) == {"5001": "2"}
