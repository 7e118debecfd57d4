"""A service that cannot be used just now, as a problem with its code and next step: nothing is lost, the next run goes on."""

from __future__ import annotations

from connector.core.problem import Problem
from connector.core.source_session import Stop
from connector.core.writer import WriterBusyError
from connector.ledgers.ledger import CompanyInactiveError, LimitReachedError, ReconnectRequiredError, ServiceUnreachableError
from connector.upkeep.source import LimitedLoginError, SignInStoppedError, SourceUnreachableError

UNREACHABLE_ERRORS = (ServiceUnreachableError, SourceUnreachableError, WriterBusyError)


def unreachable_problem(connection: str, error: Exception) -> Problem:
    """What could not be reached, and what a person does about it."""
    words = " ".join(str(error).split())
    message = words if words.endswith(".") else words + "."
    if isinstance(error, WriterBusyError):
        return Problem("WRITER_BUSY", connection, message, "Nothing was done here; the other process is doing it.")
    if isinstance(error, LimitedLoginError):
        return Problem("UPKEEP_LIMITED", connection, message, "Use an administrator's login for the connector.")
    if isinstance(error, SignInStoppedError):
        return stopped_problem(connection, error.stop, str(error))
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


def stopped_problem(connection: str, stop: Stop, reason: str) -> Problem:
    """A sign-in at the source that waits for a person: nothing is sent there meanwhile, so that no account is locked."""
    command = f"`connector connect upkeep --connection {connection}`"
    if stop is Stop.CODE_NEEDED:
        message = f"UpKeep's sign-in wants a second factor: {reason}. No sign-in is tried until it is given."
        return Problem("SOURCE_CODE_NEEDED", connection, message, f"Run {command} and enter the code, or give it with --code.")
    message = f"UpKeep: {reason}. No sign-in is tried again by itself, so that the account is not locked."
    step = f"Check source: username, password and totp_secret (and this machine's clock); then run {command}."
    return Problem("SOURCE_SIGN_IN_REFUSED", connection, message, step)
