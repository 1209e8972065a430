"""
Whether a situation that a knowledge file describes is this patient's. What is not known does not hold.
"""

from __future__ import annotations

from .facts import Facts
from .statements import Range, When

ADULT_FROM = 18


def may_be_child(facts: Facts) -> bool:
    """Under eighteen, or perhaps so by a partial birth date. An unknown age is not a child: rules then take the
    strictest age limit, and nothing is suggested."""
    age = facts.age_between()
    return age is not None and age[0] < ADULT_FROM


def holds(when: When, facts: Facts) -> bool:
    """All that is given must hold. What is not known does not hold: it is said as not checked. Pregnancy is the one
    thing that holds until it is excluded."""
    age = facts.age_between()
    if when.age_from is not None and (age is None or age[1] < when.age_from):
        return False
    if when.age_under is not None and (age is None or age[0] >= when.age_under):
        return False
    if when.sex and facts.patient.sex != when.sex:
        return False
    if when.value_sets and facts.value_sets.isdisjoint(when.value_sets):
        return False
    if not facts.value_sets.isdisjoint(when.unless_value_sets):
        return False
    if when.crcl is not None and not crcl_holds(when.crcl, facts):
        return False
    return _medicines_hold(when, facts) and _result_holds(when, facts)


def crcl_holds(crcl: Range, facts: Facts) -> bool:
    """Whether a measured kidney function is in a range, or a known interval overlaps it."""
    kidneys = facts.kidneys
    if kidneys.value is not None:
        return crcl.holds(kidneys.value)
    return kidneys.known and crcl.overlaps(kidneys.low, kidneys.high)


def _medicines_hold(when: When, facts: Facts) -> bool:
    taken = facts.medicines
    return (not when.medicines or not taken.isdisjoint(when.medicines)) and taken.isdisjoint(when.unless_medicines)


def _result_holds(when: When, facts: Facts) -> bool:
    if not when.result:
        return True
    latest = facts.latest(when.result)
    if latest is None:
        return False
    by_value = when.is_ is not None and latest.value is not None and when.is_.holds(latest.value)
    return by_value or bool(latest.text and latest.text.lower() in when.answers)
