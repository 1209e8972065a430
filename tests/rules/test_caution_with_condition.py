"""A caution goes along with what forbids, and its lines say what, where and when."""

from __future__ import annotations

from datetime import date

import pytest

from cards.rules.caution_with_condition import check
from tests.rules.dose_patients import step
from tests.rules.safety_patients import result, verdicts

RULE = "caution-with-condition"


def test_forbidden_and_cautioned_are_one_card(us):
    facts = us.facts(us.order("amitriptyline", step(10)), conditions=("neuropathic-pain", "av-block-2-3", "seizure"))
    (found,) = us.said(RULE, facts)
    assert found.rule == "contraindicated-by-condition"
    assert found.also_rules == (RULE,)


def test_a_line_names_the_record_and_its_date(us):
    apnoea = us.condition("sleep-apnea", key="osa", onset=date(2024, 5, 1))
    facts = us.facts(us.order("gabapentin", step(300)), conditions=("neuropathic-pain", apnoea))
    (found,) = us.said(RULE, facts)
    assert found.detail[0].endswith("(Condition/osa, 2024-05-01)")
    assert found.conditions == ("Condition/osa",)


def test_a_line_gives_the_figure_and_its_limit(us):
    facts = us.facts(us.order("oxcarbazepine", step(150)), results=(result("sodium", 128, unit="mmol/L"),), age=70)
    (found,) = us.said(RULE, facts)
    assert found.summary == "Oxcarbazepine is best avoided: sodium 128 mmol/L"
    assert "sodium 128 mmol/L is below 130" in found.detail[0]


def test_a_row_for_one_formulation_says_nothing_of_another(us):
    """Broken skin forbids the patch, not the infusion."""
    conditions = ("neuropathic-pain", "skin-broken")
    patch = us.facts(us.order("lidocaine", step(1, unit="patch"), formulation="patch-5-percent"), conditions=conditions)
    infusion = us.facts(us.order("lidocaine", step(100), formulation="infusion"), conditions=conditions)
    assert verdicts(us, RULE, patch) == ["info"]
    assert verdicts(us, RULE, infusion) == []


def test_an_active_order_that_is_not_judged_says_nothing(us):
    facts = us.facts(us.order("gabapentin", step(300)), us.taken("amitriptyline", step(10)))
    assert us.said(RULE, facts) == []


def test_what_forbids_is_left_to_the_rule_that_says_so(us):
    """Care, said beside what is forbidden, would soften it."""
    block = us.facts(us.order("amitriptyline", step(10)), conditions=("neuropathic-pain", "av-block-2-3"))
    assert list(check(block, us.knowledge)) == []
    both = us.facts(us.order("amitriptyline", step(10)), conditions=("neuropathic-pain", "av-block-2-3", "seizure"))
    (found,) = check(both, us.knowledge)
    assert found.conditions == ("Condition/c2",)
    assert "needs care" in found.summary


@pytest.mark.parametrize(
    ("agent", "reason", "speaks"),
    [
        pytest.param("methadone", "opioid-dependence", False, id="what it treats"),
        pytest.param("methadone", "", False, id="what it may treat"),
        pytest.param("methadone", "neuropathic-pain", True, id="given for pain"),
        pytest.param("oxycodone", "opioid-dependence", True, id="an opioid that does not treat it"),
        pytest.param("oxycodone", "", True, id="the same, no reason given"),
    ],
)
def test_the_disorder_that_an_opioid_treats_is_no_reason_against_it(us, agent, reason, speaks):
    """Who is refused methadone goes back to the street; who is given oxycodone is not treated by it."""
    order = us.order(agent, step(10))
    order = us.with_reason(order, reason) if reason else order
    facts = us.facts(order, conditions=("neuropathic-pain", "opioid-dependence"))
    said = [line for found in check(facts, us.knowledge) for line in found.conditions]
    assert ("Condition/c1" in said) is speaks
