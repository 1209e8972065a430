"""Below the target or at it; what is added or exchanged; what holds the dose down; and what is not known."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards.facts import Dose, DoseStep, Hook, KidneyFunction, Known, Result, Role
from cards.finding import Indicator
from tests.rules.dose_patients import EVERYTHING, ago, allergy, step

RULE = "optimise-dose-first"
DPN = ("painful-diabetic-neuropathy",)


def one(ward, facts):
    found = ward.said(RULE, facts)
    assert len(found) == 1
    assert found[0].indicator is Indicator.INFO
    return found[0]


def adding(ward, taken, second="lidocaine", conditions=DPN, **more):
    unit = "patch" if second == "lidocaine" else "tablet"
    return ward.facts(ward.order(second, step(1, unit=unit)), taken, conditions=conditions, **more)


@pytest.mark.parametrize(
    ("name", "target", "condition"),
    [
        ("gabapentin", 1800, "painful-diabetic-neuropathy"),
        ("gabapentin", 2400, "hiv-polyneuropathy"),
        ("pregabalin", 300, "painful-diabetic-neuropathy"),
        ("duloxetine", 60, "painful-diabetic-neuropathy"),
        ("nortriptyline", 50, "painful-diabetic-neuropathy"),
        ("carbamazepine", 400, "trigeminal-neuralgia"),
    ],
)
def test_at_the_target_it_is_silent_and_below_it_speaks(us, name, target, condition):
    at, below = us.taken(name, step(target)), us.taken(name, step(target - 1))
    assert us.said(RULE, adding(us, at, conditions=(condition,))) == []
    assert one(us, adding(us, below, conditions=(condition,))).limit.value == target


@pytest.mark.parametrize(("crcl", "most"), [(22, 700), (30, 700), (31, 1400), (60, 1800)])
def test_what_the_kidneys_allow_is_the_target(us, crcl, most):
    assert us.said(RULE, adding(us, us.taken("gabapentin", step(most)), crcl=crcl)) == []
    assert one(us, adding(us, us.taken("gabapentin", step(most - 1)), crcl=crcl)).limit.value == most


@pytest.mark.parametrize(
    "kidneys",
    [
        KidneyFunction(dialysis="Condition/d"),
        KidneyFunction(stage_five=True),
        KidneyFunction(acute_injury="Condition/a"),
    ],
)
def test_without_a_limit_that_can_be_computed_it_is_silent(us, kidneys):
    assert us.said(RULE, adding(us, us.taken("gabapentin", step(300)), kidneys=kidneys)) == []


def test_unknown_kidneys_are_said(us):
    found = one(us, adding(us, us.taken("gabapentin", step(900)), crcl=None))
    assert "kidney function: not known; its limit may be below the target" in found.not_checked
    forbidden = one(us, adding(us, us.taken("duloxetine", step(30)), crcl=None))
    assert "kidney function: not known; its limit may be below the target" in forbidden.not_checked
    assert one(us, adding(us, us.taken("duloxetine", step(30)), crcl=100)).not_checked == ()


def test_unknown_history_is_said(us):
    found = one(us, adding(us, us.taken("duloxetine", step(30)), known=EVERYTHING - {Known.HISTORY}))
    assert any(line.startswith("earlier orders") for line in found.not_checked)


# --- what is added or exchanged -------------------------------------------------------------------------------------


def test_added_exchanged_or_of_the_same_class(us):
    taken = us.taken("gabapentin", step(300, 3))
    words = {
        "adding duloxetine": us.order("duloxetine", step(30)),
        "changing to duloxetine": us.order("duloxetine", step(30), replaces=(taken.reference,)),
        "changing to pregabalin": us.order("pregabalin", step(75)),
    }
    for ending, draft in words.items():
        found = one(us, us.facts(draft, taken, conditions=DPN))
        assert found.summary == (
            f"Gabapentin 900 mg a day is below its target, 1,800 mg a day: raise it before {ending}"
        )
        assert found.orders == (draft.reference, taken.reference)


def test_stopped_in_the_same_call(us):
    stopped = us.taken("gabapentin", step(300, 3), role=Role.STOP)
    found = one(us, us.facts(us.order("duloxetine", step(30)), stopped, conditions=DPN))
    assert "before changing to duloxetine" in found.summary


def test_the_same_agent_raised_is_no_second_one(us):
    taken = us.taken("gabapentin", step(300, 3))
    assert us.said(RULE, us.facts(us.order("gabapentin", step(300, 4)), taken, conditions=DPN)) == []


def test_a_draft_that_is_not_selected_or_for_another_use_adds_nothing(us):
    taken, draft = us.taken("gabapentin", step(300, 3)), us.order("duloxetine", step(30))
    chart = {"conditions": (*DPN, "depression")}
    assert us.said(RULE, us.facts(us.with_reason(draft, "depression"), taken, **chart)) == []
    assert us.said(RULE, us.facts(replace(draft, selected=False), taken, **chart)) == []


def test_an_agent_taken_for_another_use_is_left_alone(us):
    taken = us.with_reason(us.taken("duloxetine", step(30)), "depression")
    assert us.said(RULE, adding(us, taken, conditions=(*DPN, "depression"))) == []


def test_another_use_on_record_makes_it_conditional(us):
    found = one(us, adding(us, us.taken("duloxetine", step(30)), conditions=(*DPN, "depression")))
    assert found.summary.startswith("If for painful diabetic neuropathy: duloxetine 30 mg a day")


def test_what_is_no_offer_for_the_condition_is_not_raised(us):
    assert us.said(RULE, adding(us, us.taken("tramadol", step(50)))) == []
    assert us.said(RULE, adding(us, us.taken("gabapentin", step(300)), conditions=("radiculopathy-sciatica",))) == []


def test_a_provisional_condition_suggests_nothing(us):
    perhaps = us.condition("painful-diabetic-neuropathy", provisional=True)
    assert us.said(RULE, adding(us, us.taken("gabapentin", step(300)), conditions=(perhaps,))) == []


# --- what holds the dose down ---------------------------------------------------------------------------------------


def test_the_most_tolerated_is_not_raised(us):
    taken = us.taken("gabapentin", step(300, 3))
    assert us.said(RULE, adding(us, replace(taken, most_tolerated=True))) == []
    earlier = us.taken("gabapentin", step(300, 3), role=Role.PAST, key="p", most_tolerated=True)
    facts = adding(us, taken)
    assert us.said(RULE, replace(facts, orders=(*facts.orders, earlier))) == []


def test_what_speaks_against_the_agent_keeps_the_dose(us):
    taken = us.taken("nortriptyline", step(25))
    assert one(us, adding(us, taken))
    assert us.said(RULE, adding(us, taken, age=65)) == []
    assert us.said(RULE, adding(us, taken, allergies=(allergy("nortriptyline", intolerance=True),))) == []
    assert us.said(RULE, adding(us, taken, conditions=(*DPN, "av-block-2-3"))) == []


def test_a_dose_that_was_not_read_is_not_compared(us):
    assert us.said(RULE, adding(us, us.taken("gabapentin"))) == []


def test_a_climb_already_ordered_to_the_target(us):
    taken = us.taken("gabapentin", step(300, 3, 7), step(600, 3))
    assert us.said(RULE, adding(us, taken)) == []


# --- on opening the chart -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "speaks"), [(13, False), (14, True), (None, False)])
def test_on_opening_the_chart_only_when_the_climb_is_over(us, days, speaks):
    """The usual schedule of gabapentin under 65 climbs for 13 days."""
    taken = us.taken("gabapentin", step(300, 3), starts=ago(days) if days else None)
    facts = us.facts(taken, conditions=DPN, hook=Hook.PATIENT_VIEW)
    assert bool(us.said(RULE, facts)) is speaks


def test_not_for_a_patient_who_reads_her_own_chart(us):
    taken = us.taken("gabapentin", step(300, 3), starts=ago(200))
    assert us.said(RULE, us.facts(taken, conditions=DPN, hook=Hook.PATIENT_VIEW, user_is_clinician=False)) == []


# --- the card, to the word --------------------------------------------------------------------------------------------


def test_the_whole_card(us):
    taken = us.taken("gabapentin", step(300, 3), starts=ago(200))
    pain = Result("Observation/pain", "pain-score", Fraction(7), "{score}", day=ago(3))
    facts = us.facts(us.order("duloxetine", step(30)), taken, conditions=DPN, results=(pain,))
    found = one(us, facts)
    assert (
        found.summary
        == "Gabapentin 900 mg a day is below its target, 1,800 mg a day: raise it before adding duloxetine"
    )
    assert found.detail == (
        "Gabapentin now: 300 mg x 3 = 900 mg a day",
        "Gabapentin: taken since 2026-05-06 (28 weeks)",
        "A fair trial takes 10 weeks in all, at the target or the most that is tolerated",
        "If more is not tolerated, a change is right: note it on the order",
        "Pain score 7 (2026-11-19)",
    )
    assert (found.agents, found.conditions) == (("gabapentin", "duloxetine"), ("Condition/c0",))
    assert (found.daily_dose, found.dose_unit, found.on_kidneys) == (900, "mg/d", False)
    assert (found.limit.value, found.limit.unit, found.limit.kind) == (1800, "mg/d", "target")
    assert [each.address for each in found.because] == ["conditions/painful-diabetic-neuropathy.toml#target"]
    assert found.not_checked == ()


@pytest.mark.parametrize(
    ("days", "words"), [(13, "(13 days)"), (14, "(2 weeks)"), (20, "(2 weeks)"), (21, "(3 weeks)")]
)
def test_how_long_it_was_taken(us, days, words):
    found = one(us, adding(us, us.taken("gabapentin", step(300, 3), starts=ago(days))))
    assert any(line.startswith("Gabapentin: taken since") and line.endswith(words) for line in found.detail)


def test_what_the_kidneys_hold_down_is_the_highest_dose_for_the_patient(us):
    found = one(us, adding(us, us.taken("gabapentin", step(200, 3)), "duloxetine", crcl=45))
    assert found.summary == (
        "Gabapentin 600 mg a day is below the highest dose for this patient, 1,400 mg a day: "
        "raise it before adding duloxetine"
    )
    assert found.on_kidneys


def test_on_opening_the_chart_it_names_no_second(us):
    taken = us.taken("gabapentin", step(300, 3), starts=ago(200))
    found = one(us, us.facts(taken, conditions=DPN, hook=Hook.PATIENT_VIEW))
    assert found.summary.endswith("1,800 mg a day: raise it if the pain is not controlled")
    assert (found.agents, found.orders) == (("gabapentin",), ("MedicationRequest/old",))
    assert not any("a change is right" in line for line in found.detail)


def test_what_something_speaks_against_is_not_changed_to(us):
    """Tramadol is advised against in diabetic neuropathy: alone, and beside another that is not."""
    taken = us.taken("gabapentin", step(300, 3))
    tramadol = us.order("tramadol", step(50), replaces=(taken.reference,))
    found = one(us, us.facts(tramadol, taken, conditions=DPN))
    assert found.summary.endswith("raise it, do not change to tramadol")
    assert not any("a change is right" in line for line in found.detail)
    both = us.facts(us.order("duloxetine", step(30), key="d"), us.order("tramadol", step(50)), taken, conditions=DPN)
    assert "raise it, do not add duloxetine and tramadol" in one(us, both).summary


def test_what_it_replaces_does_not_speak_against_the_second(us):
    """Of one class two are not taken together: pregabalin in place of gabapentin is a change, no duplicate."""
    taken = us.taken("gabapentin", step(300, 3))
    draft = us.order("pregabalin", step(75), replaces=(taken.reference,))
    assert one(us, us.facts(draft, taken, conditions=DPN)).summary.endswith("raise it before changing to pregabalin")


def test_two_orders_of_the_agent_add_up(us):
    """Below the target by the sum, at it by the sum; one card, and no arithmetic of one of them alone."""
    first, second = us.taken("gabapentin", step(300, 3)), us.taken("gabapentin", step(100), key="b")
    found = one(us, replace(adding(us, first), orders=(*adding(us, first).orders, second)))
    assert found.daily_dose == 1000
    assert not any(line.startswith("Gabapentin now") for line in found.detail)
    enough = us.taken("gabapentin", step(300, 3), key="b")
    assert us.said(RULE, replace(adding(us, first), orders=(*adding(us, first).orders, enough))) == []


def test_the_next_order_is_judged_where_one_is_not(us):
    """One has no known form, is at the most that is tolerated, at its target or no agent: the next is judged."""
    below = us.taken("gabapentin", step(300, 3), key="g")
    for first in (
        replace(us.taken("duloxetine", step(30)), formulation=None),
        us.taken("duloxetine", step(30), most_tolerated=True),
        us.taken("duloxetine", step(60)),
        us.taken("naproxen", step(500)),
    ):
        facts = us.facts(us.order("lidocaine", step(1, unit="patch")), first, below, conditions=DPN)
        assert one(us, facts).agents[0] == "gabapentin"
    past = us.taken("gabapentin", step(300, 3), role=Role.PAST)
    assert us.said(RULE, adding(us, past)) == []


def test_of_two_pains_the_one_that_it_is_an_offer_for(us):
    """Gabapentin is no offer in sciatica; a provisional pain suggests nothing, the next one does."""
    taken = us.taken("gabapentin", step(300, 3))
    perhaps = us.condition("postherpetic-neuralgia", key="p", provisional=True)
    for first in ("radiculopathy-sciatica", perhaps):
        found = one(us, adding(us, taken, conditions=(first, *DPN)))
        assert found.limit.value == 1800


def test_a_fair_trial_in_another_pain(us):
    found = one(us, adding(us, us.taken("carbamazepine", step(100, 2)), "baclofen", ("trigeminal-neuralgia",)))
    assert "A fair trial takes 4 weeks in all, at the target or the most that is tolerated" in found.detail


def test_what_is_no_agent_for_pain_is_no_second(us):
    taken = us.taken("gabapentin", step(300, 3))
    assert us.said(RULE, us.facts(us.order("lisinopril", step(10)), taken, conditions=DPN)) == []


def test_an_order_without_an_id_is_not_named(us):
    taken = us.taken("gabapentin", step(300, 3))
    draft = replace(us.order("duloxetine", step(30)), reference="")
    assert one(us, us.facts(draft, taken, conditions=DPN)).orders == (taken.reference,)


# --- what is put on the skin ------------------------------------------------------------------------------------------

PHN = ("postherpetic-neuralgia",)


def on_skin(ward, name, form, count, unit, times=1, **more):
    single = Dose(None, Fraction(count), unit)
    dose = DoseStep(single.times(Fraction(times)), single, Fraction(times))
    return ward.taken(name, dose, formulation=form, route="topical", **more)


def test_the_agents_own_target_where_the_condition_names_none(us, uk):
    """Capsaicin cream in applications a day; oxcarbazepine in trigeminal neuralgia in the UK in mg."""
    cream = one(us, adding(us, on_skin(us, "capsaicin", "cream", 1, "application", 2), "gabapentin", PHN))
    assert (cream.daily_dose, cream.dose_unit, cream.limit.value) == (2, "application/d", 3)
    assert cream.summary.startswith("Capsaicin 2 applications a day is below its target, 3 applications a day")
    assert "A fair trial takes 8 weeks in all, at the target or the most that is tolerated" in cream.detail
    assert [each.address for each in cream.because] == ["agents/capsaicin.toml#target.usual-cream"]
    enough = on_skin(us, "capsaicin", "cream", 1, "application", 3)
    assert us.said(RULE, adding(us, enough, "gabapentin", PHN)) == []
    tablets = one(uk, adding(uk, uk.taken("oxcarbazepine", step(150, 2)), "baclofen", ("trigeminal-neuralgia",)))
    assert tablets.limit.value == 600
    assert [each.address for each in tablets.because] == ["agents/oxcarbazepine.toml#target.usual"]


def test_a_patch_once_in_three_months_is_not_given_more_often(us):
    patch = on_skin(us, "capsaicin", "patch-8-percent", 1, "patch", Fraction(1, 90))
    assert us.said(RULE, adding(us, patch, "gabapentin", PHN)) == []
    daily = on_skin(us, "lidocaine", "patch-5-percent", 1, "patch")
    assert one(us, adding(us, daily, "gabapentin", PHN)).limit.value == 3


def test_the_target_is_the_one_for_the_formulation(us):
    """After surgery the file names a target for the 5 % patch alone; the 1.8 % system has the agent's own."""
    surgery = ("post-surgical-traumatic-neuropathic-pain",)
    half = on_skin(us, "lidocaine", "patch-5-percent", Fraction(1, 2), "patch")
    other = on_skin(us, "lidocaine", "system-1-8-percent", Fraction(1, 2), "patch")
    five, eighteen = (one(us, adding(us, patch, "gabapentin", surgery)) for patch in (half, other))
    assert [each.address for each in five.because] == [f"conditions/{surgery[0]}.toml#target"]
    assert [each.address for each in eighteen.because] == ["agents/lidocaine.toml#target.usual"]


