"""The session of one login: shared by all processes, renewed before it ends, and never tried again after a refusal until a person acts.

Supergood signs in at UpKeep itself, and refused codes lock the account there. So each sign-in is one attempt, nothing is repeated; a
refusal is stored with the login that it was for, and only `connector connect upkeep`, or a login that was changed, is let through.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyotp

from connector.core.clock import Clock
from connector.core.contract import Contract
from connector.core.source_session import SessionVault, SourceSession, Stop
from connector.upkeep.reading import parse_moment
from connector.upkeep.source import SignInStoppedError, SourceUnreachableError
from connector.upkeep.supergood.http import Answer, SupergoodHttp, printable
from connector.upkeep.supergood.pointing import NOTHING, first

EXPIRY_MARGIN = timedelta(seconds=60)
# A token is "short-lived", and where its end is not told, this is when it is renewed; a 401 tells if that was too late.
UNTOLD_LIFETIME = timedelta(minutes=5)
CODE_SECONDS = 30
MFA_REQUIRED = ("mfa_required", "mfa_pending", "2fa_required")
Ask = Callable[[Sequence[str]], str]


class Session:
    """A login at one adapter."""

    def __init__(
        self, *, http: SupergoodHttp, vault: SessionVault, clock: Clock, contract: Contract, username: str, password: str, totp_secret: str
    ) -> None:
        self._http, self._vault, self._clock, self._contract = http, vault, clock, contract
        self._username, self._password, self._secret = username, password, totp_secret
        told = [http.base_url, username, password, totp_secret, contract.paths["sign_in"], sorted(contract.names.items())]
        self._login = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]
        self._session: SourceSession | None = None
        self._refused_token = ""

    def headers(self) -> dict[str, str]:
        """What a call carries; raises SignInStoppedError, or SourceUnreachableError when the sign-in cannot be reached."""
        if self._session is None or not self._is_fresh(self._session):
            with self._vault.exclusive():
                # Another process may have signed in, or been refused, while we waited.
                stored = self._vault.load()
                self._session = stored if self._is_fresh(stored) else self._renewed(stored)
        return self._carrying(self._session.token)

    def renew(self) -> datetime | None:
        """Have the token's successor now, or sign in where none is given; until when it is used."""
        with self._vault.exclusive():
            self._session = self._renewed(self._vault.load())
        return self._session.renew_at

    def mark_refused(self) -> None:
        """The present token was answered with 401 although it had not ended: the next call signs in anew."""
        if self._session is not None:
            self._refused_token = self._session.token

    def connect(self, code: str, ask: Ask | None) -> None:
        """Sign in as a person who acts: what stopped is tried again, once. `ask` gets the second factors and gives the code."""
        try:
            with self._vault.exclusive():
                stored = self._vault.load()
                if code and stored.pending:
                    self._session = self._second_factor(stored, code)
                else:
                    self._session = self._signed_in(SourceSession(code_step=stored.code_step), code)
        except SignInStoppedError as error:
            if error.stop is not Stop.CODE_NEEDED or ask is None:
                raise
            code = ask(self._vault.load().methods)  # Nobody else waits while a person looks for the code.
            with self._vault.exclusive():
                self._session = self._second_factor(self._vault.load(), code)

    def _carrying(self, token: str) -> dict[str, str]:
        return {self._contract.header: f"{self._contract.scheme} {token}".strip()}

    def _is_fresh(self, session: SourceSession) -> bool:
        is_live = session.renew_at is not None and session.renew_at > self._clock.now()
        return bool(session.token) and session.token != self._refused_token and is_live

    def _renewed(self, stored: SourceSession) -> SourceSession:
        if stored.stop is not Stop.NONE and stored.login == self._login:
            raise SignInStoppedError(stored.stop, stored.reason)
        refreshed = self._refreshed(stored) if stored.token and stored.token != self._refused_token else None
        return refreshed or self._signed_in(SourceSession(code_step=stored.code_step), "")

    def _refreshed(self, stored: SourceSession) -> SourceSession | None:
        """The token's successor; None where a whole sign-in must do, because the answer is lost or no refresh is given."""
        try:
            answer = self._http.once(self._contract.paths["refresh"], None, self._carrying(stored.token))
        except SourceUnreachableError:
            return None
        return self._kept(answer, stored) if self._token_of(answer) else None

    # --- the sign-in ------------------------------------------------------------------------------------------------------------

    def _signed_in(self, before: SourceSession, code: str) -> SourceSession:
        names = self._contract.names
        content = {names["username"]: self._username, names["password"]: self._password}
        if code:
            content[names["totp"]] = code
        elif self._secret:
            code, before = self._own_code(before)
            content[names["totp"]] = code
        answer = self._http.once(self._contract.paths["sign_in"], content, {})
        if not self._is_pending(answer):
            return self._judged(answer, before)
        methods, pending = self._methods(answer), self._text(answer, "session_pending")
        before = replace(before, pending=pending, methods=methods)
        if not (self._secret and pending and (not methods or "totp" in methods)):
            raise self._stopped(before, Stop.CODE_NEEDED, f"a code is asked for ({', '.join(methods) or 'no method is named'})")
        return self._second_factor(before, "")

    def _second_factor(self, before: SourceSession, code: str) -> SourceSession:
        """Answer the demand for a code, once."""
        if not code:
            code, before = self._own_code(before)
        names = self._contract.names
        content = {names["session_id"]: before.pending, names["mfa_code"]: code.strip()}
        return self._judged(self._http.once(self._contract.paths["sign_in"], content, {}), before)

    def _own_code(self, before: SourceSession) -> tuple[str, SourceSession]:
        """The code of a half minute from which none was sent yet; that it is sent is stored first."""
        step = self._step()
        if step <= before.code_step:
            self._clock.sleep((before.code_step + 1) * CODE_SECONDS - self._clock.now().timestamp())
            step = max(self._step(), before.code_step + 1)
        before = replace(before, code_step=step)
        self._vault.save(replace(before, login=self._login))
        return pyotp.HOTP(self._secret.replace(" ", "")).at(step), before

    def _step(self) -> int:
        return int(self._clock.now().timestamp()) // CODE_SECONDS

    def _judged(self, answer: Answer, before: SourceSession) -> SourceSession:
        if self._token_of(answer):
            return self._kept(answer, before)
        what = self._said(answer)
        if answer.status in (408, 429) or answer.status >= 500 or (answer.status < 300 and not answer.is_good):
            raise SourceUnreachableError(f"The sign-in at {self._http.base_url} is not to be had now: {what}")
        if answer.status in (404, 405):
            raise SourceUnreachableError(f"There is no sign-in at {self._contract.paths['sign_in']}: {what}; check source: paths: sign_in")
        if answer.is_good and not self._is_pending(answer):
            raise SourceUnreachableError(f"The sign-in's answer has no token: {what}; check source: fields: session_token")
        raise self._stopped(before, Stop.REFUSED, f"the sign-in was refused: {what}")

    def _stopped(self, before: SourceSession, stop: Stop, reason: str) -> SignInStoppedError:
        pending = before.pending if stop is Stop.CODE_NEEDED else ""
        self._vault.save(replace(before, token="", stop=stop, reason=reason, pending=pending, login=self._login))
        return SignInStoppedError(stop, reason)

    def _kept(self, answer: Answer, before: SourceSession) -> SourceSession:
        session = SourceSession(token=self._token_of(answer), renew_at=self._renewal(answer), code_step=before.code_step)
        self._vault.save(session)
        return session

    # --- what an answer says ----------------------------------------------------------------------------------------------------

    def _token_of(self, answer: Answer) -> str:
        """A token that fits into a header; "" for anything else."""
        told = self._told(answer, "session_token") if answer.is_good else ""
        return told if isinstance(told, str) and told.isascii() and told.isprintable() else ""

    def _renewal(self, answer: Answer) -> datetime:
        """A margin before the end, or half-way through a shorter session."""
        now = self._clock.now()
        ends, seconds = parse_moment(self._told(answer, "session_ends")), self._told(answer, "session_seconds")
        if ends is None and isinstance(seconds, Decimal) and 0 < seconds < 10**9:
            ends = now + timedelta(seconds=float(seconds))
        if ends is None or ends <= now:
            return now + UNTOLD_LIFETIME
        return ends - min(EXPIRY_MARGIN, (ends - now) / 2)

    def _is_pending(self, answer: Answer) -> bool:
        if self._token_of(answer) or answer.status >= 500:
            return False
        return answer.status == 202 or bool(self._methods(answer)) or self._text(answer, "error_code").casefold() in MFA_REQUIRED

    def _methods(self, answer: Answer) -> tuple[str, ...]:
        told = self._told(answer, "session_methods")
        return tuple(printable(one).casefold() for one in told[:5] if isinstance(one, str)) if isinstance(told, list) else ()

    def _told(self, answer: Answer, name: str) -> Any:
        return first(answer.told, self._contract.fields[name])

    def _text(self, answer: Answer, name: str) -> str:
        told = self._told(answer, name)
        return "" if told is NOTHING else printable(told)

    def _said(self, answer: Answer) -> str:
        """Status and words of the service, without what we sent."""
        words = said(answer, self._contract)
        for secret in (self._password, self._secret):
            words = words.replace(secret, "***") if secret else words
        return words


def said(answer: Answer, contract: Contract) -> str:
    """The status of an answer and what it says for a person: code, message and request id, or its text."""
    told = [printable(first(answer.told, contract.fields[name])) for name in ("error_code", "error_message")]
    request = printable(first(answer.told, contract.fields["error_request"]))
    words = " ".join(word for word in told if word) or answer.text
    return f"{answer.status}" + (f" {words}" if words else "") + (f" (request {request})" if request else "")
