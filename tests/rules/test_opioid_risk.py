"""Morphine equivalents at and below each threshold, pairs that slow breathing, naloxone, the patch, and the scope."""

from __future__ import annotations

import dataclasses
from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards.facts import Dosage, Dose, DoseStep, Known, Role
from cards.finding import Beside
from cards.rules.opioid_risk import check
from tests.rules.dose_patients import EVERYTHING, step
from tests.rules.safety_patients import ago

RULE = "opioid-risk"


def totals(ward, *orders, conditions=("musculoskeletal-pain",), **more):
    found = ward.said(RULE, ward.facts(*orders, conditions=conditions, **more))
    return [f for f in found if f.limit and f.limit.kind == "threshold"]


def paired(ward, *orders, conditions=("musculoskeletal-pain",), **more):
    return [f for f in ward.said(RULE, ward.facts(*orders, conditions=conditions, **more)) if f.pair]


def text(finding):
    return "\n".join([finding.summary, *finding.detail])


def patch(rate, **more):
    daily = Dose(Fraction(str(rate)) * 24 / 1000, Fraction(str(rate)), "ug/h")
    return {"dosage": Dosage((DoseStep(daily, daily, Fraction(1)),)), "route": "transdermal", **more}


# --- how much -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drug", "mg", "times", "figure"),
    [
        pytest.param("morphine", "12.4", 4, None, id="just below 50"),
        pytest.param("morphine", "12.5", 4, 50, id="exactly 50 counts"),
        pytest.param("morphine", "22.4", 4, 50, id="just below 90"),
        pytest.param("morphine", "22.5", 4, 90, id="exactly 90 counts"),
        pytest.param("oxycodone", "8.3", 4, None, id="oxycodone 33.2 mg: 49.8"),
        pytest.param("oxycodone", 10, 4, 50, id="oxycodone 40 mg: 60"),
        pytest.param("tramadol", 50, 4, None, id="tramadol 200 mg: 40"),
        pytest.param("tramadol", 100, 4, 50, id="tramadol 400 mg: 80"),
        pytest.param("tapentadol", 50, 2, None, id="tapentadol 100 mg: 40"),
        pytest.param("hydromorphone", 2, 5, 50, id="hydromorphone 10 mg: 50"),
        pytest.param("codeine", 60, 4, None, id="codeine 240 mg: 36"),
        pytest.param("methadone", 5, 2, None, id="methadone 10 mg: 47"),
        pytest.param("methadone", 5, 4, 90, id="methadone 20 mg: 94"),
        pytest.param("gabapentin", 600, 3, None, id="no opioid"),
    ],
)
def test_a_total_at_a_threshold(us, drug, mg, times, figure):
    found = totals(us, us.order(drug, step(mg, times)))
    assert [f.limit.value for f in found] == ([figure] if figure else [])


@pytest.mark.parametrize(("rate", "figure"), [("12.5", None), (25, 50), (50, 90)])
def test_a_patch_counts_by_its_rate(us, rate, figure):
    found = totals(us, us.order("fentanyl", **patch(rate)))
    assert [f.limit.value for f in found] == ([figure] if figure else [])


def test_all_opioids_add_up_and_each_is_shown(us):
    (found,) = totals(us, us.order("oxycodone", step(10, 3)), us.taken("morphine", step(30, 2)))
    assert found.daily_dose == 105
    assert "Oxycodone 30 mg a day x 1.5 = 45 MME" in found.detail
    assert "Morphine 60 mg a day x 1 = 60 MME" in found.detail
    assert set(found.agents) == {"oxycodone", "morphine"}


def test_what_may_be_replaced_counts_apart(us):
    active = us.taken("oxycodone", step(10, 3))
    (found,) = totals(us, us.order("oxycodone", step(5, 3)), active)
    total = "67.5 mg morphine equivalents (MME) a day in all if what is taken continues"
    assert found.summary == f"Oxycodone: {total}, at or above 50"
    assert found.detail[2:4] == ("In all: 67.5 MME a day", "The new order alone: 22.5 MME a day")
    assert not any(line.startswith("If what is being taken") for line in found.detail)
    replacing = us.order("oxycodone", step(5, 3), replaces=(active.reference,))
    assert totals(us, replacing, active) == []


def test_a_new_order_over_the_threshold_says_what_both_come_to(us):
    """60 MME in place of 45, or 105 beside it: nobody but the prescriber knows which was meant."""
    (found,) = totals(us, us.order("oxycodone", step(10, 4)), us.taken("oxycodone", step(10, 3)))
    assert found.summary == "Oxycodone: 60 mg morphine equivalents (MME) a day in all, at or above 50"
    assert "If what is being taken continues as well: 105 MME a day" in found.detail
    (alone,) = totals(us, us.order("oxycodone", step(10, 4)))
    assert not any(line.startswith(("If what is being taken", "The new order alone")) for line in alone.detail)


def test_what_has_no_factor_is_named_and_never_nought(us):
    (found,) = totals(us, us.order("oxycodone", step(10, 4)), us.taken("meperidine", step(50, 2)))
    assert "at least 60" in found.summary
    assert found.not_checked == ("meperidine: no conversion factor",)


