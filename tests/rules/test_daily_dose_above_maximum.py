"""Ceilings and usual doses, both sides of each: by use, age, jurisdiction, co-medication, single dose and unit."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards.facts import Dose, DoseStep, Patient, Product, Role
from cards.finding import Indicator
from tests.rules.dose_patients import DAY, ago, step

RULE = "daily-dose-above-maximum"
WARNING, INFO = Indicator.WARNING, Indicator.INFO


def one(ward, facts):
    found = ward.said(RULE, facts)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("name", "mg", "times", "condition", "age", "limit"),
    [
        ("gabapentin", 1200, 3, "postherpetic-neuralgia", 50, (3600, WARNING)),
        ("pregabalin", 150, 2, "painful-diabetic-neuropathy", 50, (300, INFO)),
        ("pregabalin", 300, 2, "postherpetic-neuralgia", 50, (600, WARNING)),
        ("pregabalin", 150, 3, "fibromyalgia", 50, (450, INFO)),
        ("duloxetine", 60, 1, "painful-diabetic-neuropathy", 50, (60, INFO)),
        ("duloxetine", 60, 2, "depression", 50, (120, WARNING)),
        ("carbamazepine", 400, 3, "trigeminal-neuralgia", 50, (1200, WARNING)),
        ("carbamazepine", 400, 4, "epilepsy", 50, (1600, WARNING)),
        ("oxcarbazepine", 900, 2, "trigeminal-neuralgia", 50, (1800, INFO)),
        ("amitriptyline", 50, 2, "neuropathic-pain", 64, (100, INFO)),
        ("amitriptyline", 75, 1, "neuropathic-pain", 65, (75, INFO)),
        ("amitriptyline", 75, 2, "depression", 50, (150, WARNING)),
        ("nortriptyline", 50, 1, "depression", 65, (50, INFO)),
        ("tramadol", 100, 4, "neuropathic-pain", 75, (400, WARNING)),
        ("tramadol", 75, 4, "neuropathic-pain", 76, (300, WARNING)),
        ("lidocaine", 3, 1, "postherpetic-neuralgia", 50, (3, WARNING)),
    ],
)
def test_at_a_figure_it_is_silent_and_above_it_speaks(us, name, mg, times, condition, age, limit):
    unit = "patch" if name == "lidocaine" else "tablet"
    taken = us.taken(name, step(mg, times, unit=unit), replaces=())
    silent = us.order(name, step(mg, times, unit=unit), replaces=(taken.reference,))
    at = step(mg, times, unit=unit)
    more = DoseStep(at.daily + Dose(Fraction(1), Fraction(1), unit), at.single, at.doses_per_day)
    loud = replace(silent, dosage=replace(silent.dosage, steps=(more,)))
    chart = {"conditions": (condition,), "age": age}
    assert us.said(RULE, us.facts(silent, taken, **chart)) == []
    found = one(us, us.facts(loud, taken, **chart))
    assert (found.limit.value, found.indicator) == limit


def test_of_several_uses_the_highest_counts(us):
    order = us.order("pregabalin", step(225, 2))
    assert one(us, us.facts(order, conditions=("painful-diabetic-neuropathy",))).limit.value == 300
    both = ("painful-diabetic-neuropathy", "postherpetic-neuralgia")
    assert us.said(RULE, us.facts(order, conditions=both)) == []


def test_another_labelled_use_on_record_counts_unless_the_order_says_its_own(us):
    order = us.order("duloxetine", step(60, 2))
    both = ("painful-diabetic-neuropathy", "depression")
    assert us.said(RULE, us.facts(order, conditions=both)) == []
    said = us.with_reason(order, "painful-diabetic-neuropathy")
    assert one(us, us.facts(said, conditions=both)).limit.value == 60


def test_no_use_on_record_leaves_the_highest_of_all(us):
    assert us.said(RULE, us.facts(us.order("amitriptyline", step(50, 3)), conditions=())) == []
    assert one(us, us.facts(us.order("amitriptyline", step(50, 4)), conditions=())).limit.value == 150


def test_a_medicine_beside_it_lowers_the_ceiling(us):
    taken = us.taken("lamotrigine", step(150, 2))
    order = us.order("lamotrigine", step(150, 2), replaces=(taken.reference,))
    assert us.said(RULE, us.facts(order, taken, conditions=())) == []
    facts = us.facts(order, taken, us.taken("valproate", step(500, 2), key="v"), conditions=())
    assert one(us, facts).limit.value == 200


def test_a_practice_figure_and_no_added_benefit_are_no_limits(us):
    assert us.said(RULE, us.facts(us.order("gabapentin", step(600, 4)), age=80)) == []
    assert us.said(RULE, us.facts(us.order("acetaminophen", step(1000, 4)), age=80)) == []


def test_no_added_benefit_is_said_beside_a_ceiling(us):
    found = one(us, us.facts(us.order("gabapentin", step(1200, 4)), conditions=("postherpetic-neuralgia",)))
    assert any("no added benefit shown above 1,800 mg a day" in line for line in found.detail)


def test_the_jurisdiction_decides(us, uk):
    order = us.order("duloxetine", step(60, 2))
    chart = {"conditions": ("painful-diabetic-neuropathy",)}
    assert one(us, us.facts(order, **chart)).limit.value == 60
    assert uk.said(RULE, uk.facts(order, **chart)) == []


@pytest.mark.parametrize(("mg", "speaks"), [(300, False), (350, True)])
def test_a_single_dose_has_a_ceiling_of_its_own(us, mg, speaks):
    found = us.said(RULE, us.facts(us.order("pregabalin", step(mg, 1)), conditions=("postherpetic-neuralgia",)))
    assert [(f.limit.value, f.indicator) for f in found] == ([(300, WARNING)] if speaks else [])
    assert not speaks or found[0].summary == "Pregabalin 350 mg in one dose is above the maximum of 300 mg"


def test_an_unknown_age_takes_the_strictest_limit(us):
    facts = us.facts(us.order("amitriptyline", step(40, 2)), age=None)
    assert one(us, facts).limit.value == 75


def test_a_limit_by_weight_needs_a_weight(us):
    order = us.order("valproate", step(1500, 4))
    assert us.said(RULE, us.facts(order, conditions=())) == []
    heavy = replace(us.facts(order, conditions=()).patient, weight_kg=Fraction(80))
    assert one(us, us.facts(order, conditions=(), patient=heavy)).limit.value == 4800


@pytest.mark.parametrize("lacking", [{"formulation": ""}, {}])
def test_a_dose_that_was_not_read_is_not_judged(us, lacking):
    order = us.order("gabapentin") if not lacking else replace(us.order("gabapentin", step(2000, 3)), formulation=None)
    assert us.said(RULE, us.facts(order)) == []


def test_two_orders_that_may_both_continue_are_said_as_such(us):
    facts = us.facts(us.order("gabapentin", step(800, 3)), us.taken("gabapentin", step(800, 3)))
    found = one(us, facts)
    assert found.summary == "Gabapentin 4,800 mg a day if both orders continue is above the maximum of 3,600 mg"
    assert found.proposals == ()


# --- one card with the limit of the kidneys, and what may be accepted ------------------------------------------------


def test_with_the_limit_of_the_kidneys_it_is_one_card_and_one_replacement(us):
    taken = us.taken("gabapentin", step(300, 2))
    order = us.order("gabapentin", step(1200, 4), replaces=(taken.reference,))
    found = one(us, us.facts(order, taken, crcl=22))
    assert (found.rule, found.also_rules) == ("daily-dose-above-renal-maximum", (RULE,))
    assert [p.steps[-1].mg_per_day for p in found.proposals] == [600]


def test_healthy_kidneys_leave_the_word_to_the_ceiling(us):
    found = one(us, us.facts(us.order("gabapentin", step(1200, 4)), crcl=100))
    assert (found.rule, found.also_rules) == (RULE, ())


@pytest.mark.parametrize(
    ("name", "mg", "times", "condition", "crcl", "offered"),
    [
        ("gabapentin", 1200, 4, "postherpetic-neuralgia", 100, 3600),
        ("pregabalin", 300, 3, "painful-diabetic-neuropathy", 100, 300),
        ("pregabalin", 300, 3, "painful-diabetic-neuropathy", 50, 150),
        ("duloxetine", 60, 3, "painful-diabetic-neuropathy", 100, 60),
        ("pregabalin", 600, 1, "postherpetic-neuralgia", 100, 600),  # 300 mg at once is the most: twice a day
    ],
)
def test_the_replacement_is_within_every_limit(us, name, mg, times, condition, crcl, offered):
    taken = us.taken(name, step(mg, times))
    order = us.order(name, step(mg, times), replaces=(taken.reference,))
    facts = us.facts(order, taken, conditions=(condition,), crcl=crcl)
    steps = one(us, facts).proposals[0].steps
    assert [each.mg_per_day for each in steps] == [offered]


def test_to_a_patient_new_to_it_the_highest_dose_is_never_offered_at_once(us):
    steps = one(us, us.facts(us.order("gabapentin", step(1200, 4)))).proposals[0].steps
    assert steps[0].mg_per_day == 300
    assert len(steps) > 1


def test_a_climb_of_which_one_step_is_too_high_keeps_the_others(us):
    taken = us.taken("pregabalin", step(75, 2))
    order = us.order("pregabalin", step(75, 2, 7), step(150, 2, 7), step(300, 2), replaces=(taken.reference,))
    found = one(us, us.facts(order, taken, conditions=("painful-diabetic-neuropathy",)))
    assert [(each.mg_per_day, each.days) for each in found.proposals[0].steps] == [(150, 7), (300, None)]


@pytest.mark.parametrize("doubt", [{"sure": False}, {"reference": ""}])
def test_what_was_not_read_for_sure_is_not_mended(us, doubt):
    order = replace(us.order("pregabalin", step(225, 2)), **doubt)
    found = one(us, us.facts(order, conditions=("painful-diabetic-neuropathy",)))
    assert found.proposals == ()


def test_what_is_forbidden_is_not_mended(us):
    order = us.order("amitriptyline", step(200, 1))
    found = one(us, us.facts(order, conditions=("neuropathic-pain", "av-block-2-3")))
    assert found.proposals == ()


def test_without_an_age_nothing_may_be_accepted(us):
    facts = us.facts(us.order("gabapentin", step(1200, 4)), patient=Patient("Patient/p"))
    assert one(us, facts).proposals == ()


# --- the card, to the word -------------------------------------------------------------------------------------------


def test_the_whole_card_above_a_ceiling(us):
    facts = us.facts(us.order("pregabalin", step(350, 2)), conditions=("postherpetic-neuralgia",))
    found = one(us, facts)
    assert found.summary == "Pregabalin 700 mg a day is above the maximum of 600 mg"
    assert found.detail == (
        "350 mg x 2 = 700 mg a day",
        "Ceiling: at most 600 mg a day (label)",
        "Ceiling: at most 300 mg in one dose (label: 600 mg in two doses)",
        "Highest dose within the limits: Take 1 capsule (300 mg) by mouth twice daily (600 mg a day)",
        "Not at once, but step by step:",
        "Days 1 to 7: Take 1 capsule (75 mg) by mouth once daily at night",
        "Days 8 to 14: Take 1 capsule (75 mg) by mouth twice daily",
        "Days 15 to 21: Take 1 capsule (75 mg) by mouth three times daily",
        "From day 22: Take 2 capsules (150 mg) by mouth twice daily",
        "Beyond 300 mg a day: only on review, in the same small steps",
    )
    assert (found.agents, found.orders, found.conditions) == (
        ("pregabalin",),
        ("MedicationRequest/new",),
        ("Condition/c0",),
    )
    assert (found.daily_dose, found.dose_unit, found.limit.unit, found.on_kidneys) == (700, "mg/d", "mg/d", False)
    addresses = [each.address for each in found.because]
    assert addresses == ["agents/pregabalin.toml#maximum.ceiling", "agents/pregabalin.toml#maximum.single"]


def test_the_whole_card_above_a_usual_dose(us):
    found = one(us, us.facts(us.order("pregabalin", step(225, 2)), conditions=("painful-diabetic-neuropathy",)))
    assert found.summary == "Pregabalin 450 mg a day is above the usual 300 mg for painful diabetic neuropathy"
    assert found.detail[:2] == (
        "225 mg x 2 = 450 mg a day",
        "Usual: at most 300 mg a day (label: more side effects and no more relief above)",
    )
    assert (found.indicator, found.limit.kind) == (INFO, "usual")


def test_one_dose_too_large_names_what_it_makes_a_day(us):
    """The figure compared is that of one dose; the card's dose a day stays one a day."""
    found = one(us, us.facts(us.order("pregabalin", step(350)), conditions=("postherpetic-neuralgia",)))
    assert (found.daily_dose, found.dose_unit, found.limit.unit) == (350, "mg/d", "mg")
    assert found.detail[1] == "Ceiling: at most 300 mg in one dose (label: 600 mg in two doses)"
    assert not any(line.startswith("Ceiling: at most 600") for line in found.detail)
    twice = one(us, us.facts(us.order("gabapentin", step(1300, 2))))
    assert twice.summary == "Gabapentin 1,300 mg in one dose is above the usual 1,200 mg"
    assert (twice.daily_dose, twice.dose_unit, twice.limit.unit) == (2600, "mg/d", "mg")


