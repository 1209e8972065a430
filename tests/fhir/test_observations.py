"""Observation: numbers in one unit, answers in one word, slips refused."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.facts import Result, Unread
from cards.fhir.codings import LOINC
from cards.fhir.observations import read_observation, read_observations
from tests.fhir.anything import nearly
from tests.small_value_sets import VALUE_SETS

CREATININE, EGFR, WEIGHT, HEIGHT, SODIUM = "2160-0", "98979-8", "29463-7", "8302-2", "2951-2"
SYSTOLIC, HLA, PREGNANCY = "8480-6", "57979-7", "82810-3"


def coded(code, system=LOINC):
    return {"coding": [{"system": system, "code": code}]}


def observation(code, **members):
    return {"resourceType": "Observation", "id": "o", "status": "final", "code": coded(code), **members}


def quantity(value, unit=None, **more):
    return {"valueQuantity": {"value": value, **({} if unit is None else {"unit": unit}), **more}}


def read(code, **members):
    return list(read_observation(observation(code, **members), "p", VALUE_SETS))


def read_one(code, **members):
    (found,) = read(code, **members)
    return found


@pytest.mark.parametrize(
    ("code", "value", "unit", "read_as"),
    [
        (CREATININE, 2.1, "mg/dL", "2.1"),
        (CREATININE, 2.1, "MG/DL", "2.1"),
        (CREATININE, 88.4, "umol/L", "1"),
        (CREATININE, 88.4, "µmol/L", "1"),
        (CREATININE, 88.4, "μmol/l", "1"),
        (CREATININE, "2.1", "mg/dL", "2.1"),
        (CREATININE, 2, "mg/dL", "2"),
        (CREATININE, 0.0884, "mmol/L", "1"),
        (CREATININE, 10, "mg/L", "1"),
        (WEIGHT, 100, "[lb_av]", "45.359237"),
        (WEIGHT, 100, "pounds", "45.359237"),
        (WEIGHT, 10, "[stone_av]", "63.5029318"),
        (WEIGHT, 10, "stone", "63.5029318"),
        (WEIGHT, 70_000, "grams", "70"),
        (HEIGHT, 6, "feet", "182.88"),
        (WEIGHT, 70.5, "kg", "70.5"),
        (HEIGHT, 60, "[in_i]", "152.4"),
        (HEIGHT, 1.75, "m", "175"),
        (EGFR, 55, "mL/min/{1.73_m2}", "55"),
        (EGFR, 55, "ml/min/1.73 m²", "55"),
        (EGFR, 55, "mL/min/1.73m^2", "55"),
        (EGFR, 55, "mL/min", "55"),
        (SODIUM, 135, "mEq/L", "135"),
    ],
)
def test_units(code, value, unit, read_as):
    found = read_one(code, **quantity(value, unit))
    assert found.value == Fraction(read_as)


@pytest.mark.parametrize(
    ("code", "value", "read_as"),
    [
        pytest.param(CREATININE, 1.2, "1.2", id="can only be mg/dL"),
        pytest.param(CREATININE, 88.4, "1", id="can only be umol/L"),
        pytest.param(CREATININE, 12, None, id="could be either"),
        pytest.param(WEIGHT, 70, None, id="kg or lb"),
        pytest.param(HEIGHT, 1.7, "170", id="can only be metres"),
        pytest.param(SODIUM, 140, "140", id="two names of one unit are one"),
        pytest.param(SODIUM, 14, None, id="not plausible in any"),
    ],
)
def test_without_a_unit_only_what_can_mean_one_thing(code, value, read_as):
    found = read_one(code, **quantity(value))
    assert (found.value == Fraction(read_as)) if read_as else isinstance(found, Unread)


@pytest.mark.parametrize(
    "members",
    [
        pytest.param(quantity(90, "mg/dL"), id="not plausible in its unit"),
        pytest.param(quantity(2.1, "furlong"), id="a unit that is not known"),
        pytest.param(quantity(12, "mg/dL", code="umol/L"), id="units that contradict"),
        pytest.param({"valueString": "see comment"}, id="words"),
        pytest.param({"valueString": "1,200 mg/dL"}, id="a comma that may be either"),
        pytest.param({"valueQuantity": {"unit": "mg/dL"}}, id="no value"),
        pytest.param(quantity(True, "mg/dL"), id="a truth value"),
        pytest.param(quantity(float("nan"), "mg/dL"), id="not a number"),
        pytest.param(quantity(float("inf"), "mg/dL"), id="infinity"),
        pytest.param(quantity("1e999999999", "mg/dL"), id="an absurd number"),
        pytest.param(quantity(10**400, "mg/dL"), id="an absurd integer"),
        pytest.param({"dataAbsentReason": {"text": "error"}}, id="absent"),
        pytest.param({"valueRatio": {}}, id="a kind of value that is not read"),
    ],
)
def test_what_cannot_be_trusted_is_unread(members):
    found = read_one(CREATININE, **members)
    assert isinstance(found, Unread)
    assert (found.reference, found.what) == ("Observation/o", "creatinine")
    assert found.why


@pytest.mark.parametrize(
    ("members", "comparator", "value"),
    [
        (quantity(60, "mL/min", comparator=">"), ">", 60),
        (quantity(60, "mL/min", comparator=">="), ">=", 60),
        (quantity(60, "mL/min", comparator="ad"), "", 60),
        (quantity(">60", "mL/min"), ">", 60),
        ({"valueString": ">60"}, ">", 60),
        ({"valueString": "> 60 mL/min/1.73m2"}, ">", 60),
        ({"valueString": "≥ 90"}, ">=", 90),
        ({"valueString": "90+"}, ">=", 90),
        ({"valueString": "<15"}, "<", 15),
        ({"valueString": "greater than 60"}, ">", 60),
        ({"valueString": "55"}, "", 55),
        ({"valueString": "55,5 mL/min"}, "", Fraction("55.5")),
        ({"valueInteger": 55}, "", 55),
        ({"valueCodeableConcept": {"text": ">60"}}, ">", 60),
    ],
)
def test_bounds_and_strings(members, comparator, value):
    found = read_one(EGFR, **members)
    assert (found.comparator, found.value) == (comparator, value)


@pytest.mark.parametrize(
    ("members", "answer"),
    [
        ({"valueCodeableConcept": {"text": "Positive"}}, "positive"),
        ({"valueCodeableConcept": {"coding": [{"code": "x", "display": "Detected (qualifier value)"}]}}, "positive"),
        ({"valueCodeableConcept": {"coding": [{"code": "x", "display": "Not detected"}]}}, "negative"),
        ({"valueString": "HLA-B*15:02 NEGATIVE"}, "negative"),
        ({"valueString": "HLA-B*15:02 present"}, "positive"),
        ({"valueCodeableConcept": {"coding": [{"code": "POS"}]}}, "positive"),
        ({"valueString": "Heterozygous for *15:02"}, "positive"),
        ({"valueString": "Non-carrier"}, "negative"),
        ({"valueString": "CYP2D6 poor metaboliser"}, "cyp2d6 poor metabolizer"),
        ({"valueBoolean": True}, "positive"),
        ({"valueBoolean": False}, "negative"),
        ({"interpretation": [{"coding": [{"code": "POS"}]}]}, "positive"),
        ({"interpretation": {"coding": [{"code": "NEG"}]}}, "negative"),
    ],
)
def test_answers(members, answer):
    """In one word where it is yes or no."""
    found = read_one(HLA, **members)
    assert (found.what, found.text, found.value) == ("hla-b-1502", answer, None)


@pytest.mark.parametrize(
    "text",
    [
        "Indeterminate",
        "Equivocal.",
        "See report",
        "Refer to comment",
        "Sample rejected",
        "Not performed",
        "unable to determine",
        "*15:02 positive, *31:01 not detected",
    ],
)
def test_what_is_no_answer_is_not_a_negative_one(text):
    found = read_one(HLA, valueString=text)
    assert isinstance(found, Unread)
    assert found.why == f"'{text}' is no answer"


def test_an_answer_in_other_words_is_kept_as_they_are():
    found = read_one(PREGNANCY, valueCodeableConcept={"coding": [{"code": "x", "display": "Not pregnant"}]})
    assert found.text == "not pregnant"


def test_an_answer_in_a_code_without_words_is_unread():
    assert isinstance(read_one(HLA, valueCodeableConcept={"coding": [{"code": "LA6576-8"}]}), Unread)


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled", "registered"])
def test_what_is_no_result_is_dropped(status):
    assert read(CREATININE, status=status, **quantity(1, "mg/dL")) == []


@pytest.mark.parametrize("status", ["final", "amended", "corrected", "preliminary", None])
def test_every_other_status_counts(status):
    assert read_one(CREATININE, status=status, **quantity(1, "mg/dL")).value == 1


def test_a_code_that_nobody_asks_for_is_no_result():
    assert read("718-7", **quantity(12, "g/dL")) == []


def test_one_of_several_codings_is_enough():
    code = {
        "coding": [
            {"system": "urn:local", "code": "CREA"},
            {"system": "urn:oid:2.16.840.1.113883.6.1", "code": CREATININE},
        ]
    }
    resource = {**observation(CREATININE, **quantity(1, "mg/dL")), "code": code}
    (found,) = read_observation(resource, "p", VALUE_SETS)
    assert found.what == "creatinine"


def test_components():
    panel = observation("85354-9")
    panel["component"] = [
        {"code": coded(SYSTOLIC), **quantity(120, "mmHg", code="mm[Hg]")},
        {"code": coded("8462-4"), **quantity(80, "mm[Hg]")},
        {"code": coded(EGFR), "valueString": ">60"},
    ]
    found = {result.what: result.value for result in read_observation(panel, "p", VALUE_SETS)}
    assert found == {"systolic": 120, "egfr": 60}


def test_the_head_of_a_panel_needs_no_value():
    panel = observation(EGFR, component=[{"code": coded(EGFR), "valueString": "55"}])
    (found,) = read_observation(panel, "p", VALUE_SETS)
    assert found.value == 55


@pytest.mark.parametrize(
    ("members", "day"),
    [
        ({"effectiveDateTime": "2026-11-01T08:00:00+01:00"}, date(2026, 11, 1)),
        ({"effectiveInstant": "2026-11-01T08:00:00Z"}, date(2026, 11, 1)),
        ({"effectivePeriod": {"start": "2026-10-31", "end": "2026-11-01"}}, date(2026, 11, 1)),
        ({"effectivePeriod": {"start": "2026-11-01"}}, date(2026, 11, 1)),
        ({"effectiveTiming": {"event": ["2026-11-01"]}}, date(2026, 11, 1)),
        ({"issued": "2026-11-01T08:00:00Z"}, date(2026, 11, 1)),
        ({"effectiveDateTime": "", "issued": "2026-11-01T08:00:00Z"}, date(2026, 11, 1)),
        ({"effectiveDateTime": "2026"}, date(2026, 1, 1)),
        ({}, None),
    ],
)
def test_the_day(members, day):
    assert read_one(CREATININE, **quantity(1, "mg/dL"), **members).day == day


def test_newest_first_and_undated_last():
    times = ["2026-10-01", None, "2026-11-01T08:00:00Z", "2026-11-01T16:00:00Z", "2025-01-01"]
    resources = [
        observation(CREATININE, id=str(number), **quantity(1, "mg/dL"), **({"effectiveDateTime": time} if time else {}))
        for number, time in enumerate(times)
    ]
    results, unread = read_observations(resources, "p", VALUE_SETS)
    assert [result.reference for result in results] == [f"Observation/{number}" for number in (3, 2, 0, 4, 1)]
    assert unread == ()


def test_of_one_moment_the_order_given_is_kept():
    resources = [observation(CREATININE, id=i, issued="2026-11-01", **quantity(1, "mg/dL")) for i in "abc"]
    results, _ = read_observations(resources, "p", VALUE_SETS)
    assert [result.reference[-1] for result in results] == ["a", "b", "c"]


def test_another_patients_result_is_ignored():
    assert read(CREATININE, subject={"reference": "Patient/other"}, **quantity(1, "mg/dL")) == []


def test_the_text_is_as_it_was_written():
    assert read_one(CREATININE, **quantity(186, "umol/L")).text == "186 umol/L"
    assert read_one(EGFR, valueString=">60").text == ">60"


@given(st.integers(min_value=10, max_value=2000))
def test_one_creatinine_in_either_unit_is_one_creatinine(hundredths):
    in_mass = read_one(CREATININE, **quantity(f"{hundredths / 100:.2f}", "mg/dL"))
    in_moles = read_one(CREATININE, **quantity(f"{hundredths * 884 / 1000:.3f}", "umol/L"))
    assert (in_mass.value, in_mass.unit) == (in_moles.value, in_moles.unit)


MEMBERS = ["resourceType", "id", "code", "subject", "status", "component", "valueQuantity", "valueString", "issued"]
MEMBERS += [
    "valueCodeableConcept",
    "valueInteger",
    "valueBoolean",
    "interpretation",
    "effectivePeriod",
    "effectiveTiming",
]
MEMBERS += ["effectiveDateTime", "value", "unit", "comparator"]


@given(st.lists(nearly(MEMBERS, [CREATININE, HLA]), max_size=3))
def test_nothing_raises(resources):
    results, unread = read_observations(resources, "p", VALUE_SETS)
    assert all(isinstance(result, Result) for result in results)
    assert all(isinstance(one, Unread) for one in unread)


@given(st.text() | st.floats() | st.integers())
def test_any_value_of_a_wanted_code_is_read_or_refused(value):
    for members in (quantity(value, "mg/dL"), {"valueString": value}, {"valueInteger": value}):
        assert isinstance(read_one(CREATININE, **members), Result | Unread)
