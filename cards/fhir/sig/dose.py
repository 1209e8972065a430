"""How much at a time: "1-2 tablets", "300 mg", "2 capsules (600 mg total)", "one 300 mg tablet", "up to 2 puffs"."""

from __future__ import annotations

from fractions import Fraction

from cards.fhir.lines import UNITS, Amount
from cards.fhir.sig.cursor import Cursor
from cards.fhir.sig.numbers import HOUR, number, span
from cards.fhir.sig.parts import Dose, Refusal
from cards.fhir.sig.tokens import Token
from cards.fhir.sig.words import Kind

MASSES = frozenset({"mg", "g", "ug", "unit", "mEq", "mg/h", "ug/h"})
_MOST_WITHOUT_UNIT = 20  # tablets at once; a larger bare number is milligrams, or no dose at all
_BODY = frozenset({"kg", "kilogram", "lb", "m"})  # m2
_NOT_A_MEASURE = (Kind.PERIOD, Kind.SLOT, Kind.HALF_DAY, Kind.WEEKDAY, Kind.OTHER, Kind.NUMBER, Kind.MEALS)


def dose(cursor: Cursor) -> tuple[Dose, ...] | None:
    """A dose, with its mass where the text gives both."""
    up_to = cursor.take(Kind.UP_TO) is not None
    found = span(cursor)
    if found is None:
        return None
    low, high = found
    said = _measured(cursor, low, high)
    if up_to:
        said = Dose(_from_zero(said.amount), said.mass and _from_zero(said.mass))
    _check(said.amount)
    cursor.in_reason, cursor.dose_seen, cursor.begun = False, True, True
    return (_of_title(said, cursor.strength),)


def _of_title(said: Dose, strength: Amount | None) -> Dose:
    """A count of what the text began with: so many times its strength."""
    if strength is None or not strength.unit or said.mass or said.amount.unit in (*MASSES, "mL", "g"):
        return said
    each = strength.high
    return Dose(said.amount, Amount(said.amount.low * each, said.amount.high * each, strength.unit))


def _from_zero(amount: Amount) -> Amount:
    return Amount(Fraction(0), amount.high, amount.unit)


def _check(amount: Amount) -> None:
    if amount.high <= 0:
        raise Refusal("a dose of nothing")
    if amount.unit not in UNITS:
        raise Refusal(f"unit not read: '{amount.unit}'")
    if not amount.unit and amount.high > _MOST_WITHOUT_UNIT:
        raise Refusal("a number without a unit")


def _measured(cursor: Cursor, low: Fraction, high: Fraction) -> Dose:
    """The unit after the number, and what else is said of the same dose."""
    by_each = cursor.kind() is Kind.TIMES and cursor.peek().text == "x"
    if by_each:
        cursor.at += 1
    token = _unit(cursor)
    if token is None:
        return _of_strength(cursor, low, high, by_each)
    high = _second_end(cursor, token, low, high)
    amount = Amount(low * token.value, high * token.value, _rate_unit(cursor, token.name))
    _named(cursor)
    _skip_names(cursor)
    return _aside(cursor, amount)


def _second_end(cursor: Cursor, unit: Token, low: Fraction, high: Fraction) -> Fraction:
    """ "2.5 mg to 5 mg": the higher end, where the unit is said twice."""
    again = cursor.peek(2)
    joined = cursor.kind() in (Kind.DASH, Kind.TO, Kind.OR) and cursor.kind(1) is Kind.NUMBER
    if not joined or again.kind is not Kind.UNIT or again.name != unit.name or low != high:
        return high
    higher = cursor.peek(1).value * again.value / unit.value
    if higher <= high:
        raise Refusal("a range that runs backwards")
    cursor.at += 3
    return higher


def _unit(cursor: Cursor) -> Token | None:
    """A unit; "each" is one too where it does not open "each day"."""
    each = cursor.peek()
    if each.text == "each" and cursor.kind(1) not in _NOT_A_MEASURE:
        cursor.at += 1
        return Token(Kind.UNIT, "", Fraction(1), each.text, each.start, each.end)
    return cursor.take(Kind.UNIT)


def _rate_unit(cursor: Cursor, unit: str) -> str:
    """ "mg/h" and "mcg per hour" are what a patch delivers; "mg/mL" is a concentration and no dose."""
    if cursor.kind() not in (Kind.SLASH, Kind.PER):
        return unit
    after = cursor.peek(1)
    if after.kind is Kind.PERIOD and after.value == HOUR and unit in ("mg", "ug"):
        cursor.at += 2
        return f"{unit}/h"
    if after.kind in (Kind.UNIT, Kind.NUMBER) and cursor.kind(2) is not Kind.PERIOD:
        raise Refusal("a concentration")
    if after.text in _BODY:
        raise Refusal("a dose by weight")
    return unit


def _named(cursor: Cursor) -> None:
    """ "1 tablet of such-and-such": the name of the medicine, which is read elsewhere."""
    if cursor.follows(Kind.OF, Kind.UNKNOWN):
        cursor.at += 2


