"""
The grammar: a sig is a row of parts, in any order, and every word of it must belong to one.

Each production looks at the next few tokens and either takes them or leaves them, so the work is a constant a token. A
token that no production takes is skipped only if it is known to say nothing (FILLER), or is the name of a complaint
after "for" or "as needed". All else refuses the whole text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from msgspec import Struct

from cards.fhir.lines import Amount, Times
from cards.fhir.sig.cursor import Cursor
from cards.fhir.sig.dose import dose
from cards.fhir.sig.frequency import FREQUENCIES, Found, first_of, how_many_times, schedule
from cards.fhir.sig.numbers import number, per, period, span, whole_days
from cards.fhir.sig.parts import (
    After,
    AsNeeded,
    Days,
    DayTotal,
    Directed,
    Divided,
    Dose,
    Join,
    Label,
    MostPerDay,
    MostTimesPerDay,
    Pair,
    Part,
    Rate,
    Refusal,
    Route,
)
from cards.fhir.sig.title import title
from cards.fhir.sig.tokens import Token
from cards.fhir.sig.words import Kind

_SILENT: Found = ()
_SAYS_A_DOSE = frozenset(
    {
        *(Kind.NUMBER, Kind.UNIT, Kind.RATE, Kind.COUNT, Kind.EVERY, Kind.PERIOD, Kind.PERIODLY, Kind.HOURLY),
        *(Kind.TIMES, Kind.SLOT, Kind.CLOCK, Kind.WEEKDAY, Kind.MOST, Kind.THEN, Kind.STEP_TO, Kind.FOREIGN),
    }
)
_ONE_DAY = Fraction(1)


class Said(Struct, frozen=True):
    """A part and where in the text it was said."""

    part: Part
    start: int
    end: int


def parts(cursor: Cursor) -> Iterator[Said]:
    """All the parts of the text; a Refusal if a word belongs to none."""
    unknown: list[str] = []
    while not cursor.done:
        start = cursor.at
        found = first_of(cursor, _BEGINNING_WITH[cursor.kind()])
        if found is None:
            unknown.extend(_skipped(cursor))
            continue
        span_of = cursor.tokens[start].start, cursor.tokens[cursor.at - 1].end
        yield from (Said(part, *span_of) for part in found)
    if unknown:
        raise Refusal("words not understood: " + ", ".join(f"'{word}'" for word in dict.fromkeys(unknown[:3])))


def _skipped(cursor: Cursor) -> list[str]:
    """Step over one token that no production wants; it is a word not understood unless it says nothing."""
    token = cursor.peek()
    cursor.at += 1
    if token.kind is Kind.UNKNOWN:
        return [] if cursor.in_reason or token.text in cursor.names else [token.text]
    return [] if token.kind in _SAYS_NOTHING or _harmless_here(cursor, token) else [token.text]


_SAYS_NOTHING = frozenset({Kind.FILLER, Kind.OF, Kind.OPEN, Kind.CLOSE, Kind.CODE})


def _harmless_here(cursor: Cursor, token: Token) -> bool:
    """Small words that matter only beside a number."""
    before = cursor.tokens[cursor.at - 2].kind if cursor.at > 1 else Kind.END
    beside = {before, cursor.kind()} & _SAYS_A_DOSE
    match token.kind:
        case Kind.SLASH | Kind.TO | Kind.ARTICLE | Kind.FIRST:
            return not beside or (token.kind is Kind.TO and cursor.kind() not in _SAYS_A_DOSE)
        case Kind.AT | Kind.EVERY | Kind.OR:
            return cursor.in_reason and not beside
    return False


def join(cursor: Cursor) -> Found:
    """What parts two statements. "x then" outranks the comma before it."""
    token = cursor.take(Kind.STOP, Kind.COMMA, Kind.DASH, Kind.AND, Kind.THEN, Kind.STEP_TO, Kind.THEREAFTER)
    if token is None:
        return None
    if token.kind is Kind.STOP:
        cursor.in_reason = False
    if token.kind is not Kind.DASH:
        cursor.dose_seen = False
    return (_JOINS[token.kind],)


_JOINS = {
    Kind.STOP: Join("stop"),
    Kind.COMMA: Join("comma"),
    Kind.DASH: Join("comma"),
    Kind.AND: Join("and"),
    Kind.THEN: Join("then"),
    Kind.STEP_TO: Join("step"),
    Kind.THEREAFTER: Join("thereafter"),
}


def most(cursor: Cursor) -> Found:
    """ "max 8/day", "not to exceed 4 g in 24 hours", "no more than twice a day", "max daily dose: 3 tablets"."""
    opener = cursor.take(Kind.MOST)
    if opener is None:
        return None
    a_day = opener.text == "mdd"
    while (token := cursor.take(*_BEFORE_MOST)) is not None:
        a_day = a_day or (token.kind is Kind.PERIODLY and token.value == 1)
        if token.kind is Kind.UNIT and token.name:
            raise Refusal("a maximum that is not clear")
    times = how_many_times(cursor)
    if times is not None:
        return (MostTimesPerDay(times),)
    return _most_amount(cursor, a_day)


_BEFORE_MOST = (Kind.PERIODLY, Kind.FILLER, Kind.COMMA, Kind.OF, Kind.UNIT, Kind.TOTAL, Kind.AMOUNT)


def _most_amount(cursor: Cursor, a_day: bool) -> Found:
    found = span(cursor)
    if found is None:
        raise Refusal("a maximum that is not clear")
    unit = cursor.take(Kind.UNIT, Kind.TIMES)
    a_day = _a_day_follows(cursor) or a_day
    if not a_day:
        raise Refusal("a maximum of what time is not said")
    if unit is not None and (unit.kind is Kind.TIMES or unit.text.startswith("dose")):
        return (MostTimesPerDay(found[1]),)
    factor, name = (unit.value, unit.name) if unit else (Fraction(1), "")
    return (MostPerDay(Amount(found[0] * factor, found[1] * factor, name)),)


def _a_day_follows(cursor: Cursor) -> bool:
    cursor.skip(Kind.TOTAL)
    start = cursor.at
    adverb = cursor.take(Kind.PERIODLY)
    days = adverb.value if adverb else per(cursor)
    if days == _ONE_DAY:
        return True
    cursor.at = start
    return False


def total(cursor: Cursor) -> Found:
    """ "(1800 mg/day)", "total 1800 mg daily", once a dose is said: what it comes to, and no other dose."""
    opened, said = cursor.take(Kind.OPEN), cursor.take(Kind.TOTAL)
    if not cursor.begun or not (opened or said):
        return None
    a_day = False
    while (token := cursor.take(*_BEFORE_MOST)) is not None:
        a_day = a_day or (token.kind is Kind.PERIODLY and token.value == 1)
    found, unit = span(cursor), cursor.take(Kind.UNIT)
    a_day = _a_day_follows(cursor) or a_day
    cursor.skip(Kind.TOTAL)
    if found is None or unit is None or not a_day or (opened and not cursor.take(Kind.CLOSE)):
        return None
    return (DayTotal(Amount(found[0] * unit.value, found[1] * unit.value, unit.name)),)


def most_after_dose(cursor: Cursor) -> Found:
    """ "up to 8 a day", once a dose and how often are said, is a maximum and not another dose."""
    if not cursor.dose_seen or cursor.take(Kind.UP_TO) is None:
        return None
    found = span(cursor)
    unit = cursor.take(Kind.UNIT)
    if found is None or not _a_day_follows(cursor):
        return None
    factor, name = (unit.value, unit.name) if unit else (Fraction(1), "")
    return (MostPerDay(Amount(found[1] * factor, found[1] * factor, name)),)


def duration(cursor: Cursor) -> Found:
    """ "for 2 weeks", "x 7 days", "for the first 3 days". Hours are how long a patch is worn."""
    opener = cursor.take(Kind.FOR, Kind.TIMES)
    if opener is None or opener.text not in ("for", "x", "times"):
        return None
    if cursor.kind() is Kind.FOR:
        cursor.at += 1
    least = None
    for _ in range(3):
        least = cursor.take(Kind.FILLER, Kind.FIRST, Kind.UP_TO, Kind.LEAST) or least
        if least and least.kind is Kind.LEAST:
            break
    return _stretch_of_days(cursor, open_ended=least is not None and least.kind is Kind.LEAST)


def bare_duration(cursor: Cursor) -> Found:
    """ "1 capsule three times a day 30 day(s)": of a dose, where nothing follows that it could go with."""
    if not cursor.begun or not cursor.follows(Kind.NUMBER, Kind.PERIOD):
        return None
    count, days = cursor.peek(0).value, cursor.peek(1).value
    if days < _ONE_DAY or not (cursor.kind(2) in _ENDS_A_DURATION or cursor.peek(2).text == "with"):
        return None
    cursor.at += 2
    return (Days(whole_days(count * days)),)


_ENDS_A_DURATION = frozenset(
    {
        *(Kind.STOP, Kind.COMMA, Kind.END, Kind.FOR, Kind.PHARMACY, Kind.REMARK, Kind.OPEN, Kind.DIRECTED),
        *(Kind.AS_NEEDED, Kind.MOST, Kind.THEN),
    }
)


def _stretch_of_days(cursor: Cursor, open_ended: bool) -> Found:
    count = span(cursor) or (_article(cursor), Fraction(1))
    days = period(cursor)
    if days is None or not count[0]:
        return None
    if days < _ONE_DAY and count[1] * days <= _ONE_DAY:
        return _worn(cursor)
    long = whole_days(count[0] * days)
    return _SILENT if open_ended else (Days(long),)


def _worn(cursor: Cursor) -> Found:
    """ "for up to 12 hours in a 24 hour period": once a day."""
    start = cursor.at
    if cursor.peek().text in ("in", "within") and per(cursor) == _ONE_DAY:
        return (Rate(Times(_ONE_DAY, _ONE_DAY), "daily"),)
    cursor.at = start
    return _SILENT


def _article(cursor: Cursor) -> Fraction:
    return Fraction(1) if cursor.take(Kind.ARTICLE) else Fraction(0)


def divided(cursor: Cursor) -> Found:
    """ "in 3 divided doses", "in three doses", "divided tid"."""
    if not cursor.dose_seen:
        return None
    if cursor.take(Kind.DIVIDED):
        times = how_many_times(cursor)
        return (Divided(times),) if times and times > 1 else None
    count = number(cursor)
    cursor.take(Kind.DIVIDED)
    if count is None or cursor.peek().text != "doses" or count <= 1:
        return None
    cursor.at += 1
    return (Divided(count),)


def pain_score(cursor: Cursor) -> Found:
    """ "for moderate pain (4-6)"."""
    if not cursor.in_reason or not cursor.follows(Kind.OPEN, Kind.NUMBER, Kind.DASH, Kind.NUMBER, Kind.CLOSE):
        return None
    cursor.at += 5
    return _SILENT


def reason(cursor: Cursor) -> Found:
    """ "for nerve pain": what follows names a complaint, until the sentence or a dose word ends it."""
    if cursor.take(Kind.FOR) is None:
        return None
    cursor.in_reason = True
    return _SILENT


def as_needed(cursor: Cursor) -> Found:
    if cursor.take(Kind.AS_NEEDED) is None:
        return None
    cursor.in_reason = True
    return (AsNeeded(),)


def label(cursor: Cursor) -> Found:
    """ "day 1", "days 4-6", "week 2": a step of a course."""
    if cursor.take(Kind.DAY_ONE):
        return (Label(1, 1),)
    token = cursor.take(Kind.PERIOD)
    found = span(cursor) if token is not None and token.value in (1, 7) else None
    if token is None or found is None or found[0].denominator != 1 or found[1].denominator != 1:
        return None
    length = int(token.value)
    return (Label((int(found[0]) - 1) * length + 1, int(found[1]) * length),)


def offset(cursor: Cursor) -> Found:
    """ "30 minutes before or 2 hours after", "before": beside a meal. "after 1 week" ends a step."""
    if cursor.peek().text == "after" and (steps := _after(cursor)):
        return steps
    if not _offset(cursor) or (cursor.take(Kind.OR) and not _offset(cursor)):
        return None
    return _SILENT if cursor.kind() in _BESIDE else None


def _offset(cursor: Cursor) -> bool:
    cursor.take(Kind.LEAST)
    distance = span(cursor)
    near = period(cursor) if distance else None
    return cursor.take(Kind.OFFSET) is not None and (distance is None or (near is not None and near < _ONE_DAY))


_BESIDE = (Kind.SLOT, Kind.MEALS, Kind.FILLER, Kind.ARTICLE, Kind.EVERY, Kind.HALF_DAY)


def _after(cursor: Cursor) -> Found:
    start = cursor.at
    cursor.at += 1
    found, days = span(cursor), period(cursor)
    if found is None or days is None or days < _ONE_DAY:
        cursor.at = start
        return None
    return (After(whole_days(found[0] * days)),)


def wear(cursor: Cursor) -> Found:
    """ "remove after 12 hours", "leave on for 5 minutes", "remove at bedtime": about the patch, not the dose."""
    if cursor.take(Kind.WEAR) is None:
        return None
    for _ in range(4):
        cursor.take(Kind.FILLER, Kind.UNIT, Kind.DIRECTED)
    opener = cursor.take(Kind.OFFSET, Kind.FOR, Kind.AT)
    cursor.take(Kind.UP_TO)
    found, unit, when = span(cursor), period(cursor), cursor.take(Kind.SLOT)
    if opener is None or (when is None and (found is None or unit is None or unit >= _ONE_DAY)):
        raise Refusal("how long it is worn is not clear")
    return _SILENT


def on_and_off(cursor: Cursor) -> Found:
    """ "12 hours on, 12 hours off"."""
    cursor.take(Kind.FOR)
    first = _on_or_off(cursor)
    cursor.skip(Kind.COMMA, Kind.AND, Kind.SLASH, Kind.DASH, Kind.THEN)
    return _SILENT if first and {first, _on_or_off(cursor)} == {"on", "off"} else None


def _on_or_off(cursor: Cursor) -> str | None:
    before = cursor.peek().text if cursor.peek().text in ("on", "off") else None
    if before:
        cursor.at += 1
        cursor.take(Kind.FOR)
    found, unit = span(cursor), period(cursor)
    if found is None or unit is None:
        return None
    after = cursor.peek().text if cursor.peek().text in ("on", "off") else None
    if not before and after:
        cursor.at += 1
    return before or after


def for_pharmacy(cursor: Cursor) -> Found:
    """ "#30", "dispense 60 tablets", "refills: 3", "3 refills": no dose."""
    if cursor.follows(Kind.NUMBER, Kind.UNIT, Kind.COMMA, Kind.NUMBER, Kind.PHARMACY):
        cursor.at += 5
        return _SILENT
    if cursor.follows(Kind.NUMBER, Kind.PHARMACY) and cursor.peek(1).text in ("refill", "refills", "rf"):
        cursor.at += 2
        return _SILENT
    if cursor.take(Kind.PHARMACY) is None:
        return None
    for _ in range(3):
        cursor.take(Kind.PHARMACY, Kind.COMMA, Kind.FILLER, Kind.OF, Kind.DASH, Kind.TIMES)
    if number(cursor) is None:
        return None
    cursor.take(Kind.UNIT)
    if cursor.follows(Kind.OPEN, Kind.NUMBER, Kind.CLOSE):
        cursor.at += 3
    return _SILENT


def remark(cursor: Cursor) -> Found:
    """A warning, to the end of its sentence. A number or dose word in it may take a dose back: refused."""
    opener = cursor.take(Kind.REMARK)
    if opener is None:
        return None
    while cursor.kind() not in (Kind.STOP, Kind.CLOSE, Kind.END):
        token = cursor.peek()
        cursor.at += 1
        if token.kind in _SAYS_A_DOSE:
            raise Refusal(f"a dose word in a remark: '{opener.text} ... {token.text}'")
    return _SILENT


def water(cursor: Cursor) -> Found:
    """ "with 8 oz of water"."""
    if not cursor.follows(Kind.NUMBER, Kind.OUNCES):
        return None
    cursor.at += 2
    return _SILENT


def layer(cursor: Cursor) -> Found:
    """ "a thin layer" is one application, unless the amount was said."""
    if cursor.take(Kind.LAYER) is None:
        return None
    if cursor.dose_seen:
        return _SILENT
    cursor.dose_seen = True
    return (Dose(Amount(Fraction(1), Fraction(1), "application")),)


def known_word(cursor: Cursor) -> Found:
    """Words that are a whole part by themselves."""
    token = cursor.take(Kind.ROUTE, Kind.PAIR, Kind.DIRECTED)
    if token is None:
        return None
    if token.kind is Kind.DIRECTED:
        cursor.in_reason = True
        return (Directed(),)
    return (Route(token.name) if token.kind is Kind.ROUTE else Pair(token.name),)


def refused_word(cursor: Cursor) -> Found:
    """Words that change the dose in a way not read here, and words of other languages."""
    token = cursor.take(Kind.ALARM, Kind.FOREIGN)
    if token is None:
        return None
    if token.kind is Kind.FOREIGN:
        raise Refusal(f"not in English: '{token.text}'")
    raise Refusal(f"{token.name}: '{token.text}'")


# Each production with the kinds of token it begins with. The order matters where two begin alike: "for 7 days" is tried
# before "for pain", "3 times a day" before a dose of 3.
_PRODUCTIONS: tuple[tuple[Callable[[Cursor], Found], tuple[Kind, ...]], ...] = (
    (title, (Kind.UNKNOWN,)),
    (schedule, (Kind.NUMBER,)),
    (join, tuple(_JOINS)),
    (remark, (Kind.REMARK,)),
    (for_pharmacy, (Kind.NUMBER, Kind.PHARMACY)),
    (wear, (Kind.WEAR,)),
    (on_and_off, (Kind.FOR, Kind.NUMBER, Kind.FILLER, Kind.ALARM)),
    (most, (Kind.MOST,)),
    (most_after_dose, (Kind.UP_TO,)),
    (duration, (Kind.FOR, Kind.TIMES)),
    (reason, (Kind.FOR,)),
    (as_needed, (Kind.AS_NEEDED,)),
    (label, (Kind.DAY_ONE, Kind.PERIOD)),
    (divided, (Kind.DIVIDED, Kind.NUMBER)),
    (pain_score, (Kind.OPEN,)),
    (total, (Kind.OPEN, Kind.TOTAL)),
    (offset, (Kind.LEAST, Kind.NUMBER, Kind.OFFSET)),
    *FREQUENCIES,
    (known_word, (Kind.ROUTE, Kind.PAIR, Kind.DIRECTED)),
    (refused_word, (Kind.ALARM, Kind.FOREIGN)),
    (water, (Kind.NUMBER,)),
    (layer, (Kind.LAYER,)),
    (bare_duration, (Kind.NUMBER,)),
    (dose, (Kind.UP_TO, Kind.NUMBER, Kind.OPEN, Kind.ARTICLE)),
)
_BEGINNING_WITH = {kind: tuple(read for read, begins in _PRODUCTIONS if kind in begins) for kind in Kind}
