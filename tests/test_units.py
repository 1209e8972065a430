"""The table of units against UCUM, the spellings that EHRs send, and numbers read exactly."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ucumvert import PintUcumRegistry

from cards.units import MOST, UNITS, convert, number, read_unit

# Spellings that are valid UCUM for another thing than an EHR, or a prescriber, means by them.
OTHERWISE = {
    "u": "atomic mass unit",
    "U": "enzyme unit",
    "ft": "femtotonne",
    "a": "Julian year",
    "[drp]": "a twentieth of a mL: here a drop is counted",
    "mg%": "a mg times a hundredth: here mg in a dL",
    "mg/mg": "a ratio: here a percentage",
    "g/g": "a ratio: here a percentage",
    "mL/min/1.73.m2": "divided by 1.73, times a square metre: everybody means per 1.73 square metre",
    "mL/(min.1.73.m2)": "the same without its annotation",
    "mL/min/m2": "per square metre: here scaled to 1.73",
    "[iU]": "arbitrary",
    "[IU]": "arbitrary",
    "[USP'U]": "arbitrary",
    "U/L": "katal-like",
    "[iU]/L": "arbitrary",
    "10*9/L": "powers of ten",
    "10*3/uL": "powers of ten",
    "K/uL": "a kelvin: here a thousand",
}


@pytest.fixture(scope="module")
def ucum():
    return PintUcumRegistry()


def _ucum(registry, spelling):
    try:
        return registry.from_ucum(spelling)
    except Exception:  # noqa: BLE001  (the parser raises several kinds for what is not UCUM)
        return None


def test_factors_are_those_of_ucum(ucum):
    checked = 0
    for spelling, unit in UNITS.items():
        ours, canonical = _ucum(ucum, spelling), _ucum(ucum, unit.name)
        if ours is None or canonical is None or spelling in OTHERWISE or unit.kind == "count":
            continue
        ratio = (ours / canonical).to_base_units()
        assert ratio.dimensionless, spelling
        assert math.isclose(ratio.magnitude, unit.factor, rel_tol=1e-9), spelling
        checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    ("spelling", "name", "factor"),
    [
        ("mg", "mg", 1),
        ("MG", "mg", 1),
        ("milligram", "mg", 1),
        ("g", "mg", 1000),
        ("G", "mg", 1000),
        ("mcg", "mg", Fraction(1, 1000)),
        ("µg", "mg", Fraction(1, 1000)),
        ("μg", "mg", Fraction(1, 1000)),
        ("tab", "tablet", 1),
        ("TAB", "tablet", 1),
        ("Tablet(s)", "tablet", 1),
        ("{tbl}", "tablet", 1),
        ("{Capsule}", "capsule", 1),
        ("caps.", "capsule", 1),
        ("{patch}", "patch", 1),
        ("Capsule - unit of product usage (qualifier value)", "capsule", 1),
        ("PATCH", "patch", 1),
        ("{pill}", "", 1),
        ("1", "", 1),
        ("{mL}", "mL", 1),
        ("mcg/hr", "mg/h", Fraction(1, 1000)),
        ("µg/hr", "mg/h", Fraction(1, 1000)),
        ("mg/(24.h)", "mg/h", Fraction(1, 24)),
        ("mL/min/1.73m²", "mL/min/{1.73_m2}", 1),
        ("mL/min/1.73 m2", "mL/min/{1.73_m2}", 1),
        ("mL/h", "mL/min", Fraction(1, 60)),
        ("umol/L", "umol/L", 1),
        ("mEq/L", "meq/L", 1),
        ("lb", "mg", Fraction(45359237, 100)),
    ],
)
def test_what_ehrs_send(spelling, name, factor):
    unit = read_unit(spelling)
    assert unit is not None
    assert (unit.name, unit.factor) == (name, factor)


@pytest.mark.parametrize("spelling", ["", " ", "{}", "smidgen", "mgs/", "428673006", None, 1, ["mg"], "mg mg"])
def test_what_is_not_in_the_table_is_not_understood(spelling):
    assert read_unit(spelling) is None


@pytest.mark.parametrize(
    ("value", "given", "wanted", "result"),
    [
        (154, "[lb_av]", "kg", Fraction(154 * 45359237, 10**8)),
        (70, "[in_i]", "cm", Fraction(1778, 10)),
        (Fraction(1, 2), "g", "mg", 500),
        (440, "ms", "s", Fraction(44, 100)),
        (60, "mL/min", "mL/s", 1),
        (1, "mg", "mL", None),
        (60, "mL/min", "mL/min/{1.73_m2}", None),
        (1, "mg/dL", "umol/L", None),
        (1, "x", "mg", None),
    ],
)
def test_units_convert_within_their_kind(value, given, wanted, result):
    assert convert(Fraction(value), given, wanted) == result


@pytest.mark.parametrize(
    ("sent", "value"),
    [
        (300, 300),
        (300.0, 300),
        ("300", 300),
        ("300.00", 300),
        (" 300 ", 300),
        (0.1, Fraction(1, 10)),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("1e3", 1000),
        (Decimal("12.5"), Fraction(25, 2)),
        (0, 0),
        (MOST, MOST),
        (MOST + 1, None),
        (-1, None),
        (-0.5, None),
        ("-1", None),
        (1e400, None),
        (float("nan"), None),
        ("1e99", None),
        ("1e-99", None),
        (1e-320, None),
        (True, None),
        (None, None),
        ("", None),
        ("1,5", None),
        ("1,000", None),
        ("300 mg", None),
        ("٣٠٠", None),
        ("1" * 100, None),
        ([300], None),
    ],
)
def test_numbers_are_read_exactly_or_not_at_all(sent, value):
    assert number(sent) == value


@given(st.decimals(min_value=0, max_value=MOST, places=3))
def test_a_number_is_the_same_however_it_is_sent(value):
    assert number(str(value)) == number(value) == Fraction(value)
    assert number(float(value)) == Fraction(repr(float(value)))
