"""Connecting a ledger company, and disconnecting it: a person consents at the vendor, and we keep the token, or end it.

Read `connect` top-down. The token is stored before anything else is done with it: a code is good once, and a token that only this
process knew would cost the person another consent. When it turns out to open another company, what was stored before comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from connector.core.problem import Problem
from connector.core.tokens import Token, TokenVault, UnreadableTokenError
from connector.ledgers.consent import ConsentError, read_answer
from connector.ledgers.ledger import ReconnectRequiredError
from connector.ledgers.oauth import OAuth
from connector.ledgers.sign_in import Company, SignIn
from connector.ledgers.token_endpoint import DeadGrantError

_AGAIN = "Run `connector connect {connection}` again, and consent in the page that it opens."
# What the audit calls a person's decisions about a sign-in.
CONNECTED, PUT_BACK = "connected", "connected_to_another_company"
DISCONNECTED, FORGOTTEN = "disconnected", "sign_in_forgotten"
_KEY = {"quickbooks": "realm_id", "xero": "tenant_id"}


def connect(sign_in: SignIn, vault: TokenVault, connection: str, ask: Callable[[str], str]) -> Company | Problem:
    """Have a person consent and keep the token; `ask` shows the page's address and gives the one to which they were sent back."""
    vault.prepare()  # Whoever could not store the token does not ask for it.
    question = sign_in.question()
    returned = ask(question.address)

    try:
        answer = read_answer(returned, question)
    except ConsentError as error:
        return Problem(error.code, connection, str(error), _AGAIN.format(connection=connection))
    if not sign_in.covers_several and answer.company_id != sign_in.company_id:
        return _other_company(sign_in, connection, [Company(answer.company_id)] if answer.company_id else [])

    with vault.exclusive():
        before = _stored(vault)
        try:
            token = sign_in.exchange(answer, question)
        except DeadGrantError:
            message = "The code of the consent was refused: it is good once, and only for a few minutes."
            return Problem("CONSENT_CODE_REFUSED", connection, message, _AGAIN.format(connection=connection))
        vault.save(token, CONNECTED)

        if not sign_in.covers_several:
            return Company(sign_in.company_id)
        companies = sign_in.companies(token.access)
        found = _own(sign_in, companies)
        if found is not None:
            return found
        _put_back(vault, before)
        return _other_company(sign_in, connection, companies)


def _stored(vault: TokenVault) -> Token | None:
    """What is stored; a token that nobody can read any more is what connecting again is for."""
    try:
        return vault.load()
    except UnreadableTokenError:
        return None


def _put_back(vault: TokenVault, before: Token | None) -> None:
    if before is None:
        vault.delete(PUT_BACK)
    else:
        vault.save(before, PUT_BACK)


def _own(sign_in: SignIn, companies: list[Company]) -> Company | None:
    return next((company for company in companies if company.id.casefold() == sign_in.company_id.casefold()), None)


def _other_company(sign_in: SignIn, connection: str, companies: list[Company]) -> Problem:
    """Nothing is posted to books that the configuration does not name; the person chooses, here or at the consent page."""
    key = _KEY[sign_in.service]
    named = ", ".join(f"{company.name} ({company.id})" if company.name else company.id for company in companies) or "no company at all"
    message = f"The consent is for {named}; the configuration says {key} {sign_in.company_id}."
    next_step = f"If it is the right one, put its id under {key}; then run `connector connect {connection}`, and choose it there."
    return Problem("CONSENT_OTHER_COMPANY", connection, message, next_step)


class Ended(Enum):
    """What a disconnect did at the vendor."""

    REVOKED = "revoked"
    ALREADY_ENDED = "already ended"
    KEPT_FOR_OTHERS = "the company was left; the grant also serves other companies, and stays"
    NOT_ASKED = "not asked"
    NOT_CONNECTED = "not connected"


@dataclass(frozen=True, slots=True)
class Left:
    """How a disconnect went: what the vendor did, and the other companies that the same consent still opens."""

    ended: Ended
    others: tuple[Company, ...] = ()


def disconnect(sign_in: SignIn, oauth: OAuth, vault: TokenVault) -> Left:
    """End the grant at the vendor, then forget our token; while the vendor cannot be reached, nothing is forgotten."""
    if vault.load() is None:
        return Left(Ended.NOT_CONNECTED)
    others: tuple[Company, ...] = ()
    is_dead = False
    try:
        others = _left_company(sign_in, oauth)
    except DeadGrantError:
        is_dead = True  # There is nothing to end at the vendor with it.

    with vault.exclusive():
        token = vault.load()
        if token is None:
            return Left(Ended.NOT_CONNECTED)
        ended = Ended.KEPT_FOR_OTHERS if others else Ended.ALREADY_ENDED
        if not others and not is_dead and sign_in.revoke(token):
            ended = Ended.REVOKED
        vault.delete(DISCONNECTED)
        return Left(ended, others)


def _left_company(sign_in: SignIn, oauth: OAuth) -> tuple[Company, ...]:
    """Leave our company where a consent may cover several. Revoking would end all of them, so the others are told and left alone."""
    if not sign_in.covers_several:
        return ()
    try:
        companies = sign_in.companies(oauth.access())
    except ReconnectRequiredError:
        oauth.mark_stale()  # It was refused although it had not ended: a refresh tells whether the grant lives.
        companies = sign_in.companies(oauth.access())
    access, own = oauth.access(), _own(sign_in, companies)
    if own is not None:
        sign_in.leave(access, own)
    return tuple(company for company in companies if company is not own)


def forget(vault: TokenVault) -> Left:
    """Forget our token without asking the vendor, who still counts us as connected until a person ends it in their own pages."""
    vault.delete(FORGOTTEN)
    return Left(Ended.NOT_ASKED)