def test_an_opioid_that_is_not_judged_says_nothing(us):
    assert totals(us, us.order("duloxetine", step(30)), us.taken("morphine", step(60, 2))) == []


def test_it_never_says_stop(us):
    (found,) = totals(us, us.order("morphine", step(60, 2)))
    assert "abrupt" in text(found)
    assert "stop " not in text(found).lower()


# --- scope ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "speaks"),
    [
        ("cancer-related-pain", False),
        ("palliative-care", False),
        ("hospice-care", False),
        ("sickle-cell", False),
        pytest.param("cancer", True, id="a cancer code alone"),
        pytest.param("opioid-dependence", True, id="oxycodone is no treatment of it"),
    ],
)
def test_where_totals_are_silent(us, condition, speaks):
    found = totals(us, us.order("oxycodone", step(20, 4)), conditions=(condition,))
    assert bool(found) is speaks


def test_an_order_for_another_pain_is_judged_by_that(us):
    order = us.with_reason(us.order("oxycodone", step(20, 4)), "painful-diabetic-neuropathy")
    assert totals(us, order, conditions=("cancer-related-pain", "painful-diabetic-neuropathy"))


def test_treatment_of_opioid_use_disorder_is_not_counted(us):
    methadone = us.order("methadone", step(60))
    assert totals(us, methadone, conditions=("opioid-dependence",)) == []
    (found,) = totals(
        us,
        us.order("oxycodone", step(20, 3)),
        replace(methadone, role=Role.ACTIVE, reference="x"),
        conditions=("opioid-dependence",),
    )
    assert found.daily_dose == 90
    assert totals(us, methadone, conditions=("musculoskeletal-pain",))


# --- what else slows breathing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("other", "pairs"),
    [
        ("lorazepam", 1),
        ("gabapentin", 1),
        ("pregabalin", 1),
        ("zolpidem", 1),
        ("baclofen", 1),
        ("quetiapine", 1),
        ("duloxetine", 0),
        ("amitriptyline", 0),
        ("acetaminophen", 0),
        ("morphine", 0),
    ],
)
def test_which_pairs(us, other, pairs):
    found = paired(us, us.order("oxycodone", step(5, 2)), us.taken(other, step(1)))
    assert len([f for f in found if RULE in (f.rule, *f.also_rules)]) == pairs


def test_either_of_the_two_may_be_the_one_ordered(us):
    found = paired(us, us.order("gabapentin", step(300)), us.taken("oxycodone", step(5, 2)))
    assert len(found) == 1
    assert (
        paired(
            us,
            us.order("duloxetine", step(30)),
            us.taken("oxycodone", step(5)),
            us.taken("lorazepam", step(1), key="lor"),
        )
        == []
    )


def test_what_is_replaced_is_over(us):
    active = us.taken("lorazepam", step(1))
    order = us.order("oxycodone", step(5), replaces=(active.reference,))
    assert paired(us, order, active) == []


@pytest.mark.parametrize("condition", ["cancer-related-pain", "palliative-care", "sickle-cell"])
def test_the_pair_speaks_everywhere_but_without_naloxone(us, condition):
    (found,) = paired(us, us.order("oxycodone", step(5)), us.taken("gabapentin", step(300)), conditions=(condition,))
    assert "No naloxone is on the list" not in text(found)


def test_a_pair_names_both_orders_and_the_pair_it_is_of(us):
    """Who reads one of the two names stops the wrong one."""
    order, taken = us.order("gabapentin", step(300)), us.taken("oxycodone", step(5, 2))
    (found,) = check(us.facts(order, taken, conditions=("musculoskeletal-pain",)), us.knowledge)
    verdict = "together they can slow breathing; no naloxone on the list"
    assert found.summary == f"Gabapentin with oxycodone: {verdict}"
    assert found.detail[0] == "Oxycodone: being taken"
    assert found.orders == ("MedicationRequest/new", "MedicationRequest/old")
    assert found.pair == frozenset(found.orders)
    assert found.beside == Beside("Gabapentin with", "oxycodone", verdict, "Oxycodone: being taken")
    assert [s.address.partition("#")[0] for s in found.because] == [
        "combinations/gabapentinoid-with-opioid.toml",
        "interactions/cns-depression.toml",
    ]
    nameless = us.facts(replace(order, reference=""), taken, conditions=("musculoskeletal-pain",))
    assert [found.orders for found in check(nameless, us.knowledge)] == [("MedicationRequest/old",)]


@pytest.mark.parametrize(("opioid", "cited"), [("oxycodone", ["agents/oxycodone.toml#opioid"]), ("meperidine", [])])
def test_a_pair_speaks_even_where_the_files_on_pairs_have_expired(us, opioid, cited):
    expired = dataclasses.replace(us.knowledge, interactions={}, combinations={}, remembered={})
    facts = us.facts(us.order("gabapentin", step(300)), us.taken(opioid, step(5, 2)))
    (found,) = check(facts, expired)
    assert [statement.address for statement in found.because] == cited


