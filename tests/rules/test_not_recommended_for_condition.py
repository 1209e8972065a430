"""What a condition's file speaks against: by agent and by class, here and elsewhere, and where opioid guidance ends."""

from __future__ import annotations

from typing import Any

import pytest

from cards import Knowledge, KnowledgeBase
from cards.facts import Facts, MedicationOrder
from cards.finding import Finding, Indicator
from cards.rules.not_recommended_for_condition import check
from tests.rules.orders import DAY, Orders, condition, facts

WARNING, INFO = Indicator.WARNING, Indicator.INFO
DPN, PHN, TN = "painful-diabetic-neuropathy", "postherpetic-neuralgia", "trigeminal-neuralgia"
SCIATICA, STROKE, HIV = "radiculopathy-sciatica", "central-post-stroke-pain", "hiv-polyneuropathy"


@pytest.fixture
def order(knowledge: Knowledge) -> Orders:
    return Orders(knowledge)


def because_of(order: MedicationOrder, *value_sets: str) -> dict[str, Any]:
    """The order says what it is for."""
    return {"reason_given": True, "reason_value_sets": frozenset(value_sets)}


def case(order: Orders, drafted: str, *conditions: str, taken: tuple[str, ...] = (), **more: Any) -> Facts:
    others = [order.taken(name) for name in taken]
    return facts(order(drafted, **more), *others, conditions=tuple(condition(name) for name in conditions))


def said(found: list[Finding]) -> list[tuple[Indicator, str]]:
    return [(each.indicator, each.agents[0]) for each in found]


@pytest.mark.parametrize(
    ("drafted", "at_hand", "indicator"),
    [
        pytest.param("tramadol", DPN, WARNING, id="named"),
        pytest.param("oxycodone", DPN, WARNING, id="by its class"),
        pytest.param("valproate", DPN, WARNING, id="valproate"),
        pytest.param("mexiletine", DPN, WARNING, id="an antiarrhythmic"),
        pytest.param("dronabinol", DPN, WARNING, id="a cannabinoid"),
        pytest.param("pregabalin", HIV, WARNING, id="an offer elsewhere"),
        pytest.param("gabapentin", SCIATICA, WARNING, id="gabapentinoids in sciatica"),
        pytest.param("duloxetine", PHN, INFO, id="not before others"),
        pytest.param("gabapentin", TN, INFO, id="not before others, by class"),
    ],
)
def test_what_is_disapproved_of(
    drafted: str, at_hand: str, indicator: Indicator, order: Orders, knowledge: Knowledge
) -> None:
    (found,) = check(case(order, drafted, at_hand), knowledge)
    assert (found.indicator, found.agents) == (indicator, (drafted,))
    assert found.conditions == (f"Condition/{at_hand}",)
    assert len(found.summary) < 140


@pytest.mark.parametrize(
    ("drafted", "at_hand"),
    [
        pytest.param("duloxetine", DPN, id="an offer"),
        pytest.param("venlafaxine", DPN, id="not offered"),
        pytest.param("carbamazepine", DPN, id="inside a guideline here"),
        pytest.param("flecainide", DPN, id="a caution"),
        pytest.param("duloxetine", SCIATICA, id="for specialists"),
        pytest.param("oxycodone", STROKE, id="a caution by class"),
        pytest.param("naproxen", DPN, id="of which nothing is said"),
        pytest.param("tramadol", "musculoskeletal-pain", id="no neuropathic pain"),
    ],
)
def test_what_is_not(drafted: str, at_hand: str, order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, drafted, at_hand), knowledge)) == []


def test_several_conditions_fit_none_or_one(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, "pregabalin", SCIATICA, DPN), knowledge)) == []
    assert said(list(check(case(order, "tramadol", SCIATICA, DPN), knowledge))) == [(WARNING, "tramadol")]
    by_reason = case(order, "pregabalin", SCIATICA, STROKE, **because_of(order("pregabalin"), SCIATICA))
    assert said(list(check(by_reason, knowledge))) == [(WARNING, "pregabalin")]


def test_unless_another_condition_asks_for_it(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, "pregabalin", SCIATICA, "epilepsy"), knowledge)) == []


def test_only_beside_what_the_row_names(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, "carbamazepine", STROKE), knowledge)) == []
    assert said(list(check(case(order, "carbamazepine", STROKE, taken=("apixaban",)), knowledge)))[0][0] is WARNING


def test_another_reason_silences(order: Orders, knowledge: Knowledge) -> None:
    more = because_of(order("tramadol"), "musculoskeletal-pain")
    assert list(check(case(order, "tramadol", DPN, "musculoskeletal-pain", **more), knowledge)) == []


def test_perhaps_for_something_else_is_information(order: Orders, knowledge: Knowledge) -> None:
    (found,) = check(case(order, "tramadol", DPN, "musculoskeletal-pain"), knowledge)
    assert found.indicator is INFO
    assert found.summary.startswith("If for ")


def test_what_is_taken_already_is_information(order: Orders, knowledge: Knowledge) -> None:
    assert said(list(check(case(order, "tramadol", DPN, taken=("tramadol",)), knowledge))) == [(INFO, "tramadol")]


def test_after_another_offer_was_tried(order: Orders, knowledge: Knowledge) -> None:
    at_hand = (condition(TN),)
    tried = facts(order("gabapentin"), order.past("carbamazepine"), conditions=at_hand)
    assert list(check(tried, knowledge)) == []
    against = facts(order("tramadol"), order.past("duloxetine"), conditions=(condition(DPN),))
    assert len(list(check(against, knowledge))) == 1


# --- where guidance on opioids ends ---------------------------------------------------------------------------------


@pytest.mark.parametrize("other", ["cancer-related-pain", "palliative-care", "hospice-care", "sickle-cell"])
def test_opioid_guidance_is_silent(other: str, order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, "oxycodone", DPN, other), knowledge)) == []
    assert len(list(check(case(order, "valproate", DPN, other), knowledge))) == 1


def test_cancer_alone_is_not_cancer_pain(order: Orders, knowledge: Knowledge) -> None:
    assert len(list(check(case(order, "oxycodone", DPN, "cancer"), knowledge))) == 1
    for_dpn = case(order, "oxycodone", DPN, "cancer-related-pain", **because_of(order("oxycodone"), DPN))
    assert len(list(check(for_dpn, knowledge))) == 1


def test_treatment_of_opioid_use_disorder(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, "methadone", DPN, "opioid-dependence"), knowledge)) == []
    assert len(list(check(case(order, "oxycodone", DPN, "opioid-dependence"), knowledge))) == 1
    assert len(list(check(case(order, "methadone", DPN), knowledge))) == 1


# --- guidelines -----------------------------------------------------------------------------------------------------


def test_guidelines_of_this_jurisdiction_are_named(order: Orders, base: KnowledgeBase) -> None:
    (here,) = check(case(order, "tramadol", DPN), base.on(DAY))
    assert any("American Academy of Neurology 2022" in line for line in here.detail)
    assert not any("NICE" in source for statement in here.because for source in statement.sources)


def test_a_medicine_without_a_file_needs_a_reason(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(case(order, "diazepam", SCIATICA), knowledge)) == []
    by_reason = case(order, "diazepam", SCIATICA, **because_of(order("diazepam"), SCIATICA))
    assert said(list(check(by_reason, knowledge))) == [(WARNING, "diazepam")]
