"""How much: one Dosage to a line, whatever its shape."""

from fractions import Fraction

import pytest

from cards.fhir.dosage import most_in_text, read_instruction, read_instructions, said
from cards.fhir.lines import Amount


def amount(value, unit, low=None):
    return Amount(Fraction(value) if low is None else Fraction(low), Fraction(value), unit)


def quantity(value, unit=None, **more):
    return {"value": value} | ({"unit": unit} if unit else {}) | more


def of(**entry):
    return read_instruction({"doseAndRate": [entry]})


@pytest.mark.parametrize(
    ("entry", "read"),
    [
        ({"doseQuantity": quantity(300, "mg")}, amount(300, "mg")),
        ({"doseQuantity": quantity("0.3", "g")}, amount(300, "mg")),
        ({"doseQuantity": quantity(2, code="{pill}")}, amount(2, "")),
        ({"doseQuantity": quantity(2)}, amount(2, "")),
        ({"doseQuantity": quantity(1, "Tablet", code="385055001")}, amount(1, "tablet")),
        ({"doseQuantity": quantity(1, "Tablet(s)", code="5b1e6f64-0000")}, amount(1, "tablet")),
        ({"doseQuantity": quantity(25, "mcg/hr")}, amount("0.025", "mg/h")),
        ({"doseRange": {"low": quantity(1, "tab"), "high": quantity(2, "tab")}}, amount(2, "tablet", low=1)),
        ({"doseRange": {"low": quantity(1), "high": quantity(2, "tab")}}, amount(2, "tablet", low=1)),
        ({"doseRange": {"low": quantity(2, "tab"), "high": quantity(1, "tab")}}, amount(2, "tablet", low=1)),
        ({"doseRange": {"high": quantity(2, "tab")}}, amount(2, "tablet")),
        ({"rateRatio": {"numerator": quantity(48, "mg"), "denominator": quantity(1, "d")}}, amount(2, "mg/h")),
        ({"rateRange": {"low": quantity(1, "mg/h"), "high": quantity(2, "mg/h")}}, amount(2, "mg/h", low=1)),
        ({"doseQuantity": quantity(5, "mg"), "rateQuantity": quantity(5, "mL/h")}, amount(5, "mg")),
    ],
)
def test_a_dose(entry, read):
    assert of(**entry).line.amount == read


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"doseQuantity": quantity(0, "mg")}, "a dose that is no positive number"),
        ({"doseQuantity": quantity(-1, "mg")}, "a dose that is no positive number"),
        ({"doseQuantity": quantity(True, "mg")}, "a dose that is no number"),
        ({"doseQuantity": quantity(["5"], "mg")}, "a dose that is no number"),
        ({"doseQuantity": quantity(1, "smidgen")}, "the unit 'smidgen' is not understood"),
        ({"doseQuantity": quantity(1, "mg", code="g")}, "the unit is 'mg' but its code is 'g'"),
        ({"doseQuantity": quantity(5, "mg", comparator=">")}, "a dose without an upper end"),
        ({"doseRange": {"low": quantity(1, "tab")}}, "a dose range without an upper end"),
        ({"doseQuantity": quantity(5, "mg/kg")}, "the dose is per body weight or surface (mg/kg)"),
        ({"doseQuantity": quantity(5, "%")}, "'%' is not the unit of a dose"),
        (
            {"rateRatio": {"numerator": quantity(80, "tab"), "denominator": quantity(1, "h")}},
            "a rate that is not readable",
        ),
    ],
)
def test_a_dose_that_is_not_read_says_why(entry, why):
    read = of(**entry)
    assert (read.line.amount, read.unread) == (None, why)


def kind(code):
    return {"coding": [{"system": "http://epic.com/CodeSystem/dose-rate-type", "code": code}]}


def test_one_dose_said_in_three_ways_is_a_count_and_a_mass():
    entries = [
        {"type": kind("calculated"), "doseQuantity": quantity(600.2, "mg")},
        {"type": kind("admin-amount"), "doseQuantity": quantity(2, "tablet")},
        {"type": kind("ordered"), "doseQuantity": quantity(600, "mg")},
    ]
    for order in (entries, entries[::-1]):
        read = read_instruction({"doseAndRate": order})
        assert (read.line.amount, read.line.mass, read.notes) == (amount(2, "tablet"), amount(600, "mg"), ())


def test_two_masses_that_differ_are_named():
    entries = [{"doseQuantity": quantity(300, "mg")}, {"doseQuantity": quantity(600, "mg")}]
    read = read_instruction({"doseAndRate": entries})
    assert read.line.amount == amount(600, "mg")
    assert read.notes == ("the dose is given as 300 mg and as 600 mg",)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("max 8 per day", amount(8, "")),
        ("Maximum 4 g in 24 hours", amount(4000, "mg")),
        ("Do not exceed 8 tablets per day", amount(8, "tablet")),
        ("no more than 6 tabs a day", amount(6, "tablet")),
        ("max daily dose 2400 mg/day", amount(2400, "mg")),
        ("not more than 3 doses in 24h", amount(3, "")),
        ("take with food", None),
        ("max 8", None),
        ("max 8 weeks", None),
    ],
)
def test_a_maximum_in_words(text, most):
    assert most_in_text(text) == most


@pytest.mark.parametrize(
    "where",
    [
        {"additionalInstruction": [{"text": "max 4 tablets per day"}]},
        {"additionalInstruction": [{"coding": [{"display": "max 4 tablets per day"}]}]},
        {"patientInstruction": "max 4 tablets per day"},
        {"maxDosePerPeriod": {"numerator": quantity(4, "tab"), "denominator": quantity(1, "d")}},
        {"maxDosePerPeriod": {"numerator": quantity(2, "tab"), "denominator": quantity(12, code="h")}},
        {"maxDosePerPeriod": [{"numerator": quantity(4, "tab"), "denominator": quantity(1, "d")}]},
    ],
)
def test_a_maximum_wherever_it_stands(where):
    read = read_instruction({"doseAndRate": [{"doseQuantity": quantity(1, "tab")}]} | where)
    assert read.line.most_per_day == amount(4, "tablet")


def test_elements_that_say_nothing_are_left_out():
    assert read_instructions([None, {}, {"sequence": 1, "asNeededBoolean": True}, {"route": {"text": "oral"}}]) == ()
    assert len(read_instructions({"text": "1 daily"})) == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (amount(2, "tablet", low=1), "1 to 2 tablets"),
        (amount("0.5", "tablet"), "0.5 tablet"),
        (amount(2, "patch"), "2 patches"),
        (amount(3, ""), "3"),
    ],
)
def test_amounts_in_words(given, words):
    assert said(given) == words