# --- naloxone -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("others", "asked"),
    [
        pytest.param([], True, id="none on the list"),
        pytest.param(["naloxone"], False, id="on the list"),
        pytest.param([("oxycodone", "naloxone")], True, id="in one tablet with an opioid"),
    ],
)
def test_naloxone(us, others, asked):
    beside = []
    for place, name in enumerate(others):
        names = (name,) if isinstance(name, str) else name
        built = us.taken(names[0], key=f"n{place}")
        classes = frozenset().union(*(us.knowledge.value_sets.classes_of(one) for one in names))
        beside.append(replace(built, ingredients=names, classes=classes))
    (found,) = totals(us, us.order("morphine", step(30, 2)), *beside)
    assert ("No naloxone is on the list" in text(found)) is asked


def test_an_unknown_list_is_not_an_empty_one(us):
    facts = us.facts(us.order("morphine", step(30, 2)), known=EVERYTHING - {Known.MEDICATIONS})
    assert all("No naloxone" not in text(f) for f in us.said(RULE, facts))


# --- the patch ------------------------------------------------------------------------------------------------------


def naive(ward, *orders, conditions=("palliative-care",), agent="fentanyl", **more):
    facts = ward.facts(ward.order(agent, **patch(25)), *orders, conditions=conditions, **more)
    return [str(f.indicator) for f in ward.said(RULE, facts) if "tolerant" in f.summary]


@pytest.mark.parametrize(
    ("drug", "mg", "days", "verdict"),
    [
        pytest.param("morphine", 30, 7, [], id="60 mg of morphine for seven days"),
        pytest.param("morphine", 30, 6, ["critical"], id="for six days"),
        pytest.param("morphine", "29.9", 30, ["critical"], id="a little less"),
        pytest.param("oxycodone", 15, 30, [], id="30 mg of oxycodone"),
        pytest.param("oxycodone", "14.9", 30, ["critical"], id="less oxycodone"),
        pytest.param("oxymorphone", "12.5", 30, [], id="25 mg of oxymorphone, which is not ours"),
        pytest.param("tramadol", 150, 30, [], id="as much of another: tramadol 300 mg is 60 MME"),
        pytest.param("tramadol", 100, 30, ["critical"], id="tramadol 200 mg is 40 MME"),
        pytest.param("morphine", 30, None, ["warning"], id="enough of it, undated"),
    ],
)
def test_who_is_tolerant(us, drug, mg, days, verdict):
    begun = {} if days is None else {"authored": ago(days)}
    assert naive(us, us.taken(drug, step(mg, 2), **begun)) == verdict


def test_two_opioids_make_tolerant_together(us):
    taken = [
        us.taken("morphine", step(15, 2), authored=ago(30)),
        us.taken("oxycodone", step(10, 2), key="oxy", authored=ago(30)),
    ]
    assert naive(us, *taken) == []


def test_nothing_on_record_is_naive_and_scope_does_not_silence_it(us):
    assert naive(us) == ["critical"]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"known": EVERYTHING - {Known.MEDICATIONS}}, id="the list is not known"),
        pytest.param({"conditions": ("long-term-opioid-use",)}, id="long use on the problem list"),
    ],
)
def test_what_is_not_known_is_a_warning(us, more):
    assert naive(us, **more) == ["warning"]


def test_the_card_on_the_patch_says_what_is_not_known_and_what_tolerant_means(us):
    """Told that nothing is on record where nothing was sent, a clinician believes it."""
    unknown = us.facts(us.order("fentanyl", **patch("12.5")), known=EVERYTHING - {Known.MEDICATIONS})
    known = us.facts(us.order("fentanyl", **patch("12.5")))
    (doubt,), (naive,) = check(unknown, us.knowledge), check(known, us.knowledge)
    assert doubt.summary == ("Fentanyl patch is for the opioid-tolerant only: whether this patient is, is not known")
    assert doubt.not_checked == ("current medicines: not known",)
    assert naive.summary == "Fentanyl patch is for the opioid-tolerant only: no opioid that makes tolerant is on record"
    assert naive.not_checked == ()
    for found in (doubt, naive):
        assert found.detail[0].startswith(
            "Tolerant: for 7 days or more at least one of: morphine by mouth 60 mg a day; fentanyl through the skin 25"
        )
        boxed = "addiction, abuse and misuse; life-threatening respiratory depression; accidental ingestion"
        assert found.detail[1] == f"Boxed warnings: {boxed}"


def test_an_opioid_that_ended_lately_leaves_it_open(us):
    assert naive(us, us.taken("morphine", step(60), role=Role.PAST, supply_ends=ago(3))) == ["warning"]
    assert naive(us, us.taken("morphine", step(60), role=Role.PAST, supply_ends=ago(60))) == ["critical"]


def test_a_patch_that_is_worn_already_is_renewed(us):
    worn = us.taken("fentanyl", key="worn", authored=ago(7), **patch("12.5"))
    assert naive(us, worn) == []
    assert naive(us, replace(worn, authored=ago(6))) == ["critical"]


def test_fentanyl_that_is_no_patch_is_not_judged_as_one(us):
    order = replace(us.order("fentanyl", step(1)), formulation=None)
    assert us.said(RULE, us.facts(order, conditions=("palliative-care",))) == []
