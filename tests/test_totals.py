"""The total of an ingredient over orders, what a draft replaces, and morphine equivalents."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import pytest
from msgspec.structs import replace

from cards.facts import Dosage, Dose, DoseStep, Facts, Hook, MedicationOrder, Patient, Product, Role
from cards.totals import arithmetic, first, mme_per_day, standing, step_of, total_a_day

DAY = date(2026, 11, 22)
TABLET = Dose(Fraction(300), Fraction(1), "tablet")
THIRD = Dose(Fraction(20), Fraction(1, 3), "tablet")


def step(mg, times=1, **more):
    single = Dose(Fraction(mg), Fraction(1), "capsule")
    return DoseStep(single.times(Fraction(times)), single, Fraction(times), **more)


def order(name, *steps, role=Role.ACTIVE, ingredients=("sample",), **more):
    dosage = Dosage(tuple(steps)) if steps else Dosage(unread="no frequency")
    more.setdefault("route", "oral")
    return MedicationOrder(f"MedicationRequest/{name}", role, name, ingredients, dosage=dosage, **more)


def draft(name, *steps, **more):
    return order(name, *steps, role=Role.DRAFT, selected=True, **more)


def total(judged, *others, supply_days=14, **more):
    facts = Facts(DAY, Hook.ORDER_SIGN, Patient("Patient/p"), orders=(judged, *others))
    return total_a_day("sample", judged, facts, supply_days=supply_days, **more)


def mg(dose):
    return None if dose is None else dose.mg


def test_a_draft_alone():
    found = total(draft("new", step(600, 3)))
    assert (mg(found.alone), mg(found.together), found.ambiguous) == (1800, 1800, False)
    assert found.words == "600 mg x 3 = 1,800 mg a day"


def test_drafts_of_one_ingredient_add():
    found = total(draft("new", step(300, 3)), draft("other", step(600)))
    assert (mg(found.alone), found.ambiguous) == (1500, False)
    assert found.words == "300 mg x 3 = 900 mg a day, with 600 mg x 1 = 600 mg a day: 1,500 mg a day in all"


def test_each_order_judged_has_a_total_that_begins_with_itself():
    one, other = draft("one", step(300, 3)), draft("other", step(600))
    facts = Facts(DAY, Hook.ORDER_SIGN, Patient("Patient/p"), orders=(one, other))
    first_words = [
        total_a_day("sample", judged, facts, supply_days=14).words.partition(",")[0] for judged in (one, other)
    ]
    assert first_words == ["300 mg x 3 = 900 mg a day", "600 mg x 1 = 600 mg a day"]
    assert total(one).ingredient == "sample"


@pytest.mark.parametrize(
    ("old", "replaces"),
    [
        pytest.param({}, ("MedicationRequest/old",), id="named as the prior prescription"),
        pytest.param({"supply_ends": DAY + timedelta(days=14)}, (), id="supply for 14 days"),
        pytest.param({"supply_ends": DAY - timedelta(days=3)}, (), id="supply gone"),
        pytest.param({"supply_ends": DAY, "route": None}, (), id="route not known"),
    ],
)
def test_an_order_that_is_replaced_does_not_count(old, replaces):
    found = total(draft("new", step(600, 3), replaces=replaces), order("old", step(300, 3), **old))
    assert [one.label for one in found.replaced] == ["old"]
    assert (mg(found.together), found.ambiguous) == (1800, False)


def test_the_same_id_is_the_same_order():
    found = total(draft("same", step(600, 3)), order("same", step(300, 3)))
    assert (mg(found.together), len(found.replaced)) == (1800, 1)


@pytest.mark.parametrize("left", [DAY + timedelta(days=15), None])
def test_with_supply_left_both_may_continue(left):
    found = total(draft("new", step(600, 3)), order("old", step(600, 3), supply_ends=left))
    assert found.ambiguous
    assert (mg(found.alone), mg(found.together)) == (1800, 3600)
    assert found.words.endswith("if both continue: 3,600 mg a day; the new order alone: 1,800 mg a day")


def test_another_route_is_taken_beside_it():
    found = total(draft("new", step(600)), order("old", step(100), route="intravenous", supply_ends=DAY))
    assert (mg(found.alone), found.ambiguous, found.replaced) == (700, False, ())


def test_past_and_stopped_orders_do_not_count():
    found = total(
        draft("new", step(600)), order("past", step(100), role=Role.PAST), order("x", step(9), role=Role.STOP)
    )
    assert mg(found.together) == 600


def test_the_number_of_days_is_the_callers():
    old = order("old", step(300), supply_ends=DAY + timedelta(days=10))
    assert not total(draft("new", step(600)), old).ambiguous
    assert total(draft("new", step(600)), old, supply_days=7).ambiguous


def test_an_unreadable_order_is_named_and_not_zero():
    found = total(draft("new", step(600)), order("old", supply_ends=DAY + timedelta(days=90)))
    assert [one.label for one in found.unreadable] == ["old"]
    assert mg(total(draft("new")).together) is None


def test_the_highest_step_counts_or_the_first():
    climb = draft("new", step(300, 1, days=7), step(600, 3, days=7), step(300, 2))
    assert mg(total(climb).alone) == 1800
    assert mg(total(climb, pick=first).alone) == 300


def test_a_combination_counts_for_each_ingredient():
    product = Product(("opioid", "sample"), (Fraction(5), Fraction(325)), "tablet")
    pair = draft("pair", step(5, 4), ingredients=("opioid", "sample"), product=product)
    assert mg(total(pair, order("plain", step(500, 2), route="rectal")).alone) == 1300 + 1000
    assert step_of(replace(pair, product=None), "sample") is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (step(600, 3), "600 mg x 3 = 1,800 mg a day"),
        (step(300, Fraction(1, 2)), "300 mg x 1 every 2 days = 150 mg a day"),
        (step(70, Fraction(1, 7)), "70 mg x 1 every 7 days = 10 mg a day"),
        (step(70, Fraction(2, 7)), "70 mg x 2 a week = 20 mg a day"),
        (step(70, Fraction(3, 7)), "70 mg x 3 a week = 30 mg a day"),
        (step(30, Fraction(2, 3)), "30 mg x 1 every 36 hours = 20 mg a day"),
        (
            DoseStep(Dose(Fraction(80), Fraction(8), "g"), Dose(Fraction(20), Fraction(2), "g"), Fraction(4)),
            "2 g (20 mg) x 4 = 80 mg a day",
        ),
        (
            DoseStep(THIRD.times(Fraction(4)), THIRD, Fraction(4)),
            "20 mg x 4 = 80 mg a day",
        ),
        (
            DoseStep(TABLET.times(Fraction(6)), TABLET.times(Fraction(2)), Fraction(3)),
            "2 tablets of 300 mg x 3 = 1,800 mg a day",
        ),
        (
            DoseStep(Dose(Fraction(500), Fraction(10), "mL"), Dose(Fraction(250), Fraction(5), "mL"), Fraction(2)),
            "5 mL (250 mg) x 2 = 500 mg a day",
        ),
        (DoseStep(Dose(Fraction(2400)), Dose(Fraction(600)), Fraction(6)), "6 doses of at most 600 mg: 2,400 mg a day"),
        (DoseStep(Dose(Fraction(3, 5), Fraction(25), "ug/h")), "25 ug/h x 24 h = 0.6 mg a day"),
        (DoseStep(Dose(None, Fraction(3), "patch"), Dose(None, Fraction(3), "patch"), Fraction(1)),
         "3 patches x 1 = 3 patches a day"),
        (DoseStep(Dose(Fraction(900)), Dose(Fraction(600)), None), "900 mg a day"),
    ],
)  # fmt: skip
def test_arithmetic_is_said_in_words(given, words):
    assert arithmetic(given) == words


def test_what_a_draft_does_to_active_orders():
    active = [
        order("same", step(1), supply_ends=DAY + timedelta(days=60)),
        order("other", step(1), ingredients=("another",)),
        order("ending", step(1), supply_ends=DAY),
    ]
    found = standing([draft("new", step(1))], active, DAY, 14)
    assert [[one.label for one in group] for group in (found.continuing, found.replaced, found.uncertain)] == [
        ["other"],
        ["ending"],
        ["same"],
    ]


TWO = ("acetaminophen", "sample")


def of_two(dose, strengths, ingredients=TWO):
    product = Product(ingredients, tuple(None if mg is None else Fraction(mg) for mg in strengths), "tablet")
    return order("both", dose, ingredients=TWO, product=product)


def test_a_share_differs_in_mass_alone():
    """Ten days of one or two tablets of 325 mg with 37.5 mg, as needed: tablets, days and the rest stay as they are."""
    one, low = Dose(Fraction(325), Fraction(1), "tablet"), Dose(Fraction(325), Fraction(1), "tablet")
    dose = DoseStep(one.times(Fraction(4)), one, Fraction(4), 10, True, low)
    share = Fraction("37.5")
    assert step_of(of_two(dose, ("325", "37.5")), "sample") == DoseStep(
        Dose(share * 4, Fraction(4), "tablet"),
        Dose(share, Fraction(1), "tablet"),
        Fraction(4),
        10,
        True,
        Dose(share, Fraction(1), "tablet"),
    )
    counted = DoseStep(Dose(None, Fraction(4), "tablet"))
    assert step_of(of_two(counted, ("325", "37.5")), "sample").daily == Dose(None, Fraction(4), "tablet")


@pytest.mark.parametrize(
    ("strengths", "ingredients"),
    [
        pytest.param(("325", None), TWO, id="its own strength is not known"),
        pytest.param((None, "37.5"), TWO, id="that of the first is not known"),
        pytest.param(("0", "37.5"), TWO, id="that of the first is nought"),
        pytest.param(("325",), TWO, id="one strength of two"),
        pytest.param(("325", "37.5"), ("acetaminophen", "another"), id="the product has another"),
    ],
)
def test_a_share_that_is_not_known_is_not_read_and_never_the_whole(strengths, ingredients):
    judged = of_two(step(325, 4), strengths, ingredients)
    assert step_of(judged, "sample") is None
    assert step_of(replace(judged, product=None), "sample") is None
    assert [one.label for one in total(judged).unreadable] == ["both"]


# --- morphine equivalents -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Factor:
    mme_factor: Fraction | None
    per: str = "mg"


FACTORS = {"sample": Factor(Fraction(3, 2)), "patched": Factor(Fraction(12, 5), "ug/h"), "none": Factor(None)}
WORN = DoseStep(Dose(Fraction(3, 5), Fraction(25), "ug/h"))


def test_morphine_equivalents_add_over_orders():
    found = mme_per_day([order("a", step(10, 4)), order("b", WORN, ingredients=("patched",))], FACTORS)
    assert found.value == 60 + 60
    assert [part.words for part in found.parts] == ["sample 40 mg a day x 1.5 = 60", "patched 25 ug/h x 2.4 = 60"]


@pytest.mark.parametrize(
    ("unknown", "why"),
    [
        (order("b", step(8), ingredients=("none",)), "no conversion factor"),
        (order("b", ingredients=("sample",)), "dose not read"),
        (order("b", step(8), ingredients=("patched",)), "its factor is per ug/h"),
        (order("b", WORN, ingredients=("sample",)), "its factor is per mg"),
    ],
)
def test_what_has_no_factor_is_named_and_never_zero(unknown, why):
    found = mme_per_day([order("a", step(10, 4)), unknown], FACTORS)
    assert (found.value, found.at_least) == (None, 60)
    assert [(one.label, said) for one, _, said in found.unknown] == [("b", why)]


def test_which_step_counts_is_the_askers_to_say():
    """A rise from 20 to 40 mg a day: the highest for a threshold, the first for what it begins with."""
    rising = order("a", step(10, 2, days=7), step(10, 4))
    assert mme_per_day([rising], FACTORS).value == 60
    assert mme_per_day([rising], FACTORS, first).value == 30


def test_without_an_opioid_there_is_no_number():
    assert mme_per_day([order("a", step(10), ingredients=("another",))], FACTORS).value is None
