"""explain: each cent of a work order from the actual to its line in the ledger."""

from __future__ import annotations

from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, collected
from connector.cli.output import console, errors, money, print_indented, print_json, table
from connector.core.summary import basis_in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from connector.flows.explain import Explanation
    from connector.flows.explain_document import Answer
    from connector.flows.world import World

Line = dict[str, object]
Row = tuple[str, ...]
_WIDE = 110


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="WHAT",
            help="A work order's number; or a document of the ledger: its number, its id there, or the address of its page in the browser.",
        ),
    ],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
    only_documents: Annotated[bool, typer.Option("--document", help="WHAT is a document, not a work order of that number.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page for the browser and for paper to this file.", dir_okay=False)
    ] = None,
) -> None:
    """Why each cent went where it went: from a work order to the ledger, and from a document of the ledger back."""
    from connector.flows.explain_document import answers

    def ask(world: World) -> list[tuple[World, Answer]]:
        return [(world, one) for one in answers(world, what, world.ledger.kind, only_documents=only_documents)]

    found, unreachable = collected(config, connection, ask, quiet=True)
    known = [pair for pairs in found for pair in pairs]
    if html is not None:
        _write_page(html, what, known)
    if as_json:
        told = [{"connection": world.policy.connection, **answer.to_json()} for world, answer in known]
        print_json({"work_order": what, "connections": told})
    for world, answer in [] if as_json else known:
        _print_answer(world.policy.connection, answer)
    if not known and not as_json:
        _print_unknown(what, only_documents=only_documents)
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.DONE if known else Exit.NEEDS_PERSON)


def _write_page(path: Path, what: str, known: Sequence[tuple[World, Answer]]) -> None:
    from connector.flows.explain_page import Told, page

    told = [Told(world.policy.connection, world.ledger.kind, world.ledger.company_id, answer) for world, answer in known]
    # A name may hold half a character, which no file can.
    path.write_text(page(what, told), encoding="utf-8", errors="replace", newline="\n")
    errors().print(f"wrote {path}", markup=False)


def _print_unknown(what: str, *, only_documents: bool) -> None:
    from connector.core.document_address import meant_document

    if only_documents or meant_document(what).is_certain:
        console().print(f"{what} is no document that was made here.", markup=False)
    else:
        console().print(f"Work order {what} is not known here; run sync, or look for it in UpKeep.", markup=False)


def _print_answer(connection: str, answer: Answer) -> None:
    if answer.document is not None:
        asked, out = answer.document, console()
        takes_back = f", which takes back {asked.takes_back}" if asked.takes_back else ""
        kind, total = asked.kind.replace("_", " "), money(Decimal(asked.total), asked.currency)
        out.print(f"{kind} {asked.number} of {asked.date}, {total} {asked.currency}{takes_back}:", markup=False)
    _print_explanation(connection, answer.work_order)


def _print_explanation(connection: str, told: Explanation) -> None:
    out = console()
    out.print(f"Work order {told.number} {told.title}: {told.disposition} ({connection})", markup=False)
    if told.marker:
        ledger_id = f"ledger id {told.document_id}" if told.document_id else "not in the ledger by our records"
        document = "credit" if told.kind == "credit" else "document"
        print_indented(out, f"{document} {told.marker}, {ledger_id}, dated {told.document_date}", 2)
    if told.reversal:
        state = "taken back" if told.reversal["state"] == "posted" else f"being taken back ({told.reversal['state']})"
        print_indented(out, f"{state} by credit {told.reversal['marker']} of {told.reversal['date']}", 2)
        print_indented(out, f"because: {told.reversal['because']} ({told.reversal['by']}, {told.reversal['asked_at'][:10]})", 4)
    if told.moved_from:
        out.print(f"  its date was moved from {told.moved_from}: that period is closed")
    if told.lines:
        _print_lines(out, told)
    for counted in told.statistical:
        print_indented(out, f"statistical, in no document: {counted['actual']}, {money(Decimal(counted['cost']), told.currency)}", 2)
    for cost in told.left_out:
        print_indented(out, f"does not count: {cost}", 2)
    for piece in told.evidence:
        _print_evidence(out, piece)
    _print_messages_and_problems(out, told)


def _print_messages_and_problems(out: Console, told: Explanation) -> None:
    for message in told.messages:
        told_so = ", ".join(filter(None, (message["state"].replace("_", " "), message["text"], message["problem"])))
        print_indented(out, f"message in UpKeep: {told_so}", 2)
    for problem in told.problems:
        print_indented(out, f"{problem['code']} {problem['place']}: {problem['message']}", 2)
        print_indented(out, problem["next_step"], 4)


def _print_lines(out: Console, told: Explanation) -> None:
    """Its lines, and what is said of them together."""
    is_invoice = "tax_code" in told.lines[0]
    # The name of the rule beside its line where there is room for both, else above it.
    between = ", " if out.width >= _WIDE else "\n"
    out.print((_invoice_table if is_invoice else _journal_table)(told, between))
    shared = {_tracking(line) for line in told.lines}
    if len(shared) == 1 and shared != {""}:
        out.print(f"  every line has{shared.pop()}", markup=False)
    for row in told.head:
        place = f" ({Path(row['rule']).name})" if row["rule"] else ""
        out.print(f"  {row['field'].replace('_', ' ')}: {row['value']}{place}", markup=False)
    _print_there(out, told.lines)
    _print_files(out, told.lines)


