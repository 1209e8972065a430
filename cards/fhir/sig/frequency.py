"""How often: "3 times a day", "bid", "every 4 to 6 hours", "at 9 pm", "with meals and at bedtime"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from cards.fhir.lines import Amount, Times
from cards.fhir.sig.cursor import Cursor
from cards.fhir.sig.numbers import HOUR, per, period, span
from cards.fhir.sig.parts import Dose, Join, Meals, Part, Rate, Refusal, Slots
from cards.fhir.sig.tokens import Token
from cards.fhir.sig.words import Kind

Found = tuple[Part, ...] | None
_HOURS_UNSAID = frozenset({4, 6, 8, 12, 24})  # "q8" is hours, and nothing else
_LISTED = (Kind.COMMA, Kind.AND, Kind.SLASH, Kind.DASH)
_BEFORE_SLOT = (Kind.AT, Kind.EVERY, Kind.SLASH, Kind.DASH, Kind.FILLER)
_DAY = 24 * 60


def first_of(cursor: Cursor, readers: tuple[Callable[[Cursor], Found], ...]) -> Found:
    """The first reader that finds something; the others leave the cursor where it was."""
    start = cursor.at
    for read in readers:
        found = read(cursor)
        if found is not None:
            return found
        cursor.at = start
    return None


def _exact(low: Fraction, high: Fraction, word: str = "") -> Found:
    if low <= 0:
        raise Refusal("a frequency of nothing")
    return (Rate(Times(low, high), word=word),)


def _daily() -> Found:
    return (Rate(Times(Fraction(1), Fraction(1)), "daily"),)


def schedule(cursor: Cursor) -> Found:
    """ "1-0-1": so many in the morning, at noon, in the evening (and at night)."""
    if not cursor.follows(Kind.NUMBER, Kind.DASH, Kind.NUMBER, Kind.DASH, Kind.NUMBER):
        return None
    counts = [cursor.peek(0).value, cursor.peek(2).value, cursor.peek(4).value]
    cursor.at += 5
    if cursor.follows(Kind.DASH, Kind.NUMBER):
        counts.append(cursor.peek(1).value)
        cursor.at += 2
    unit = cursor.take(Kind.UNIT)
    if max(counts) > 9 or not any(counts) or cursor.follows(Kind.DASH, Kind.NUMBER) or cursor.dose_seen:
        raise Refusal("numbers joined by dashes")
    return tuple(_served(counts, unit))


def _served(counts: list[Fraction], unit: Token | None) -> Iterator[Part]:
    """One dose at several times where all are equal, else one after the other."""
    factor, name = (unit.value, unit.name) if unit else (Fraction(1), "")
    times = ("morning", "noon", "evening", "night")
    served = [(count * factor, slot) for count, slot in zip(counts, times, strict=False) if count]
    if len({count for count, _ in served}) == 1:
        yield Dose(Amount(served[0][0], served[0][0], name))
        yield Slots(tuple(slot for _, slot in served))
        return
    for count, slot in served:
        yield Join("and")
        yield Dose(Amount(count, count, name))
        yield Slots((slot,))


def times_a_day(cursor: Cursor) -> Found:
    """ "3 times a day", "2-3x/day", "4 times weekly", "up to 3 times a day"."""
    up_to = cursor.take(Kind.UP_TO)
    found = span(cursor)
    if found is None or cursor.take(Kind.TIMES) is None:
        return None
    days = _stretch(cursor)
    if days is None:
        return None
    return _exact_up_to(found[0] / days, found[1] / days, up_to)


def _exact_up_to(low: Fraction, high: Fraction, up_to: Token | None) -> Found:
    return (Rate(Times(Fraction(0), high)),) if up_to else _exact(low, high)


def _stretch(cursor: Cursor) -> Fraction | None:
    """The "a day" of "3 times a day": daily, per week, or the bare unit."""
    cursor.take(Kind.DASH)
    adverb = cursor.take(Kind.PERIODLY)
    return adverb.value if adverb else per(cursor) or period(cursor)


def counted(cursor: Cursor) -> Found:
    """ "once daily", "twice a week", "once or twice a day", "once every 6 hours"; "once" alone is one dose."""
    up_to = cursor.take(Kind.UP_TO)
    token = cursor.take(Kind.COUNT)
    if token is None:
        return None
    low = high = token.value
    if cursor.kind() in (Kind.OR, Kind.TO, Kind.DASH) and cursor.kind(1) is Kind.COUNT:
        high = cursor.peek(1).value
        cursor.at += 2
    every = interval(cursor) if cursor.kind() is Kind.EVERY else None
    if every and isinstance(every[0], Rate):
        times = every[0].times
        return _exact_up_to(times.low * low, times.high * high, up_to)
    days = _stretch(cursor)
    if days is not None:
        return _exact_up_to(low / days, high / days, up_to)
    if high > 1:
        raise Refusal("how often is not said")
    return (Rate(Times(Fraction(1), Fraction(1)), "once"),)


def interval(cursor: Cursor) -> Found:
    """ "every 4 to 6 hours", "every other day", "q8h", "q/day", "every day", "up to every 4 hours"."""
    up_to = cursor.take(Kind.UP_TO)
    opener = cursor.take(Kind.EVERY)
    if opener is None:
        return None
    found = _interval(cursor, opener)
    rate = found[0] if found else None
    return _exact_up_to(rate.times.low, rate.times.high, up_to) if up_to and isinstance(rate, Rate) else found


def _interval(cursor: Cursor, opener: Token) -> Found:
    cursor.take(Kind.SLASH, Kind.DASH)
    adverb = cursor.take(Kind.PERIODLY)
    if adverb:
        return _daily() if adverb.value == 1 else _exact(1 / adverb.value, 1 / adverb.value)
    other = cursor.take(Kind.OTHER)
    found = (Fraction(2), Fraction(2)) if other else span(cursor)
    days = period(cursor)
    if found is None:
        return _every_one(days)
    if days is None:
        days = HOUR if opener.text == "q" and set(found) <= _HOURS_UNSAID else None
    return None if days is None or found[0] <= 0 else _said_twice(cursor, found[0] * days, found[1] * days)


def _every_one(days: Fraction | None) -> Found:
    if days is None:
        return None
    return _daily() if days == 1 else _exact(1 / days, 1 / days)


def _said_twice(cursor: Cursor, shortest: Fraction, longest: Fraction) -> Found:
    """The same interval again in brackets, "every 72 hours (3 days)", says nothing new."""
    if cursor.follows(Kind.OPEN, Kind.NUMBER, Kind.PERIOD, Kind.CLOSE):
        if cursor.peek(1).value * cursor.peek(2).value != longest:
            raise Refusal("frequencies that contradict each other")
        cursor.at += 4
    return _exact(1 / longest, 1 / shortest, word="hours" if longest < 1 else "")


def hourly(cursor: Cursor) -> Found:
    """ "6 hourly", "4-6 hourly", "hourly"."""
    found = span(cursor) or (Fraction(1), Fraction(1))
    cursor.take(Kind.DASH)
    if cursor.take(Kind.HOURLY) is None or found[0] <= 0:
        return None
    return _exact(24 / found[1], 24 / found[0])


def one_word(cursor: Cursor) -> Found:
    """ "bid", "bid-tid", "up to tid", "weekly", "a day", "per week"."""
    up_to = cursor.take(Kind.UP_TO)
    rate = cursor.take(Kind.RATE)
    if rate:
        return _abbreviation(cursor, rate, up_to)
    if up_to:
        return None
    adverb = cursor.take(Kind.PERIODLY)
    days = adverb.value if adverb else per(cursor)
    return _every_one(days)


def _abbreviation(cursor: Cursor, rate: Token, up_to: Token | None) -> Found:
    high = rate
    if cursor.kind() in (Kind.DASH, Kind.TO, Kind.OR, Kind.SLASH) and cursor.kind(1) is Kind.RATE:
        high = cursor.peek(1)
        cursor.at += 2
    if high.value < rate.value:
        raise Refusal("a range that runs backwards")
    low = Fraction(0) if up_to else rate.value
    return (Rate(Times(low, high.value), word=rate.text),)


def slot(cursor: Cursor) -> Found:
    """ "at bedtime", "every morning", "in the evening", "qam", "with meals"."""
    for _ in range(3):
        if cursor.kind() in (Kind.SLOT, Kind.HALF_DAY, Kind.MEALS):
            break
        if cursor.take(*_BEFORE_SLOT) is None:
            return None
    token = cursor.take(Kind.SLOT, Kind.HALF_DAY, Kind.MEALS)
    if token is None:
        return None
    if token.kind is Kind.MEALS:
        return (Meals(),)
    return (Slots((_HALF_DAYS.get(token.text, token.name),)),)


_HALF_DAYS = {"am": "morning", "pm": "evening"}


def clocks(cursor: Cursor) -> Found:
    """ "at 9 am", "at 9:00, 12:00 and 18:00", "0900 & 1800"."""
    first = _clock(cursor, sure=False)
    if first is None:
        return None
    names = [first]
    while cursor.kind() in _LISTED:
        start = cursor.at
        cursor.skip(*_LISTED)
        following = _clock(cursor, sure=True)
        if following is None:
            cursor.at = start
            break
        names.append(following)
    return (Slots(tuple(names)),)


def _clock(cursor: Cursor, sure: bool) -> str | None:
    """One time of day. Without "at", a colon or a leading nought, a number is a time only in a list or after a dose."""
    sure = cursor.take(Kind.AT, Kind.EVERY) is not None or sure
    token = cursor.take(Kind.CLOCK, Kind.NUMBER)
    if token is None:
        return None
    half = cursor.take(Kind.HALF_DAY)
    if token.kind is Kind.CLOCK:
        return _o_clock(token.value, half)
    four = len(token.text) == 4 and token.text.isdigit()
    if half is not None and (sure or cursor.dose_seen) and 1 <= token.value <= 12:
        return _o_clock(token.value * 60, half)
    if half is None and four and (sure or token.text.startswith("0")):
        return _o_clock(token.value // 100 * 60 + token.value % 100, None)
    return None


def _o_clock(minutes: Fraction, half: Token | None) -> str | None:
    if half and half.text == "pm" and minutes < _DAY // 2:
        minutes += _DAY // 2
    return f"{int(minutes) // 60 % 24:02d}:{int(minutes) % 60:02d}" if minutes <= _DAY else None


def weekdays(cursor: Cursor) -> Found:
    """ "on mondays", "every Mon, Wed and Fri": so many sevenths. One Monday without "every" may be a date."""
    every = cursor.take(Kind.EVERY)
    names: set[str] = set()
    plural = every is not None
    while (token := cursor.take(Kind.WEEKDAY)) is not None:
        names.add(token.text[:3])
        plural = plural or token.text.endswith("days")
        between = 2 if cursor.follows(Kind.COMMA, Kind.AND) else 1
        if cursor.kind(between) is Kind.WEEKDAY and cursor.kind() in _LISTED:
            cursor.at += between
    if not names:
        return None
    share = Fraction(len(names), 7)
    return (Rate(Times(share, share), "exact" if plural or len(names) > 1 else "a weekday", "weekdays"),)


def how_many_times(cursor: Cursor) -> Fraction | None:
    """The highest frequency that the next words say, for a maximum."""
    found = first_of(cursor, (times_a_day, counted, interval, hourly, one_word))
    rate = found[0] if found else None
    return rate.times.high if isinstance(rate, Rate) and rate.sort != "once" else None


# Each with the kinds of token it begins with, in the order in which they are tried.
FREQUENCIES: tuple[tuple[Callable[[Cursor], Found], tuple[Kind, ...]], ...] = (
    (times_a_day, (Kind.UP_TO, Kind.NUMBER, Kind.OPEN)),
    (counted, (Kind.UP_TO, Kind.COUNT)),
    (interval, (Kind.UP_TO, Kind.EVERY)),
    (hourly, (Kind.NUMBER, Kind.HOURLY)),
    (one_word, (Kind.UP_TO, Kind.RATE, Kind.PERIODLY, Kind.SLASH, Kind.PER, Kind.EVERY, Kind.ARTICLE)),
    (slot, (Kind.SLOT, Kind.HALF_DAY, Kind.MEALS, Kind.AT, Kind.EVERY, Kind.SLASH)),
    (clocks, (Kind.AT, Kind.EVERY, Kind.CLOCK, Kind.NUMBER)),
    (weekdays, (Kind.EVERY, Kind.WEEKDAY)),
)
