"""UpKeep's webhooks for one connection: registered once for each event at an address that nobody can guess, listed, removed, renewed.

UpKeep knows no idempotency key: before anything is registered, what is registered is looked at; an answer that was lost is told, and
the next time the list decides. Where UpKeep does not list its webhooks, our own record of what it answered does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from connector.core.posting import Uncertain
from connector.core.problem import Problem
from connector.core.source_hint import EVENTS, Hooked, HookPlan, Registered, path_token, plan_of
from connector.upkeep.writing import Done, Gone, Hook, Written

TITLE = "UpKeep accounting connector"
_LOOK = "Look in UpKeep under Settings > Webhooks"


class Secrets(Protocol):
    """Where the secret of the connection's address is (store/hook_vault.py)."""

    def load(self) -> Hooked | None:
        """What is stored."""
        ...

    def make(self) -> Hooked:
        """A new secret: from now on the earlier address is nobody's."""
        ...

    def save(self, hooked: Hooked, event: str) -> None:
        """Store what became of it."""
        ...

    def delete(self) -> None:
        """Forget it."""
        ...


class Door(Protocol):
    """UpKeep, as far as its webhooks go (upkeep/writing.py)."""

    def hooks(self) -> list[Hook] | None:
        """Every webhook of the account; None where UpKeep does not list them."""
        ...

    def register(self, title: str, endpoint: str, events: Sequence[str]) -> Written:
        """Have UpKeep tell of these events at that address."""
        ...

    def remove(self, hook_id: str) -> Written:
        """Have UpKeep forget a webhook."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """Whose webhooks are meant. `base`: our public address, up to what nobody can guess; `others`: the addresses of other connections."""

    connection: str
    scope: dict[str, str]
    base: str
    secrets: Secrets
    door: Door
    others: tuple[str, ...] = ()


@dataclass(slots=True)
class HooksReport:
    """What is registered at our address, and what was done. `is_listed`: whether UpKeep shows what is registered."""

    connection: str
    hooks: list[Registered] = field(default_factory=list)
    is_listed: bool = True
    registered: int = 0
    removed: int = 0
    problems: list[Problem] = field(default_factory=list)


def hooks_list(site: Site) -> HooksReport:
    """What UpKeep has registered under our public address; nothing is written."""
    listed, kept = _listed(site), site.secrets.load()
    if listed is None:
        return HooksReport(site.connection, [Registered(one, "") for one in (kept.ids if kept else ())], is_listed=False)
    return HooksReport(site.connection, [hook for hook in listed if hook.endpoint.startswith(site.base)])


def hooks_add(site: Site, *, is_renewed: bool = False) -> HooksReport:
    """Have each event told once at our address; what is there twice, or leads to an address that is nobody's, is removed afterwards."""
    report, kept = HooksReport(site.connection), site.secrets.load()
    before = kept.ids if kept else ()
    kept = site.secrets.make() if kept is None or is_renewed else kept
    endpoint = site.base + path_token(kept.secret, site.scope)
    listed = _listed(site)
    report.is_listed = listed is not None
    if listed is None:
        _add_unseen(site, report, kept, endpoint)
        surplus = [Registered(one, "") for one in before] if is_renewed and not report.problems else []
    else:
        plan = plan_of(listed, endpoint, site.base, site.others)
        kept = _add(site, report, kept, endpoint, plan)
        surplus = list(plan.surplus) if not report.problems else []
    _remove(site, report, surplus)
    report.hooks = hooks_list(site).hooks
    return report


def _add(site: Site, report: HooksReport, kept: Hooked, endpoint: str, plan: HookPlan) -> Hooked:
    return _register(site, report, kept, endpoint, plan.missing) if plan.missing else kept


def _add_unseen(site: Site, report: HooksReport, kept: Hooked, endpoint: str) -> None:
    """UpKeep does not list its webhooks: what we know was answered counts, and what was lost is not asked for again."""
    if kept.ids:
        return
    if kept.is_asked:
        report.problems.append(_uncertain(site, "An earlier registration's answer was lost, and UpKeep does not list its webhooks."))
        return
    _register(site, report, kept, endpoint, EVENTS)


def _register(site: Site, report: HooksReport, kept: Hooked, endpoint: str, events: Sequence[str]) -> Hooked:
    """One registration. That it is about to leave is stored before it does."""
    asked = replace(kept, is_asked=True)
    site.secrets.save(asked, "hooks_asked")
    written = site.door.register(TITLE, endpoint, events)
    if isinstance(written, Done):
        done = replace(kept, ids=(*kept.ids, *([written.id] if written.id else ())), is_asked=not written.id)
        site.secrets.save(done, "hooks_registered")
        report.registered += 1
        return done
    if isinstance(written, Uncertain):
        if any(hook.endpoint == endpoint for hook in _listed(site) or ()):
            report.registered += 1
        else:
            report.problems.append(_uncertain(site, written.reason))
        return asked
    site.secrets.save(kept, "hooks_refused")
    report.problems.append(_refused(site, written))
    return kept


def hooks_remove(site: Site) -> HooksReport:
    """Have UpKeep forget every webhook at our address, and forget the address."""
    report, kept, listed = HooksReport(site.connection), site.secrets.load(), _listed(site)
    report.is_listed = listed is not None
    if listed is None:
        ours = [Registered(one, "") for one in (kept.ids if kept else ())]
        if kept is not None and kept.is_asked:
            report.problems.append(_uncertain(site, "UpKeep does not list its webhooks, and may have one more than is known here."))
    else:
        ours = [hook for hook in listed if hook.endpoint.startswith(site.base) and hook.endpoint not in site.others]
    _remove(site, report, ours)
    if not report.problems:
        site.secrets.delete()
    return report


def _remove(site: Site, report: HooksReport, hooks: Sequence[Registered]) -> None:
    for hook in hooks:
        written = site.door.remove(hook.id)
        if isinstance(written, Done | Gone):
            report.removed += 1
        else:
            report.problems.append(_refused(site, written))


def _listed(site: Site) -> list[Registered] | None:
    listed = site.door.hooks()
    return None if listed is None else [Registered(hook.id, hook.endpoint, hook.events) for hook in listed]


def _uncertain(site: Site, reason: str) -> Problem:
    message = f"Whether UpKeep has the webhook is not known: {reason}"
    step = f"Run the command again: it looks before it writes. {_LOOK} if it stays so; `connector upkeep hooks rotate` begins anew."
    return Problem("UPKEEP_HOOK_UNCERTAIN", site.connection, message, step)


def _refused(site: Site, written: Written) -> Problem:
    reason = getattr(written, "message", "") or getattr(written, "reason", "") or "there is no such address"
    step = "See whether the login is an administrator's and the plan has the API; until then the schedule alone reads work orders."
    return Problem("UPKEEP_HOOK_REFUSED", site.connection, f"UpKeep did not change its webhooks: {reason}.", step)
