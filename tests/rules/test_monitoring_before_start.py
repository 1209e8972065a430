"""Which tests are due before a first order, and which answers count."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from cards.facts import KidneyFunction, Known, Role
from tests.rules.dose_patients import EVERYTHING, born, step
from tests.rules.safety_patients import ago, result, verdicts

RULE = "monitoring-before-start"
MAN = replace(born(40), sex="male")
OLDER = replace(born(66), sex="male")
KNOWN = {
    "sodium": result("sodium", 140),
    "platelets": result("platelets", 240),
    "alt": result("alt", 20),
    "hlab1502": result("hlab1502", text="negative", days_ago=3000),
}


def due(ward, agent, *others, patient=MAN, mg=10, **more):
    facts = ward.facts(ward.order(agent, step(mg)), *others, patient=patient, **more)
    found = ward.said(RULE, facts)
    return found[0].summary.partition(": ")[2] if found else ""


def test_all_that_is_due_is_one_card(us):
    assert due(us, "carbamazepine", conditions=()) == "HLA-B*15:02, blood count, liver tests and sodium"


@pytest.mark.parametrize("missing", KNOWN)
def test_each_test_has_its_own_answer(us, missing):
    results = tuple(value for name, value in KNOWN.items() if name != missing)
    assert due(us, "carbamazepine", conditions=(), results=results) == us.knowledge.value_sets.test(missing)


def test_silent_when_all_are_answered(us):
    assert due(us, "carbamazepine", conditions=(), results=tuple(KNOWN.values())) == ""


@pytest.mark.parametrize(("days", "expected"), [(90, ""), (91, "sodium")])
def test_an_answer_may_be_so_old(us, days, expected):
    results = tuple({**KNOWN, "sodium": result("sodium", 140, days_ago=days)}.values())
    assert due(us, "carbamazepine", conditions=(), results=results) == expected


@pytest.mark.parametrize(("age", "expected"), [(40, ""), (41, "ECG")])
def test_an_ecg_over_forty(us, age, expected):
    assert due(us, "nortriptyline", patient=replace(born(age), sex="male")) == expected


def test_a_disease_or_a_medicine_asks_for_a_test(us):
    assert due(us, "nortriptyline", conditions=("neuropathic-pain", "ischaemic-heart")) == "ECG"
    assert due(us, "nortriptyline", us.taken("methadone", step(5))) == "ECG"
    assert due(us, "duloxetine", patient=OLDER, mg=30) == ""
    assert due(us, "duloxetine", us.taken("furosemide", step(20)), patient=OLDER, mg=30) == "sodium"
    assert due(us, "duloxetine", us.taken("furosemide", step(20)), mg=30) == ""


def test_blood_pressure_is_named_beside_another_test_only(us):
    facts = us.facts(us.order("duloxetine", step(30)), us.taken("furosemide", step(20)), patient=OLDER)
    (found,) = us.said(RULE, facts)
    assert any(line.startswith("Blood pressure") for line in found.detail)
    assert "blood pressure" not in found.summary


# --- first order ----------------------------------------------------------------------------------------------------


def test_what_is_being_taken_is_no_first_order(us):
    assert due(us, "carbamazepine", us.taken("carbamazepine", step(200), authored=ago(30)), conditions=()) == ""


def test_an_unknown_past_is_said(us):
    facts = us.facts(us.order("nortriptyline", step(10)), patient=OLDER, known=EVERYTHING - {Known.HISTORY})
    (found,) = us.said(RULE, facts)
    assert found.not_checked == ("medicines taken before: not known, so this may not be the first order",)


def test_an_order_of_the_past_without_an_end_leaves_it_open(us):
    """It may be the first order, or the hundredth: the prescriber is told which the record cannot tell."""
    without_end = us.taken("nortriptyline", step(10), role=Role.PAST)
    (found,) = us.said(RULE, us.facts(us.order("nortriptyline", step(10)), without_end, patient=OLDER))
    assert found.not_checked == ("medicines taken before: not known, so this may not be the first order",)
    (found,) = us.said(RULE, us.facts(us.order("nortriptyline", step(10)), patient=OLDER))
    assert found.not_checked == ()


def test_the_last_answer_is_dated_and_its_age_said(us):
    """A sodium of last year would be taken for one of today."""
    results = (result("sodium", 128, days_ago=200), result("sodium", 140, days_ago=91))
    facts = us.facts(us.order("carbamazepine", step(100)), patient=MAN, conditions=(), results=results)
    (found,) = us.said(RULE, facts)
    (sodium,) = (line for line in found.detail if line.startswith("Sodium"))
    assert sodium.endswith(f": the last is of {ago(91).isoformat()}, more than 90 days ago")
    assert all(line.endswith(": none on record") for line in found.detail if line != sodium)


# --- who else speaks ------------------------------------------------------------------------------------------------


def test_an_agent_that_is_forbidden_needs_no_test(us):
    assert due(us, "nortriptyline", patient=OLDER, conditions=("neuropathic-pain", "av-block-2-3")) == ""


def test_a_carrier_needs_no_test_of_it(us):
    assert "HLA" not in due(us, "oxcarbazepine", conditions=("hlab1502-carrier",))


@pytest.mark.parametrize(
    ("kidneys", "mg", "expected"),
    [
        pytest.param(KidneyFunction(), 100, "creatinine", id="a small dose: the test is due"),
        pytest.param(KidneyFunction(), 1800, "", id="a dose that it matters for: could-not-be-checked says so"),
        pytest.param(KidneyFunction(dialysis="Condition/hd"), 100, "", id="dialysis"),
    ],
)
def test_kidney_function(us, kidneys, mg, expected):
    assert due(us, "gabapentin", mg=mg, kidneys=kidneys) == expected


def test_a_known_kidney_function_is_the_answer(us):
    assert due(us, "gabapentin", mg=300) == ""


def test_it_is_information(us):
    facts = us.facts(us.order("nortriptyline", step(10)), patient=OLDER)
    assert verdicts(us, RULE, facts) == ["info"]
