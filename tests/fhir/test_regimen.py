"""read_dosage: structure, text and product to what is taken a day."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given

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


@given(INSTRUCTIONS)
def test_nothing_raises(instructions: object) -> None:
    read_dosage(instructions, CAPSULE)