def test_on_broken_skin_a_patch_is_neither_raised_nor_added(us):
    half = on_skin(us, "lidocaine", "patch-5-percent", Fraction(1, 2), "patch")
    assert one(us, adding(us, half, "gabapentin", PHN))
    assert us.said(RULE, adding(us, half, "gabapentin", (*PHN, "skin-broken"))) == []
    taken = us.taken("gabapentin", step(300, 3))
    assert one(us, adding(us, taken, conditions=PHN)).summary.endswith("raise it before adding lidocaine")
    broken = one(us, adding(us, taken, conditions=(*PHN, "skin-broken")))
    assert broken.summary.endswith("raise it, do not add lidocaine")


# --- what speaks against the second -----------------------------------------------------------------------------------


def test_a_second_that_must_not_be_given_and_one_with_a_caution(us):
    taken, draft = us.taken("gabapentin", step(300, 3)), us.order("duloxetine", step(30))
    forbidden = us.facts(draft, taken, conditions=(*DPN, "angle-closure"))
    assert one(us, forbidden).summary.endswith("raise it, do not add duloxetine")
    careful = us.facts(draft, taken, conditions=(*DPN, "seizure"))
    assert one(us, careful).summary.endswith("raise it before adding duloxetine")


def test_two_that_must_not_be_taken_together_may_follow_each_other(us):
    """A tricyclic beside duloxetine is to be avoided; in its place it is a change."""
    taken, draft = us.taken("duloxetine", step(30)), us.order("nortriptyline", step(10))
    assert one(us, us.facts(draft, taken, conditions=DPN)).summary.endswith("raise it, do not add nortriptyline")
    change = us.facts(replace(draft, replaces=(taken.reference,)), taken, conditions=DPN)
    assert one(us, change).summary.endswith("raise it before changing to nortriptyline")


