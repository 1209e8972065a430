"""A second agent: only after a trial that was long enough and high enough, only where supported, for this patient."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from cards import Knowledge
from cards.facts import Facts, Role
from cards.finding import Finding, Indicator
from cards.rules.combination_options import check
from cards.trial import taken_since
from tests.rules.orders import DAY, Orders, condition, daily, facts

DPN, TN = "painful-diabetic-neuropathy", "trigeminal-neuralgia"
WEEKS = 6  # of duloxetine 60 mg in diabetic neuropathy


@pytest.fixture
def order(knowledge: Knowledge) -> Orders:
    return Orders(knowledge)


def case(
    order: Orders, drafted: str, taken: str = "duloxetine", mg: int = 60, days: int = 7 * WEEKS, **more: Any
) -> Facts:
    at_hand = more.pop("at_hand", (DPN,))
    others = [order.taken(name) for name in more.pop("beside", ())]
    first = order.taken(taken, dosage=daily(mg), starts=DAY - timedelta(days=days))
    conditions = tuple(condition(name) for name in at_hand)
    return facts(order(drafted), first, *others, conditions=conditions, **more)


def said(facts: Facts, knowledge: Knowledge) -> list[Finding]:
    found = list(check(facts, knowledge))
    assert all(len(finding.summary) < 140 and "works better" not in " ".join(finding.detail) for finding in found)
    return found


@pytest.mark.parametrize(
    ("mg", "days", "count"),
    [
        pytest.param(60, 7 * WEEKS, 1, id="the dose and the time"),
        pytest.param(60, 7 * WEEKS - 1, 0, id="a day short"),
        pytest.param(59, 7 * WEEKS, 0, id="below the dose"),
    ],
)
def test_an_adequate_trial(mg: int, days: int, count: int, order: Orders, knowledge: Knowledge) -> None:
    assert len(said(case(order, "pregabalin", mg=mg, days=days), knowledge)) == count


def test_it_says_from_which_order_and_since_when(order: Orders, knowledge: Knowledge) -> None:
    (found,) = said(case(order, "pregabalin", days=70), knowledge)
    assert "60 mg a day, 10 weeks" in found.summary
    assert str(DAY - timedelta(days=70)) in found.detail[0]
    assert found.orders == ("MedicationRequest/pregabalin-draft", "MedicationRequest/duloxetine-active")
    assert found.proposals == ()


def test_an_unsupported_draft_gets_the_supported_ones(order: Orders, knowledge: Knowledge) -> None:
    (found,) = said(case(order, "nortriptyline"), knowledge)
    assert [proposal.ingredient for proposal in found.proposals] == ["pregabalin", "gabapentin"]
    assert all(proposal.removes == ("MedicationRequest/nortriptyline-draft",) for proposal in found.proposals)
    assert any(line.startswith("Not beside duloxetine: nortriptyline") for line in found.detail)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"at_hand": (TN,), "taken": "carbamazepine", "mg": 800}, id="not by default here"),
        pytest.param({"beside": ("gabapentin",)}, id="two for this pain already"),
        pytest.param({"at_hand": ()}, id="no neuropathic pain"),
    ],
)
def test_for_whom_it_is_silent(more: dict[str, Any], order: Orders, knowledge: Knowledge) -> None:
    assert said(case(order, "pregabalin", **more), knowledge) == []


@pytest.mark.parametrize(
    "more",
    [pytest.param({"at_hand": (DPN, "falls")}, id="falls"), pytest.param({"beside": ("oxycodone",)}, id="opioid")],
)
def test_to_whom_only_a_topical_is_offered(more: dict[str, Any], order: Orders, knowledge: Knowledge) -> None:
    (found,) = said(case(order, "pregabalin", **more), knowledge)
    assert "capsaicin cream may be considered" in found.summary
    assert found.proposals == ()


def test_a_renewal_says_nothing_and_a_rise_above_the_target_does(order: Orders, knowledge: Knowledge) -> None:
    first = order.taken("duloxetine", dosage=daily(60), starts=DAY - timedelta(days=100))
    for mg, count in ((60, 0), (61, 1)):
        drafted = order("duloxetine", dosage=daily(mg))
        assert len(said(facts(drafted, first, conditions=(condition(DPN),)), knowledge)) == count


@pytest.mark.parametrize("drafted", ["pregabalin", "metoprolol"])
def test_a_switch_is_no_combination(drafted: str, order: Orders, knowledge: Knowledge) -> None:
    """150 mg of another medicine is no rise of the first: who changes from one to the other wants no second."""
    first = order.taken("duloxetine", dosage=daily(60), starts=DAY - timedelta(days=100))
    change = order(drafted, replaces=(first.reference,), dosage=daily(150))
    assert said(facts(change, first, conditions=(condition(DPN),)), knowledge) == []


def test_a_medicine_for_something_else_is_no_second_agent(order: Orders, knowledge: Knowledge) -> None:
    assert said(case(order, "metoprolol"), knowledge) == []


def test_where_the_file_of_the_first_has_expired_there_is_no_trial(order: Orders, knowledge: Knowledge) -> None:
    rest = {name: agent for name, agent in knowledge.agents.items() if name != "duloxetine"}
    assert said(case(order, "pregabalin"), dataclasses.replace(knowledge, agents=rest)) == []


def test_a_condition_without_an_identity_is_not_named(order: Orders, knowledge: Knowledge) -> None:
    """A reference to nothing would open no chart."""
    named = case(order, "pregabalin")
    nameless = replace(named, conditions=(replace(condition(DPN), reference=""),))
    assert [found.conditions for found in said(named, knowledge)] == [(f"Condition/{DPN}",)]
    assert [found.conditions for found in said(nameless, knowledge)] == [()]


def test_from_65_a_tricyclic_is_not_supported_beside_a_gabapentinoid(order: Orders, knowledge: Knowledge) -> None:
    young = case(order, "nortriptyline", "gabapentin", 1800, 100, age=64)
    old = case(order, "nortriptyline", "gabapentin", 1800, 100, age=65)
    assert any("nortriptyline" in finding.summary for finding in said(young, knowledge))
    assert not any("nortriptyline" in finding.summary for finding in said(old, knowledge))


def test_orders_that_followed_one_another_are_one_time(order: Orders, knowledge: Knowledge) -> None:
    def since(gap: int) -> int:
        now = order.taken("duloxetine", starts=DAY - timedelta(days=30))
        ended = DAY - timedelta(days=30 + gap)
        before = order("duloxetine", Role.PAST, starts=DAY - timedelta(days=120), supply_ends=ended)
        found = taken_since("duloxetine", facts(now, before), knowledge)
        return (DAY - found).days if found else 0

    assert since(knowledge.supply_days) == 120
    assert since(knowledge.supply_days + 1) == 30


def test_an_unknown_start_is_no_trial(order: Orders, knowledge: Knowledge) -> None:
    first = order.taken("duloxetine", dosage=daily(60))
    assert said(facts(order("pregabalin"), first, conditions=(condition(DPN),)), knowledge) == []


# --- the card, word for word ----------------------------------------------------------------------------------------

OF_THE_PAIR = (
    "May be considered when the first of the two, at an adequate dose for long enough, has helped in part and is"
    " tolerated. Risk: Dizziness, nausea, falls, and low sodium in older people."
)
ONE_CHANGE = "One change at a time: duloxetine stays as it is while the second is raised; taper what does not help."
NEVER = (
    "Not beside duloxetine: nortriptyline (Serotonin toxicity, and duloxetine raises the tricyclic's level by CYP2D6;"
    " replace one by the other instead)"
)
DULOXETINE, PREGABALIN = "MedicationRequest/duloxetine-active", "MedicationRequest/pregabalin-draft"


def test_the_whole_card_for_a_draft_that_is_supported(order: Orders, knowledge: Knowledge) -> None:
    """The dose of the first, since when, what is drafted beside it, the risk of both, and what never goes with it."""
    first = order.taken("duloxetine", dosage=daily(60), starts=DAY - timedelta(days=100))
    drafted = order("pregabalin", dosage=daily(150))
    (found,) = said(facts(drafted, first, conditions=(condition(DPN),)), knowledge)
    how = "duloxetine (60 mg a day, 14 weeks)"
    assert found.summary == f"Beside {how} pregabalin may be considered if it helped in part"
    assert found.detail == (
        "Duloxetine 60 mg a day since 2026-08-14: duloxetine",
        "An adequate trial here: 60 mg a day, 6 weeks in all",
        "Pregabalin, drafted: 150 mg a day",
        OF_THE_PAIR,
        ONE_CHANGE,
        NEVER,
    )
    assert (found.indicator, found.agents) == (Indicator.INFO, ("duloxetine", "pregabalin"))
    assert found.orders == (PREGABALIN, DULOXETINE)
    assert (found.conditions, found.proposals) == ((f"Condition/{DPN}",), ())
    assert [s.address for s in found.because] == [
        "conditions/painful-diabetic-neuropathy.toml#target",
        "combinations/snri-with-gabapentinoid.toml#verdict",
    ]


def test_the_whole_card_for_a_draft_that_is_not(order: Orders, knowledge: Knowledge) -> None:
    """Nortriptyline beside duloxetine: accepting what is offered must take it away, with the start dose in full."""
    (found,) = said(case(order, "nortriptyline"), knowledge)
    options = "pregabalin, gabapentin and capsaicin cream may be considered if it helped in part"
    assert found.summary == f"Beside duloxetine (60 mg a day, 6 weeks) {options}"
    assert found.detail[2:] == (
        "Pregabalin: Take 1 capsule (25 mg) by mouth once daily for 7 days",
        "Gabapentin: Take 1 capsule (100 mg) by mouth once daily at night for 7 days",
        "Capsaicin cream",
        OF_THE_PAIR,
        found.detail[6],
        ONE_CHANGE,
        NEVER,
    )
    assert "Burning or rash where it is put" in found.detail[6]
    pregabalin, gabapentin = found.proposals
    assert (pregabalin.label, gabapentin.label) == ("Add pregabalin", "Add gabapentin")
    assert pregabalin.description == (
        "Add pregabalin: Take 1 capsule (25 mg) by mouth once daily for 7 days, then take 2 capsules (50 mg) by mouth"
        " once daily. Remove nortriptyline."
    )
    assert (pregabalin.route, pregabalin.reason, len(pregabalin.steps)) == ("oral", f"Condition/{DPN}", 2)


def test_what_has_no_identity_is_not_taken_away(order: Orders, knowledge: Knowledge) -> None:
    whole = case(order, "nortriptyline")
    nameless = replace(whole, orders=tuple(replace(each, reference="") for each in whole.orders))
    (found,) = said(nameless, knowledge)
    assert found.orders == ()
    assert [proposal.removes for proposal in found.proposals] == [(), ()]


def test_a_pain_that_is_only_suspected_needs_no_second_agent(order: Orders, knowledge: Knowledge) -> None:
    whole = case(order, "pregabalin")
    suspected = replace(whole, conditions=(condition(DPN, provisional=True),))
    assert said(suspected, knowledge) == []


def test_one_tablet_of_both_adds_a_second_and_the_first_is_no_second(order: Orders, knowledge: Knowledge) -> None:
    first = order.taken("duloxetine", dosage=daily(60), starts=DAY - timedelta(days=100))
    (found,) = said(facts(order("duloxetine+pregabalin"), first, conditions=(condition(DPN),)), knowledge)
    assert found.summary.endswith("pregabalin may be considered if it helped in part")
    assert found.agents == ("duloxetine", "pregabalin")


def test_a_rise_is_above_the_target_and_above_what_is_taken(order: Orders, knowledge: Knowledge) -> None:
    """Back to 90 mg from 120 is no rise: who is being tapered is not offered a second agent for it."""
    first = order.taken("duloxetine", dosage=daily(120), starts=DAY - timedelta(days=100))
    for mg, count in ((90, 0), (120, 0), (121, 1)):
        drafted = order("duloxetine", dosage=daily(mg))
        assert len(said(facts(drafted, first, conditions=(condition(DPN),)), knowledge)) == count
    unread = order("duloxetine")
    assert said(facts(unread, first, conditions=(condition(DPN),)), knowledge) == []


def test_each_draft_is_judged_by_itself(order: Orders, knowledge: Knowledge) -> None:
    first = order.taken("duloxetine", dosage=daily(60), starts=DAY - timedelta(days=100))
    drafts = order("metoprolol"), order("pregabalin")
    (found,) = said(facts(*drafts, first, conditions=(condition(DPN),)), knowledge)
    assert found.orders[0] == PREGABALIN
