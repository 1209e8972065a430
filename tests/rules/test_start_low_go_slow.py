"""Starts, rises and climbs, both sides of each; what is known of earlier orders; and what is offered trips nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cards import Knowledge
from cards.facts import Dosage, Dose, DoseStep, Facts, KidneyFunction, Known, Role
from cards.finding import Indicator
from tests.rules.dose_patients import EVERYTHING, Ward, ago, step

RULE = "start-low-go-slow"


@pytest.fixture(scope="module")
def us(knowledge: Knowledge) -> Ward:
    return Ward(knowledge)


def one(ward, facts):
    found = ward.said(RULE, facts)
    assert len(found) == 1
    return found[0]


# --- the start ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "start", "chart"),
    [
        ("gabapentin", 300, {"age": 64}),
        ("gabapentin", 100, {"age": 65}),
        ("gabapentin", 300, {"crcl": 60}),
        ("gabapentin", 100, {"crcl": "59.9"}),
        ("gabapentin", 100, {"conditions": ("neuropathic-pain", "sleep-apnea")}),
        ("gabapentin", 100, {"age": None}),
        ("pregabalin", 150, {}),
        ("pregabalin", 50, {"age": 65}),
        ("pregabalin", 50, {"crcl": 60}),
        ("pregabalin", 25, {"crcl": 30}),
        ("duloxetine", 30, {}),
        ("nortriptyline", 10, {}),
        ("carbamazepine", 200, {"conditions": ("trigeminal-neuralgia",)}),
        ("carbamazepine", 100, {"conditions": ("trigeminal-neuralgia",), "age": 65}),
        ("venlafaxine", "37.5", {}),
        ("tramadol", 50, {}),
        ("lamotrigine", 25, {}),
    ],
)
def test_at_the_start_it_is_silent_and_above_it_speaks(us, name, start, chart):
    at = us.order(name, step(start, 1))
    assert us.said(RULE, us.facts(at, **chart)) == []
    more = us.order(name, step(float(start) + 1, 1))
    assert float(one(us, us.facts(more, **chart)).limit.value) == float(start)


@pytest.mark.parametrize(("beside", "mg"), [("valproate", 12.5), ("carbamazepine", 50), (None, 25)])
def test_what_is_taken_beside_it_sets_the_start(us, beside, mg):
    others = [us.taken(beside, step(200, 2), key="b")] if beside else []
    assert us.said(RULE, us.facts(us.order("lamotrigine", step(mg)), *others)) == []
    found = one(us, us.facts(us.order("lamotrigine", step(mg + 12.5)), *others))
    assert (float(found.limit.value), found.indicator) == (mg, Indicator.WARNING)


def test_only_a_boxed_climb_is_a_warning(us):
    assert one(us, us.facts(us.order("gabapentin", step(300, 3)))).indicator is Indicator.INFO
    assert one(us, us.facts(us.order("lamotrigine", step(50)))).indicator is Indicator.WARNING


# --- whether it is begun --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "speaks"),
    [
        pytest.param({"role": Role.ACTIVE}, False, id="being taken"),
        pytest.param({"role": Role.STOP}, False, id="being stopped in this call"),
        pytest.param({"role": Role.PAST, "supply_ends": ago(14)}, False, id="supply ended 14 days ago"),
        pytest.param({"role": Role.PAST, "supply_ends": ago(15)}, True, id="supply ended 15 days ago: begun again"),
        pytest.param({"role": Role.PAST}, True, id="ended, not known when"),
    ],
)
def test_an_agent_is_begun_when_it_does_not_run(us, earlier, speaks):
    facts = us.facts(us.order("gabapentin", step(300, 3)), us.taken("gabapentin", step(300, 3), **earlier))
    assert bool(us.said(RULE, facts)) is speaks


@pytest.mark.parametrize("lacking", [Known.HISTORY, Known.MEDICATIONS])
def test_where_the_record_is_not_whole_it_says_so(us, lacking):
    facts = us.facts(us.order("gabapentin", step(300, 3)), known=EVERYTHING - {lacking})
    found = one(us, facts)
    assert found.summary.startswith("If new to this patient: gabapentin 900 mg a day")
    assert found.not_checked[0] == "earlier orders: not known whether gabapentin was taken before"
    assert bool(found.proposals) is (lacking is Known.HISTORY)


# --- the rise -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "now", "then", "started", "age", "speaks"),
    [
        ("pregabalin", 150, 300, 30, 50, False),
        ("pregabalin", 150, 301, 30, 50, True),
        ("pregabalin", 150, 300, 7, 50, False),
        ("pregabalin", 150, 300, 6, 50, True),
        ("pregabalin", 150, 150, 1, 50, False),
        ("pregabalin", 300, 150, 1, 50, False),
        ("gabapentin", 300, 600, 1, 50, False),
        ("gabapentin", 300, 600, 6, 65, True),
        ("gabapentin", 300, 600, 7, 65, False),
        ("duloxetine", 30, 60, 7, 50, False),
        ("duloxetine", 30, 60, 6, 50, True),
        ("lamotrigine", 50, 100, 14, 50, False),
        ("lamotrigine", 50, 101, 14, 50, True),
    ],
)
def test_from_what_is_taken_now(us, name, now, then, started, age, speaks):
    taken = us.taken(name, step(now), starts=ago(started))
    order = us.order(name, step(then), replaces=(taken.reference,))
    assert bool(us.said(RULE, us.facts(order, taken, age=age))) is speaks


@pytest.mark.parametrize(
    ("steps", "speaks"),
    [
        (((75, 1, 7), (75, 2, 7), (75, 3, 7), (150, 2, None)), False),
        (((75, 2, 7), (150, 2, None)), False),
        (((75, 2, 6), (150, 2, None)), True),
        (((75, 2, 7), (151, 2, None)), True),
        (((75, 2, 7), (75, 1, None)), False),
    ],
)
def test_between_the_steps_of_an_order(us, steps, speaks):
    order = us.order("pregabalin", *(step(mg, times, days) for mg, times, days in steps))
    assert bool(us.said(RULE, us.facts(order))) is speaks


# --- where it keeps quiet -------------------------------------------------------------------------------------------


def test_for_another_use_only_a_boxed_climb_speaks(us):
    chart = {"conditions": ("epilepsy",)}
    gabapentin = us.with_reason(us.order("gabapentin", step(300, 3)), "epilepsy")
    lamotrigine = us.with_reason(us.order("lamotrigine", step(100)), "epilepsy")
    assert us.said(RULE, us.facts(gabapentin, **chart)) == []
    assert us.said(RULE, us.facts(lamotrigine, **chart))


def test_an_opioid_is_judged_only_where_neuropathic_pain_is_at_hand(us):
    order = us.order("tramadol", step(50, 4))
    assert us.said(RULE, us.facts(order, conditions=())) == []
    assert us.said(RULE, us.facts(order))


def test_a_dose_above_a_maximum_is_left_to_that_card(us):
    assert us.said(RULE, us.facts(us.order("gabapentin", step(1200, 4)))) == []
    assert us.said(RULE, us.facts(us.order("gabapentin", step(600, 3)), crcl=22)) == []


@pytest.mark.parametrize("order", ["no dose", "no formulation", "a patch"])
def test_what_cannot_be_compared_is_not_judged(us, order):
    made = {
        "no dose": us.order("gabapentin"),
        "no formulation": replace(us.order("gabapentin", step(600, 3)), formulation=None),
        "a patch": us.order("lidocaine", step(3, unit="patch")),
    }[order]
    assert us.said(RULE, us.facts(made)) == []


# --- what is offered ------------------------------------------------------------------------------------------------


def accepted(found, facts: Facts) -> Facts:
    """The facts after the schedule offered was accepted."""
    steps = tuple(
        DoseStep(
            Dose(each.mg_per_day, None, ""), Dose(each.tablet.strength * each.units), each.doses_per_day, each.days
        )
        for each in found.proposals[0].steps
    )
    orders = tuple(
        replace(order, dosage=Dosage(steps)) if order.reference == found.proposals[0].updates else order
        for order in facts.orders
    )
    return replace(facts, orders=orders)


@pytest.mark.parametrize("age", [40, 64, 65, 80])
@pytest.mark.parametrize("crcl", [20, 45, 90])
@pytest.mark.parametrize(
    ("name", "mg", "times"),
    [
        ("gabapentin", 100, 6),
        ("pregabalin", 75, 2),
        ("pregabalin", 25, 2),
        ("duloxetine", 60, 1),
        ("nortriptyline", 50, 1),
        ("amitriptyline", 75, 1),
        ("carbamazepine", 200, 2),
        ("oxcarbazepine", 300, 2),
        ("venlafaxine", 75, 1),
        ("lamotrigine", 100, 1),
    ],
)
def test_the_schedule_offered_never_trips_the_rule_and_never_goes_beyond_the_order(us, name, mg, times, age, crcl):
    facts = us.facts(us.order(name, step(mg, times)), age=age, crcl=crcl)
    found = us.said(RULE, facts)
    if found and found[0].proposals:
        assert found[0].proposals[0].steps[-1].mg_per_day <= mg * times
        assert us.said(RULE, accepted(found[0], facts)) == []


def test_a_schedule_from_what_is_taken_now(us):
    taken = us.taken("pregabalin", step(75, 2), starts=ago(60))
    facts = us.facts(us.order("pregabalin", step(300, 2), replaces=(taken.reference,)), taken)
    found = one(us, facts)
    assert [each.mg_per_day for each in found.proposals[0].steps] == [225, 300]
    assert us.said(RULE, accepted(found, facts)) == []


def test_on_dialysis_no_schedule_is_offered(us):
    facts = us.facts(us.order("amitriptyline", step(50)), kidneys=KidneyFunction(dialysis="Condition/d"))
    assert one(us, facts).proposals == ()


def test_what_is_to_be_avoided_gets_no_order_and_what_is_contraindicated_no_card(us):
    order = us.order("amitriptyline", step(50))
    assert one(us, us.facts(order, conditions=("neuropathic-pain", "long-qt"))).proposals == ()
    assert us.said(RULE, us.facts(order, conditions=("neuropathic-pain", "av-block-2-3"))) == []


def test_without_tablets_to_offer_the_schedule_is_said_in_amounts(us):
    found = one(us, us.facts(us.order("tramadol", step(50, 4))))
    assert found.proposals == ()
    assert any(line.startswith("Schedule: 50 mg a day for 7 days, then 100 mg a day") for line in found.detail)


def test_of_two_drafts_neither_is_mended_alone(us):
    facts = us.facts(us.order("gabapentin", step(300)), us.order("gabapentin", step(300, 2), key="second"))
    found = one(us, facts)
    assert (found.daily_dose, found.proposals) == (900, ())
