"""Which of several facts decides: the more specific one, whatever the order of the lines; and it is found without a scan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.core.costing import CostFact, CostKind, cost
from connector.core.drafting import InvoiceDraft, draft_invoice, draft_journal
from connector.core.facts import AMOUNT, COST_CODE, CUSTOM_FIELDS, KIND, ORDER, Fact, Index, Target, WhenFact, merged, tracking, weight
from connector.core.keys import KNOWN
from connector.core.mapping import AccountFact, InvoiceRules, Lookup, MappedCost, Situation, TaxRules, debit_account, keys_named, map_costs
from connector.core.mapping import Mapping as MappingFile
from connector.core.work_order import WorkOrder
from tests.core.examples import fact, mapping, work_order

DAY = date(2026, 1, 6)
KINDS = tuple(kind.value for kind in CostKind)


def when(target: str, value: str, above: str = "", up_to: str = "", layer: int = 0, **keys: str) -> WhenFact:
    pairs = tuple(sorted((key.replace("_code", "_code"), word) for key, word in keys.items()))
    return WhenFact(
        target, Fact(value, f"mapping.yaml:{value}"), pairs, Decimal(above) if above else None, Decimal(up_to) if up_to else None, layer
    )


def account(index: Index, amount: str = "10", **values: str) -> str:
    found = index.find(Target.ACCOUNT, values, Decimal(amount))
    return found.fact.value if found else ""


# --- the one precedence -------------------------------------------------------------------------------------------------------


def test_every_key_of_a_work_order_has_its_rank() -> None:
    assert KNOWN | {AMOUNT, CUSTOM_FIELDS, "bill_to", COST_CODE, KIND} == set(ORDER)
    assert len(set(ORDER)) == len(ORDER)


def test_one_specific_key_wins_over_all_less_specific_ones_together() -> None:
    assert weight(["asset"]) > weight(["location", "team", "priority", "status", KIND])
    assert weight(["asset", KIND]) > weight(["asset"])
    assert weight(["Grant"], ["Grant", "PO type"]) > weight(["PO type"], ["Grant", "PO type"]) > weight(["not listed"], ["Grant"])


def test_the_more_specific_fact_decides_whichever_is_written_first() -> None:
    facts = [
        when("account", "default"),
        when("account", "parts", kind="parts"),
        when("account", "harbor", location="harbor"),
        when("account", "hvac", cost_code="hvac"),
        when("account", "pump 7", asset="pump 7"),
    ]
    for order in (facts, facts[::-1]):
        index = Index(order)
        assert account(index, asset="pump 7", cost_code="hvac", location="harbor", kind="parts") == "pump 7"
        assert account(index, asset="pump 8", cost_code="hvac", location="harbor", kind="parts") == "hvac"
        assert account(index, location="harbor", kind="parts") == "harbor"
        assert account(index, kind="parts") == "parts"
        assert account(index) == "default"


def test_amounts_divide_without_a_gap_and_the_border_belongs_below() -> None:
    tiers = [when("account", "small", up_to="2500"), when("account", "large", above="2500"), when("account", "no amount")]
    index = Index(tiers)
    assert index.ties == []
    assert [account(index, amount) for amount in ("0", "2500.00", "2500.01")] == ["small", "small", "large"]
    assert account(Index([when("account", "middle", above="10", up_to="20")]), "10") == ""
    assert account(Index([when("account", "middle", above="10", up_to="20")]), "21") == ""


def test_two_facts_for_the_same_are_a_tie_and_so_are_amounts_that_overlap() -> None:
    one, other = when("account", "a", category="hvac"), when("account", "b", category="hvac")
    assert Index([one, other]).ties == [(one, other)]
    low, high = when("account", "a", up_to="100"), when("account", "b", above="50")
    assert Index([high, low]).ties == [(low, high)]
    assert Index([when("account", "a", up_to="100"), when("account", "b", above="100")]).ties == []
    assert Index([one, when("credit", "b", category="hvac"), when("account", "c", category="roof")]).ties == []


def test_a_nearer_file_overrides_what_it_includes() -> None:
    own, included = when("account", "own", category="hvac"), when("account", "included", layer=1, category="hvac")
    for facts in ([own, included], [included, own]):
        index = Index(facts)
        assert index.ties == []
        assert account(index, category="hvac") == "own"
        assert index.of("account") == [own]
        assert list(index.unreachable({}, KINDS)) == []


def test_the_nearer_file_wins_before_any_key_is_compared() -> None:
    own, included = when("account", "own", team="night"), when("account", "included", layer=1, category="hvac", kind="labor")
    index = Index([included, own])
    assert account(index, category="hvac", kind="labor", team="night") == "own"
    assert account(index, category="hvac", kind="labor", team="day") == "included"
    assert index.of("account") == [included, own]


# --- what nothing is ever mapped by -------------------------------------------------------------------------------------------


def unreachable(*facts: WhenFact, aliases: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    return [(dead.fact.value, chosen.fact.value) for dead, chosen in Index(facts).unreachable(aliases or {}, KINDS)]


def test_a_fact_is_unreachable_when_more_specific_ones_cover_all_of_it() -> None:
    kinds = [when("account", kind, category="hvac", kind=kind) for kind in KINDS]
    assert unreachable(when("account", "hvac", category="hvac"), *kinds) == [("hvac", "other")]
    assert unreachable(when("account", "hvac", category="hvac"), *kinds[:2]) == []
    tiers = [when("account", "low", up_to="9"), when("account", "high", above="9")]
    assert unreachable(when("account", "default"), *tiers) == [("default", "high")] or unreachable(when("account", "d"), *tiers) == [
        ("d", "low")
    ]
    assert unreachable(when("account", "default"), tiers[0]) == []
    assert unreachable(when("account", "parts", kind="parts"), *tiers)[0][0] == "parts"


def test_a_key_that_always_has_anothers_value_is_covered_by_it() -> None:
    facts = [when("account", "code", cost_code="hvac"), when("account", "category", category="hvac")]
    assert unreachable(*facts) == []
    assert unreachable(*facts, aliases={"category": COST_CODE, COST_CODE: "category"}) == [("category", "code")]


def test_a_fact_that_fills_what_others_leave_open_is_reached() -> None:
    facts = [when("account", "6110-?", category="hvac"), when("account", "?-1", kind="parts"), when("account", "6000-9")]
    kinds = [when("account", f"?-{kind}", kind=kind) for kind in KINDS]
    assert list(Index(facts).unreachable({}, KINDS, "-")) == []
    assert [dead for dead, _ in Index([facts[2], *kinds]).unreachable({}, KINDS)] == [facts[2]]
    assert list(Index([facts[2], *kinds]).unreachable({}, KINDS, "-")) == []
    tied = [when("account", "?-1"), when("account", "?-2")]
    assert [(dead.fact.value, chosen.fact.value) for dead, chosen in Index(tied).unreachable({}, KINDS, "-")] == [("?-2", "?-1")]


# --- accounts made of segments ------------------------------------------------------------------------------------------------


def test_open_segments_are_filled_by_the_next_less_specific_fact() -> None:
    facts = [Fact("6110-?-??", "m:1", "code"), Fact("?-210-??", "m:2", "location"), Fact("6000-100-01", "m:3", "default")]
    made = merged(facts, "-")
    assert made is not None
    assert (made.value, made.place, made.rule) == ("6110-210-01", "m:1", "code + location + default")
    assert merged(facts[:2], "-") == Fact("6110-210-??", "m:1")
    assert merged([facts[0], Fact("6000", "m:9")], "-") == facts[0]
    assert merged([], "-") is None


SEGMENTS = (
    when("account", "6110-?", cost_code="hvac"),
    when("account", "?-210", location="riverside"),
    when("credit", "2000-?"),
)


def test_an_account_is_merged_from_its_cost_code_and_its_location() -> None:
    rules = mapping(debits=(), facts=(*SEGMENTS[:2],), segments="-")
    facts, _ = cost(work_order(), (), DAY, "USD")
    mapped, problems = map_costs(work_order(), facts, rules)
    assert problems == []
    assert {one.debit.value for one in mapped} == {"6110-210"}
    assert {one.debit.place for one in mapped} == {"mapping.yaml:6110-?"}


def test_an_open_segment_holds_a_journal_and_an_invoice() -> None:
    facts, _ = cost(work_order(), (), DAY, "USD")
    _, problems = map_costs(work_order(), facts, mapping(debits=(), facts=(SEGMENTS[0],), segments="-"))
    assert [problem.code for problem in problems] == ["ACCOUNT_SEGMENT_OPEN"] * 3
    rules = mapping(facts=(when("revenue_account", "4000-?"),), segments="-")
    assert [p.code for p in problems_of(draft_invoice(work_order(), facts, rules, (DAY, DAY), "USD"))] == ["ACCOUNT_SEGMENT_OPEN"]


def test_question_marks_are_a_name_where_no_segments_are_spoken_of() -> None:
    rules = mapping(debits=(AccountFact(fact("Who knows-?")),))
    found = debit_account(rules, "", CostKind.LABOR)
    assert found is not None
    assert found.value == "Who knows-?"


def problems_of(draft: InvoiceDraft | list[object]) -> list[object]:  # type: ignore[type-arg]
    assert isinstance(draft, list)
    return draft


# --- what a work order's costs are mapped by ----------------------------------------------------------------------------------


def test_a_class_may_differ_from_cost_to_cost() -> None:
    rules = mapping(
        tracking={"department": Lookup("location", {"riverside": fact("Riverside")})},
        facts=(when(tracking("class"), "Trades", kind="labor"), when(tracking("class"), "Stores")),
    )
    facts, _ = cost(work_order(), (), DAY, "USD")
    mapped, _ = map_costs(work_order(), facts, rules)
    lines = draft_journal(work_order(), mapped, rules, DAY, "USD").lines
    assert [[(name, value.value) for name, value in line.tracking] for line in lines[::2]] == [
        [("department", "Riverside"), ("class", "Trades")],
        [("department", "Riverside"), ("class", "Stores")],
        [("department", "Riverside"), ("class", "Stores")],
    ]


def test_a_return_is_as_large_as_what_it_returns() -> None:
    rules = mapping(facts=(when("account", "Capital", above="2500"),))
    returned = CostFact("p", CostKind.PARTS, "Chiller", Decimal(-1), Decimal(3000), Decimal(-3000), "")
    mapped, _ = map_costs(work_order(), [returned], rules)
    assert mapped[0].debit.value == "Capital"


def test_tax_goes_by_line_work_place_and_who_is_billed_and_an_exemption_comes_first() -> None:
    rules = mapping(
        custom_fields=("work kind",),
        facts=(
            when("tax_code", "No tax"),
            when("tax_code", "Sales tax", kind="parts"),
            WhenFact("tax_code", fact("Real property"), (("work kind", "building"),)),
            WhenFact("tax_code", fact("Reverse charge"), (("bill_to", "riverside apartments"), ("work kind", "building"))),
        ),
    )

    def codes(order: WorkOrder, file: MappingFile) -> list[str]:
        facts, _ = cost(order, (), DAY, "USD")
        draft = draft_invoice(order, facts, file, (DAY, DAY), "USD")
        assert isinstance(draft, InvoiceDraft)
        return [line.tax_code.value if line.tax_code else "" for line in draft.lines]

    assert codes(work_order(), rules) == ["No tax", "Sales tax", "No tax"]
    assert codes(work_order(fields={"Work kind": "Building"}), rules) == ["Reverse charge"] * 3
    exempt = InvoiceRules(
        customer=rules.invoice.customer, tax=TaxRules(exempt=frozenset({"Riverside Apartments"}), exempt_code=fact("Exempt"))
    )
    assert codes(work_order(fields={"Work kind": "Building"}), replace(rules, invoice=exempt)) == ["Exempt"] * 3


def test_only_the_keys_that_facts_compare_are_looked_up() -> None:
    rules = mapping(facts=(when("account", "x", **{"asset.category": "pumps", "kind": "parts"}),))
    assert keys_named(rules) == {"category", "location", "asset.category"}
    assert Situation.of(work_order(), mapping(facts=(when("account", "x", status="complete"),))).values["status"] == "complete"


def test_a_short_form_by_a_word_of_the_language_means_the_custom_field() -> None:
    rules = mapping(tracking={"class": Lookup("Kind", {"urgent": fact("Urgent")})})
    facts, _ = cost(work_order(fields={"Kind": "urgent"}), (), DAY, "USD")
    mapped, _ = map_costs(work_order(fields={"Kind": "urgent"}), facts, rules)
    assert {value.value for one in mapped for _, value in one.tracking} == {"Urgent"}


# --- properties ---------------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(["", "a", "b", "c"])
DEBITS = st.lists(st.builds(AccountFact, st.integers(1, 99).map(lambda n: fact(str(n), n)), WORDS, st.sampled_from([None, *CostKind])))


@given(DEBITS, WORDS, st.sampled_from(list(CostKind)))
@settings(max_examples=100, deadline=None)
def test_the_short_form_decides_as_it_always_did(debits: list[AccountFact], code: str, kind: CostKind) -> None:
    """Code and kind, then code, then kind, then the default; of two that are equal, the first."""
    by_scope = {(one.cost_code, one.kind): one.account for one in reversed(debits)}
    expected = next((by_scope[scope] for scope in ((code, kind), (code, None), ("", kind), ("", None)) if scope in by_scope), None)
    assert debit_account(mapping(debits=tuple(debits)), code, kind) == expected


KEYS = st.dictionaries(st.sampled_from(["category", "location", "team", "kind"]), st.sampled_from(["a", "parts"]), max_size=3)
FACTS = st.lists(
    st.builds(
        lambda keys, amount, number: when("account", str(number), *(("5", "") if amount else ("", "")), **keys),
        KEYS, st.booleans(), st.integers(1, 999),
    ),
    unique_by=lambda one: (one.when, one.above),
)  # fmt: skip


@given(FACTS, st.randoms(use_true_random=False), KEYS, st.sampled_from(["1", "5", "6"]))
@settings(max_examples=100, deadline=None)
def test_the_index_finds_what_reading_every_line_finds_in_any_order(
    facts: list[WhenFact], chance: object, values: dict[str, str], amount: str
) -> None:
    shuffled = [*facts]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    holding = [
        one
        for one in facts
        if all(values.get(key) == word for key, word in one.when) and (one.above is None or Decimal(amount) > one.above)
    ]
    best = max(holding, key=lambda one: weight([*(key for key, _ in one.when), *([AMOUNT] if one.compares_amount else [])]), default=None)
    assert account(Index(shuffled), amount, **values) == (best.fact.value if best else "")
    assert Index(shuffled).ties == []


@given(FACTS, st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_mapping_gives_every_cost_its_accounts_or_says_what_is_missing_and_no_cost_is_lost(facts: list[WhenFact], costs: int) -> None:
    rules = mapping(debits=(), facts=tuple(facts))
    order = work_order(category="a", location=None)
    told = [CostFact(str(n), list(CostKind)[n % 3], "x", Decimal(1), Decimal(n), Decimal(n - 1), "") for n in range(costs)]
    mapped, problems = map_costs(order, told, rules)
    assert len(mapped) + len(problems) == len(told)
    lines = draft_journal(order, mapped, rules, DAY, "USD").lines
    used = [key for line in lines for key in line.explains if line.is_debit]
    assert sorted(used) == sorted(one.fact.key for one in mapped if one.fact.amount)


@pytest.mark.parametrize("target", [Target.ACCOUNT, Target.CREDIT])
def test_a_missing_side_is_told(target: Target) -> None:
    facts: list[CostFact] = [CostFact("k", CostKind.LABOR, "x", Decimal(1), Decimal(1), Decimal(1), "")]
    rules = mapping(debits=(), credits={}, facts=(when(target, "given"),))
    mapped, problems = map_costs(work_order(), facts, rules)
    assert mapped == list[MappedCost]()
    assert len(problems) == 1
