"""Pregnancy as the record has it, and whether it is excluded: read from FHIR, both sides of each figure."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cards import Knowledge
from cards.childbearing import not_excluded, says_pregnant, with_pregnancy
from cards.facts import Condition, Patient
from tests.rules.dose_patients import DAY, born
from tests.rules.safety_patients import result


def patient(age, sex="female"):
    there = born(age) if age is not None else Patient("Patient/p")
    return Patient(there.reference, sex, there.born_first, there.born_last)


def condition(value_set, days_ago=None, **more):
    onset = None if days_ago is None else DAY - timedelta(days=days_ago)
    return Condition("Condition/c", value_set, frozenset({value_set}), onset=onset, **more)


@pytest.mark.parametrize(
    ("who", "possible"),
    [
        pytest.param(patient(11), False, id="eleven"),
        pytest.param(patient(12), True, id="twelve"),
        pytest.param(patient(54), True, id="fifty-four"),
        pytest.param(patient(55), False, id="fifty-five"),
        pytest.param(patient(30, "male"), False, id="a man"),
        pytest.param(patient(30, None), True, id="sex not known"),
        pytest.param(patient(None), True, id="age not known"),
    ],
)
def test_sex_and_age(knowledge: Knowledge, who, possible):
    assert bool(not_excluded(who, (), knowledge, DAY)) is possible


@pytest.mark.parametrize(
    ("on_record", "possible"),
    [
        pytest.param(condition("menopause-or-hysterectomy"), False, id="hysterectomy"),
        pytest.param(condition("menopause-or-hysterectomy", resolved=True), False, id="as history"),
        pytest.param(condition("contraception"), True, id="contraception excludes nothing"),
        pytest.param(condition("pregnancy"), False, id="it is one"),
    ],
)
def test_the_record(knowledge: Knowledge, on_record, possible):
    assert bool(not_excluded(patient(30), (on_record,), knowledge, DAY)) is possible


def pregnant(knowledge, conditions=(), results=()):
    found = with_pregnancy(conditions, results, knowledge, DAY)
    return any("pregnancy" in one.value_sets for one in found)


@pytest.mark.parametrize(
    ("value_set", "days_ago", "counts"),
    [
        pytest.param("pregnancy", 294, True, id="the last day of a pregnancy"),
        pytest.param("pregnancy", 295, False, id="the day after"),
        pytest.param("pregnancy", None, True, id="undated"),
        pytest.param("pregnancy-ended", 14, True, id="its end, for a few days"),
        pytest.param("pregnancy-ended", 15, False, id="no longer"),
        pytest.param("pregnancy-ended", None, False, id="its end, undated"),
    ],
)
def test_how_long_a_code_counts(knowledge: Knowledge, value_set, days_ago, counts):
    assert pregnant(knowledge, [condition(value_set, days_ago)]) is counts


@pytest.mark.parametrize(
    ("what", "text", "days_ago", "counts"),
    [
        ("pregnancy-status", "pregnant", 10, True),
        ("pregnancy-status", "not pregnant", 10, False),
        ("pregnancy-test", "positive", 10, True),
        ("pregnancy-test", "negative", 10, False),
        ("pregnancy-test", "positive", 295, False),
    ],
)
def test_an_answer_counts_as_long(knowledge: Knowledge, what, text, days_ago, counts):
    assert pregnant(knowledge, results=[result(what, text=text, days_ago=days_ago)]) is counts


def test_the_newest_answer_counts(knowledge: Knowledge):
    answers = [result("pregnancy-test", text="negative", days_ago=2), result("pregnancy-test", text="positive")]
    assert not pregnant(knowledge, results=answers)


@pytest.mark.parametrize(
    ("text", "so"),
    [
        ("Pregnant", True),
        ("Patient currently pregnant", True),
        ("yes", True),
        ("Not pregnant", False),
        ("possibly pregnant", False),
        ("pregnant?", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_what_says_pregnant(text, so):
    assert says_pregnant(text) is so