def test_several_long_names_are_cut(us):
    seconds = [us.order(name, step(1), key=name) for name in ("duloxetine", "lidocaine", "capsaicin", "baclofen")]
    found = one(us, us.facts(*seconds, us.taken("gabapentin", step(300, 3)), conditions=DPN))
    assert found.summary.endswith("adding duloxetine, lidocaine, capsaicin and ba…")


# --- how long, and how much of it -------------------------------------------------------------------------------------


def test_use_goes_back_over_earlier_orders_of_the_same_agent(us):
    """The order of this week continues one that lasted until it; one of another agent says nothing."""
    earlier = us.taken("gabapentin", step(300, 3), key="p", role=Role.PAST, starts=ago(100), ended=ago(6))
    taken = us.taken("gabapentin", step(300, 3), starts=ago(5))
    found = one(us, us.facts(taken, earlier, conditions=DPN, hook=Hook.PATIENT_VIEW))
    assert f"Gabapentin: taken since {ago(100).isoformat()} (14 weeks)" in found.detail
    other = replace(earlier, ingredients=("pregabalin",))
    assert us.said(RULE, us.facts(taken, other, conditions=DPN, hook=Hook.PATIENT_VIEW)) == []


def test_what_ended_lately_is_not_raised(us):
    ended = us.taken("gabapentin", step(300, 3), role=Role.PAST, starts=ago(90), ended=ago(5))
    assert us.said(RULE, adding(us, ended)) == []


def test_a_target_that_is_the_ceiling_too_is_still_its_target(us):
    """Duloxetine 60 mg: the target, and the usual dose that the label names; the kidneys hold nothing down."""
    found = one(us, adding(us, us.taken("duloxetine", step(30))))
    assert found.summary.startswith("Duloxetine 30 mg a day is below its target, 60 mg a day")
    assert not found.on_kidneys
