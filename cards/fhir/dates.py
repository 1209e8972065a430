"""
FHIR's dates as intervals of days: "2026-11" is every day of November.

Tolerant of what arrives (no seconds, no zone, 24:00, a birth date with a time): only the written calendar day counts, a
zone never moves it. What is no date is None.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from functools import lru_cache

Days = tuple[date, date]  # first and last possible day

_LONGEST = 12  # a date, what ends it, and what must not follow a line's end
_SHAPE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?(?:[Tt ]|$)")


def days_of(value: object) -> Days | None:
    """The days that a date, dateTime, instant or partial date can mean."""
    return _days(value.lstrip()[:_LONGEST]) if isinstance(value, str) else None


@lru_cache(maxsize=20_000)  # the days of a lifetime, which charts repeat
def _days(text: str) -> Days | None:
    found = _SHAPE.match(text)
    if found is None:
        return None
    year, month, day = found.groups()
    try:
        first = date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return None
    if day:
        return first, first
    last_month = int(month or 12)
    return first, date(first.year, last_month, monthrange(first.year, last_month)[1])


def first_day(value: object) -> date | None:
    days = _days(value.lstrip()[:_LONGEST]) if isinstance(value, str) else None
    return days and days[0]


def last_day(value: object) -> date | None:
    days = days_of(value)
    return days and days[1]
