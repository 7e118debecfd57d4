"""The page that lies beside a document: everything is on it, in any script, and its bytes are always the same."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

import pytest

from connector.core.mapping import DocumentKind
from connector.core.summary import Summary, SummaryLine
from connector.flows.summary_pdf import printable, summary_pdf

DEBIT = SummaryLine("Labor, Kim", "2.5000", "48.50", "rate of the user", "HVAC repairs", "debit", "121.25", "class: North", "cost_codes: HVAC", "m.yaml:14")  # fmt: skip  # noqa: E501
CREDIT = replace(DEBIT, account="Labor applied", side="credit", tracking="", because="credits: labor", rule="m.yaml:31")
PAGE = Summary(
    number="4711",
    title="Rooftop unit does not cool",
    facts=(("Asset", "RTU-3"), ("Document number", "4711-ABCDEFGHIJKLM")),
    kind=DocumentKind.JOURNAL_ENTRY,
    currency="USD",
    total="121.25",
    lines=(DEBIT, CREDIT),
    marker="4711-ABCDEFGHIJKLM",
    mapping_digest="d" * 64,
    made_on="2026-03-02 15:00 UTC",
)
# Of ReportLab 5.1.0. Another release may set it otherwise: then the next send of a summary that is due has another key.
CHECKSUM = "5114a19c195bfc049283627a4a811dabe7a3face4d2a1dc667537d6d8dccec19"


def words(content: bytes) -> list[str]:
    """What is written on the pages, in order; nothing is compressed, so that anybody can read it."""
    found = re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", content)
    return [re.sub(rb"\\(\d{3}|.)", _unescaped, one).decode("cp1252") for one in found]


def _unescaped(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 8)]) if found[1].isdigit() else found[1]


def test_the_same_summary_has_the_same_bytes_and_they_are_known() -> None:
    assert summary_pdf(PAGE) == summary_pdf(PAGE)
    assert hashlib.sha256(summary_pdf(PAGE)).hexdigest() == CHECKSUM
    assert summary_pdf(replace(PAGE, made_on="2026-03-02 15:01 UTC")) != summary_pdf(PAGE)


def test_everything_is_on_the_page() -> None:
    told = words(summary_pdf(PAGE))
    assert told == [
        "Work order 4711", "Rooftop unit does not cool", "Asset", "RTU-3", "Document number", "4711-ABCDEFGHIJKLM",
        "What it cost", "Account", "Debit", "Credit",
        "121.25", "Labor, Kim", "HVAC repairs", "2.5 × 48.50, rate of the user", "cost_codes: HVAC, m.yaml:14", "class: North",
        "121.25", "Labor, Kim", "Labor applied", "2.5 × 48.50, rate of the user", "credits: labor, m.yaml:31",
        "Total USD", "121.25", "121.25",
        f"Mapping {'d' * 64}", "Made by the UpKeep accounting connector, 2026-03-02 15:00 UTC, from its own records.",
        "Work order 4711, document 4711-ABCDEFGHIJKLM", "page 1 of 1",
    ]  # fmt: skip


def test_an_invoice_has_one_column_of_amounts() -> None:
    lines = (replace(CREDIT, quantity="3", basis=""), replace(CREDIT, amount="0.005", quantity="1"))
    told = words(summary_pdf(replace(PAGE, kind=DocumentKind.INVOICE, lines=lines)))
    assert {"Billed as", "Amount", "0.005", "3 × 48.50"} <= set(told)
    assert not {"Debit", "Credit", "Account"} & set(told)
    assert told[told.index("Total USD") + 1] == "121.255"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café – größe €5", "Café – größe €5"),
        ("Cafe\u0301", "Café"),  # one letter, however it was typed
        ("中文 ok", "‹U+4E2D U+6587› ok"),
        ("a\u202eb\x00c", "a‹U+202E›b‹U+0000›c"),
        ("😀", "‹U+1F600›"),
        ("one\n two\t three", "one two three"),
        ("\ud800", "‹U+D800›"),
        ("", ""),
    ],
)
def test_any_character_survives_or_is_shown_as_its_code(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_the_page_says_so_where_a_character_is_shown_as_its_code() -> None:
    assert "Western Europe only" not in " ".join(words(summary_pdf(PAGE)))
    told = " ".join(words(summary_pdf(replace(PAGE, title="Ремонт (насоса) \\ 100%"))))
    assert "‹U+0420 U+0435 U+043C" in told
    assert "Western Europe only" in told


def test_a_long_work_order_has_as_many_pages_as_it_needs_and_loses_nothing() -> None:
    long = replace(DEBIT, actual="x" * 500, account="Repairs:" + "Sub account " * 30)
    told = words(summary_pdf(replace(PAGE, lines=(DEBIT, CREDIT) * 60 + (long,), title="word " * 100, facts=(("Asset", "a" * 400),))))
    pages = max(int(found[1]) for found in re.finditer(r"page \d+ of (\d+)", " ".join(told)))
    assert pages > 5
    assert [word for word in told if word.startswith("page ")] == [f"page {number} of {pages}" for number in range(1, pages + 1)]
    assert told.count("Debit") == pages
    assert told.count("121.25") == 121
    assert "".join(word for word in told if set(word) == {"x"}) == "x" * 500
    assert "".join(word for word in told if set(word) == {"a"}) == "a" * 400


def test_nothing_is_written_below_the_end_of_a_page() -> None:
    """A line of a foreign script is seven times as long in codes: it goes on on the next page."""
    foreign = "文" * 500
    line = replace(DEBIT, actual=foreign, account=foreign)
    content = summary_pdf(replace(PAGE, number=foreign, title=foreign, facts=(("Asset", foreign),) * 5, lines=(line, CREDIT)))
    heights = [float(found[1]) for found in re.finditer(rb"1 0 0 1 [\d.]+ ([\d.-]+) Tm", content)]
    assert len(heights) > 100
    assert min(heights) == 36
    assert " ".join(words(content)).count("U+6587") >= 9 * 500


def test_a_work_order_without_any_words_is_a_page_all_the_same() -> None:
    empty = Summary("", "", (), DocumentKind.INVOICE, "", "", (), "", "", "")
    assert words(summary_pdf(empty))[-1] == "page 1 of 1"
