"""
How often: FHIR R4 Timing to doses a day.

The law: what is stated twice (a frequency and the times of day, a repeat and a code) and differs counts at the higher
reading, and the difference is noted. A month counts 30 days, a year 365. Nothing is assumed: a frequency without a
period is not read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any

from msgspec import Struct

from cards.in_words import often
from cards.units import number, read_unit

from .lines import Amount, Times
from .sig import read_sig

_DAYS = {
    "s": Fraction(1, 86400),
    "min": Fraction(1, 1440),
    "h": Fraction(1, 24),
    "d": Fraction(1),
    "wk": Fraction(7),
    "mo": Fraction(30),
    "a": Fraction(365),
}
_LONGEST_DAYS = 36_500
_MOST_TIMES = 1440  # a day: once a minute
_WEEK = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_MEALS = frozenset({"C", "AC", "PC", "IC"})  # with, before, after, between meals: three a day
_NOTHING: Mapping[str, Any] = {}


class Timing(Struct, frozen=True):
    """What a timing says. `slots` are its moments of the day, to tell morning from evening."""

    times: Times | None = None
    days: int | None = None
    starts: date | None = None
    ends: date | None = None
    slots: frozenset[str] = frozenset()
    hours_each: Fraction | None = None  # how long one administration lasts
    as_needed: bool = False
    notes: tuple[str, ...] = ()
    unread: str | None = None


UNTIMED = Timing()


def read_timing(timing: object) -> Timing:
    """Never raises; a shape that is not a Timing says nothing."""
    if not isinstance(timing, dict):
        return UNTIMED
    repeat = _one(timing.get("repeat"))
    stated = _read_repeat(repeat) if repeat else UNTIMED
    if "code" in timing:
        stated = _with_code(stated, timing["code"])
    if stated.times is None and timing.get("event"):
        stated = _of_events(timing["event"], stated)
    return stated


def _one(value: object) -> Mapping[str, Any]:
    """The object, or the first of a list of them: some senders wrap it."""
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else _NOTHING


def _strings(value: object) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(item.strip() for item in listed if isinstance(item, str) and item.strip())


# --- timing.repeat --------------------------------------------------------------------------------------------------

_PLAIN_REPEAT = frozenset({"frequency", "period", "periodUnit"})


def _read_repeat(repeat: Mapping[str, Any]) -> Timing:
    every, unread = _every(repeat)
    if repeat.keys() <= _PLAIN_REPEAT:
        return Timing(times=every, unread=unread)
    days, starts, ends = _bounds(repeat)
    slots, weekdays = _slots(repeat), _weekdays(repeat)
    times, notes = _at_slots(every, _period_days(repeat), _slots_a_day(repeat), weekdays)
    hours_each, course = _duration(repeat)
    times, days = _counted(repeat, times, days or course)
    return Timing(times, days, starts, ends, slots, hours_each, False, notes, None if times else unread)


def _every(repeat: Mapping[str, Any]) -> tuple[Times | None, str | None]:
    """`frequency` times in `period`: the doses a day, or why not."""
    stated = (
        repeat.get("frequency"),
        repeat.get("frequencyMax"),
        repeat.get("period"),
        repeat.get("periodMax"),
        repeat.get("periodUnit", repeat.get("periodUnits")),
    )
    if not all(type(part) in _JSON_SCALARS for part in stated):
        return None, "the frequency is not readable"
    return _rate(*stated)


_JSON_SCALARS = frozenset({int, float, str, type(None)})


@lru_cache(maxsize=4096, typed=True)
def _rate(
    frequency: object, frequency_max: object, period: object, period_max: object, period_unit: object
) -> tuple[Times | None, str | None]:
    if period is None:
        return None, None if frequency is None else "a frequency without a period"
    unit = read_unit(period_unit)
    longest, shortest = number(period if period_max is None else period_max), number(period)
    least = Fraction(1) if frequency is None else number(frequency)
    most = least if frequency_max is None else number(frequency_max)
    if unit is None or unit.kind != "time":
        return None, "a period without a readable unit"
    if not least or not most or not shortest or not longest:
        return None, "a frequency or period that is no positive number"
    days = _days_of(str(period_unit))
    low, high = sorted((least / (longest * days), most / (shortest * days)))
    return (Times(low, high), None) if high <= _MOST_TIMES else (None, "a frequency that is not plausible")


def _days_of(period_unit: str) -> Fraction:
    """A month and a year as a prescriber counts them, not as UCUM does."""
    unit = read_unit(period_unit)
    factor = unit.factor if unit else Fraction(1)
    return {Fraction(487, 16): _DAYS["mo"], Fraction(1461, 4): _DAYS["a"]}.get(factor, factor)


def _period_days(repeat: Mapping[str, Any]) -> Fraction | None:
    period, unit = number(repeat.get("period")), repeat.get("periodUnit", repeat.get("periodUnits"))
    return period * _days_of(unit) if period and isinstance(unit, str) and read_unit(unit) else None


def _slots(repeat: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(_strings(repeat.get("timeOfDay"))) | frozenset(_strings(repeat.get("when")))


def _slots_a_day(repeat: Mapping[str, Any]) -> int:
    """Times of day, or events of the day; "with meals" are three."""
    times = frozenset(_strings(repeat.get("timeOfDay")))
    events = frozenset(_strings(repeat.get("when")))
    return len(times) or len(events - _MEALS) + 3 * len(events & _MEALS)


def _weekdays(repeat: Mapping[str, Any]) -> int:
    return len(_WEEK & {day.lower()[:3] for day in _strings(repeat.get("dayOfWeek"))})


def _at_slots(
    every: Times | None, period: Fraction | None, slots: int, weekdays: int
) -> tuple[Times | None, tuple[str, ...]]:
    """A frequency with the times of day and days of the week at which it happens."""
    if not slots and not weekdays:
        return every, ()
    share = Fraction(weekdays or 7, 7)
    if every is None or period is None:
        times = share * (slots or 1)
        return Times(times, times), ()
    if period > 1:
        listed = Fraction((slots or 1) * (weekdays or 1)) / period
    else:
        listed = slots * share
        every = Times(every.low * share, every.high * share)
    once = every.high * period <= 1 if period > 1 else every.high <= share
    if not listed or once:  # once in a period, at each of the times listed
        return (Times(listed, listed) if listed else every), ()
    return _higher(every, Times(listed, listed), "the frequency", "the times listed")


def _higher(left: Times, right: Times, left_name: str, right_name: str) -> tuple[Times, tuple[str, ...]]:
    """The higher of two readings of one frequency, and a note if they differ."""
    if left.low <= right.high and right.low <= left.high:
        return (left if left.high >= right.high else right), ()
    higher = max(left, right, key=lambda times: times.high)
    says = f"{left_name} says {often(left.high)}, {right_name} {often(right.high)}"
    return higher, (says,)


def _bounds(repeat: Mapping[str, Any]) -> tuple[int | None, date | None, date | None]:
    """How long it lasts, at the longest, and the dates where they are given."""
    period = _one(repeat.get("boundsPeriod"))
    if period:
        starts, ends = read_day(period.get("start")), read_day(period.get("end"))
        days = (ends - starts).days + 1 if starts and ends and ends >= starts else None
        return days, starts, ends
    longest = _one(repeat.get("boundsDuration")) or _one(_one(repeat.get("boundsRange")).get("high"))
    return _length(longest), None, None


def _length(quantity: Mapping[str, Any]) -> int | None:
    value, unit = number(quantity.get("value")), quantity.get("code") or quantity.get("unit")
    return _whole_days(value, unit)


def _whole_days(value: Fraction | None, unit: object) -> int | None:
    known = read_unit(unit)
    if not value or known is None or known.kind != "time":
        return None
    days = ceil(value * _days_of(str(unit)))
    return days if days <= _LONGEST_DAYS else None


def read_day(text: object) -> date | None:
    """The day of a FHIR date or dateTime; None for a partial date."""
    if not isinstance(text, str):
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _duration(repeat: Mapping[str, Any]) -> tuple[Fraction | None, int | None]:
    """Hours that one administration lasts. As long as the period or alone, it is how long the course lasts."""
    unit = repeat.get("durationUnit", repeat.get("durationUnits"))
    value, known = number(repeat.get("durationMax", repeat.get("duration"))), read_unit(unit)
    if not value or known is None or known.kind != "time":
        return None, None
    days = value * _days_of(str(unit))
    period = _period_days(repeat)
    if days >= 1 and (period is None or days > period):
        return None, _whole_days(value, unit)
    return days * 24, None


def _counted(repeat: Mapping[str, Any], times: Times | None, days: int | None) -> tuple[Times | None, int | None]:
    """With `count` doses in all: how long they last, or how often where only the days are known."""
    count = number(repeat.get("countMax", repeat.get("count")))
    if not count:
        return times, days
    if times is None:
        often = count / (days or 1) if days or count == 1 else None
        return (Times(often, often), days or 1) if often else (None, days)
    most = min(times.high, count)
    lasts = ceil(count / times.high)
    return Times(min(times.low, most), most), min(days, lasts) if days else lasts


def _of_events(events: object, stated: Timing) -> Timing:
    """`timing.event`: a list of moments. The most on any day counts."""
    days = [day for day in map(read_day, _strings(events)) if day]
    if not days:
        return stated
    most, span = max(map(days.count, set(days))), (max(days) - min(days)).days + 1
    times = Times(min(Fraction(len(days), span), Fraction(most)), Fraction(most))
    return Timing(times, stated.days or span, min(days), max(days), notes=stated.notes)


# --- timing.code ----------------------------------------------------------------------------------------------------


def _with_code(stated: Timing, code: object) -> Timing:
    coded, as_needed = _read_code(code)
    if coded is None:
        return stated
    if stated.times is None:
        times, notes = coded, stated.notes
    else:
        times, new = _higher(stated.times, coded, "the timing", "its code")
        notes = (*stated.notes, *new)
    return Timing(
        times, stated.days, stated.starts, stated.ends, stated.slots, stated.hours_each, as_needed, notes, None
    )


def _read_code(code: object) -> tuple[Times | None, bool]:
    """The first of text, codes and displays that is understood."""
    concept = _one(code)
    texts = [concept.get("text") if concept else code]
    codings = concept.get("coding")
    for coding in codings if isinstance(codings, list) else [codings]:
        texts += [coding.get("code"), coding.get("display")] if isinstance(coding, dict) else []
    said = [text for text in texts if isinstance(text, str) and len(text) <= _LONGEST]
    for read in (read_frequency, _as_in_a_sig):
        for text in said:
            times, as_needed = read(text)
            if times:
                return times, as_needed
    return None, False


@lru_cache(maxsize=1024)
def _as_in_a_sig(text: str) -> tuple[Times | None, bool]:
    """ "3 times daily before meals": what a sig may say beside a dose."""
    lines = read_sig(f"1 tablet {text}").lines
    if len(lines) != 1 or lines[0].amount != _A_TABLET or lines[0].mass or lines[0].most_per_day:
        return None, False
    return lines[0].times, lines[0].as_needed


_A_TABLET = Amount(Fraction(1), Fraction(1), "tablet")


_LONGEST = 120  # characters; a frequency is short

_CODES = {
    **dict.fromkeys(("qd", "q24h", "daily", "am", "pm", "qam", "qpm", "qhs", "hs", "bed", "qday", "od"), Fraction(1)),
    **dict.fromkeys(("nightly", "qnight", "every night", "at night", "qn", "om", "on", "mane", "nocte"), Fraction(1)),
    **dict.fromkeys(("at bedtime", "bedtime", "in the morning", "in the evening", "every morning"), Fraction(1)),
    **dict.fromkeys(("every evening", "before bed", "before breakfast", "once", "at noon"), Fraction(1)),
    **dict.fromkeys(("bid", "bd", "q12h", "b.i.d", "morning and night", "morning and evening"), Fraction(2)),
    **dict.fromkeys(("tid", "tds", "q8h", "t.i.d"), Fraction(3)),
    **dict.fromkeys(("qid", "qds", "q6h", "q.i.d"), Fraction(4)),
    **dict.fromkeys(("qod", "q48h", "every other day", "on alternate days", "alternate days", "eod"), Fraction(1, 2)),
    **dict.fromkeys(("wk", "weekly", "qwk", "qweek", "q7d", "every week"), Fraction(1, 7)),
    **dict.fromkeys(("mo", "monthly", "every month", "qmonth"), Fraction(1, 30)),
    **dict.fromkeys(("biw",), Fraction(2, 7)),
    **dict.fromkeys(("tiw",), Fraction(3, 7)),
    **dict.fromkeys(("every other week", "q2wk", "q2w", "fortnightly"), Fraction(1, 14)),
    **dict.fromkeys(("hourly", "every hour", "qh"), Fraction(24)),
}  # fmt: skip
_ADVERB = re.compile(r"^(once|twice|thrice)\b")
_NUMERAL = {"once": "1 times", "twice": "2 times", "thrice": "3 times"}
_COUNTS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_COUNTS |= {"a": 1, "an": 1, "eight": 8, "twelve": 12}
_N = r"(\d{1,3}(?:\.\d)?|" + "|".join(sorted(_COUNTS, key=len, reverse=True)) + ")"
_SPAN = r"(hours?|hrs?|hr|h|days?|d|nights?|weeks?|wks?|months?|minutes?|mins?)"
_EVERY = re.compile(rf"(?:every|each|q) ?{_N}(?: ?(?:-|to|or) ?{_N})? ?{_SPAN}")
_PER = r"(?:(?:times|time|x) ?(?:an?|per|each|every|/|in)?|an?|per|each|every|/)"
_TIMES = re.compile(rf"{_N}(?: ?(?:-|to|or) ?{_N})? ?{_PER} ?{_SPAN}")
_DAILY = re.compile(rf"{_N}(?: ?(?:-|to|or) ?{_N})? ?(?:times|time|x)? ?(daily|nightly|weekly|monthly)")
_CLOCK = re.compile(r"(?:[01]\d|2[0-3]):?[0-5]\d(?: ?(?:&|,|and|-) ?(?:[01]\d|2[0-3]):?[0-5]\d)*")
_AS_NEEDED = re.compile(r"[ ,;(]*\b(?:as needed|prn|p\.r\.n|if needed|as required|when required|when needed)\b.*")
_ASIDE = re.compile(
    r"\bwith (?:food|meals|breakfast|lunch|dinner)\b|\bscheduled\b|\baround the clock\b|\bon schedule\b|"
    r"\(qualifier value\)|\bat institution-specified times?\b|\busually\b"
)
_ADVERBS = {"daily": "day", "nightly": "night", "weekly": "week", "monthly": "month"}


@lru_cache(maxsize=1024)
def read_frequency(text: str) -> tuple[Times | None, bool]:
    """A frequency in words or as an abbreviation, and whether it is only as needed."""
    words = " ".join(text.lower().replace("_", " ").split())
    without, as_needed = _AS_NEEDED.subn("", words)
    return _frequency(" ".join(_ASIDE.sub(" ", without).split()).strip(" .,;")), bool(as_needed)


def _frequency(words: str) -> Times | None:
    if words in _CODES or words.replace(".", "") in _CODES:
        times = _CODES.get(words) or _CODES[words.replace(".", "")]
        return Times(times, times)
    clock = _CLOCK.match(words)
    if clock and clock.end() == len(words):
        times = Fraction(len(re.findall(r"\d\d:?\d\d", words)))
        return Times(times, times)
    return _in_words(words[clock.end() :].strip() if clock else words)


def _in_words(words: str) -> Times | None:
    words = _ADVERB.sub(lambda found: _NUMERAL[found[1]], words)
    if found := _EVERY.fullmatch(words):
        shortest, longest = _count(found[1]), _count(found[2] or found[1])
        return _times(1 / (longest * _span(found[3])), 1 / (shortest * _span(found[3]))) if shortest else None
    if found := _DAILY.fullmatch(words) or _TIMES.fullmatch(words):
        span = _span(_ADVERBS.get(found[3], found[3]))
        return _times(_count(found[1]) / span, _count(found[2] or found[1]) / span)
    return None


def _count(word: str) -> Fraction:
    return Fraction(_COUNTS[word]) if word in _COUNTS else Fraction(word)


def _span(word: str) -> Fraction:
    return Fraction(1) if word.startswith("night") else _days_of(word)


def _times(low: Fraction, high: Fraction) -> Times | None:
    low, high = sorted((low, high))
    return Times(low, high) if 0 < high <= _MOST_TIMES else None
