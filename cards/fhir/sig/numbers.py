"""Numbers, ranges and stretches of time: the small change of the grammar."""

from __future__ import annotations

from fractions import Fraction

from cards.fhir.sig.cursor import Cursor
from cards.fhir.sig.parts import Refusal
from cards.fhir.sig.words import Kind

HOUR = Fraction(1, 24)
_JOINS = (Kind.DASH, Kind.TO, Kind.OR)
_BEGINS = frozenset({Kind.NUMBER, Kind.OPEN, Kind.ARTICLE})


def number(cursor: Cursor) -> Fraction | None:
    """One number: "2", "two", "1 1/2", "one and a half", "(1)", "2 (two)"."""
    kind = cursor.kind()
    if kind not in _BEGINS:
        return None
    value = _bracketed(cursor) if kind is Kind.OPEN else _plain(cursor)
    if value is None:
        return None
    again = _bracketed(cursor)
    if again not in (None, value):
        raise Refusal("a number and another in brackets")
    return value


def _plain(cursor: Cursor) -> Fraction | None:
    if cursor.follows(Kind.ARTICLE, Kind.UNIT):
        cursor.at += 1
        return Fraction(1)
    token = cursor.take(Kind.NUMBER)
    return None if token is None else _with_fraction(cursor, token.value)


def _with_fraction(cursor: Cursor, whole: Fraction) -> Fraction:
    """With the half of "1 1/2", "1 and a half", "1-1/2"; "1-2" is a range and stays."""
    joined = cursor.kind() in (Kind.AND, Kind.DASH)
    part = cursor.peek(1 if joined else 0)
    fits = part.kind is Kind.NUMBER and 0 < part.value < 1 and whole.denominator == 1 and whole > 0
    if not fits or "." in part.text or not (joined or "/" in part.text):
        return whole
    cursor.at += 2 if joined else 1
    return whole + part.value


def _bracketed(cursor: Cursor) -> Fraction | None:
    if not cursor.follows(Kind.OPEN, Kind.NUMBER, Kind.CLOSE):
        return None
    value = cursor.peek(1).value
    cursor.at += 3
    return value


def span(cursor: Cursor) -> tuple[Fraction, Fraction] | None:
    """A number, or a range: "1-2", "4 to 6", "1 or 2"."""
    low = number(cursor)
    if low is None:
        return None
    if cursor.kind() not in _JOINS or cursor.kind(1) is not Kind.NUMBER:
        return low, low
    cursor.at += 1
    high = number(cursor)
    if high is None or high <= low:
        raise Refusal("a range that runs backwards")
    return low, high


def period(cursor: Cursor) -> Fraction | None:
    """A unit of time, in days."""
    token = cursor.take(Kind.PERIOD)
    return token.value if token else None


def per(cursor: Cursor) -> Fraction | None:
    """ "a day", "/day", "per week", "in 24 hours", "in any 24 hour period": the stretch, in days."""
    start = cursor.at
    opened = cursor.take(Kind.SLASH, Kind.PER, Kind.EVERY) or _article_of_time(cursor) or _within(cursor)
    count = (number(cursor) or Fraction(1)) if opened else None
    cursor.take(Kind.DASH)
    days = period(cursor) if opened else None
    if count is None or days is None:
        cursor.at = start
        return None
    if cursor.peek().text == "period":
        cursor.at += 1
    return count * days


def _article_of_time(cursor: Cursor) -> bool:
    return cursor.kind(1) is Kind.PERIOD and cursor.take(Kind.ARTICLE) is not None


def _within(cursor: Cursor) -> bool:
    if cursor.peek().text not in ("in", "within"):
        return False
    cursor.at += 1
    cursor.take(Kind.ARTICLE, Kind.EVERY, Kind.PER)
    if cursor.peek().text == "any":
        cursor.at += 1
    return True


def whole_days(days: Fraction) -> int:
    """Days begun: 36 hours are 2 days."""
    return -(-days.numerator // days.denominator)
