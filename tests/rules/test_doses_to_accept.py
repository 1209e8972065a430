"""What may be accepted of a dose that is too high, where the kidneys leave it open: for every agent, from the files."""

from __future__ import annotations

from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards import RULES, KnowledgeBase, advise, seed
from cards.at_hand import at_hand
from cards.facts import Dosage, KidneyFunction, Known, Product
from cards.finding import Indicator
from cards.limits import lowest_anywhere
from tests.rules.dose_patients import DAY, EVERYTHING, Ward, kidneys, step

CEILING, RENAL = "daily-dose-above-maximum", "daily-dose-above-renal-maximum"
MAXIMA = (CEILING, RENAL)
UNSTEADY = {
    "dialysis": KidneyFunction(dialysis="Condition/hd"),
    "stage 5": KidneyFunction(Fraction(0), Fraction(15), method="ckd-stage", stage_five=True),
    "acute injury": replace(kidneys(90), acute_injury="Condition/aki"),
}
OF_TABLETS = [
    pytest.param(agent.id, formulation.id, id=f"{agent.id}-{formulation.id}")
    for agent in seed().on(DAY).agents.values()
    for formulation in agent.formulation
    if seed().on(DAY).tablets(agent, formulation)
]


def far_too_much(ward, name, formulation, *taken):
    return ward.order(
        name, step(2000, 4), formulation=formulation, key="draft", replaces=tuple(o.reference for o in taken)
    )


def offered(ward, facts):
    """The steps of what the rules on maxima and on the climb would put as the draft mended."""
    return [p.steps for f in findings(ward, facts) for p in f.proposals if p.updates]


def findings(ward, facts):
    """A rule that fails offers nothing either: that is no answer."""
    found = advise(facts, ward.knowledge)
    assert not found.troubles
    return found.findings


@pytest.mark.parametrize(("name", "formulation"), OF_TABLETS)
@pytest.mark.parametrize("condition", ["painful-diabetic-neuropathy", "postherpetic-neuralgia", "neuropathic-pain"])
def test_with_unknown_kidneys_only_what_is_right_for_any(us, name, formulation, condition):
    agent = us.knowledge.agents[name]
    for mg in (0, 25, 600):
        taken = [us.taken(name, step(mg), formulation=formulation)] if mg else []
        draft = far_too_much(us, name, formulation, *taken)
        facts = us.facts(draft, *taken, conditions=(condition,), crcl=None)
        lowest = lowest_anywhere(agent, formulation, us.knowledge, at_hand(facts, us.knowledge, draft))
        for steps in offered(us, facts):
            highest = max(each.mg_per_day for each in steps)
            assert lowest is None or (highest <= lowest.value and highest >= mg)


@pytest.mark.parametrize(("name", "formulation"), OF_TABLETS)
@pytest.mark.parametrize("state", UNSTEADY)
def test_on_dialysis_and_in_kidney_injury_nothing_dosed_by_the_kidneys_is_mended(us, name, formulation, state):
    agent = us.knowledge.agents[name]
    for mg in (0, 100):
        taken = [us.taken(name, step(mg), formulation=formulation)] if mg else []
        facts = us.facts(far_too_much(us, name, formulation, *taken), *taken, kidneys=UNSTEADY[state])
        assert offered(us, facts) == [] or whatever_the_kidneys(agent, formulation, us.knowledge)


def whatever_the_kidneys(agent, formulation, knowledge):
    """One figure for all clearances, and no entry that forbids it."""
    bands = [band for table in knowledge.here(agent.renal, formulation) for band in table.bands]
    return len({band.maximum for band in bands}) == 1 and bands[0].maximum and bands[0].crcl.text == "crcl >= 0"


def test_the_card_says_why_nothing_is_offered(us):
    why = {
        "dialysis": "No dose to accept on dialysis: agree it with the kidney team",
        "stage 5": "No dose to accept in stage 5 kidney disease: agree it with the kidney team",
        "acute injury": "No dose to accept in acute kidney injury: dose it once the kidneys are steady",
    }
    taken = us.taken("gabapentin", step(800, 5))
    draft = us.order("gabapentin", step(800, 6), replaces=(taken.reference,))
    for state, line in why.items():
        assert line in said(us, us.facts(draft, taken, kidneys=UNSTEADY[state]))
    unknown = said(us, us.facts(draft, taken, crcl=None))
    words = (
        "Kidney function not known: at most 300 mg a day is right for any kidneys, 3,600 mg a day only for healthy ones"
    )
    assert words in unknown
    assert not any(line.startswith("Highest dose within the limits") for line in unknown)
    duloxetine = said(us, us.facts(us.order("duloxetine", step(60, 3)), crcl=None))
    assert any(line.startswith("No dose to accept while the kidney function is not known") for line in duloxetine)


def said(ward, facts):
    return [line for f in findings(ward, facts) if f.rule in MAXIMA for line in f.detail]


