"""Two of ours whose effects do not go together: both directions, by class, at the ages that matter, with a third."""

from __future__ import annotations

import pytest

from cards import Knowledge
from cards.advise import advise
from cards.finding import Finding, Indicator
from cards.rules.combination_to_avoid import check
from tests.rules.orders import Orders, facts

WARNING = Indicator.WARNING


@pytest.fixture
def order(knowledge: Knowledge) -> Orders:
    return Orders(knowledge)


PAIRS = [
    pytest.param("amitriptyline", "duloxetine", id="tricyclic and SNRI"),
    pytest.param("tramadol", "venlafaxine", id="tramadol and SNRI"),
    pytest.param("tapentadol", "nortriptyline", id="tapentadol and tricyclic"),
    pytest.param("oxycodone", "pregabalin", id="opioid and gabapentinoid"),
    pytest.param("carbamazepine", "lacosamide", id="two sodium-channel blockers"),
    pytest.param("mexiletine", "lamotrigine", id="an antiarrhythmic and a sodium-channel blocker"),
    pytest.param("morphine", "amitriptyline", id="opioid and tricyclic"),
    pytest.param("tramadol", "oxycodone", id="tramadol and another opioid"),
]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_both_directions(one: str, other: str, order: Orders, knowledge: Knowledge) -> None:
    for drafted, taken in ((one, other), (other, one)):
        (found,) = check(facts(order(drafted), order.taken(taken)), knowledge)
        assert found.indicator is WARNING
        assert set(found.agents) == {one, other}
        assert found.summary.startswith(f"Avoid {drafted} with {taken}: ")
        assert len(found.summary) < 140
        assert found.pair == {f"MedicationRequest/{drafted}-draft", f"MedicationRequest/{taken}-active"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("duloxetine", "pregabalin", id="SNRI and gabapentinoid"),
        pytest.param("nortriptyline", "gabapentin", id="tricyclic and gabapentinoid under 65"),
        pytest.param("gabapentin", "pregabalin", id="one class twice"),
        pytest.param("gabapentin", "lorazepam", id="the other is not ours"),
        pytest.param("carbamazepine", "gabapentin", id="an add-on of specialists"),
        pytest.param("pregabalin", "lidocaine", id="a topical"),
    ],
)
def test_what_is_not_said(one: str, other: str, order: Orders, knowledge: Knowledge) -> None:
    assert list(check(facts(order(one), order.taken(other)), knowledge)) == []


def older(age: int | None, order: Orders, knowledge: Knowledge, *more: str) -> list[Finding]:
    others = [order.taken(name) for name in ("gabapentin", *more)]
    return [f for f in check(facts(order("nortriptyline"), *others, age=age), knowledge) if "gabapentin" in f.agents]


def test_tricyclic_and_gabapentinoid_from_65_or_with_a_third(order: Orders, knowledge: Knowledge) -> None:
    assert older(64, order, knowledge) == []
    assert len(older(65, order, knowledge)) == 1
    assert len(older(None, order, knowledge)) == 1
    assert len(older(58, order, knowledge, "lorazepam")) == 1


def test_a_past_order_is_no_combination(order: Orders, knowledge: Knowledge) -> None:
    assert list(check(facts(order("amitriptyline"), order.past("duloxetine")), knowledge)) == []


def test_what_is_replaced_is_not_taken_beside(order: Orders, knowledge: Knowledge) -> None:
    taken = order.taken("duloxetine")
    assert list(check(facts(order("amitriptyline", replaces=(taken.reference,)), taken), knowledge)) == []


def test_not_selected_is_not_judged(order: Orders, knowledge: Knowledge) -> None:
    aside = order("amitriptyline", selected=False)
    assert list(check(facts(aside, order.taken("duloxetine"), order("naproxen")), knowledge)) == []


def test_one_pair_is_one_card(order: Orders, knowledge: Knowledge) -> None:
    rules = {f.rule for f in advise(facts(order("tramadol"), order.taken("venlafaxine")), knowledge).findings if f.pair}
    assert rules == {"combination-to-avoid"}
