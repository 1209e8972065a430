"""
What a chart holds about the kidneys on a day, and why something of it does not count.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from msgspec import Struct

from .clearance import ADULT, OLDEST
from .facts import Condition, Patient, Result, Unread
from .recent import Meanings, newest, of_one_moment

MEASURED = {"creatinine": "creatinine", "creatinine-clearance": "creatinine clearance", "egfr": "eGFR"}


class Evidence(Struct, frozen=True):
    """All of a chart that bears on the kidneys."""

    patient: Patient  # with the last weight and height, however old
    results: tuple[Result, ...]
    conditions: tuple[Condition, ...]
    meanings: Meanings
    day: date
    recent_days: int
    unread: tuple[Unread, ...]

    def recent(self, meaning: str) -> Result | None:
        return newest(self.results, self.meanings.with_meaning(meaning), self.day, self.recent_days)

    def worst(self, meaning: str) -> Result | None:
        """The newest; of several of that moment, the one that says the least clearance."""
        found = self.recent(meaning)
        if found is None:
            return None
        same = of_one_moment(self.results, found)
        pick = max if meaning == "creatinine" else min
        return pick(same, key=lambda one: one.value or Fraction(0))

    def week_before(self, last: Result) -> list[Result]:
        """Results of the same kind that came before one, up to seven days."""
        if last.day is None:
            return []
        same = (one for one in self.results if one.what == last.what and one.value)
        moment, week = (last.day, last.time), last.day - timedelta(days=7)
        return [one for one in same if one.day and (one.day, one.time) < moment and one.day >= week]

    def on_record(self, meaning: str) -> Condition | None:
        wanted = self.meanings.with_meaning(meaning)
        return next((one for one in self.conditions if one.value_sets & wanted and not one.resolved), None)

    @property
    def weight_kg(self) -> Fraction | None:
        """If it is recent."""
        body = self.patient
        if body.weight_kg is None or body.weight_kg <= 0 or body.weight_date is None:
            return None
        return body.weight_kg if (self.day - body.weight_date).days <= self.recent_days else None

    @property
    def height_cm(self) -> Fraction | None:
        """Of any date since growing up: it does not change much."""
        height, measured = self.patient.height_cm, self.patient.height_date
        ages = None if measured is None else self.patient.age_between(measured)
        of_a_child = ages is not None and ages[1] < ADULT
        return height if height is not None and height > 0 and not of_a_child else None

    @property
    def age(self) -> int | None:
        """The oldest that a partial birth date allows: the lower clearance."""
        ages = self.patient.age_between(self.day)
        return ages[1] if ages and ADULT <= ages[1] <= OLDEST else None

    @property
    def span(self) -> str:
        months = round(self.recent_days * 12 / 365)
        return f"{months} months" if self.recent_days >= 60 else f"{self.recent_days} days"

    def unreadable(self, meaning: str) -> str:
        """That a result of a kind was given, and why it could not be read; "" if none was."""
        return next((f"recorded, but {one.why}" for one in self.unread if one.what == meaning), "")

    def passed_over(self, since: date | None) -> Iterator[str]:
        """Results that have a value, came after what is used, and could not be read."""
        first = max(since or date.min, self.day - timedelta(days=self.recent_days))
        for one in self.unread:
            if one.what in MEASURED and one.day and first < one.day <= self.day:
                yield f"a newer {MEASURED[one.what]} ({one.day}) was not read: {one.why}"

    def last(self, meaning: str) -> str:
        """Why there is no recent result of a kind, for the card."""
        ids = self.meanings.with_meaning(meaning)
        dates = [result.day for result in self.results if result.what in ids and result.day and result.day <= self.day]
        if unread := self.unreadable(meaning):
            return unread
        if dates:
            return f"the last is of {max(dates)}, older than {self.span}"
        undated = any(result.what in ids and result.day is None for result in self.results)
        return "recorded without a date" if undated else f"none recorded in {self.span}"
