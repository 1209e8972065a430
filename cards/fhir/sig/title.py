"""
The medicine named in full before the dose: "Somedrug 75 mg capsule: 1 cap bid", "Somedrug 5-325 mg, 1-2 tabs q6h".

What stands beside the name is then the strength of one, and no dose. It is one only where nothing but the name has been
said before, and a count with a unit of its own follows at once; "Somedrug 300 mg tid" has a dose beside its name.
"""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from cards.fhir.lines import Amount
from cards.fhir.sig.cursor import Cursor
from cards.fhir.sig.dose import MASSES
from cards.fhir.sig.numbers import HOUR, span
from cards.fhir.sig.parts import Part
from cards.fhir.sig.words import Kind

_BETWEEN = (Kind.COMMA, Kind.STOP, Kind.DASH, Kind.FILLER, Kind.CLOSE, Kind.UP_TO)
_LONGEST = 12  # tokens of a name


def title(cursor: Cursor) -> tuple[Part, ...] | None:
    """Says nothing of itself; leaves the strength of one with the cursor, for the doses that follow."""
    if cursor.begun or cursor.strength or not _name(cursor):
        return None
    strength = _strength(cursor)
    if strength is None:
        return None
    form = _form(cursor)
    count = _count_following(cursor)
    if count is None:
        return None
    of_one = form or count == 1  # "Somedrug 300 mg: 3 capsules" may be of all three
    cursor.strength = strength if of_one else replace(strength, unit="")
    return ()


def _name(cursor: Cursor) -> bool:
    found = False
    for _ in range(_LONGEST):
        token = cursor.peek()
        named = token.kind is Kind.UNKNOWN and token.text in cursor.names
        if not named and token.kind not in (Kind.FILLER, Kind.OPEN, Kind.CLOSE, Kind.DASH, Kind.SLASH):
            break
        found = found or named
        cursor.at += 1
    return found


def _strength(cursor: Cursor) -> Amount | None:
    """What one holds; of a combination or a percentage only that it is a strength: an amount without a unit."""
    first = cursor.take(Kind.NUMBER, Kind.UNKNOWN)
    if first is None or not first.text[0].isdigit():
        return None
    several = first.kind is Kind.UNKNOWN  # 5/325
    while cursor.kind() in (Kind.DASH, Kind.SLASH) and cursor.kind(1) is Kind.NUMBER:
        cursor.at += 2
        several = True
    if cursor.peek().text == "%":
        cursor.at += 1
        return Amount(first.value, first.value, "")
    unit = cursor.take(Kind.UNIT)
    if unit is None or unit.name not in MASSES:
        return None
    value = first.value * unit.value
    known = not several and not _is_of_a_volume(cursor)
    return Amount(value, value, _a_h(cursor, unit.name) if known else "")


def _a_h(cursor: Cursor, unit: str) -> str:
    """ "mcg/h" of a patch."""
    if cursor.kind() not in (Kind.SLASH, Kind.PER) or cursor.peek(1).value != HOUR:
        return unit
    cursor.at += 2
    return f"{unit}/h"


def _is_of_a_volume(cursor: Cursor) -> bool:
    """ "mg/mL", "mg/5 mL": what a millilitre holds is known from the product."""
    start = cursor.at
    if cursor.take(Kind.SLASH, Kind.PER) is None:
        return False
    cursor.take(Kind.NUMBER)
    unit = cursor.take(Kind.UNIT)
    if unit is not None and unit.name == "mL":
        return True
    cursor.at = start
    return False


def _form(cursor: Cursor) -> bool:
    """ "capsule", "ER tablet", "per tablet"."""
    found = False
    for _ in range(_LONGEST):
        token = cursor.peek()
        named = token.kind is Kind.UNKNOWN and token.text in cursor.names
        if not named and token.kind not in (Kind.UNIT, Kind.PER, Kind.SLASH, Kind.ROUTE, Kind.OPEN, Kind.CLOSE):
            break
        found = found or token.kind is Kind.UNIT
        cursor.at += 1
    return found


def _count_following(cursor: Cursor) -> Fraction | None:
    """A number with a unit that counts, with no more than a comma or "take" before it; the cursor stays there."""
    for _ in range(_LONGEST):
        if cursor.take(*_BETWEEN) is None:
            break
    start = cursor.at
    found, unit = span(cursor), cursor.take(Kind.UNIT)
    cursor.at = start
    return found[1] if found and unit is not None and unit.name not in MASSES else None