def test_kidneys_that_set_no_limit_hold_no_order_back(us):
    taken = us.taken("amitriptyline", step(150))
    draft = us.order("amitriptyline", step(200), replaces=(taken.reference,))
    facts = us.facts(draft, taken, conditions=("painful-diabetic-neuropathy",), crcl=None)
    assert [[float(each.mg_per_day) for each in steps] for steps in offered(us, facts)] == [[100]]


def test_a_rise_from_an_unread_dose_is_not_offered(us):
    unread = us.taken("gabapentin", dosage=Dosage(unread="the sig says 'as directed'"))
    draft = us.order("gabapentin", step(800, 6), replaces=(unread.reference,))
    assert offered(us, us.facts(draft, unread)) == []


@pytest.mark.parametrize(("first", "days", "age", "count"), [(900, 7, 70, 1), (1200, 7, 70, 0), (900, 6, 70, 0)])
def test_a_regimen_is_held_at_the_limit_only_where_it_climbs_gently(us, first, days, age, count):
    """From 600 mg, at most 300 mg more a week at 70: 900, then held at 1,200; not 1,200 at once or after six days."""
    taken = us.taken("gabapentin", step(300, 2))
    draft = us.order("gabapentin", step(first / 3, 3, days), step(1600, 3), replaces=(taken.reference,))
    found = offered(us, us.facts(draft, taken, crcl=40, age=age))
    assert [[float(each.mg_per_day) for each in steps] for steps in found] == [[900, 1200]] * count


def test_without_the_conditions_nothing_is_mended(us):
    taken = us.taken("gabapentin", step(800, 5))
    draft = us.order("gabapentin", step(800, 6), replaces=(taken.reference,))
    facts = us.facts(draft, taken)
    assert offered(us, facts)
    assert offered(us, replace(facts, known=EVERYTHING - {Known.CONDITIONS})) == []


# --- the limit on dialysis, and by use ------------------------------------------------------------------------------

DIALYSED = [
    pytest.param(agent.id, entry.formulation or (None,), entry, id=f"{agent.id}-{entry.id}")
    for agent in seed().on(DAY).agents.values()
    for entry in agent.dialysis
    if entry.maximum and entry.maximum.unit == "mg/d" and entry.id not in ("film", "dialysis")
]


@pytest.mark.parametrize(("name", "formulations", "entry"), DIALYSED)
@pytest.mark.parametrize("state", ["dialysis", "stage 5"])
def test_the_figure_for_dialysis_is_the_limit(base: KnowledgeBase, name, formulations, entry, state):
    knowledge = base.on(DAY, entry.jurisdiction[0] if entry.jurisdiction else "US")
    ward, rule = Ward(knowledge), RULES[RENAL]
    use = entry.indication or ("neuropathic-pain",)
    for above, count in ((0, 0), (1, 1)):
        order = ward.order(name, step(entry.maximum.value + above), formulation=formulations[0])
        found = list(rule(ward.facts(order, conditions=use, kidneys=UNSTEADY[state]), knowledge))
        assert len(found) == count
        assert [(f.limit.value, f.proposals) for f in found] == [(entry.maximum.value, ())] * count


def test_of_several_uses_the_highest_limit_of_the_kidneys_counts(us):
    draft, rule = us.order("pregabalin", step(150, 2)), RULES[RENAL]
    for others, limit in ((), 150), (("postherpetic-neuralgia",), None), (("epilepsy",), None):
        found = list(rule(us.facts(draft, conditions=("painful-diabetic-neuropathy", *others), crcl=45), us.knowledge))
        assert [f.limit.value for f in found] == ([limit] if limit else [])


@pytest.mark.parametrize(("name", "figure"), [("lidocaine", None), ("carbamazepine", None), ("gabapentin", 300)])
def test_a_table_of_one_band_leaves_nothing_to_the_kidneys(us, name, figure):
    agent = us.knowledge.agents[name]
    plain = next((f.id for f in agent.formulation if f.assumed_when_unsaid), agent.formulation[0].id)
    lowest = lowest_anywhere(agent, plain, us.knowledge)
    assert (lowest.value if lowest else None) == figure


# --- what is not to be given ----------------------------------------------------------------------------------------


def test_no_schedule_for_what_is_contraindicated(us):
    order = us.order("amitriptyline", step(50))
    assert us.said("start-low-go-slow", us.facts(order))
    blocked = us.facts(order, conditions=("neuropathic-pain", "av-block-2-3"))
    assert us.said("start-low-go-slow", blocked) == []
    assert not any(
        line.startswith("Highest dose")
        for line in said(us, replace(blocked, orders=(us.order("amitriptyline", step(200)),)))
    )


def test_no_second_agent_that_something_speaks_against(us):
    taken = us.taken("gabapentin", step(300, 3))
    blocked = us.facts(
        us.order("nortriptyline", step(10)), taken, conditions=("painful-diabetic-neuropathy", "av-block-2-3")
    )
    (found,) = us.said("optimise-dose-first", blocked)
    assert found.summary.endswith("raise it, do not add nortriptyline")
    assert not any("note it on the order" in line for line in found.detail)


