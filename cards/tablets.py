"""
Doses in tablets that exist: which product, how many of it, so that an order can be filled as written.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from .finding import PlannedStep, Tablet

MOST_UNITS = 3  # of one product a dose: more is an order nobody would write


def exactly(tablets: Iterable[Tablet], mg: Fraction) -> tuple[Tablet, int] | None:
    """The fewest whole units of one product that make this single dose; None if no product does."""
    fitting = [(int(mg / t.strength), t) for t in tablets if t.strength and (mg / t.strength).denominator == 1]
    units, tablet = min(fitting, key=lambda pair: pair[0], default=(0, None))
    return (tablet, units) if tablet and 1 <= units <= MOST_UNITS else None


def step(
    tablets: Iterable[Tablet], mg_per_day: Fraction, doses: Fraction, days: int | None = None, when: str = ""
) -> PlannedStep | None:
    """A planned step of so much a day in so many doses; None if no product makes it."""
    found = exactly(tablets, mg_per_day / doses) if doses else None
    return PlannedStep(found[0], Fraction(found[1]), doses, days, when) if found else None


def highest(
    tablets: Iterable[Tablet], most_per_day: Fraction, doses: Fraction, most_single: Fraction | None = None
) -> PlannedStep | None:
    """The most a day, at or under a limit, that whole units of one product make in so many doses a day.
    Equal amounts: the fewest units. None if even one unit is too much."""
    plans = [
        PlannedStep(tablet, Fraction(units), doses)
        for tablet in tablets
        for units in range(1, MOST_UNITS + 1)
        if tablet.strength * units * doses <= most_per_day
        and (most_single is None or tablet.strength * units <= most_single)
    ]
    return max(plans, key=lambda plan: (plan.mg_per_day, -plan.units), default=None)
