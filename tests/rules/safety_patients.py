"""Made-up results, allergies and conditions for the tests of the safety rules, beside those of the dose rules."""

from __future__ import annotations

from fractions import Fraction

from cards.facts import Allergy, Result
from tests.rules.dose_patients import DAY, ago


def result(what, value=None, text="", days_ago=30, unit="", comparator="", upper=None):
    number = None if value is None else Fraction(str(value))
    top = None if upper is None else Fraction(str(upper))
    return Result(f"Observation/{what}", what, number, unit, comparator, text, ago(days_ago), "", top)


def undated(what, value):
    return Result(f"Observation/{what}", what, Fraction(str(value)), "")


def allergy(*substances, intolerance=False, severe=False):
    return Allergy("AllergyIntolerance/a", "recorded", frozenset(substances), intolerance, severe)


def verdicts(ward, rule, facts):
    """The indicators of one rule's cards, as words."""
    return [str(finding.indicator) for finding in ward.said(rule, facts)]


__all__ = ["DAY", "ago", "allergy", "result", "undated", "verdicts"]
