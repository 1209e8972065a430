"""What forbids an agent, what only speaks against it, and both sides of each boundary between them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cards.facts import KidneyFunction, Patient
from tests.rules.dose_patients import born, kidneys, step
from tests.rules.safety_patients import ago, result, undated, verdicts

FORBIDS, CAUTIONS = "contraindicated-by-condition", "caution-with-condition"
MALE = replace(born(50), sex="male")


def weighed(ward, agent, *, conditions=(), **more):
    """("critical", ["warning" ...]): what the two rules say of an order, in one word."""
    facts = ward.facts(ward.order(agent, step(10)), conditions=("neuropathic-pain", *conditions), **more)
    said = {v for rule in (FORBIDS, CAUTIONS) for v in verdicts(ward, rule, facts)}
    return next((word for word in ("critical", "warning", "info") if word in said), "silent")


@pytest.mark.parametrize(
    ("agent", "condition", "verdict"),
    [
        pytest.param("amitriptyline", "av-block-2-3", "critical", id="forbidden"),
        pytest.param("amitriptyline", "heart-failure", "warning", id="best avoided"),
        pytest.param("amitriptyline", "seizure", "info", id="care"),
        pytest.param("amitriptyline", "obesity", "silent", id="a condition no row names"),
        pytest.param("duloxetine", "any-liver", "critical", id="cirrhosis"),
        pytest.param("duloxetine", "fatty-liver", "info", id="fatty liver alone"),
    ],
)
def test_a_condition_speaks_with_the_strength_of_its_row(us, agent, condition, verdict):
    assert weighed(us, agent, conditions=[condition]) == verdict


@pytest.mark.parametrize(
    ("formulation", "route", "verdicts_of"),
    [("infusion", "intravenous", ["critical"]), ("patch-5-percent", "topical", [])],
)
def test_a_vein_is_not_the_skin(us, formulation, route, verdicts_of):
    """Lidocaine in a vein stops a blocked heart; on the skin it does not, and is what is left to this patient."""
    order = us.order("lidocaine", step(1, unit="patch"), formulation=formulation, route=route)
    assert verdicts(us, FORBIDS, us.facts(order, conditions=("neuropathic-pain", "av-block-2-3"))) == verdicts_of


def test_a_provisional_condition_counts_for_safety_and_is_called_so(us):
    block = us.condition("av-block-2-3", key="x", provisional=True)
    facts = us.facts(us.order("amitriptyline", step(10)), conditions=("neuropathic-pain", block))
    (found,) = us.said(FORBIDS, facts)
    assert "(Condition/x; provisional)" in found.detail[0]


@pytest.mark.parametrize(
    ("days", "verdict"),
    [
        pytest.param(180, "critical", id="the last day of recent"),
        pytest.param(181, "info", id="the day after"),
        pytest.param(None, "info", id="undated"),
    ],
)
def test_recent_needs_a_date(us, days, verdict):
    infarction = us.condition("mi-acute-recovery", key="x", onset=None if days is None else ago(days))
    infarction = replace(infarction, value_sets=frozenset({"mi-acute-recovery"}))
    assert weighed(us, "amitriptyline", conditions=[infarction]) == verdict


def test_a_resolved_condition_counts_only_as_history(us):
    past = us.condition("kidney-stone-history", key="x", resolved=True)
    assert weighed(us, "topiramate", conditions=[past], patient=MALE) == "warning"


@pytest.mark.parametrize(
    ("agent", "condition", "treatment"),
    [("amitriptyline", "av-block-2-3", "pacemaker"), ("amitriptyline", "angle-closure", "iridotomy")],
)
def test_a_treated_condition_is_a_caution(us, agent, condition, treatment):
    assert weighed(us, agent, conditions=[condition]) in ("critical", "warning")
    assert weighed(us, agent, conditions=[condition, treatment]) == "info"


def test_what_the_other_jurisdiction_forbids_is_a_caution_here(us, uk):
    """Uncontrolled hypertension and venlafaxine: forbidden by the UK licence."""
    assert weighed(uk, "venlafaxine", conditions=["uncontrolled-htn"]) == "critical"
    assert weighed(us, "venlafaxine", conditions=["uncontrolled-htn"]) == "info"


def test_a_caution_of_the_other_jurisdiction_says_nothing_here(uk):
    assert weighed(uk, "carbamazepine", conditions=["suicidality"], patient=MALE) == "silent"


def test_of_several_rows_on_one_record_the_gravest_speaks_alone(us):
    facts = us.facts(us.order("amitriptyline", step(10)), conditions=("neuropathic-pain", "av-block-2-3"))
    (found,) = us.said(FORBIDS, facts)
    assert found.also_rules == ()
    assert len([line for line in found.detail if "Condition/c1" in line]) == 1


# --- age ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "verdict"),
    [pytest.param(11, "critical", id="under twelve"), pytest.param(12, "silent", id="twelve")],
)
def test_an_age_alone_may_forbid(us, age, verdict):
    assert weighed(us, "codeine", age=age) == verdict


def test_an_unknown_age_is_no_childs(us):
    assert weighed(us, "codeine", patient=Patient("Patient/p", "male")) == "info"


# --- results --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "what", "value", "verdict"),
    [
        ("oxcarbazepine", "sodium", "135", "silent"),
        ("oxcarbazepine", "sodium", "134.9", "info"),
        ("oxcarbazepine", "sodium", "130", "info"),
        ("oxcarbazepine", "sodium", "129.9", "warning"),
        ("gabapentin", "sodium", "120", "silent"),
        ("amitriptyline", "qtc", "450", "silent"),
        ("amitriptyline", "qtc", "451", "info"),
        ("amitriptyline", "qtc", "499", "info"),
        ("amitriptyline", "qtc", "500", "critical"),
        ("duloxetine", "systolic-pressure", "179", "silent"),
        ("duloxetine", "systolic-pressure", "180", "warning"),
        ("duloxetine", "diastolic-pressure", "109", "silent"),
        ("duloxetine", "diastolic-pressure", "110", "warning"),
        ("carbamazepine", "platelets", "100", "silent"),
        ("carbamazepine", "platelets", "99", "info"),
    ],
)
def test_a_result_speaks_beyond_its_threshold(us, agent, what, value, verdict):
    assert weighed(us, agent, results=(result(what, value),), patient=MALE) == verdict


@pytest.mark.parametrize(
    ("sex", "verdict"),
    [("female", "silent"), ("male", "info"), pytest.param(None, "info", id="not known: the stricter figure")],
)
def test_the_qtc_of_each_sex(us, sex, verdict):
    assert weighed(us, "amitriptyline", results=(result("qtc", 460),), patient=replace(MALE, sex=sex)) == verdict


@pytest.mark.parametrize(
    ("value", "upper", "verdict"),
    [
        pytest.param(80, 40, "silent", id="twice"),
        pytest.param(81, 40, "info", id="above twice"),
        pytest.param(120, 40, "info", id="three times"),
        pytest.param(121, 40, "warning", id="above three times"),
        pytest.param(900, None, "silent", id="no limit of the laboratory: no comparison"),
    ],
)
def test_a_multiple_needs_the_laboratorys_own_limit(us, value, upper, verdict):
    assert weighed(us, "duloxetine", results=(result("alt", value, upper=upper),)) == verdict


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        pytest.param(result("sodium", 128, days_ago=365), "warning", id="twelve months"),
        pytest.param(result("sodium", 128, days_ago=366), "silent", id="older"),
        pytest.param(undated("sodium", 128), "silent", id="undated"),
        pytest.param(result("sodium", 130, comparator="<"), "warning", id="below 130 for sure"),
        pytest.param(result("sodium", 134, comparator="<"), "info", id="below 134 may be 131"),
        pytest.param(result("sodium", 100, comparator=">"), "silent", id="above 100 may be normal"),
    ],
)
def test_which_results_count(us, one, verdict):
    assert weighed(us, "oxcarbazepine", results=(one,), patient=MALE) == verdict


def test_the_newest_result_counts(us):
    results = (result("sodium", 138, days_ago=2), result("sodium", 128, days_ago=30))
    assert weighed(us, "oxcarbazepine", results=results, patient=MALE) == "silent"


# --- genotypes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("agent", "text", "verdict"),
    [
        ("carbamazepine", "positive", "critical"),
        ("carbamazepine", "negative", "silent"),
        ("carbamazepine", "indeterminate", "silent"),
        ("oxcarbazepine", "positive", "warning"),
        ("gabapentin", "positive", "silent"),
    ],
)
def test_hla_b_1502(us, agent, text, verdict):
    assert weighed(us, agent, results=(result("hlab1502", text=text, days_ago=4000),), patient=MALE) == verdict


def test_no_test_is_not_a_positive_test(us):
    assert weighed(us, "carbamazepine", patient=MALE) == "silent"


def test_a_carrier_on_the_problem_list_is_as_good_as_the_test(us):
    assert weighed(us, "carbamazepine", conditions=["hlab1502-carrier"], patient=MALE) == "critical"


@pytest.mark.parametrize(("days", "verdict"), [(90, "info"), (89, "critical")])
def test_a_carrier_who_has_tolerated_it_is_a_caution(us, days, verdict):
    taken = us.taken("carbamazepine", step(200), authored=ago(days))
    facts = us.facts(
        us.order("carbamazepine", step(200), replaces=(taken.reference,)),
        taken,
        results=(result("hlab1502", text="positive"),),
        patient=MALE,
    )
    assert (verdicts(us, FORBIDS, facts) or verdicts(us, CAUTIONS, facts)) == [verdict]


# --- kidneys --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crcl", "verdict"), [pytest.param(30, "silent", id="30 is not below 30"), pytest.param("29.9", "warning")]
)
def test_a_clearance_speaks_without_a_dose(us, crcl, verdict):
    facts = us.facts(us.order("duloxetine"), crcl=crcl)
    assert (verdicts(us, CAUTIONS, facts) or ["silent"]) == [verdict]


def test_a_measured_clearance_outranks_the_stage(us):
    facts = us.facts(us.order("duloxetine"), conditions=("neuropathic-pain", "kidney-disease-stage-4"), crcl=48)
    assert us.said(CAUTIONS, facts) == []


def test_the_stage_counts_where_nothing_was_measured(us):
    staged = KidneyFunction(kidneys(15).low, kidneys(30).low, method="ckd-stage")
    facts = us.facts(us.order("naproxen"), conditions=("kidney-disease-stage-4",), kidneys=staged)
    assert verdicts(us, CAUTIONS, facts) == ["warning"]


def test_the_renal_maximum_speaks_alone_where_there_is_a_dose(us):
    facts = us.facts(us.order("duloxetine", step(30)), conditions=("neuropathic-pain", "severe-renal"), crcl=22)
    assert us.said(CAUTIONS, facts) == us.said(FORBIDS, facts) == []
    assert len(us.said("daily-dose-above-renal-maximum", facts)) == 1


def test_no_card_only_to_say_that_the_renal_limits_apply(us):
    facts = us.facts(us.order("pregabalin", step(25)), conditions=("neuropathic-pain", "severe-renal"), crcl=22)
    assert us.said(CAUTIONS, facts) == []


def test_on_dialysis_what_must_be_avoided_is_said(us):
    on_dialysis = KidneyFunction(dialysis="Condition/hd")
    facts = us.facts(us.order("duloxetine", step(30)), kidneys=on_dialysis)
    assert verdicts(us, CAUTIONS, facts) == ["warning"]
    assert us.said("could-not-be-checked", facts) == []
