"""connect and disconnect: a person's consent at QuickBooks or Xero, and its end; and a person's code at UpKeep."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.exits import Exit
from connector.cli.opening import (
    DEFAULT_CONFIG,
    EVERY_CONNECTION,
    ConfigOption,
    ConnectionOption,
    database_of,
    one_connection,
    translated_errors,
)
from connector.cli.output import console, errors, print_problems
from connector.cli.person import person
from connector.cli.way_back import Listener, NobodyCameBackError, asked_by_hand, is_loopback

if TYPE_CHECKING:
    from connector.config.settings import ConnectionConfig
    from connector.flows.connect import Left

WhichArgument = Annotated[str, typer.Argument(help="The connection's name, or quickbooks, xero or upkeep where only one is of that kind.")]
# Where a person ends it in the vendor's own pages, as far as we know them.
_BY_HAND = {
    "quickbooks": "If QuickBooks still lists the app among the connected ones, end it there.",
    "xero": "If Xero still lists the app among the connected ones, end it there: until then the connection counts.",
}


def connect(
    which: WhichArgument = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the consent page's address.")] = False,
    paste: Annotated[bool, typer.Option("--paste", help="Paste the address you are sent to, also where it leads to this machine.")] = False,
    code: Annotated[str, typer.Option(help="With upkeep: the second factor's code, where nobody can be asked for it.")] = "",
) -> None:
    """Have a person agree at QuickBooks or Xero, or sign in to UpKeep (kind: supergood), and keep the sign-in encrypted."""
    if which == "upkeep":
        from connector.cli.connecting_upkeep import connect_upkeep

        connect_upkeep(config, connection, code)
        return
    from connector.core.problem import Problem
    from connector.flows.connect import connect as run_connect
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.wiring import sign_in_of

    with translated_errors():
        settings, database_name = one_connection(config, which or connection)
        _check_that_a_person_consents(settings)
        with (
            database_of(database_name) as database,
            sign_in_of(settings.ledger, database, database.clock, actor=person()) as (sign_in, _, vault),
        ):
            try:
                ask = _asking(settings.ledger.redirect_uri, open_browser=not no_browser, paste=paste)
                done = run_connect(sign_in, vault, settings.name, ask)
            except NobodyCameBackError as error:
                done = Problem("CONSENT_NOT_OURS", settings.name, f"The consent did not come back: {error}.", "Run the command again.")
            except UNREACHABLE_ERRORS as error:
                print_problems([unreachable_problem(settings.name, error)])
                raise typer.Exit(Exit.UNREACHABLE) from None
    if isinstance(done, Problem):
        print_problems([done])
        raise typer.Exit(Exit.NEEDS_PERSON)
    console().print(f"{settings.name}: connected to {done.name or done.id}. The sign-in is stored, encrypted.", markup=False)
    console().print("Next: `connector check` tries it, and every name of the mapping.", markup=False)


def _check_that_a_person_consents(settings: ConnectionConfig) -> None:
    if settings.ledger.sign_in == "client_credentials":
        message = f"USAGE {settings.name} is a custom connection: it signs in by itself, and nobody consents. Run `connector check`."
        errors().print(message, markup=False)
        raise typer.Exit(Exit.BAD_CONFIGURATION)


def _asking(redirect_uri: str, *, open_browser: bool, paste: bool) -> Callable[[str], str]:
    if is_loopback(redirect_uri) and not paste:
        return Listener(redirect_uri, open_browser).ask
    return asked_by_hand(open_browser=open_browser)


def disconnect(
    which: WhichArgument = "",
    config: ConfigOption = DEFAULT_CONFIG,
    connection: ConnectionOption = EVERY_CONNECTION,
    forget: Annotated[bool, typer.Option("--forget", help="Delete our token without asking the vendor, who keeps the connection.")] = False,
) -> None:
    """End the sign-in at QuickBooks or Xero, then delete our token; documents and records stay."""
    from connector.flows.connect import disconnect as run_disconnect
    from connector.flows.connect import forget as run_forget
    from connector.flows.unreachable import UNREACHABLE_ERRORS, unreachable_problem
    from connector.wiring import sign_in_of

    with translated_errors():
        settings, database_name = one_connection(config, which or connection)
        with (
            database_of(database_name) as database,
            sign_in_of(settings.ledger, database, database.clock, actor=person()) as (sign_in, oauth, vault),
        ):
            try:
                is_own = settings.ledger.sign_in == "client_credentials"  # No grant of a person's, so nothing to revoke.
                left = run_forget(vault) if forget or is_own else run_disconnect(sign_in, oauth, vault)
            except UNREACHABLE_ERRORS as error:
                print_problems([unreachable_problem(settings.name, error)])
                console().print(f"{settings.name}: not disconnected yet; our token is kept. Run the command again later,", markup=False)
                console().print("or with --forget to delete our token only. " + _BY_HAND[settings.ledger.kind], markup=False)
                raise typer.Exit(Exit.UNREACHABLE) from None
    _print_left(settings, left)


def _print_left(settings: ConnectionConfig, left: Left) -> None:
    from connector.flows.connect import Ended

    told = {
        Ended.REVOKED: "disconnected: the sign-in was ended at the vendor, and our token is deleted.",
        Ended.ALREADY_ENDED: f"the vendor knew the sign-in no longer; our token is deleted. {_BY_HAND[settings.ledger.kind]}",
        Ended.KEPT_FOR_OTHERS: "disconnected from this company, and our token is deleted. The same consent also opens other companies:",
        Ended.NOT_ASKED: f"our token is deleted; the vendor was not asked. {_BY_HAND[settings.ledger.kind]}",
        Ended.NOT_CONNECTED: "no sign-in is stored; nothing was done.",
    }
    out = console()
    out.print(f"{settings.name}: {told[left.ended]}", markup=False)
    for company in left.others:
        out.print(f"  {company.name} ({company.id}) stays connected at the vendor", markup=False)
    if settings.ledger.refresh_token.reveal():
        out.print("  config.yaml still holds a refresh_token: remove it, or the next run signs in with it while it lives.", markup=False)
