"""
Doses as a clinician writes them: "1,800 mg", "2 tablets", "25 ug/h", "3 times a day".
"""

from __future__ import annotations

from fractions import Fraction

from .facts import Dose
from .statements import plain

_ADD_S = frozenset({"tablet", "capsule", "spray", "drop", "puff", "film", "lozenge", "application", "unit", "pad"})
_PLURALS = {"patch": "patches", "suppository": "suppositories"}


def unit_said(unit: str, value: Fraction) -> str:
    """A unit after its number: a tablet, two tablets, 5 mL."""
    if value <= 1:
        return unit
    return f"{unit}s" if unit in _ADD_S else _PLURALS.get(unit, unit)


def count_said(value: Fraction, unit: str) -> str:
    return f"{plain(value)} {unit_said(unit, value)}".strip()


def dose_said(dose: Dose | None) -> str:
    """In mass where that is known, else as it is counted; a worn patch as what it delivers an hour."""
    if dose is not None and dose.units is not None and (dose.unit == "ug/h" or dose.mg is None):
        return count_said(dose.units, dose.unit)
    return f"{plain(dose.mg)} mg" if dose is not None and dose.mg is not None else "an unknown amount"


def often(times: Fraction) -> str:
    """Doses a day in words: "3 times a day", "every 3 days"."""
    if times == 1:
        return "once a day"
    if times < 1 and (1 / times).denominator == 1:
        return f"every {1 / times} days"
    if times < 1 and (7 * times).denominator == 1:
        return f"{7 * times} times a week"
    return f"{plain(times)} times a day"
