"""Which webhooks are missing, which are too many, and whose an address is."""

from __future__ import annotations

from connector.core.source_hint import EVENTS, Registered, is_token, path_token, plan_of


def test_one_connections_address_tells_nothing_of_anothers() -> None:
    scope = {"ledger_company": "1", "source_company": "upkeep", "site": ""}
    own, other = path_token("s", scope), path_token("s", scope | {"site": "2"})
    assert own != other != path_token("t", scope | {"site": "2"})
    assert is_token(own, own)
    assert not is_token("é", own)


def test_each_event_is_told_once_and_only_what_is_ours_is_ever_removed() -> None:
    base, ours = "https://b/webhooks/upkeep/", "https://b/webhooks/upkeep/own"
    first, rest = Registered("1", ours, EVENTS[:1]), Registered("2", ours, EVENTS)
    assert plan_of([], ours, base, ()).missing == EVENTS
    assert plan_of([first], ours, base, ()) == plan_of([first, Registered("9", "https://c/x")], ours, base, ())
    assert plan_of([first], ours, base, ()).missing == EVENTS[1:]
    assert plan_of([rest, first], ours, base, ()).surplus == (first,)
    assert plan_of([Registered("3", ours)], ours, base, ()) == plan_of([rest], ours, base, ())  # It does not say which: all.
    other, stale = Registered("4", f"{base}other"), Registered("5", f"{base}gone")
    assert plan_of([rest, other, stale], ours, base, (f"{base}other",)).surplus == (stale,)
