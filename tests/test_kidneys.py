"""Kidney function: the order of evidence, the arithmetic by hand, and what is said when something is missing."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cards.clearance import body_surface, cockcroft_gault, ideal_weight, weights
from cards.facts import Condition, KidneyFunction, Patient, Result, Unread
from cards.kidneys import STAGES, kidney_function
from tests.small_value_sets import RESULTS, VALUE_SETS

DAY = date(2026, 11, 22)
UNITS = {one.id: one.unit for one in RESULTS.values()}
WOMAN = Patient("Patient/p", sex="female", born_first=date(1950, 5, 1), born_last=date(1950, 5, 1))  # 76
MAN = replace(WOMAN, sex="male")


def result(what, value, comparator="", days_ago=10, unit=None):
    day = None if days_ago is None else DAY - timedelta(days=days_ago)
    return Result(f"Observation/{what}", what, Fraction(str(value)), unit or UNITS[what], comparator, "", day)


def condition(name, resolved=False, onset=None):
    return Condition(f"Condition/{name}", name.replace("-", " "), frozenset({name}), resolved=resolved, onset=onset)


def kidneys(*evidence, patient=WOMAN):
    results = [one for one in evidence if isinstance(one, Result)]
    conditions = [one for one in evidence if isinstance(one, Condition)]
    return kidney_function(patient, results, conditions, VALUE_SETS, DAY, recent_days=365)


def about(kidneys, unit="mL/min", places=1):
    assert kidneys.unit == unit
    return tuple(None if bound is None else round(float(bound), places) for bound in (kidneys.low, kidneys.high))


CREATININE, WEIGHT, HEIGHT = result("creatinine", "1.2"), result("weight", 60), result("height", 165)


# --- the order of evidence ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "method", "low", "high"),
    [
        pytest.param([], "", None, None, id="nothing"),
        pytest.param([CREATININE, WEIGHT], "cockcroft-gault", 37.8, 37.8, id="creatinine and weight"),
        pytest.param([CREATININE, WEIGHT, result("egfr", 70)], "cockcroft-gault", 37.8, 37.8, id="before an eGFR"),
        pytest.param(
            [CREATININE, WEIGHT, condition("ckd-stage-4")], "cockcroft-gault", 37.8, 37.8, id="before a stage"
        ),
        pytest.param(
            [WEIGHT, result("creatinine-clearance", 41)], "creatinine-clearance", 41, 41, id="a clearance as reported"
        ),
        pytest.param([WEIGHT, HEIGHT, result("egfr", 50)], "egfr-deindexed", 47.9, 47.9, id="eGFR, height and weight"),
    ],
)
def test_order_of_evidence(evidence, method, low, high):
    found = kidneys(*evidence)
    assert (found.method, *about(found)) == (method, low, high)


@pytest.mark.parametrize(
    ("evidence", "method", "low", "high"),
    [
        pytest.param([CREATININE, result("egfr", 50)], "egfr", 50, 50, id="no weight: the eGFR as it is"),
        pytest.param([result("egfr", 50), condition("ckd-stage-4")], "egfr", 50, 50, id="before a stage"),
        pytest.param([condition("ckd-stage-4")], "ckd-stage", 15, 30, id="a stage"),
        pytest.param([CREATININE, condition("ckd-stage-4")], "ckd-stage", 15, 30, id="a creatinine alone says nothing"),
    ],
)
def test_indexed_evidence_keeps_its_unit(evidence, method, low, high):
    found = kidneys(*evidence)
    assert (found.method, *about(found, unit="mL/min/{1.73_m2}")) == (method, low, high)


def test_dialysis_stands_above_any_number():
    found = kidneys(CREATININE, WEIGHT, result("egfr", 50), condition("ckd-stage-5"), condition("dialysis"))
    assert found.dialysis == "Condition/dialysis"
    assert not found.known
    assert found.inputs == ("dialysis",)
    assert kidneys(condition("dialysis", onset=date(2025, 3, 1))).inputs == ("dialysis (2025-03-01)",)


def test_acute_injury_keeps_the_number_and_marks_it():
    found = kidneys(CREATININE, WEIGHT, condition("acute-kidney-injury", onset=date(2026, 11, 20)))
    assert found.acute_injury == "Condition/acute-kidney-injury"
    assert about(found) == (37.8, 37.8)
    assert found.notes[0] == "acute kidney injury (2026-11-20): not a steady state, no formula holds"


@pytest.mark.parametrize("name", ["dialysis", "acute-kidney-injury", "ckd-stage-5"])
def test_what_is_resolved_does_not_count(name):
    found = kidneys(condition(name, resolved=True))
    assert (found.dialysis, found.acute_injury, found.known, found.stage_five) == ("", "", False, False)


# --- Cockcroft-Gault ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "weight", "creatinine", "sex", "clearance"),
    [
        (40, "72", "1", "male", "100"),
        (40, "72", "1", "female", "85"),
        (76, "60", "1.2", "female", Fraction(340, 9)),
        (92, "50", "2.4", "male", Fraction(125, 9)),
        (18, "60", "0.8", "female", Fraction(5185, 48)),
    ],
)
def test_cockcroft_gault_by_hand(age, weight, creatinine, sex, clearance):
    assert cockcroft_gault(age, Fraction(weight), Fraction(creatinine), sex) == Fraction(clearance)


@pytest.mark.parametrize(
    ("height", "sex", "kg"),
    [
        ("152.4", "male", 50),
        ("152.4", "female", "45.5"),
        ("177.8", "male", 73),
        ("165.1", "female", 57),
        ("147.32", "female", "40.9"),
    ],
)
def test_ideal_weight_by_hand(height, sex, kg):
    assert ideal_weight(Fraction(height), sex) == Fraction(str(kg))


@pytest.mark.parametrize(
    ("actual", "used"),
    [
        pytest.param("50", ["50"], id="below ideal: actual"),
        pytest.param("57", ["57"], id="exactly ideal"),
        pytest.param("60", ["60", "57"], id="above ideal: ideal"),
        pytest.param("68.39", ["68.39", "57"], id="just below 120 % of ideal"),
        pytest.param("68.4", ["68.4", "61.56"], id="120 % of ideal: adjusted"),
        pytest.param("107", ["107", "77"], id="far above"),
    ],
)
def test_which_weight(actual, used):
    assert [kg for kg, _ in weights(Fraction(actual), Fraction("165.1"), "female")] == [Fraction(kg) for kg in used]


@pytest.mark.parametrize("height", [None, Fraction(30)])
def test_where_no_ideal_weight_can_be_worked_out_the_actual_one_is_used(height):
    ((kg, how),) = weights(Fraction(80), height, "female")
    assert kg == 80
    assert ("no height" in how) is (height is None)


def test_the_lower_clearance_of_the_two_weights_is_taken_and_named():
    found = kidneys(CREATININE, result("weight", 107), result("height", "165.1"))
    assert found.value == cockcroft_gault(76, Fraction(77), Fraction("1.2"), "female")
    assert found.notes == ("with adjusted body weight 77 kg, the lower: actual is 107 kg",)


def test_the_ideal_weight_is_that_of_the_sex():
    found = kidneys(CREATININE, result("weight", 107), result("height", "165.1"), patient=MAN)
    adjusted = ideal_weight(Fraction("165.1"), "male") * Fraction(6, 10) + 107 * Fraction(4, 10)
    assert found.value == cockcroft_gault(76, adjusted, Fraction("1.2"), "male")
    assert ideal_weight(Fraction("165.1"), "male") > ideal_weight(Fraction("165.1"), "female")


@pytest.mark.parametrize(
    "creatinine",
    [
        pytest.param(result("creatinine", 0), id="nought"),
        pytest.param(result("creatinine", "-1.2"), id="below nought"),
        pytest.param(result("creatinine", "1.2", unit="g/dL"), id="in a unit that is not known"),
    ],
)
def test_an_impossible_creatinine_gives_no_clearance(creatinine):
    assert not kidneys(creatinine, WEIGHT).known
    assert kidneys(creatinine, WEIGHT, result("egfr", 50)).method == "egfr"


def test_a_reported_estimate_is_named_and_dated():
    clearance = kidneys(result("creatinine-clearance", 41))
    assert clearance.inputs == ("creatinine clearance as reported 41 mL/min (2026-11-12)",)
    assert (clearance.day, clearance.unit) == (date(2026, 11, 12), "mL/min")
    assert kidneys(result("creatinine-clearance", 41)._replace(unit="")).unit == "mL/min"
    assert kidneys(result("creatinine-clearance", 41)._replace(unit="mL/min/{1.73_m2}")).unit == "mL/min/{1.73_m2}"
    assert kidneys(result("egfr", 50)).day == date(2026, 11, 12)


def test_inputs_are_dated():
    assert kidneys(CREATININE, WEIGHT, HEIGHT).inputs == (
        "creatinine 1.2 mg/dL (2026-11-12)",
        "age 76",
        "female",
        "weight 60 kg (2026-11-12)",
        "height 165 cm (2026-11-12)",
    )


@pytest.mark.parametrize(
    ("comparator", "low", "high"),
    [("<", 37.8, None), ("<=", 37.8, None), (">", None, 37.8), (">=", None, 37.8)],
)
def test_a_creatinine_that_is_a_bound_gives_the_other_bound(comparator, low, high):
    assert about(kidneys(result("creatinine", "1.2", comparator), WEIGHT)) == (low, high)


def test_creatinine_in_moles():
    assert about(kidneys(result("creatinine", "106.08", unit="umol/L"), WEIGHT)) == (37.8, 37.8)


def test_sex_not_known_takes_the_lower_and_says_so():
    found = kidneys(CREATININE, WEIGHT, patient=replace(WOMAN, sex=None))
    assert found.value == kidneys(CREATININE, WEIGHT).value
    assert "sex is not known: the lower of both is used" in found.notes
    assert "sex: not known" in found.missing


def test_a_partial_birth_date_takes_the_older_and_says_so():
    only_year = replace(WOMAN, born_first=date(1949, 1, 1), born_last=date(1949, 12, 31))
    found = kidneys(CREATININE, WEIGHT, patient=only_year)
    assert found.value == cockcroft_gault(77, Fraction(60), Fraction("1.2"), "female")
    assert "the birth date is not complete: age 77 is used" in found.notes


@pytest.mark.parametrize(
    "patient",
    [
        pytest.param(replace(WOMAN, born_first=None, born_last=None), id="no birth date"),
        pytest.param(replace(WOMAN, born_first=date(2010, 1, 1), born_last=date(2010, 1, 1)), id="a child"),
        pytest.param(replace(WOMAN, born_first=date(2030, 1, 1), born_last=date(2030, 1, 1)), id="not yet born"),
        pytest.param(replace(WOMAN, born_first=date(1800, 1, 1), born_last=date(1800, 1, 1)), id="impossibly old"),
    ],
)
def test_without_the_age_of_an_adult_there_is_no_clearance(patient):
    found = kidneys(CREATININE, WEIGHT, patient=patient)
    assert not found.known
    assert "age: no birth date of an adult is known" in found.missing


# --- recent ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days_ago", "used"),
    [
        pytest.param(365, True, id="exactly as old as may be"),
        pytest.param(366, False, id="a day older"),
        pytest.param(-1, True, id="tomorrow: a zone ahead of ours"),
        pytest.param(-2, False, id="still to come"),
        pytest.param(None, False, id="undated"),
    ],
)
@pytest.mark.parametrize("what", ["creatinine", "weight"])
def test_recent(what, days_ago, used):
    evidence = {"creatinine": CREATININE, "weight": WEIGHT} | {
        what: result(what, 60 if what == "weight" else "1.2", days_ago=days_ago)
    }
    assert kidneys(*evidence.values()).known is used


def test_what_is_too_old_is_named_with_its_date():
    found = kidneys(result("creatinine", 1, days_ago=400), result("weight", 60, days_ago=None))
    assert "creatinine: the last is of 2025-10-18, older than 12 months" in found.missing
    assert "weight: recorded without a date" in found.missing
    assert "eGFR: none recorded in 12 months" in found.missing


def test_what_was_given_and_could_not_be_read_is_not_called_missing():
    for what, named in (("creatinine", "creatinine"), ("height", "height"), ("egfr", "eGFR")):
        unread = [Unread("Observation/x", what, "it has no unit")]
        found = kidney_function(WOMAN, [], [], VALUE_SETS, DAY, recent_days=365, unread=unread)
        assert f"{named}: recorded, but it has no unit" in found.missing


@pytest.mark.parametrize(
    ("what", "days_ago", "said"),
    [
        ("creatinine", 5, ("a newer creatinine (2026-11-17) was not read: its unit is not known",)),
        ("egfr", 5, ("a newer eGFR (2026-11-17) was not read: its unit is not known",)),
        ("creatinine", 10, ()),
        ("creatinine", 400, ()),
        ("creatinine", -3, ()),
        ("creatinine", None, ()),
        ("sodium", 5, ()),
    ],
)
def test_what_is_newer_and_was_not_read_may_be_worse(what, days_ago, said):
    day = None if days_ago is None else DAY - timedelta(days=days_ago)
    unread = [Unread("Observation/o", what, "its unit is not known", day)]
    used = [CREATININE, WEIGHT]
    found = kidney_function(WOMAN, used, [], VALUE_SETS, DAY, recent_days=365, unread=unread)
    assert found.value
    assert found.passed_over == said


def test_a_stage_does_not_stand_in_for_a_result_that_was_not_read():
    unread = [Unread("Observation/o", "egfr", "its unit is not known", DAY - timedelta(days=100))]
    found = kidney_function(WOMAN, [], [condition("ckd-stage-3b")], VALUE_SETS, DAY, recent_days=365, unread=unread)
    assert found.passed_over == ("a newer eGFR (2026-08-14) was not read: its unit is not known",)


def test_height_may_be_of_any_date_since_growing_up():
    assert kidneys(CREATININE, WEIGHT, result("height", 165, days_ago=5000)).missing == ()
    assert kidneys(CREATININE, WEIGHT, result("height", 120, days_ago=365 * 66)).missing == (
        "height: none is recorded",
    )


@pytest.mark.parametrize(("what", "worse"), [("egfr", 55), ("creatinine-clearance", 55)])
def test_of_two_estimates_of_one_moment_the_lower_counts(what, worse):
    two = [result(what, 66), result(what, 55)]
    assert kidneys(*two).value == kidneys(*reversed(two)).value == worse


def test_of_two_creatinines_of_one_moment_the_higher_counts():
    two = [result("creatinine", "1.0"), result("creatinine", "1.2")]
    assert about(kidneys(*two, WEIGHT)) == about(kidneys(*reversed(two), WEIGHT)) == (37.8, 37.8)


def test_of_two_creatinines_of_one_day_the_later_counts():
    later, earlier = CREATININE._replace(time="2026-11-12T16"), result("creatinine", 3)._replace(time="2026-11-12T08")
    assert about(kidneys(later, earlier, WEIGHT)) == (37.8, 37.8)


def test_the_newest_counts():
    assert kidneys(result("egfr", 50, days_ago=5), result("egfr", 80, days_ago=50)).value == 50


# --- eGFR -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("height", "weight", "surface"),
    [(180, 80, "2.0000"), (160, 50, "1.4907"), (173, 62, "1.7261"), (150, 96, "2.0000")],
)
def test_body_surface_by_hand(height, weight, surface):
    assert f"{float(body_surface(Fraction(height), Fraction(weight))):.4f}" == surface


@pytest.mark.parametrize(
    ("comparator", "bounds"),
    [("", (60, 60)), (">", (60, None)), (">=", (60, None)), ("<", (None, 60)), ("<=", (None, 60))],
)
def test_an_egfr_may_be_a_bound(comparator, bounds):
    assert about(kidneys(result("egfr", 60, comparator)), unit="mL/min/{1.73_m2}") == bounds


def test_an_egfr_that_is_a_bound_is_deindexed_too():
    found = kidneys(result("egfr", 60, ">"), result("weight", 50), result("height", 160))
    assert about(found) == (51.7, None)
    assert found.inputs == (
        "eGFR >60 mL/min/1.73 m2 (2026-11-12)",
        "weight 50 kg (2026-11-12)",
        "height 160 cm (2026-11-12)",
    )
    assert found.notes == ("eGFR for this patient's body surface of 1.49 m2",)


# --- stages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "interval"), STAGES.items())
def test_each_stage_is_an_interval(name, interval):
    found = kidneys(condition(name, onset=date(2020, 1, 1)))
    assert (found.low, found.high) == interval
    assert found.stage_five is (name == "ckd-stage-5")
    assert (found.method, found.day) == ("ckd-stage", date(2020, 1, 1))
    assert found.inputs == (f"{name.replace('-', ' ')} (2020-01-01)",)


def test_the_worst_of_several_stages_counts_and_the_others_are_named():
    found = kidneys(condition("ckd-stage-3a"), condition("ckd-stage-4"))
    assert (found.low, found.high) == (15, 30)
    assert found.notes == ("ckd stage 3a is on record too: the worse counts",)


def test_of_two_codes_of_one_condition_the_narrower_counts():
    both = Condition("Condition/c", "CKD 3a", frozenset({"ckd-stage-3", "ckd-stage-3a"}))
    assert (kidneys(both).low, kidneys(both).high) == (45, 60)
    open_ended = Condition("Condition/c", "CKD 1 to 2", frozenset({"ckd-stage-1", "ckd-stage-2"}))
    assert (kidneys(open_ended).low, kidneys(open_ended).high) == (60, 90)


@pytest.mark.parametrize(
    ("value", "stage", "named"),
    [
        (48, "ckd-stage-4", True),
        (30, "ckd-stage-4", True),
        (29, "ckd-stage-4", False),
        (20, "ckd-stage-3a", False),
        (12, "ckd-stage-5", False),
        (50, "ckd-stage-5", True),
    ],
)
def test_a_stage_worse_than_the_result_is_named(value, stage, named):
    found = kidneys(result("egfr", value), condition(stage, onset=date(2025, 6, 1)))
    assert found.value == value
    words = f"{stage.replace('-', ' ')} (2025-06-01) on record is worse than the result"
    assert (words in found.notes) is named
    assert found.stage_five is False


# --- contradictions -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("egfr", "comparator", "named"),
    [
        pytest.param(38, "", False, id="the same"),
        pytest.param(53, "", False, id="within 30 %"),
        pytest.param(55, "", True, id="far above"),
        pytest.param(28, "", True, id="far below"),
        pytest.param(60, ">", True, id="a bound far above"),
        pytest.param(40, ">", False, id="a bound that allows it"),
    ],
)
def test_results_far_apart_are_named(egfr, comparator, named):
    found = kidneys(CREATININE, WEIGHT, result("egfr", egfr, comparator))
    assert about(found) == (37.8, 37.8)
    assert any(note.startswith("differs by more than 30 % from eGFR") for note in found.notes) is named


@pytest.mark.parametrize(
    ("now", "before", "days", "named"),
    [
        pytest.param("1.5", "1.0", 7, True, id="half as much again in a week"),
        pytest.param("1.5", "1.0", 8, False, id="in more than a week"),
        pytest.param("1.49", "1.0", 7, False, id="less than half as much again"),
        pytest.param("1.3", "1.0", 2, True, id="0.3 in two days"),
        pytest.param("1.3", "1.0", 3, False, id="0.3 in three days"),
        pytest.param("1.28", "1.0", 2, False, id="less than 0.3 in two days"),
        pytest.param("1.0", "2.0", 2, False, id="a fall"),
        pytest.param("1.0", "1.2", 2, False, id="a small fall"),
    ],
)
def test_a_creatinine_that_rises_fast_is_no_steady_state(now, before, days, named):
    found = kidneys(result("creatinine", now), result("creatinine", before, days_ago=10 + days), WEIGHT)
    assert any(note.startswith("creatinine rose from") for note in found.notes) is named
    assert found.known


def test_a_rise_is_said_with_both_results():
    found = kidneys(result("creatinine", "1.5"), result("creatinine", "0.9", days_ago=13), WEIGHT)
    rise = "creatinine rose from 0.9 mg/dL (2026-11-09) to 1.5 mg/dL (2026-11-12)"
    assert f"{rise}: not a steady state, no formula holds" in found.notes


@pytest.mark.parametrize(
    "earlier",
    [
        pytest.param(result("creatinine", "1.0", "<", days_ago=11), id="a bound"),
        pytest.param(result("creatinine", "1.0", days_ago=11, unit="g/dL"), id="in a unit that is not known"),
        pytest.param(result("creatinine", "1.0", days_ago=None), id="of no known day"),
    ],
)
def test_no_rise_is_read_from_a_creatinine_that_is_no_number(earlier):
    high, bound = result("creatinine", "3.0"), result("creatinine", "3.0", ">")
    number = result("creatinine", "1.0", days_ago=11)
    assert any("rose" in note for note in kidneys(high, number, WEIGHT).notes)
    assert not any("rose" in note for note in kidneys(high, earlier, WEIGHT).notes)
    assert not any("rose" in note for note in kidneys(bound, number, WEIGHT).notes)


@pytest.mark.parametrize(("egfr", "clearance", "named"), [(100, 70, False), (101, 70, True), (100, 130, False)])
def test_results_just_within_thirty_percent_are_no_contradiction(egfr, clearance, named):
    found = kidneys(result("creatinine-clearance", clearance), result("egfr", egfr))
    assert found.value == clearance
    assert any(note.startswith("differs by more than 30 %") for note in found.notes) is named


def test_units_are_said_as_clinicians_write_them():
    found = kidneys(result("egfr", 55))
    assert found.inputs == ("eGFR 55 mL/min/1.73 m2 (2026-11-12)",)
    assert found.notes == ("eGFR as reported, for a body surface of 1.73 m2: no recent weight and height",)


# --- properties -----------------------------------------------------------------------------------------------------

MG_DL = st.fractions(min_value=Fraction(1, 5), max_value=20, max_denominator=100)
KG = st.fractions(min_value=30, max_value=250, max_denominator=10)
CM = st.none() | st.fractions(min_value=120, max_value=220, max_denominator=10)
BORN = st.dates(date(1910, 1, 1), date(2005, 1, 1))
SEX = st.sampled_from(["female", "male"])


def of(creatinine, weight, height, patient):
    evidence = [result("creatinine", creatinine), result("weight", weight)]
    return kidneys(*evidence, *([result("height", height)] if height else []), patient=patient)


@given(MG_DL, MG_DL, KG, CM, BORN, SEX)
def test_a_worse_creatinine_never_raises_the_clearance(one, other, weight, height, born, sex):
    patient = Patient("Patient/p", sex, born, born)
    worse, better = (of(value, weight, height, patient).low for value in (max(one, other), min(one, other)))
    assert worse <= better


@given(MG_DL, KG, CM, BORN, SEX)
def test_knowing_less_of_age_and_sex_never_raises_the_clearance(creatinine, weight, height, born, sex):
    known = of(creatinine, weight, height, Patient("Patient/p", sex, born, born)).low
    year = (date(born.year, 1, 1), date(born.year, 12, 31))
    for less in (
        Patient("Patient/p", None, born, born),
        Patient("Patient/p", sex, *year),
        Patient("Patient/p", None, *year),
    ):
        assert of(creatinine, weight, height, less).low <= known


@given(MG_DL, KG, CM, BORN, SEX)
def test_a_height_never_raises_the_clearance(creatinine, weight, height, born, sex):
    patient = Patient("Patient/p", sex, born, born)
    assert of(creatinine, weight, height, patient).low <= of(creatinine, weight, None, patient).low


@given(MG_DL, KG, CM, BORN, SEX)
def test_milligrams_and_moles_are_one(creatinine, weight, height, born, sex):
    patient = Patient("Patient/p", sex, born, born)
    moles = [result("creatinine", creatinine * Fraction("88.4"), unit="umol/L"), result("weight", weight)]
    assert kidneys(*moles, patient=patient).low == of(creatinine, weight, None, patient).low
    assert (height is None) or of(creatinine, weight, height, patient).value is not None


EVIDENCE = st.lists(
    st.builds(
        result,
        st.sampled_from(sorted(UNITS)),
        st.integers(0, 500),
        st.sampled_from(["", "<", ">"]),
        st.integers(-5, 800),
    )
    | st.builds(condition, st.sampled_from([*STAGES, "dialysis", "acute-kidney-injury"]), st.booleans()),
    max_size=6,
)


@given(EVIDENCE, st.none() | SEX, st.none() | BORN)
def test_any_evidence_gives_an_answer(evidence, sex, born):
    found = kidneys(*evidence, patient=Patient("Patient/p", sex, born, born))
    assert isinstance(found, KidneyFunction)
    assert found.low is None or found.high is None or found.low <= found.high
    assert found.known or found.dialysis or found.missing
