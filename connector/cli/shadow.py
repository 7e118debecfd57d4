"""shadow report: a shadow's drafts beside what was booked by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.exits import Exit
from connector.cli.opening import DEFAULT_CONFIG, EVERY_CONNECTION, ConfigOption, ConnectionOption, JsonOption, collected
from connector.cli.output import console, counted, errors, money, print_indented, print_json, problem_json, table

if TYPE_CHECKING:
    from connector.core.shadow import ByHand, Pair, ShadowDraft
    from connector.flows.shadow_report import ShadowReport

app = typer.Typer(help="A connection that drafts and never posts (mode: shadow).", no_args_is_help=True)
# So many of a kind are told on the screen; --json has them all.
SHOWN_MAX = 20


@app.callback()
def shadow() -> None:
    """A connection that drafts and never posts (mode: shadow)."""


@app.command()
def report(
    period: Annotated[str, typer.Option("--period", help="The month, YYYY-MM.")],
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    as_json: JsonOption = False,
) -> None:
    """The month's drafts beside what people booked: matched, only drafted, only in the ledger, each account; writes nothing."""
    from connector.core.period import Month
    from connector.flows.shadow_report import shadow_report

    month = Month.parse(period)
    if month is None:
        errors().print(f"USAGE --period is '{period}'; write it as YYYY-MM.", markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION)
    reports, unreachable = collected(config, connection, lambda world: shadow_report(world, month), quiet=as_json)
    if as_json:
        print_json({"connections": [to_json(one) for one in reports], "unreachable": [problem_json(p) for p in unreachable]})
    for one in [] if as_json else reports:
        _print(one)
    if unreachable:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.DONE if all(one.agrees for one in reports) else Exit.NEEDS_PERSON)


def to_json(report: ShadowReport) -> dict[str, Any]:
    """The report as JSON values; money as decimal strings."""
    from connector.core.money import plain

    return {
        "connection": report.connection,
        "ledger": report.ledger,
        "currency": report.currency,
        "period": str(report.month),
        "agrees": report.agrees,
        "matched": [
            {"draft": _draft(pair.draft), "document": _hand(pair.hand), "alike": list(pair.because), "difference": plain(pair.difference)}
            for pair in report.pairs
        ],
        "only_drafted": [_draft(one) for one in report.only_drafted],
        "only_in_the_ledger": [_hand(one) for one in report.only_booked],
        "accounts": [
            {
                "account": one.account,
                "drafted": {"debit": plain(one.drafted.debit), "credit": plain(one.drafted.credit), "net": plain(one.drafted.net)},
                "booked": {"debit": plain(one.booked.debit), "credit": plain(one.booked.credit), "net": plain(one.booked.net)},
                "difference": plain(one.difference),
            }
            for one in report.accounts
        ],
        "of_the_connector": report.ours,
    }


def _draft(draft: ShadowDraft) -> dict[str, object]:
    from connector.core.money import plain

    told = {"work_order": draft.number, "title": draft.title, "document": draft.kind.value, "date": draft.date.isoformat()}
    return told | {"total": plain(draft.total), "accounts": sorted(draft.accounts)}


def _hand(hand: ByHand) -> dict[str, object]:
    from connector.core.money import plain

    document = hand.document
    told = {"id": document.id, "number": document.number, "document": document.kind.value, "date": document.date.isoformat()}
    return told | {"total": plain(document.total), "accounts": sorted(hand.accounts)}


def _print(report: ShadowReport) -> None:
    out, currency = console(), report.currency
    alone = f"{len(report.only_drafted)} only drafted, {len(report.only_booked)} only in the ledger"
    out.print(f"{report.connection}, {report.month}: {len(report.pairs)} matched, {alone}; nothing was written", markup=False)
    lines = [
        *(_pair_line(pair, currency) for pair in report.pairs if pair.difference),
        *(f"only drafted: {one.number} {one.title}, {one.date}, {money(one.total, currency)}" for one in report.only_drafted),
        *(
            f"only in the ledger: {one.document.kind.value} {one.document.number or one.document.id}, {one.document.date},"
            f" {money(one.document.total, currency)}"
            for one in report.only_booked
        ),
    ]
    for line in lines[:SHOWN_MAX]:
        print_indented(out, line, 2)
    if len(lines) > SHOWN_MAX:
        out.print(f"  and {len(lines) - SHOWN_MAX} more, all in --json")
    if report.ours:
        out.print(f"  {counted(report.ours, 'document')} of the connector's own left out")
    rows = [
        (one.account, money(one.drafted.net, currency), money(one.booked.net, currency), money(one.difference, currency))
        for one in report.accounts
    ]
    if rows:
        out.print(table(f"Accounts ({currency})", ("account", "drafted", "booked", "difference"), rows, right=frozenset({1, 2, 3})))


def _pair_line(pair: Pair, currency: str) -> str:
    document = pair.hand.document
    return (
        f"matched with a difference: {pair.draft.number} {money(pair.draft.total, currency)}, booked {money(document.total, currency)}"
        f" ({document.kind.value} {document.number or document.id}, {document.date})"
    )