# --- what accepting leaves ------------------------------------------------------------------------------------------


def test_a_sum_that_may_continue_is_a_warning_however_many_times_the_limit(us):
    """Critical rests on the order alone, so that accepting the lower dose never makes the card graver."""
    taken = us.taken("pregabalin", step(300, 2))
    for mg, indicator in ((150, Indicator.WARNING), (300, Indicator.WARNING), (450, Indicator.CRITICAL)):
        facts = us.facts(us.order("pregabalin", step(mg)), taken, conditions=("postherpetic-neuralgia",), crcl=29)
        assert [f.indicator for f in us.said(RENAL, facts)] == [indicator]


def test_a_step_that_is_held_keeps_to_the_single_dose_too(us):
    """150 mg a day is allowed in depression, but not 150 mg at once."""
    taken = us.taken("amitriptyline", step(150))
    draft = us.order("amitriptyline", step(150, 1, 14), step(300), replaces=(taken.reference,))
    facts = us.facts(draft, taken, conditions=("neuropathic-pain", "depression"))
    (steps,) = offered(us, facts)
    assert [(float(each.mg_per_day), each.doses_per_day) for each in steps] == [(150, 2)]


def test_fewer_doses_where_they_come_nearer_to_the_limit_of_the_kidneys(us):
    taken = us.taken("pregabalin", step(150, 2))
    draft = us.order("pregabalin", step(150, 2), replaces=(taken.reference,))
    for crcl, mg, times in ((22, 75, 1), (45, 150, 2), (14, 50, 1)):
        ((only,),) = offered(us, us.facts(draft, taken, conditions=("painful-diabetic-neuropathy",), crcl=crcl))
        assert (float(only.mg_per_day), only.doses_per_day) == (mg, times)


# --- combination products, and products that release slowly -----------------------------------------------------------


def combined(order, *others, strengths):
    """The same order of a combination product: dosed in mg of its first ingredient."""
    ingredients = (*order.ingredients, *others)
    product = Product(ingredients, tuple(Fraction(str(mg)) for mg in strengths), "tablet", "Oral Tablet", "immediate")
    return replace(order, ingredients=ingredients, product=product)


@pytest.mark.parametrize(("tablets", "crcl", "rules"), [(10, 100, ()), (12, 100, (CEILING,)), (8, 25, (RENAL,))])
def test_each_ingredient_of_a_combination_has_its_own_limits(us, tablets, crcl, rules):
    """Paracetamol 325 mg with tramadol 37.5 mg: of tramadol 400 mg a day, and 200 mg below a clearance of 30."""
    order = combined(us.order("acetaminophen", step(325, tablets)), "tramadol", strengths=(325, 37.5))
    facts = us.facts(order, crcl=crcl)
    found = [f for f in findings(us, facts) if f.rule in MAXIMA]
    assert tuple(f.rule for f in found) == rules
    assert [(f.agents, f.daily_dose) for f in found] == [(("tramadol",), Fraction("37.5") * tablets)] * len(rules)


def test_a_combination_is_never_exchanged_for_one_of_its_ingredients(us):
    order = us.order("amitriptyline", step(25, 9))
    assert offered(us, us.facts(order))
    assert offered(us, us.facts(combined(order, "chlordiazepoxide", strengths=(25, 10)))) == []


@pytest.mark.parametrize(("release", "count"), [("", 1), ("immediate", 1), ("extended", 0)])
def test_a_prolonged_product_is_not_exchanged_for_a_plain_one(us, release, count):
    product = Product(("carbamazepine",), (Fraction(400),), "tablet", "Oral Tablet", release)
    order = us.order("carbamazepine", step(400, 4), product=product)
    facts = us.facts(order, conditions=("trigeminal-neuralgia",))
    assert len(offered(us, facts)) == count
    assert any(line.startswith("Highest dose") for line in said(us, facts)) is bool(count)


def test_the_schedule_in_amounts_goes_no_further_than_the_kidneys_allow(us):
    facts = us.facts(us.order("baclofen", step(10, 6)), crcl=45)
    (found,) = us.said("start-low-go-slow", facts)
    assert "Schedule: 15 mg a day for 7 days, then 30 mg a day" in found.detail


def test_unknown_kidneys_count_as_the_practice_tables_have_them_too(us):
    """Paracetamol has no label's table, baclofen one that ends in "not to be used"."""
    paracetamol = said(us, us.facts(us.order("acetaminophen", step(1000, 5)), crcl=None))
    assert any("at most 1,950 mg a day is right for any kidneys, 4,000 mg a day" in line for line in paracetamol)
    unknown = us.facts(us.order("baclofen", step(25, 5)), crcl=None)
    assert offered(us, unknown) == []
    assert any(line.startswith("No dose to accept while the kidney function is not") for line in said(us, unknown))
