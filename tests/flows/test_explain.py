"""Both directions: a work order to its ledger's lines, and a document of the ledger back to the mapping's lines; and the page of it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from connector.cli.sandbox_config import plain_mapping_text
from connector.flows.explain import explain
from connector.flows.explain_document import Answer, answers
from connector.flows.explain_page import Told, page
from connector.flows.reversing import reverse
from tests.everyday import a_few
from tests.stage import Stage

LEDGERS = ("quickbooks", "xero")
EACH = a_few(LEDGERS)
FACTS = """\
cost_code: category
custom_fields: [Grant]
facts:
  - {when: {category: HVAC, kind: other}, account: HVAC}
  - {when: {amount_above: 500}, account: Big repairs}
  - {when: {Grant: A-17}, account: Grant}
  - {account: Repairs and maintenance}
  - {when: {location: Riverside}, class: Tenants}
credits: {labor: Labor applied, parts: Parts, other: Accrued maintenance}
names:
  quickbooks:
    accounts: &accounts {HVAC: "6110", Big repairs: "6140", Grant: "6150", Labor applied: "2150", Parts: "1300"}
  xero:
    accounts: {HVAC: "6110", Big repairs: "6140", Grant: "6150", Labor applied: "2150", Parts: "1300"}
""".replace("&accounts ", "")
ADDRESSES = {
    ("quickbooks", "journal_entry"): "https://app.qbo.intuit.com/app/journal?txnId={}",
    ("quickbooks", "invoice"): "https://app.qbo.intuit.com/app/invoice?txnId={}",
    ("xero", "journal_entry"): "https://go.xero.com/Journal/View.aspx?invoiceID={}",
    ("xero", "invoice"): "https://go.xero.com/app/!Sand1/invoicing/view/{}",
}


def asked(stage: Stage, text: str, **more: Any) -> list[Answer]:
    with stage.world() as world:
        return answers(world, text, world.ledger.kind, **more)


def named(answer: Answer, line: int, what: str) -> dict[str, Any]:
    names: Any = answer.work_order.lines[line]["names"]
    return next(name for name in names if name["what"] == what)


@pytest.fixture
def posted(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    stage = Stage(tmp_path, request.param, mapping_text=FACTS)
    stage.work_order(
        "1002",
        additionalCosts=[
            {"description": "Crane", "category": "Rental", "cost": "1234.56"},
            {"description": "Fee", "category": "Fee", "cost": "-34.50"},
        ],
    )
    stage.work_order("1003", category="Roof")
    assert stage.sync().posted == 2
    return stage


@pytest.mark.parametrize("posted", EACH, indirect=True)
def test_a_line_says_which_values_its_fact_compared_and_what_the_ledger_calls_its_account(posted: Stage) -> None:
    (told,) = asked(posted, "1002")
    lines = told.work_order.lines
    assert [(line["kind"], line["cost_code"], line["amount"], line["side"]) for line in lines] == [
        ("other", "HVAC", "1234.56", "debit"),
        ("other", "HVAC", "1234.56", "credit"),
        ("other", "HVAC", "34.50", "credit"),
        ("other", "HVAC", "34.50", "debit"),
    ]
    big, source, returned = named(told, 0, "account"), named(told, 1, "account"), named(told, 2, "account")
    assert (big["here"], big["there"], big["compared"]) == ("Big repairs", "6140 Equipment repairs", [["amount above", "500"]])
    assert big["place"].endswith("mapping.yaml:5")
    assert (source["there"], source["compared"]) == ("2100 Accrued maintenance", [["kind", "other"]])
    assert (returned["here"], returned["compared"]) == ("HVAC", [["category", "HVAC"], ["kind", "other"]])


@pytest.mark.parametrize("posted", EACH, indirect=True)
def test_a_document_leads_back_by_its_number_its_id_and_its_address(posted: Stage) -> None:
    (told,) = asked(posted, "1003")
    row = told.work_order
    address = ADDRESSES[posted.ledger, "journal_entry"].format(row.document_id)
    for text in (row.marker, row.marker.lower(), f"UpKeep work order 1003 [{row.marker}]", address):
        (found,) = asked(posted, text)
        assert found.document is not None
        assert (found.work_order, found.document.id, found.document.state) == (row, row.document_id, "posted")
    (by_id,) = asked(posted, row.document_id, only_documents=True)
    assert by_id.work_order == row
    debits = sum(Decimal(str(line["amount"])) for line in row.lines if line["side"] == "debit")
    assert by_id.document is not None
    assert Decimal(by_id.document.total) == debits == Decimal("100.00")


@pytest.mark.parametrize("posted", ["quickbooks"], indirect=True)
def test_what_is_not_ours_is_not_known(posted: Stage) -> None:
    (told,) = asked(posted, "1003")
    other = "https://go.xero.com/Journal/View.aspx?invoiceID=3f2b9c4e-0d5a-4c57-9a53-6a1d0c9b7e11"
    invoice = ADDRESSES["quickbooks", "invoice"].format(told.work_order.document_id)
    for text in (other, invoice, "https://example.com/1003", "", "9999"):
        assert asked(posted, text) == []
    assert asked(posted, "1003", only_documents=True) == []


@pytest.mark.parametrize("posted", ["quickbooks"], indirect=True)
def test_a_number_that_could_be_both_is_the_work_order_s(posted: Stage) -> None:
    (told,) = asked(posted, "1003")
    posted.work_order(told.work_order.document_id)
    posted.sync()
    (work_order,) = asked(posted, told.work_order.document_id)
    (document,) = asked(posted, told.work_order.document_id, only_documents=True)
    assert (work_order.work_order.number, document.work_order.number) == (told.work_order.document_id, "1003")


@pytest.mark.parametrize("ledger", EACH)
def test_an_invoice_says_who_is_billed_and_its_credit_which_one_it_takes_back(ledger: str, tmp_path: Path) -> None:
    stage = Stage(tmp_path, ledger, "invoice")
    stage.work_order("7")
    assert stage.sync().posted == 1
    (told,) = asked(stage, "7")
    assert told.work_order.customer["there"] == "Internal departments"
    assert {name["what"] for line in told.work_order.lines for name in line["names"]} >= {"item", "tax code"}  # type: ignore[attr-defined]
    (document,) = asked(stage, ADDRESSES[ledger, "invoice"].format(told.work_order.document_id))
    assert document.document is not None
    assert Decimal(document.document.total) == sum(Decimal(str(line["amount"])) for line in told.work_order.lines)
    with stage.world() as world:
        reverse(world, "7", "billed twice")
        credit = explain(world, "7")
    assert credit is not None
    (back,) = asked(stage, credit.reversal["marker"])
    assert back.document is not None
    assert (back.document.kind, back.document.takes_back) == ("credit", told.work_order.marker)
    assert "takes back" in shown(stage, back)


def test_what_a_work_order_became_since_is_not_shown_as_an_earlier_document_s_lines(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order("7")
    stage.sync()
    (told,) = asked(stage, "7")
    with stage.world() as world:
        postings = world.store.documents_called(told.work_order.marker)
        other = replace(postings[0], marker="7-ABCDEFGHIJKLM")

        class Other:
            def documents_called(self, word: str) -> list[Any]:
                return [other]

            def __getattr__(self, name: str) -> Any:
                return getattr(world.store, name)

        (found,) = answers(replace(world, store=Other()), other.marker, "quickbooks")  # type: ignore[arg-type]
    assert found.work_order.lines == ()


# --- the page ---------------------------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """What a page holds: how many of each tag, its texts, tags that were left open, and what its labels and headers belong to."""

    VOID = frozenset({"meta", "input", "br", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def shown(stage: Stage, *answered: Answer, form: bool = False) -> str:
    return page("asked", [Told("shop", stage.ledger, "company 1", one) for one in answered], form=form)


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("posted", ["quickbooks"], indirect=True)
def test_the_page_is_whole_and_says_what_each_thing_is(posted: Stage) -> None:
    text = shown(posted, *asked(posted, "1002"), *asked(posted, "1003"), form=True)
    read = Page(text)
    assert (read.open, len(read.all("h1")), len(read.all("table")), len(read.all("caption"))) == ([], 1, 2, 2)
    assert all(header.get("scope") in ("col", "row") for header in read.all("th"))
    assert {label["for"] for label in read.all("label")} == {field["id"] for field in read.all("input")}
    assert not read.all("script")
    assert not [attributes for _, attributes in read.tags if any(name.startswith("on") or name in ("src", "href") for name in attributes)]
    assert read.all("html") == [{"lang": "en"}]
    words = " ".join(" ".join(read.words).split())
    for told in (
        "1,234.56",
        "6140 Equipment repairs",
        "amount above = “500”",
        "mapping.yaml:5",
        "category = “HVAC”",
        "Total USD 1,269.06 1,269.06",
    ):
        assert told in words


@pytest.mark.parametrize("ledger", EACH)
def test_the_page_says_which_rule_made_the_price(ledger: str, tmp_path: Path) -> None:
    plain = plain_mapping_text("USD")
    stage = Stage(tmp_path, ledger, "invoice", mapping_text=plain.replace("invoice:\n", "invoice:\n  markup_percent: {other: 20}\n"))
    stage.work_order("7")
    stage.sync()
    words = " ".join(" ".join(Page(shown(stage, *asked(stage, "7"))).words).split())
    assert "markup 20 % because of invoice: markup_percent at mapping.yaml:" in words


def test_every_word_of_the_page_can_be_read() -> None:
    """WCAG asks for a contrast of 4.5 between a text and what is behind it."""
    text = page("", [], form=True)
    colors = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))
    assert set(re.findall(r"var\(--([a-z-]+)\)", text)) <= set(colors)
    assert "@media print" in text
    behind = {"paper": ("ink", "soft", "bad", "link"), "tint": ("ink", "soft"), "bad-tint": ("ink", "bad"), "link": ("paper",)}
    for under, over in behind.items():
        for name in over:
            darker, lighter = sorted((luminance(colors[under]), luminance(colors[name])))
            assert (lighter + 0.05) / (darker + 0.05) >= 4.5, (under, name)


def test_a_held_work_order_says_what_is_missing_and_what_to_do(tmp_path: Path) -> None:
    mapping = "cost_code: category\ncost_codes: {Roof: Repairs}\ncredits: {labor: Labor applied, parts: Parts, other: Accrued}\n"
    stage = Stage(tmp_path, mapping_text=mapping)
    stage.work_order("1")
    stage.sync()
    text = shown(stage, *asked(stage, "1"))
    assert "COST_CODE_WITHOUT_ACCOUNT" in text
    assert "Next step: Add it under cost_codes, or set a default." in text
    assert Page(text).open == []


def test_whatever_people_wrote_is_text_on_the_page(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.work_order(
        "<b>1",
        title='<script>alert("1")</script>',
        additionalCosts=[{"description": "<img src=x onerror=y>", "category": "x", "cost": "1"}],
    )
    stage.sync()
    read = Page(page('"><script>', [Told("<i>", "quickbooks", "<u>", one) for one in asked(stage, "<b>1")], form=True))
    assert not {tag for tag, _ in read.tags} & {"script", "img", "b", "i", "u"}
    assert "<img src=x onerror=y>" in " ".join(read.words)


def test_the_page_of_nothing_says_so() -> None:
    assert "Nothing of that is known here" in page("1", [])
    assert "Nothing of that is known here" not in page("", [], form=True)


@pytest.mark.parametrize("posted", ["quickbooks"], indirect=True)
def test_what_an_earlier_release_decided_is_shown_as_far_as_it_told(posted: Stage) -> None:
    (told,) = asked(posted, "1003")
    new = ("names", "kind", "cost_code", "description")
    older = tuple({key: value for key, value in line.items() if key not in new} for line in told.work_order.lines)
    text = shown(posted, replace(told, work_order=replace(told.work_order, lines=older, customer={}, kind="")))
    assert "Repairs and maintenance" in text
    assert Page(text).open == []
