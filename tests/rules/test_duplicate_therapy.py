"""One medicine twice: another product, one class, a combination product; and what only looks like it."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from cards import Knowledge
from cards.facts import Product
from cards.finding import Finding, Indicator
from cards.rules.duplicate_therapy import check
from tests.rules.orders import DAY, Orders, daily, facts

WARNING, INFO = Indicator.WARNING, Indicator.INFO


@pytest.fixture
def order(knowledge: Knowledge) -> Orders:
    return Orders(knowledge)


def unusual(agent: str, knowledge: Knowledge) -> str:
    """A formulation that an order naming the ingredient alone does not mean."""
    return next(f.id for f in knowledge.agents[agent].formulation if not f.assumed_when_unsaid)


@pytest.mark.parametrize(
    ("one", "other", "indicator"),
    [
        pytest.param("gabapentin", "pregabalin", WARNING, id="gabapentinoids"),
        pytest.param("gabapentin-enacarbil", "gabapentin", WARNING, id="a drug and its prodrug"),
        pytest.param("duloxetine", "venlafaxine", WARNING, id="SNRIs"),
        pytest.param("nortriptyline", "amitriptyline", WARNING, id="tricyclics"),
        pytest.param("naproxen", "ibuprofen", WARNING, id="NSAIDs"),
        pytest.param("naproxen", "meloxicam", WARNING, id="NSAIDs, one not ours"),
    ],
)
def test_one_class_twice(one: str, other: str, indicator: Indicator, order: Orders, knowledge: Knowledge) -> None:
    for drafted, taken in ((one, other), (other, one)):
        (found,) = check(facts(order(drafted), order.taken(taken)), knowledge)
        assert (found.indicator, set(found.agents)) == (indicator, {one, other})
        assert len(found.summary) < 140


def test_an_nsaid_on_the_skin_beside_one_swallowed_is_information(order: Orders, knowledge: Knowledge) -> None:
    (found,) = check(facts(order("diclofenac", route="topical"), order.taken("naproxen")), knowledge)
    assert found.indicator is INFO


def test_another_product_of_the_ingredient(order: Orders, knowledge: Knowledge) -> None:
    once = order("gabapentin", formulation=unusual("gabapentin", knowledge))
    (found,) = check(facts(once, order.taken("gabapentin")), knowledge)
    assert found.indicator is WARNING
    assert found.agents == ("gabapentin",)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({}, id="the same product"),
        pytest.param({"dosage": daily(600)}, id="the same product in another dose"),
        pytest.param({"formulation": None}, id="which product is not known: said elsewhere"),
    ],
)
def test_the_same_product_re_prescribed(change: dict[str, object], order: Orders, knowledge: Knowledge) -> None:
    assert list(check(facts(order("gabapentin", **change), order.taken("gabapentin")), knowledge)) == []


def other_product(order: Orders, knowledge: Knowledge, **taken: object) -> list[Finding]:
    once = order("gabapentin", formulation=unusual("gabapentin", knowledge))
    return list(check(facts(once, order.taken("gabapentin", **taken)), knowledge))


def test_a_supply_that_ends_within_the_overlap_is_replaced(order: Orders, knowledge: Knowledge) -> None:
    overlap = timedelta(days=knowledge.supply_days)
    assert other_product(order, knowledge, supply_ends=DAY + overlap) == []
    assert len(other_product(order, knowledge, supply_ends=DAY + overlap + timedelta(days=1))) == 1


def test_what_is_replaced_is_no_duplicate(order: Orders, knowledge: Knowledge) -> None:
    taken = order.taken("gabapentin")
    replaced = (taken.reference,)
    assert list(check(facts(order("pregabalin", replaces=replaced), taken), knowledge)) == []
    once = order("gabapentin", formulation=unusual("gabapentin", knowledge), replaces=replaced)
    assert list(check(facts(once, taken), knowledge)) == []


def test_an_opioid_for_breakthrough_pain_is_meant(order: Orders, knowledge: Knowledge) -> None:
    ids = [f.id for f in knowledge.agents["morphine"].formulation]
    long = order.taken(
        "morphine", formulation=ids[1], product=Product(("morphine",), release="extended"), dosage=daily(60)
    )
    short = order("morphine", formulation=ids[0], dosage=daily(20, as_needed=True))
    assert list(check(facts(short, long), knowledge)) == []
    second = order("morphine", formulation=ids[0], product=Product(("morphine",), release="extended"))
    assert len(list(check(facts(second, long), knowledge))) == 1


@pytest.mark.parametrize(
    ("each", "indicator"),
    [
        pytest.param(2000, INFO, id="at the limit of 4,000 in all"),
        pytest.param(2001, WARNING, id="above it"),
        pytest.param(None, WARNING, id="not readable"),
    ],
)
def test_paracetamol_in_two_products(
    each: int | None, indicator: Indicator, order: Orders, knowledge: Knowledge
) -> None:
    dose = {"dosage": daily(each)} if each else {}
    combined = Product(("acetaminophen", "oxycodone"), (Fraction(325), Fraction(5)))
    drafted = order("acetaminophen+oxycodone", product=combined, **dose)
    (found,) = check(facts(drafted, order.taken("acetaminophen", **dose)), knowledge)
    assert found.indicator is indicator
    assert found.summary == "Acetaminophen twice: with oxycodone and alone"


def test_two_selected_drafts_are_one_pair(order: Orders, knowledge: Knowledge) -> None:
    assert len(list(check(facts(order("gabapentin"), order("pregabalin")), knowledge))) == 1
    combined = order("acetaminophen+oxycodone")
    assert len(list(check(facts(order("acetaminophen"), combined), knowledge))) == 1


def test_not_selected_is_not_judged(order: Orders, knowledge: Knowledge) -> None:
    aside = order("pregabalin", selected=False)
    assert list(check(facts(aside, order.taken("gabapentin"), order("naproxen")), knowledge)) == []
