"""
Doses in tablets that exist: which product, how many of it, so that an order can be filled as written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from .finding import PlannedStep, Tablet
from .statements import Step

MOST_UNITS = 3  # of one product a dose: more is an order nobody would write
SHORT = 19  # a note this short ("at night") belongs into the sig; a longer one is for the reader of the file


def climb(tablets: Iterable[Tablet], steps: Iterable[Step]) -> tuple[PlannedStep, ...]:
    """As many of the steps, from the first, as whole units of one product make: one order is filled with one product.
    Of two products that go equally far, the one with fewer units."""
    plans = [tuple(_of_one(tablet, steps)) for tablet in tablets]
    return max(plans, key=lambda plan: (len(plan), -sum(step.units for step in plan)), default=())


def _of_one(tablet: Tablet, steps: Iterable[Step]) -> Iterator[PlannedStep]:
    for row in steps:
        units = row.dose.value / row.doses_per_day / tablet.strength
        if units.denominator != 1 or units > MOST_UNITS:
            return
        yield PlannedStep(tablet, units, row.doses_per_day, row.days, row.note if len(row.note) <= SHORT else "")


def highest(
    tablets: Iterable[Tablet], most_per_day: Fraction, doses: Fraction, most_single: Fraction | None = None
) -> PlannedStep | None:
    """The most a day, at or under a limit, that whole units of one product make in so many doses a day.
    Equal amounts: the fewest units. None if even one unit is too much."""
    plans = [
        PlannedStep(tablet, Fraction(units), doses)
        for tablet in tablets
        if (units := _most_units(tablet, most_per_day, doses, most_single)) > 0
    ]
    return max(plans, key=lambda plan: (plan.tablet.strength * plan.units, -plan.units), default=None)


def _most_units(tablet: Tablet, most_per_day: Fraction, doses: Fraction, most_single: Fraction | None) -> int:
    a_day = most_per_day // (tablet.strength * doses)
    return min(MOST_UNITS, a_day, MOST_UNITS if most_single is None else most_single // tablet.strength)
