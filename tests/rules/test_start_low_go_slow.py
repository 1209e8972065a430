"""Starts, rises and climbs, both sides of each; what is known of earlier orders; and what is offered trips nothing."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards.facts import Dosage, Dose, DoseStep, Facts, KidneyFunction, Known, Role
from cards.finding import Indicator
from tests.rules.dose_patients import EVERYTHING, ago, step

RULE = "start-low-go-slow"


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


# --- the card, to the word --------------------------------------------------------------------------------------------


def test_the_whole_card_of_a_start(us):
    found = one(
        us, us.facts(us.order("gabapentin", step(300, 3), step(900, 3)), conditions=("postherpetic-neuralgia",))
    )
    assert found.summary == "Gabapentin 900 mg a day is above the starting dose of 300 mg a day"
    assert found.detail == (
        "300 mg x 3 = 900 mg a day",
        "Also: from 900 mg to 2,700 mg a day in one step is faster than 300 mg a day",
        "Start with 300 mg a day at night",
        "100 mg at night also if frail",
        "Raise it by at most 300 mg a day",
        "Days 1 to 3: Take 1 capsule (300 mg) by mouth once daily at night",
        "Days 4 to 6: Take 1 capsule (300 mg) by mouth twice daily",
        "From day 7: Take 1 capsule (300 mg) by mouth three times daily",
        "Beyond 900 mg a day: only on review, in the same small steps",
    )
    assert (found.indicator, found.agents, found.orders) == (
        Indicator.INFO,
        ("gabapentin",),
        ("MedicationRequest/new",),
    )
    assert (found.conditions, found.daily_dose, found.not_checked) == (("Condition/c0",), 900, ())
    assert (found.limit.unit, found.limit.kind) == ("mg/d", "start")
    addresses = [each.address for each in found.because]
    assert addresses == ["agents/gabapentin.toml#start.usual-plain", "agents/gabapentin.toml#titration.usual"]
    assert [each.label for each in found.proposals] == ["Change to 300 mg a day, step by step to 900 mg a day"]


def test_the_whole_card_of_a_boxed_climb(us):
    found = one(us, us.facts(us.order("lamotrigine", step(100)), us.taken("valproate", step(500, 2), key="b")))
    assert found.summary == "Lamotrigine 100 mg a day is above the starting dose of 12.5 mg a day beside valproate"
    assert found.detail == (
        "100 mg x 1 = 100 mg a day",
        "Boxed warning: Serious rash (Stevens-Johnson syndrome): more with valproate, a high start or a fast climb",
        "Start with 12.5 mg a day beside valproate",
        "25 mg every other day",
        "Raise it by at most 50 mg every 14 days",
        "Nothing above 25 mg a day in the first two weeks, 50 in the next two; beside valproate half of both",
        "From day 1: Take 1 tablet (25 mg) by mouth every other day",
    )


@pytest.mark.parametrize(
    ("chart", "why"),
    [
        ({"age": 70}, "from age 65"),
        ({"age": 65}, "from age 65"),
        ({"crcl": 45}, "at CrCl 45"),
        ({"conditions": ("neuropathic-pain", "sleep-apnea")}, "with sleep apnoea or COPD"),
        ({"conditions": ("neuropathic-pain", "sleep-apnea"), "age": 70, "crcl": 45}, "from age 65"),
    ],
)
def test_a_lower_start_says_why(us, chart, why):
    found = one(us, us.facts(us.order("gabapentin", step(200, 3)), **chart))
    assert found.summary == f"Gabapentin 600 mg a day is above the starting dose of 100 mg a day {why}"
    assert f"Start with 100 mg a day at night {why}" in found.detail


@pytest.mark.parametrize(
    ("started", "mg", "verdict"),
    [
        (60, 200, "from 150 mg to 400 mg a day in one step is faster than 150 mg every 7 days"),
        (1, 100, "from 150 mg to 200 mg a day after 1 day is faster than 150 mg every 7 days"),
        (2, 100, "from 150 mg to 200 mg a day after 2 days is faster than 150 mg every 7 days"),
        (0, 100, "from 150 mg to 200 mg a day after 0 days is faster than 150 mg every 7 days"),
    ],
)
def test_a_rise_says_from_what_to_what(us, started, mg, verdict):
    taken = us.taken("pregabalin", step(75, 2), starts=ago(started))
    found = one(us, us.facts(us.order("pregabalin", step(mg, 2), replaces=(taken.reference,)), taken))
    assert found.summary == f"Pregabalin {verdict}"
    assert found.detail[1] == "Raise it by at most 150 mg every 7 days"
    assert (found.limit.value, found.limit.unit, found.limit.kind) == (150, "mg", "step")


@pytest.mark.parametrize("starts", [None, ago(-3)])
def test_without_a_day_it_began_a_rise_is_judged_by_its_height_alone(us, starts):
    """No day on the record, or one still to come."""
    taken = us.taken("pregabalin", step(75, 2), starts=starts)
    low, high = (us.order("pregabalin", step(mg, 2), replaces=(taken.reference,)) for mg in (100, 200))
    assert us.said(RULE, us.facts(low, taken)) == []
    assert us.said(RULE, us.facts(high, taken))


def test_the_latest_rise_counts(us):
    """Two orders run: the younger says since when."""
    old = us.taken("pregabalin", step(75), starts=ago(60))
    young = us.taken("pregabalin", step(75), starts=ago(2), key="young")
    order = us.order("pregabalin", step(100, 2), replaces=(old.reference, young.reference))
    assert "after 2 days" in one(us, us.facts(order, old, young)).summary


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        (((75, 2, 6), (150, 2, None)), "from 150 mg to 300 mg a day after 6 days"),
        (((75, 2, 1), (150, 2, None)), "from 150 mg to 300 mg a day after 1 day"),
        (((75, 2, 7), (200, 2, None)), "from 150 mg to 400 mg a day in one step"),
        (((75, 2, 7), (75, 1, 7), (150, 2, None)), "from 75 mg to 300 mg a day in one step"),
        (((75, 1, 7), (75, 2, 6), (100, 2, 7), (300, 2, None)), "from 150 mg to 200 mg a day after 6 days"),
    ],
)
def test_the_first_step_that_is_too_fast_is_named(us, steps, verdict):
    order = us.order("pregabalin", *(step(mg, times, days) for mg, times, days in steps))
    found = one(us, us.facts(order))
    assert found.summary == f"Pregabalin {verdict} is faster than 150 mg every 7 days"
    assert not any(line.startswith("Also:") for line in found.detail)


def test_another_use_on_record_makes_it_conditional(us):
    found = one(
        us, us.facts(us.order("duloxetine", step(60)), conditions=("painful-diabetic-neuropathy", "depression"))
    )
    assert found.summary == (
        "If for painful diabetic neuropathy: duloxetine 60 mg a day is above the starting dose of 30 mg a day"
    )


def test_with_unknown_kidneys_the_steps_say_so(us):
    words = "Kidney function not known: the steps keep to what is right for any kidneys"
    unknown = one(us, us.facts(us.order("gabapentin", step(300, 3)), crcl=None))
    assert words in unknown.detail
    assert unknown.proposals[0].steps[-1].mg_per_day == 300
    assert words not in one(us, us.facts(us.order("gabapentin", step(300, 3)))).detail
    assert words not in one(us, us.facts(us.order("amitriptyline", step(50)), crcl=None)).detail
    in_amounts = one(us, us.facts(us.order("baclofen", step(10, 3)), crcl=None))
    assert "Kidney function not known: no schedule, as it would be one for healthy kidneys" in in_amounts.detail
    assert not any(line.startswith("Schedule") for line in in_amounts.detail)


def test_on_dialysis_no_schedule_is_said_in_amounts_either(us):
    found = one(us, us.facts(us.order("baclofen", step(10, 3)), kidneys=KidneyFunction(dialysis="Condition/d")))
    assert not any(line.startswith("Schedule") for line in found.detail)


def test_the_second_order_is_judged_where_the_first_is_not(us):
    """The first has no known form, is above a ceiling, or concerns another use."""
    second = us.order("duloxetine", step(60), key="second")
    unread = replace(us.order("gabapentin", step(600, 3)), formulation=None)
    for first in (unread, us.order("gabapentin", step(1200, 4)), us.order("gabapentin", step(300))):
        assert one(us, us.facts(first, second)).agents == ("duloxetine",)


def test_a_boxed_climb_speaks_above_a_ceiling_too(us):
    found = us.said(RULE, us.facts(us.order("lamotrigine", step(500)), conditions=()))
    assert [each.indicator for each in found] == [Indicator.WARNING]


def test_an_order_without_an_id_is_not_named(us):
    found = one(us, us.facts(replace(us.order("gabapentin", step(300, 3)), reference="")))
    assert (found.orders, found.proposals) == ((), ())


@pytest.mark.parametrize(
    ("name", "mg", "crcl", "words"),
    [
        ("baclofen", 45, 100, "15 mg a day for 7 days, then 30 mg a day for 7 days, then 45 mg a day"),
        ("baclofen", 60, 45, "15 mg a day for 7 days, then 30 mg a day"),
        ("lacosamide", 300, 22, "100 mg a day for 7 days, then 200 mg a day for 7 days, then 300 mg a day"),
        ("lacosamide", 399, 100, "100 mg a day for 7 days, then 200 mg a day for 7 days, then 300 mg a day"),
        ("lacosamide", 200, 100, "100 mg a day for 7 days, then 200 mg a day"),
    ],
)
def test_in_amounts_the_schedule_ends_at_what_the_kidneys_allow_and_at_what_is_ordered(us, name, mg, crcl, words):
    """Below a clearance of 30 lacosamide goes to 300 mg a day, that dose included."""
    found = one(us, us.facts(us.order(name, step(mg)), crcl=crcl))
    assert f"Schedule: {words}" in found.detail


def test_where_the_order_ends_at_the_first_step_there_is_no_schedule(us):
    found = one(us, us.facts(us.order("baclofen", step(20)), crcl=100))
    assert not [line for line in found.detail if line.startswith("Schedule")]


def test_the_schedule_is_said_by_the_route_of_the_order(us):
    for route, words in ((None, "by mouth"), ("oral", "by mouth"), ("by tube", "by tube")):
        found = one(us, us.facts(us.order("gabapentin", step(300, 3), route=route)))
        assert any(line.startswith("Days 1 to") and f" {words} " in line for line in found.detail)
        assert f" {words} " in found.proposals[0].description


def test_a_patch_rises_by_its_rate(us):
    def patch(rate):
        return DoseStep(Dose(Fraction(rate * 24, 1000), Fraction(rate), "ug/h"))

    taken = us.taken("fentanyl", patch(25), route="transdermal", starts=ago(60))
    said = {}
    for rate in (37, 50):
        draft = us.order("fentanyl", patch(rate), route="transdermal", replaces=(taken.reference,))
        said[rate] = [found.summary for found in us.said(RULE, us.facts(draft, taken))]
    words = "Fentanyl from 25 ug/h to 50 ug/h in one step is faster than 12 ug/h every 3 days"
    assert said == {37: [], 50: [words]}


def test_a_step_that_nobody_could_read_is_no_rise(us):
    scoops = DoseStep(Dose(None, Fraction(3), "scoop"), days=7)
    for steps in ((step(300, 1, 7), scoops, step(300, 3)), (scoops, step(300))):
        assert us.said(RULE, us.facts(us.order("gabapentin", *steps))) == []


def test_a_rise_above_a_usual_dose_is_said_where_that_card_shows_no_way(us):
    """Amitriptyline from 75 mg to 150 mg: the card on the usual dose offers 100 mg, and says nothing of steps."""
    taken = us.taken("amitriptyline", step(75))
    draft = us.order("amitriptyline", step(150), replaces=(taken.reference,))
    found = one(us, us.facts(draft, taken, conditions=("painful-diabetic-neuropathy",)))
    assert found.summary == "Amitriptyline from 75 mg to 150 mg a day in one step is faster than 25 mg every 3 days"
