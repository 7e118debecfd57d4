"""init and check: what a person runs before the first sync."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.call_log import LogCallsOption, show_calls
from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    JsonOption,
    collected,
    one_of,
)
from connector.cli.output import console, counted, print_json, print_problems, problem_json
from connector.cli.source_lines import source_lines

if TYPE_CHECKING:
    from connector.flows.check import Checked
    from connector.flows.world import Policy


def check(
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    log_calls: LogCallsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Try the configuration, every sign-in, and every name of the mapping against the live chart; write nothing."""
    from connector.flows.check import check as run_check

    if log_calls:
        show_calls()
    found, unreachable = collected(config, connection, lambda world: (world.policy, run_check(world)), quiet=True)
    if as_json:
        print_json({"connections": [_checked_json(policy.connection, checked) for policy, checked in found]})
    for policy, checked in [] if as_json else found:
        _print_checked(policy, checked)
    codes = {problem.code for _, checked in found for problem in checked.problems}
    if unreachable or codes & {"SOURCE_UNREACHABLE", "LEDGER_UNREACHABLE"}:
        raise typer.Exit(Exit.UNREACHABLE)
    raise typer.Exit(Exit.NEEDS_PERSON if codes else Exit.DONE)


def _checked_json(connection: str, checked: Checked) -> dict[str, object]:
    from connector.flows.status import window_json

    locked = checked.locked_through.isoformat() if checked.locked_through else None
    problems = [problem_json(problem) for problem in checked.problems]
    told: dict[str, object] = {"connection": connection, "company": checked.company_name, "currency": checked.currency}
    told |= {"about": dict(checked.about), "problems": problems}
    fields = {name: list(names) for name, names in checked.fields.items()}
    told |= {"locked_through": locked, "login": dict(checked.login), "window": window_json(checked.window), "fields": fields}
    return told | {"found": list(checked.found)}


def _print_checked(policy: Policy, checked: Checked) -> None:
    out = console()
    print_problems(checked.problems)
    told = counted(len(checked.problems), "problem") if checked.problems else "ready to post"
    books = f" to the books of {checked.company_name}" if checked.company_name and not checked.problems else ""
    out.print(f"{policy.connection}: {told}{books}", markup=False)
    if checked.login:
        says = ", ".join(f"{word} {fact}" for word, fact in checked.login.items())
        out.print(f"  UpKeep says: {says}; writing there is {'allowed' if policy.allows_writes else 'off'}", markup=False)
    for line in checked.found:
        out.print(f"  {line}", markup=False)
    if checked.about:
        about = ", ".join(f"{word} {fact}" for word, fact in checked.about.items())
        out.print(f"  the ledger says: {about}; jobs are dated by the connection's {policy.timezone}", markup=False)
    for line in source_lines(checked.window, checked.fields, policy.currency):
        out.print(f"  {line}", markup=False)
    if checked.locked_through is not None:
        then = "held" if policy.closed_period.value == "hold" else f"dated {checked.locked_through + timedelta(days=1)}"
        out.print(f"  the books are closed through {checked.locked_through}: what was completed until then is {then}")


def _empty(folder: Path) -> Path:
    """Told before the first question: nothing is overwritten."""
    present = [str(folder / name) for name in ("config.yaml", "mapping.yaml") if (folder / name).exists()]
    if present:
        raise typer.BadParameter(f"INIT_EXISTS {' and '.join(present)} exists already. Choose another folder, or move it away.")
    return folder


def _asked(help_text: str, question: str, read: Callable[[str], str]) -> Any:
    """An option that a person at a terminal is asked for; a wrong answer is told at once, and asked again."""
    return typer.Option(help=help_text, prompt=question, callback=read)


def _timezone(value: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    if value.strip() not in available_timezones():
        near = " or ".join(get_close_matches(value.strip(), available_timezones(), n=2)) or "America/Chicago"
        raise typer.BadParameter(f"USAGE '{value}' is no time zone. Write it like {near}.")
    return value.strip()


def _currency(value: str) -> str:
    if re.fullmatch("[A-Za-z]{3}", value.strip()) is None:
        raise typer.BadParameter(f"USAGE '{value}' is no currency. Write its three letters, such as USD.")
    return value.strip().upper()


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value.strip()).isoformat()
    except ValueError:
        raise typer.BadParameter(f"USAGE '{value}' is no day. Write it as YYYY-MM-DD.") from None


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write config.yaml and mapping.yaml.", callback=_empty, is_eager=True)] = Path(),
    name: Annotated[str, typer.Option(help="A name for this connection.")] = "main",
    ledger: Annotated[str, _asked("quickbooks or xero.", "Ledger (quickbooks or xero)", one_of("quickbooks", "xero"))] = ...,  # type: ignore[assignment]
    timezone: Annotated[str, _asked("The company's time zone.", "Time zone, such as America/Chicago", _timezone)] = ...,  # type: ignore[assignment]
    currency: Annotated[str, _asked("The currency of the books.", "Currency of the books, such as USD", _currency)] = ...,  # type: ignore[assignment]
    start_date: Annotated[str, _asked("Nothing completed before is posted.", "First day to post, YYYY-MM-DD", _day)] = ...,  # type: ignore[assignment]
    document: Annotated[
        str, _asked("journal_entry or invoice.", "Document (journal_entry or invoice)", one_of("journal_entry", "invoice"))
    ] = ...,  # type: ignore[assignment]
    parts: Annotated[
        str,
        _asked(
            "Are parts stocked, or expensed at purchase? It decides their credit side.",
            "Are parts stocked, or expensed at purchase? (stocked/expensed)",
            one_of("stocked", "expensed"),
        ),
    ] = ...,  # type: ignore[assignment]
    labor_credit: Annotated[
        str,
        _asked(
            "Labor credits an applied-labor account (applied), or reclassifies wages (wages).",
            "Credit labor to an applied-labor account, or reclassify wages? (applied/wages)",
            one_of("applied", "wages"),
        ),
    ] = ...,  # type: ignore[assignment]
) -> None:
    """Write a first config.yaml and mapping.yaml; asks what it must, and overwrites nothing."""
    from connector.config.template import InitAnswers, config_text, mapping_text

    answers = InitAnswers(
        connection=name,
        ledger=ledger,
        timezone=timezone,
        currency=currency,
        start_date=date.fromisoformat(start_date),
        document=document,
        parts_are=parts,
        labor_credit=labor_credit,
    )
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in ((folder / "config.yaml", config_text(answers)), (folder / "mapping.yaml", mapping_text(answers))):
        path.write_text(text, encoding="utf-8")
        console().print(f"wrote {path}", markup=False)
    names = ", ".join(re.findall(r"\$\{([A-Z_]+)\}", config_text(answers).split("database:")[1]))
    config = "" if folder == Path() else f" --config {folder / 'config.yaml'}"
    console().print(f"Next: put these into the environment: {names}.", markup=False)
    console().print(f"Then run `connector connect{config}`, and `connector check{config}`.", markup=False)