def _journal_table(told: Explanation, between: str) -> object:
    """Each actual with its price, and under it the accounts that it was booked to; debits and credits add up."""
    rows: list[Row] = []
    is_same = len({_tracking(line) for line in told.lines}) == 1
    sums = {"debit": Decimal(0), "credit": Decimal(0)}
    for actual, lines in groupby(told.lines, key=_actual):
        rows.append((actual, "", "", ""))
        for line in lines:
            amount = Decimal(str(line["amount"]))
            sums[str(line["side"])] += amount
            shown = money(amount, told.currency)
            debit, credit = (shown, "") if line["side"] == "debit" else ("", shown)
            rows.append((f"  {line['account']}{'' if is_same else _tracking(line)}", debit, credit, _because(line, between)))
        rows.append(())
    rows.append((f"total {told.currency}", *(money(amount, told.currency) for amount in sums.values()), ""))
    return table("", ("actual and account", "debit", "credit", "because of"), rows, right=frozenset({1, 2}))


def _invoice_table(told: Explanation, between: str) -> object:
    """Each actual with its price, and under it the item or account and tax code that it was billed with."""
    rows: list[Row] = []
    for line in told.lines:
        tax = f", tax code {line['tax_code']}" if line["tax_code"] else ""
        rows += [
            (_actual(line), money(Decimal(str(line["cost"])), told.currency), "", ""),
            (f"  {line['account']}{tax}", "", money(Decimal(str(line["amount"])), told.currency), _because(line, between)),
            *_price(line, between),
            (),
        ]
    cost, billed = (sum((Decimal(str(line[name])) for line in told.lines), Decimal(0)) for name in ("cost", "amount"))
    # What was decided by an earlier release does not say what its amounts are: they were before tax.
    amounts = {"inclusive": "with tax", "none": "without tax"}.get(str(told.lines[0].get("amounts")), "before tax")
    rows.append((f"total {told.currency}, {amounts}", money(cost, told.currency), money(billed, told.currency), ""))
    if told.tax and Decimal(told.tax):
        about = Decimal(told.tax_tolerance)
        allowed = f"{money(about, told.currency)} more or less" if about else ""
        rows.append(
            (
                f"tax that the ledger should {'give back' if told.kind == 'credit' else 'charge'}",
                "",
                money(Decimal(told.tax), told.currency),
                allowed,
            )
        )
    return table("", ("actual and item", "cost", "billed", "because of"), rows, right=frozenset({1, 2}))


def _actual(line: Line) -> str:
    basis = basis_in_words(str(line["basis"]), str(line.get("priced_at", "")))
    return f"{line['actual']}: {_short(line['quantity'])} × {line['unit_price']}, {basis}"


def _price(line: Line, between: str) -> list[Row]:
    """What made the price another one than the cost, one rule a row."""
    return [(f"    {rule['what']}", "", "", _because(rule, between)) for rule in _rules_of_price(line)]


def _rules_of_price(line: Line) -> list[Line]:
    told = line.get("price")
    return told if isinstance(told, list) else []


def _tracking(line: Line) -> str:
    tracking = line.get("tracking")
    return f" {', '.join(map(str, tracking))}" if isinstance(tracking, list) and tracking else ""


def _because(line: Line, between: str) -> str:
    # What was decided by an earlier release names the line only.
    return between.join(filter(None, (str(line.get("because", "")), Path(str(line["rule"])).name)))


def _print_files(out: Console, lines: Sequence[Line]) -> None:
    rules = [*lines, *(rule for line in lines for rule in _rules_of_price(line))]
    for file in sorted({str(line["rule"]).rpartition(":")[0] for line in rules} - {""}):
        out.print(f"  {Path(file).name} is {file}", markup=False)


def _print_there(out: Console, lines: Sequence[Line]) -> None:
    """What each name is called in the ledger, where that is another word, and what its fact compared."""
    names = [name for line in lines for name in cast(list[dict[str, Any]], line.get("names", []))]
    for told in dict.fromkeys(_told_there(name) for name in names):
        if told:
            print_indented(out, told, 2)


def _told_there(name: dict[str, Any]) -> str:
    compared = ", ".join(f"{key} {value}" for key, value in name["compared"])
    there = f"called {name['there']} in the ledger" if name["there"] != name["here"] else ""
    by = f"decided by {compared}" if compared else ""
    return f"{name['what']} '{name['here']}': {', '.join(filter(None, (there, by)))}" if there or by else ""


def _print_evidence(out: Console, piece: dict[str, str]) -> None:
    what = piece["name"] or piece["kind"].replace("_", " ")
    told = [piece["state"].replace("_", " "), piece["problem"], f"ledger id {piece['id']}" if piece["id"] else ""]
    print_indented(out, f"evidence {what}: {', '.join(filter(None, told))}", 2)
    if piece["sha256"]:
        print_indented(out, f"SHA-256 {piece['sha256']}", 4)


def _short(quantity: object) -> str:
    """Without the zeros that only say how it was stored."""
    told = str(quantity)
    return told.rstrip("0").rstrip(".") if "." in told else told
