"""A service that cannot be used just now, as a problem with its code and next step: nothing is lost, the next run goes on."""

from __future__ import annotations

from connector.core.problem import Problem
from connector.core.writer import WriterBusyError
from connector.ledgers.ledger import CompanyInactiveError, LimitReachedError, ReconnectRequiredError, ServiceUnreachableError
from connector.upkeep.source import LimitedLoginError, SourceUnreachableError

UNREACHABLE_ERRORS = (ServiceUnreachableError, SourceUnreachableError, WriterBusyError)


def unreachable_problem(connection: str, error: Exception) -> Problem:
    """What could not be reached, and what a person does about it."""
    words = " ".join(str(error).split())
    message = words if words.endswith(".") else words + "."
    if isinstance(error, WriterBusyError):
        return Problem("WRITER_BUSY", connection, message, "Nothing was done here; the other process is doing it.")
    if isinstance(error, LimitedLoginError):
        return Problem("UPKEEP_LIMITED", connection, message, "Use an administrator's login for the connector.")
    if isinstance(error, SourceUnreachableError):
        return Problem("SOURCE_UNREACHABLE", connection, message, "Check source: base_url, email and password; then run again.")
    if isinstance(error, CompanyInactiveError):
        next_step = "Renew the company's subscription; nothing is lost, and the next run after that goes on."
        return Problem("COMPANY_INACTIVE", connection, message, next_step)
    if isinstance(error, ReconnectRequiredError):
        next_step = f"Run `connector connect {connection}`; if that is refused too, check ledger: client_id and client_secret."
        return Problem("LEDGER_UNREACHABLE", connection, message, next_step)
    if isinstance(error, LimitReachedError):
        return Problem("LIMIT_REACHED", connection, message, "Nothing is lost: a run after that time goes on by itself.")
    next_step = "Check ledger: base_url, token_url and the company's id; if they are right, run again later."
    return Problem("LEDGER_UNREACHABLE", connection, message, next_step)
