"""
The newest result of a kind on a day, and what it says of the body. How long a result counts is for the asker to say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

from msgspec.structs import replace

from .facts import Patient, Result

_GRACE = timedelta(days=1)  # a zone ahead of ours dates today's result tomorrow


class Meanings(Protocol):
    """Which value sets play a part in the code: "creatinine", "weight", "dialysis"."""

    def with_meaning(self, meaning: str, /) -> frozenset[str]: ...


def newest(results: Iterable[Result], what: frozenset[str], on_or_before: date, within_days: int) -> Result | None:
    """The newest number of a kind that is recent on a day. `results` are newest first; undated ones never count."""
    for result in results:
        if result.what in what and result.value is not None and result.day is not None:
            age = on_or_before - result.day
            if -_GRACE <= age <= timedelta(days=within_days):
                return result
    return None


def of_one_moment(results: Iterable[Result], one: Result) -> list[Result]:
    """Every number of the same kind, unit and moment: a laboratory may report an estimate twice, by two equations."""
    same = (r for r in results if r.what == one.what and r.day == one.day)
    return [r for r in same if r.unit == one.unit and r.time == one.time and r.value is not None]


def with_body(patient: Patient, results: Iterable[Result], meanings: Meanings, day: date) -> Patient:
    """The patient with the last weight and height known on a day, however old."""
    ever, seen = day.toordinal(), tuple(results)
    weight = newest(seen, meanings.with_meaning("weight"), day, ever)
    height = newest(seen, meanings.with_meaning("height"), day, ever)
    if weight and weight.unit == "kg":
        patient = replace(patient, weight_kg=weight.value, weight_date=weight.day)
    if height and height.unit == "cm":
        patient = replace(patient, height_cm=height.value, height_date=height.day)
    return patient
