"""read_dosage: structure, text and product to what is taken a day."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.facts import Product
from cards.fhir.regimen import read_dosage
from tests.fhir.any_dosage import INSTRUCTIONS

CAPSULE = Product(("sample",), (Fraction(300),), "capsule", "Oral Capsule", verified=True)
PATCH = Product(("sample",), (Fraction(25, 1000),), "h", "Transdermal System", verified=True)
TOPICAL = Product(("sample",), (), "patch", "Medicated Patch", percent=Fraction(5))
PAIR = Product(("opioid", "other"), (Fraction(5), Fraction(325)), "tablet", "Oral Tablet", verified=True)


def dose(value: Any, unit: str | None = None, code: str | None = None) -> dict[str, Any]:
    given = {"value": value, "unit": unit, "code": code}
    return {"doseAndRate": [{"doseQuantity": {key: part for key, part in given.items() if part is not None}}]}


def every(frequency: Any, period: Any = 1, unit: str = "d", **more: Any) -> dict[str, Any]:
    return {"timing": {"repeat": {"frequency": frequency, "period": period, "periodUnit": unit, **more}}}


def mg_a_day(instructions: object, product: Product | None = CAPSULE, **more: Any) -> Fraction | None:
    highest = read_dosage(instructions, product, **more).highest
    return highest.daily.mg if highest else None


@pytest.mark.parametrize(
    ("instruction", "mg"),
    [
        pytest.param(dose(600, "mg", "mg") | every(3), 1800, id="600 mg three times a day"),
        pytest.param(dose(2, code="{pill}") | every(1), 600, id="two pills of 300 mg"),
        pytest.param(dose("2", "Tablet(s)") | every(2, 8, "h"), 3600, id="value as a string, a tablet for a capsule"),
        pytest.param(dose(0.5, "g") | every(1, 6, "h"), 2000, id="half a gram every 6 hours"),
        pytest.param(dose(1, "TAB") | every(1, 1, "wk"), Fraction(300, 7), id="one a week"),
    ],
)
def test_a_line_comes_to_so_much_a_day(instruction: dict[str, Any], mg: Fraction) -> None:
    assert mg_a_day([instruction]) == mg


@pytest.mark.parametrize(
    ("value", "mg"),
    [
        pytest.param(2, 600, id="so many capsules"),
        pytest.param(300, None, id="as much as one capsule holds"),
        pytest.param(600, None, id="as much as two hold"),
        pytest.param(7, 2100, id="as much as no capsules hold"),
    ],
)
def test_a_number_without_a_unit_is_not_300_capsules(value: int, mg: int | None) -> None:
    read = read_dosage([dose(value) | every(1)], CAPSULE)
    assert mg_a_day([dose(value) | every(1)]) == mg
    assert bool(read.unread) is (mg is None)
    assert mg_a_day([dose(value) | every(1) | {"text": "Take 2 capsules once daily"}]) == (mg or 600)


def test_a_worn_patch_delivers_all_day_however_often_it_is_changed() -> None:
    for hours in (48, 72):
        assert mg_a_day([dose(1, "patch") | every(1, hours, "h")], PATCH) == Fraction(6, 10)
    assert mg_a_day([dose(2, "patch") | every(1, 72, "h")], PATCH) == Fraction(12, 10)


def test_a_topical_patch_is_counted_in_patches() -> None:
    step = read_dosage([dose(3, "{patch}") | every(1)], TOPICAL).highest
    assert step is not None
    assert (step.daily.mg, step.daily.units, step.daily.unit) == (None, 3, "patch")


def test_a_combination_is_read_for_the_ingredient_asked() -> None:
    order = [dose(2, "tablet") | every(4)]
    assert mg_a_day(order, PAIR) == 40
    assert mg_a_day(order, PAIR, ingredient_index=1) == 2600


def test_nothing_is_absent() -> None:
    for nothing in (None, [], {}, [{}], [{"route": {"text": "oral"}}]):
        assert read_dosage(nothing, CAPSULE).absent


NOTHING_KNOWN = Product((), (), "")


@given(INSTRUCTIONS, st.sampled_from([None, CAPSULE, PATCH, TOPICAL, PAIR, NOTHING_KNOWN]))
def test_nothing_raises_and_silence_is_never_the_answer(instructions: object, product: Product | None) -> None:
    dosage = read_dosage(instructions, product)
    assert dosage.absent or dosage.steps or dosage.unread
    assert all(step.daily.mg is None or step.daily.mg > 0 for step in dosage.steps)


# --- the same said in other words is the same -----------------------------------------------------------------------

NUMBERS = st.sampled_from([1, 2, 3, 4, 0.5])
FREQUENCIES = st.integers(1, 6)


@given(NUMBERS, FREQUENCIES)
def test_equal_doses_said_differently_are_equal(count: float, frequency: int) -> None:
    mg = Fraction(str(count)) * 300
    said = [
        dose(count, "capsule") | every(frequency),
        dose(count, "TAB") | every(frequency, 24, "h"),
        dose(count, code="{pill}") | every(frequency * 7, 1, "wk"),
        dose(float(mg), "mg") | every(frequency * 2, 2, "d"),
        dose(str(float(mg / 1000)), "g") | every(frequency, 1440, "min"),
        dose(float(mg * 1000), "mcg") | every(frequency),
        {"text": f"{float(mg):g} mg {frequency} times a day"},
    ]
    steps = {mg_a_day([instruction]) for instruction in said}
    assert steps == {mg * frequency}


@given(st.lists(st.tuples(NUMBERS, FREQUENCIES), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_lines_side_by_side_does_not_matter(lines: list[tuple[float, int]], random: Random) -> None:
    sent = [dose(count, "capsule") | every(frequency) for count, frequency in lines]
    shuffled = random.sample(sent, len(sent))
    assert read_dosage(sent, CAPSULE).steps == read_dosage(shuffled, CAPSULE).steps


@given(st.lists(st.tuples(NUMBERS, FREQUENCIES), min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_numbered_steps_may_come_in_any_order(lines: list[tuple[float, int]], random: Random) -> None:
    sent = [
        dose(count, "capsule") | every(frequency, boundsDuration={"value": 7, "unit": "d"}) | {"sequence": number}
        for number, (count, frequency) in enumerate(lines)
    ]
    assert read_dosage(random.sample(sent, len(sent)), CAPSULE).steps == read_dosage(sent, CAPSULE).steps


@given(NUMBERS, FREQUENCIES, st.integers(1, 12))
def test_a_maximum_never_raises_a_dose_and_as_needed_never_changes_it(count: float, times: int, most: int) -> None:
    plain = dose(count, "capsule") | every(times)
    capped = plain | {"maxDosePerPeriod": {"numerator": {"value": most}, "denominator": {"value": 1, "unit": "d"}}}
    whole, less = mg_a_day([plain]), mg_a_day([capped])
    assert whole is not None
    assert less is not None
    assert less <= whole
    assert mg_a_day([plain | {"asNeededBoolean": True}]) == whole


def test_the_common_order_is_read_as_any_other() -> None:
    """It takes a shorter way through the code; an added empty member sends it the long way."""
    for value in (1, 1.0, "1", True, 0, None, -1, 1e300):
        for unit in ("mg", "capsule", None, "x"):
            common = dose(value, unit) | every(2)
            for text in ({}, {"text": "2 capsules twice a day"}, {"text": None}):
                other = common | text | {"id": "1"}
                assert read_dosage([common | text], CAPSULE) == read_dosage([other], CAPSULE)


def test_a_text_on_every_line_is_the_text_of_the_order() -> None:
    text = {"text": "1 capsule in the morning and 2 capsules at bedtime"}
    sent = [
        dose(1, "capsule") | {"timing": {"repeat": {"when": ["MORN"]}}} | text,
        dose(2, "capsule") | {"timing": {"repeat": {"when": ["HS"]}}} | text,
    ]
    dosage = read_dosage(sent, CAPSULE)
    assert (mg_a_day(sent), dosage.conflict, dosage.read_from) == (900, None, "structure and text")


def test_the_text_tells_which_arrangement_numbered_lines_have() -> None:
    text = {"text": "300 mg daily for 7 days then 300 mg twice daily"}
    sent = [dose(300, "mg") | every(1) | {"sequence": 1} | text, dose(300, "mg") | every(2) | {"sequence": 2} | text]
    dosage = read_dosage(sent, CAPSULE)
    assert ([step.daily.mg for step in dosage.steps], dosage.conflict) == ([300, 600], None)


def test_then_joins_lines_without_numbers() -> None:
    sent = [
        dose(300, "mg") | every(1) | {"text": "300 mg daily for 7 days"},
        dose(300, "mg") | every(2) | {"text": "then 300 mg twice daily"},
    ]
    dosage = read_dosage(sent, CAPSULE)
    assert ([step.daily.mg for step in dosage.steps], dosage.conflict) == ([300, 600], None)


def test_the_low_end_of_a_range_is_kept() -> None:
    ranged = {"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "capsule"}, "high": {"value": 2}}}]}
    step = read_dosage([ranged | every(1, frequencyMax=3)], CAPSULE).highest
    assert step is not None
    assert step.lowest_daily is not None
    assert (step.daily.mg, step.lowest_daily.mg) == (1800, 300)


def test_the_same_record_is_always_read_the_same() -> None:
    sent = [dose(600, "mg") | every(3)]
    assert read_dosage(sent, CAPSULE) == read_dosage(sent, CAPSULE)
    assert mg_a_day(sent, None) == 1800
