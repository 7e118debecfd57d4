"""The summary as a PDF: the same summary gives the same bytes, on every machine and day, so that its checksum proves what it is.

ReportLab (BSD) sets it: fpdf2 is LGPL, borb AGPL, WeasyPrint needs a system library. The letters are Helvetica, which every reader of
PDFs has; they are those of Western Europe. Any other character is written as its code, such as ‹U+4E2D›, and the page says so: nothing
is dropped, and nothing looks like what it is not. Nothing is compressed, because compressors differ; a page has some thousand bytes.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from connector.core.mapping import DocumentKind
from connector.core.summary import Summary, SummaryLine

# As wide as A4 and as high as Letter: it prints on both.
WIDTH, HEIGHT = 595, 792
LEFT, RIGHT, TOP, BOTTOM = 48, WIDTH - 48, HEIGHT - 52, 64
PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
BLACK, GREY, RULE = 0.1, 0.42, 0.8
_ACCOUNT_AT = LEFT + 196
_DEBIT_TO, _CREDIT_TO = RIGHT - 72, RIGHT
_LEFT_WIDTH, _RIGHT_WIDTH = _ACCOUNT_AT - LEFT - 12, _DEBIT_TO - _ACCOUNT_AT - 66
_STEPS = {9.5: 12.5, 8: 10.5}  # from one row to the next, by the size of its letters
_LETTERS = "This page has the letters of Western Europe only; any other character is shown as its code, such as ‹U+4E2D›."

Draw = Callable[[Any], None]
Row = tuple[str, float, float]  # words, size, grey


def summary_pdf(summary: Summary) -> bytes:
    """The summary as a PDF document of as many pages as it needs."""
    # Imported here: it takes a tenth of a second, and most runs make no summary.
    from reportlab.pdfgen.canvas import Canvas

    pages = _Pages()
    _head(pages, summary)
    _table(pages, summary)
    _foot(pages, summary)
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=0, initialFontName=PLAIN)
    canvas.setTitle(printable(f"Work order {summary.number}"))
    canvas.setAuthor("UpKeep accounting connector")
    canvas.setSubject(printable(f"Document {summary.marker}"))
    for number, page in enumerate(pages.drawn, 1):
        for draw in page:
            draw(canvas)
        _folio(summary, number, len(pages.drawn))(canvas)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def printable(text: str) -> str:
    """The text in the letters that the page has; any other character as its code, several in a row in one bracket."""
    shown = ""
    codes: list[str] = []
    for character in unicodedata.normalize("NFC", " ".join(text.split())):
        if _has(character):
            shown += _bracketed(codes) + character
            codes = []
        else:
            codes.append(f"U+{ord(character):04X}")
    return shown + _bracketed(codes)


def _has(character: str) -> bool:
    try:
        character.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return character.isprintable()


def _bracketed(codes: Sequence[str]) -> str:
    return f"‹{' '.join(codes)}›" if codes else ""


@dataclass
class _Pages:
    """What is drawn on each page, and how far down the last one is filled."""

    drawn: list[list[Draw]] = field(default_factory=lambda: [[]])
    at: float = TOP

    def room(self, height: float) -> bool:
        """Begin a new page when the last one has no such room left; whether it did."""
        if self.at - height >= BOTTOM:
            return False
        self.drawn.append([])
        self.at = TOP
        return True

    def text(self, x: float, text: str, size: float, *, font: str = PLAIN, grey: float = BLACK, to: float = 0) -> None:
        """One line at this height, or ending at `to`."""
        y = self.at

        def draw(canvas: Any) -> None:
            canvas.setFont(font, size)
            canvas.setFillGray(grey)
            if to:
                canvas.drawRightString(to, y, text)
            else:
                canvas.drawString(x, y, text)

        self.drawn[-1].append(draw)

    def rule(self, grey: float = RULE) -> None:
        """A line across the page."""
        y = self.at

        def draw(canvas: Any) -> None:
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(0.6)
            canvas.line(LEFT, y, RIGHT, y)

        self.drawn[-1].append(draw)


def _head(pages: _Pages, summary: Summary) -> None:
    for row in _wrapped(printable(f"Work order {summary.number}"), 19, (RIGHT - LEFT) * 0.9):  # The letters are bold, and wider.
        pages.room(22)
        pages.text(LEFT, row, 19, font=BOLD)
        pages.at -= 22
    for row in _wrapped(printable(summary.title), 11, RIGHT - LEFT):
        pages.room(14)
        pages.text(LEFT, row, 11)
        pages.at -= 14
    pages.at -= 8
    for name, value in summary.facts:
        for index, row in enumerate(_wrapped(printable(value), 9.5, RIGHT - LEFT - 110)):
            pages.room(14)
            if index == 0:
                pages.text(LEFT, name, 9.5, grey=GREY)
            pages.text(LEFT + 110, row, 9.5)
            pages.at -= 13.5
    pages.at -= 14


def _table(pages: _Pages, summary: Summary) -> None:
    _names(pages, summary)
    sums = {"debit": Decimal(0), "credit": Decimal(0)}
    for line in summary.lines:
        sums[line.side] += Decimal(line.amount)
        left = [*_rows(line.actual, 9.5, BLACK, _LEFT_WIDTH), *_rows(_priced(line), 8, GREY, _LEFT_WIDTH)]
        right = _rows(line.account, 9.5, BLACK, _RIGHT_WIDTH)
        right += [row for text in _why(line) for row in _rows(text, 8, GREY, _RIGHT_WIDTH)]
        # Together on one page where a page can hold it.
        if pages.room(min(max(_height(left), _height(right)) + 10, TOP - BOTTOM - 40)):
            _names(pages, summary)
        _line(pages, line, left, right, summary)
    pages.room(30)
    pages.at += 1
    pages.text(LEFT, printable(f"Total {summary.currency}"), 9.5, font=BOLD)
    if summary.kind is DocumentKind.JOURNAL_ENTRY:
        pages.text(0, _money(sums["debit"]), 9.5, font=BOLD, to=_DEBIT_TO)
    pages.text(0, _money(sums["credit"]), 9.5, font=BOLD, to=_CREDIT_TO)
    pages.at -= 26


def _names(pages: _Pages, summary: Summary) -> None:
    is_journal = summary.kind is DocumentKind.JOURNAL_ENTRY
    named = [("What it cost", LEFT, 0), ("Account" if is_journal else "Billed as", _ACCOUNT_AT, 0)]
    named += [("Debit", 0, _DEBIT_TO), ("Credit", 0, _CREDIT_TO)] if is_journal else [("Amount", 0, _CREDIT_TO)]
    for name, x, to in named:
        pages.text(x, name, 8.5, font=BOLD, grey=GREY, to=to)
    pages.at -= 6
    pages.rule(GREY)
    pages.at -= 14


def _rows(text: str, size: float, grey: float, width: float) -> list[Row]:
    return [(row, size, grey) for row in _wrapped(printable(text), size, width)]


def _height(rows: Sequence[Row]) -> float:
    return sum(_STEPS[size] for _, size, _ in rows)


def _line(pages: _Pages, line: SummaryLine, left: Sequence[Row], right: Sequence[Row], summary: Summary) -> None:
    is_left = line.side == "debit" and summary.kind is DocumentKind.JOURNAL_ENTRY
    pages.text(0, _money(Decimal(line.amount)), 9.5, to=_DEBIT_TO if is_left else _CREDIT_TO)
    for cells in zip_longest(left, right):
        if pages.room(12.5):
            _names(pages, summary)
        for x, cell in zip((LEFT, _ACCOUNT_AT), cells, strict=True):
            if cell is not None:
                pages.text(x, cell[0], cell[1], grey=cell[2])
        pages.at -= max(_STEPS[cell[1]] for cell in cells if cell is not None)
    pages.at += 4
    pages.rule()
    pages.at -= 15


def _priced(line: SummaryLine) -> str:
    quantity = line.quantity.rstrip("0").rstrip(".") if "." in line.quantity else line.quantity
    return f"{quantity} × {_money(Decimal(line.unit_price))}" + (f", {line.basis}" if line.basis else "")


def _why(line: SummaryLine) -> Iterator[str]:
    told = ", ".join(filter(None, (line.because, line.rule)))
    yield from filter(None, (told, line.tracking))


def _foot(pages: _Pages, summary: Summary) -> None:
    pages.room(40)
    told = [f"Mapping {summary.mapping_digest}", f"Made by the UpKeep accounting connector, {summary.made_on}, from its own records."]
    for text in told:
        for row in _wrapped(printable(text), 8, RIGHT - LEFT):
            pages.text(LEFT, row, 8, grey=GREY)
            pages.at -= 11
    texts = [summary.number, summary.title, *(value for _, value in summary.facts)]
    texts += [text for line in summary.lines for text in (line.actual, line.account, line.because, line.tracking)]
    if any("‹U+" in printable(text) for text in texts):
        pages.text(LEFT, _LETTERS, 8, grey=GREY)
        pages.at -= 11


def _folio(summary: Summary, number: int, pages: int) -> Draw:
    def draw(canvas: Any) -> None:
        canvas.setFont(PLAIN, 8)
        canvas.setFillGray(GREY)
        canvas.drawString(LEFT, 36, printable(f"Work order {summary.number[:60]}, document {summary.marker}"))
        canvas.drawRightString(RIGHT, 36, f"page {number} of {pages}")

    return draw


def _money(amount: Decimal) -> str:
    return f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,f}"


def _wrapped(text: str, size: float, width: float) -> list[str]:
    """The text in rows that fit; a word that is wider than a row is cut."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    rows: list[str] = []
    for word in text.split(" "):
        joined = f"{rows[-1]} {word}" if rows else word
        if rows and stringWidth(joined, PLAIN, size) <= width:
            rows[-1] = joined
            continue
        rest = word
        while stringWidth(rest, PLAIN, size) > width:
            fits = next(end for end in range(len(rest), 0, -1) if stringWidth(rest[:end], PLAIN, size) <= width or end == 1)
            rows.append(rest[:fits])
            rest = rest[fits:]
        rows.append(rest)
    return [row for row in rows if row] or [""]
