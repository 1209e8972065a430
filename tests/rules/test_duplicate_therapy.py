"""One medicine twice: another product, one class, a combination product; and what only looks like it."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest

from cards import Knowledge
from cards.facts import Dosage, Product
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


def tramadol_twice(order: Orders, knowledge: Knowledge, age: int, each: int = 200) -> Finding:
    dose = {"dosage": daily(each)}
    combined = order("tramadol+acetaminophen", product=Product(("tramadol", "acetaminophen")), **dose)
    (found,) = check(facts(combined, order.taken("tramadol", formulation="plain", **dose), age=age), knowledge)
    return found


def test_of_several_limits_the_lowest_for_this_age_is_stated(order: Orders, knowledge: Knowledge) -> None:
    """Past 75 tramadol is limited to 300 mg: the limit of younger patients would invite seizures."""
    old, young = (tramadol_twice(order, knowledge, age) for age in (76, 75))
    assert "At most 300 mg a day, all products together" in old.detail
    assert "At most 400 mg a day, all products together" in young.detail
    assert (old.indicator, young.indicator) == (WARNING, INFO)
    assert [found.because[1].address.rpartition(".")[2] for found in (old, young)] == ["ceiling-us-over-75", "ceiling"]
    assert len(old.because) == 2


def test_a_usual_dose_is_no_limit(order: Orders, knowledge: Knowledge) -> None:
    """What is usual for one pain may be passed: calling it a limit would take pain relief away."""
    extended = order("pregabalin", formulation=unusual("pregabalin", knowledge))
    (found,) = check(facts(extended, order.taken("pregabalin")), knowledge)
    assert [line for line in found.detail if line.startswith("At most")] == [
        "At most 660 mg a day, all products together"
    ]


def test_no_sum_is_stated_where_one_of_the_two_could_not_be_read(order: Orders, knowledge: Knowledge) -> None:
    """Half of the sum would read like all of it."""
    once = order("gabapentin", formulation=unusual("gabapentin", knowledge), dosage=daily(600))
    read = order.taken("gabapentin", dosage=daily(300))
    unread = order.taken("gabapentin", dosage=Dosage(unread="as directed"))
    sums = [
        [line for line in finding.detail if line.startswith("Gabapentin a day: ")]
        for taken in (read, unread)
        for finding in check(facts(once, taken), knowledge)
    ]
    assert [len(lines) for lines in sums] == [1, 0]
    assert "900 mg" in sums[0][0]


def test_both_products_of_one_ingredient_are_one_pair(order: Orders, knowledge: Knowledge) -> None:
    """What other rules say of the two stands on the same card."""
    once, taken = order("gabapentin", formulation=unusual("gabapentin", knowledge)), order.taken("gabapentin")
    (found,) = check(facts(once, taken), knowledge)
    assert found.pair == {once.reference, taken.reference}


def test_a_long_name_of_a_product_leaves_room_for_the_other(order: Orders, knowledge: Knowledge) -> None:
    name = "gabapentin " * 8
    once = order("gabapentin", formulation=unusual("gabapentin", knowledge), label=name)
    (found,) = check(facts(once, order.taken("gabapentin", label="Neurontin")), knowledge)
    assert found.summary == f"Gabapentin twice: {name[:49].rstrip()}… and Neurontin"


def test_two_selected_drafts_are_one_pair(order: Orders, knowledge: Knowledge) -> None:
    assert len(list(check(facts(order("gabapentin"), order("pregabalin")), knowledge))) == 1
    combined = order("acetaminophen+oxycodone")
    assert len(list(check(facts(order("acetaminophen"), combined), knowledge))) == 1


def test_not_selected_is_not_judged(order: Orders, knowledge: Knowledge) -> None:
    aside = order("pregabalin", selected=False)
    assert list(check(facts(aside, order.taken("gabapentin"), order("naproxen")), knowledge)) == []