def _skip_names(cursor: Cursor) -> None:
    while cursor.names and cursor.kind() is Kind.UNKNOWN and cursor.peek().text in cursor.names:
        cursor.at += 1


def _of_strength(cursor: Cursor, low: Fraction, high: Fraction, by_each: bool) -> Dose:
    """A bare number, or the count of "one 300 mg tablet", "2 x 300 mg capsules"."""
    _skip_names(cursor)
    if not cursor.follows(Kind.NUMBER, Kind.UNIT):
        _refuse_if_time(cursor, by_each)
        return _aside(cursor, Amount(low, high, ""))
    strength, mass = cursor.peek(0), cursor.peek(1)
    cursor.at += 2
    cursor.take(Kind.DASH)
    form = cursor.take(Kind.UNIT)
    if form is None or mass.name not in MASSES or form.name in MASSES:
        raise Refusal("two numbers in a row")
    each = strength.value * mass.value
    return Dose(Amount(low, high, form.name), Amount(low * each, high * each, mass.name))


def _refuse_if_time(cursor: Cursor, by_each: bool) -> None:
    if by_each or cursor.kind() in (Kind.TIMES, Kind.PERIOD):
        raise Refusal("a number of what is not said")
    if cursor.kind() is Kind.HALF_DAY:
        raise Refusal("a dose or a time of day")


def _aside(cursor: Cursor, amount: Amount) -> Dose:
    """ "(300 mg)", "(600 mg total)", "(40 mg each)", "(2 capsules)", or, of one thing, a mass without brackets."""
    if cursor.follows(Kind.OPEN, Kind.NUMBER):
        return _in_brackets(cursor, amount)
    if cursor.follows(Kind.EQUALS, Kind.NUMBER, Kind.UNIT):
        return _equal(cursor, amount)
    if amount.unit in MASSES:
        return _form_after(cursor, amount)
    if cursor.follows(Kind.NUMBER, Kind.UNIT) or cursor.follows(Kind.OF, Kind.NUMBER, Kind.UNIT):
        return _strength_after(cursor, amount)
    return Dose(amount)


def _in_brackets(cursor: Cursor, amount: Amount) -> Dose:
    start = cursor.at
    cursor.at += 1
    found, unit = span(cursor), cursor.take(Kind.UNIT)
    if found is None or unit is None or cursor.kind() is Kind.PERIODLY:
        cursor.at = start
        return Dose(amount)
    name = _rate_unit(cursor, unit.name)
    each = cursor.take(Kind.EVERY) is not None
    cursor.skip(Kind.TOTAL, Kind.UNIT, Kind.FILLER)
    if cursor.take(Kind.CLOSE) is None:
        raise Refusal("a dose in brackets that is not clear")
    factor = unit.value * (amount.high if each else 1)
    return _both(amount, Amount(found[0] * factor, found[1] * factor, name))


def _equal(cursor: Cursor, amount: Amount) -> Dose:
    """ "650 mg = 2 capsules"."""
    value, unit = cursor.peek(1).value, cursor.peek(2)
    cursor.at += 3
    other = value * unit.value
    return _both(amount, Amount(other, other, unit.name))


def _both(amount: Amount, other: Amount) -> Dose:
    """One dose said as a count and as a mass, whichever came first."""
    if other.unit == "mEq":
        return Dose(amount)
    if (amount.unit in MASSES) == (other.unit in MASSES):
        raise Refusal("two doses, one in brackets")
    return Dose(other, amount) if amount.unit in MASSES else Dose(amount, other)


def _form_after(cursor: Cursor, amount: Amount) -> Dose:
    """ "300 mg capsule": the form says nothing more; "1-60 mg tablet" may be one of 60 mg. "300 mg, 2 capsules" says
    what one holds, and how many."""
    form = cursor.take(Kind.UNIT)
    if form is not None and (form.name in MASSES or amount.low != amount.high):
        raise Refusal("a dose or a strength")
    if not (cursor.follows(Kind.NUMBER, Kind.UNIT) or cursor.follows(Kind.NUMBER, Kind.DASH, Kind.NUMBER, Kind.UNIT)):
        return Dose(amount)
    found, unit = span(cursor), cursor.take(Kind.UNIT)
    if found is None or unit is None or unit.name in MASSES or form is not None:
        raise Refusal("two doses in a row")
    return _of_each(Amount(found[0] * unit.value, found[1] * unit.value, unit.name), amount)


def _of_each(amount: Amount, strength: Amount) -> Dose:
    """A mass beside a count is the mass of one. Beside two it may be of both, and only the count is sure."""
    return Dose(amount, strength if amount.high == 1 else None)


def _strength_after(cursor: Cursor, amount: Amount) -> Dose:
    """ "1 tablet 300 mg"."""
    cursor.take(Kind.OF)
    value, unit = number(cursor), cursor.take(Kind.UNIT)
    if value is None or unit is None or unit.name not in MASSES:
        raise Refusal("two doses in a row")
    return _of_each(amount, Amount(value, value, _rate_unit(cursor, unit.name)))
