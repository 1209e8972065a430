"""Allergy and intolerance, to the ingredient, to its group by name, and to another of the group."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.rules.dose_patients import step
from tests.rules.safety_patients import allergy, verdicts

RULE = "contraindicated-by-allergy"


@pytest.mark.parametrize(
    ("recorded", "verdict"),
    [
        pytest.param(allergy("carbamazepine"), ["critical"], id="the ingredient"),
        pytest.param(allergy("carbamazepine", intolerance=True), ["warning"], id="an intolerance"),
        pytest.param(allergy("carbamazepine", intolerance=True, severe=True), ["critical"], id="a severe reaction"),
        pytest.param(allergy("aromatic-anticonvulsants"), ["critical"], id="the group by name"),
        pytest.param(allergy("phenytoin"), ["critical"], id="another of the group"),
        pytest.param(allergy("fosphenytoin"), ["critical"], id="one of the group that is not ours"),
        pytest.param(allergy("amitriptyline"), ["critical"], id="the other group of its label"),
        pytest.param(allergy("phenytoin", intolerance=True), ["warning"], id="an intolerance of another"),
        pytest.param(allergy("gabapentin"), [], id="a medicine of no group with it"),
        pytest.param(allergy(), [], id="a medicine that is not known here"),
    ],
)
def test_carbamazepine(us, recorded, verdict):
    facts = us.facts(us.order("carbamazepine", step(200)), conditions=(), allergies=(recorded,))
    assert verdicts(us, RULE, facts) == verdict


def test_a_shared_pharmacological_class_is_no_group(us):
    """Both sedate; neither file says that they cross-react."""
    facts = us.facts(us.order("gabapentin", step(300)), allergies=(allergy("amitriptyline"),))
    assert us.said(RULE, facts) == []


def test_several_records_are_one_card_the_gravest_first(us):
    recorded = (allergy("carbamazepine", intolerance=True), allergy("phenytoin"))
    facts = us.facts(us.order("carbamazepine", step(200)), conditions=(), allergies=recorded)
    (found,) = us.said(RULE, facts)
    assert "allergy" in found.summary


def test_what_the_ehr_wrote_cannot_put_markup_on_a_card(us):
    recorded = replace(allergy("gabapentin"), label="<b>gaba</b> [click](http://x)")
    facts = us.facts(us.order("gabapentin", step(300)), allergies=(recorded,))
    (found,) = us.said(RULE, facts)
    assert not set("<>[]") & set(found.summary + "".join(found.detail))