def test_the_largest_of_several_doses_is_judged(us):
    """Whichever of an order's steps has it."""
    chart = {"conditions": ("postherpetic-neuralgia",)}
    for steps in ((step(75, 1, 7), step(350)), (step(350, 1, 7), step(75))):
        found = one(us, us.facts(us.order("pregabalin", *steps), **chart))
        assert found.summary == "Pregabalin 350 mg in one dose is above the maximum of 300 mg"


def test_patches_are_counted_as_patches(us):
    order = us.order("lidocaine", step(4, unit="patch"), route="topical")
    found = one(us, us.facts(order, conditions=("postherpetic-neuralgia",)))
    assert found.summary == "Lidocaine 4 patches a day is above the maximum of 3 patches"
    assert (found.daily_dose, found.dose_unit) == (4, "patch/d")


def test_an_order_too_high_alone_is_no_matter_of_what_continues(us):
    facts = us.facts(us.order("gabapentin", step(1300, 3)), us.taken("gabapentin", step(300, 3)))
    assert one(us, facts).summary == "Gabapentin 3,900 mg a day is above the maximum of 3,600 mg"


def test_a_figure_for_no_one_use_names_none(us):
    found = one(us, us.facts(us.order("desvenlafaxine", step(100))))
    assert found.summary == "Desvenlafaxine 100 mg a day is above the usual 50 mg"


@pytest.mark.parametrize(
    ("conditions", "use"),
    [
        (("painful-diabetic-neuropathy",), "painful diabetic neuropathy"),
        (("painful-diabetic-neuropathy", "postherpetic-neuralgia"), "neuropathic pain"),
    ],
)
def test_one_pain_is_named_as_it_is_and_several_as_the_figure_has_them(us, conditions, use):
    found = one(us, us.facts(us.order("amitriptyline", step(80)), age=70, conditions=conditions))
    assert found.summary == f"Amitriptyline 80 mg a day is above the usual 75 mg for {use}"


def test_one_dose_of_each_ingredient_of_a_combination_is_judged(us):
    """Three tablets at once: 975 mg of paracetamol are within its 1,000 mg, 112.5 mg of tramadol above its 100 mg."""
    both = ("acetaminophen", "tramadol")
    product = Product(both, (Fraction(325), Fraction("37.5")), "tablet", "Oral Tablet", "immediate")
    order = replace(us.order("acetaminophen", step(975)), ingredients=both, product=product)
    found = one(us, us.facts(order))
    assert found.summary == "Tramadol 112.5 mg in one dose is above the maximum of 100 mg"


def test_of_several_pains_the_figure_names_its_own(us):
    both = ("painful-diabetic-neuropathy", "neuropathic-pain")
    found = one(us, us.facts(us.order("duloxetine", step(60, 2)), conditions=both))
    assert found.summary == "Duloxetine 120 mg a day is above the usual 60 mg for painful diabetic neuropathy"


def test_the_second_order_is_judged_where_the_first_has_no_known_form(us):
    unread = replace(us.order("gabapentin", step(1200, 4)), formulation=None)
    found = one(us, us.facts(unread, us.order("duloxetine", step(60, 3), key="second")))
    assert found.agents == ("duloxetine",)


def test_an_order_without_an_id_is_not_named(us):
    found = one(us, us.facts(replace(us.order("gabapentin", step(1200, 4)), reference="")))
    assert (found.orders, found.proposals) == ((), ())


def test_what_was_taken_beside_it_once_lowers_no_ceiling(us):
    """Lamotrigine with valproate: 200 mg a day; with valproate stopped months ago it is not."""
    order, taken = us.order("lamotrigine", step(150, 2)), us.taken("lamotrigine", step(150, 2), supply_ends=DAY)
    beside = us.taken("valproate", step(500, 2), key="v")
    found = one(us, us.facts(order, taken, beside, conditions=("epilepsy",)))
    assert found.limit.value == 200
    ended = replace(beside, role=Role.PAST, ended=ago(100))
    assert us.said(RULE, us.facts(order, taken, ended, conditions=("epilepsy",))) == []
