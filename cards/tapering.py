"""
How an agent is let out slowly: how long it was taken, and falling doses in tablets that exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil

from msgspec.structs import replace

from .facts import Facts, MedicationOrder, Role
from .finding import PlannedStep, Tablet
from .starting import end_of
from .tablets import highest


def taken_since(order: MedicationOrder, ingredient: str, facts: Facts, supply_days: int) -> date | None:
    """The first day of unbroken use, over earlier orders whose supply reached the next one; None: not known."""
    since = order.starts or order.authored
    earlier = [o for o in facts.orders if ingredient in o.ingredients and o.role in (Role.PAST, Role.ACTIVE)]
    for other in sorted(earlier, key=lambda o: o.starts or date.min, reverse=True):
        reaches = other.role is Role.ACTIVE or (
            since is not None and (end_of(other) or date.min) >= since - timedelta(supply_days)
        )
        if since is not None and other.starts is not None and other.starts < since and reaches:
            since = other.starts
    return since


def falling(
    tablets: Iterable[Tablet], mg_per_day: Fraction, doses: Fraction, parts: int, shortest: int, least: int
) -> tuple[PlannedStep, ...]:
    """Down by equal parts, in as many days as are asked for at the least; () where no tablets make a lower dose. One
    order is filled with one product: the one with the most steps, then with the smallest of its largest drops."""
    days = max(shortest, ceil(least / max(parts - 1, 1)))
    plans = [_of_one(tablet, mg_per_day, doses, parts, days) for tablet in tablets]
    steps = max(plans, key=lambda plan: _smooth(plan, mg_per_day), default=[])
    missing = least - sum(step.days or 0 for step in steps)
    if steps and missing > 0:
        steps[-1] = replace(steps[-1], days=(steps[-1].days or 0) + missing)
    return tuple(steps)


def _smooth(steps: list[PlannedStep], mg_per_day: Fraction) -> tuple[int, Fraction, Fraction]:
    doses = [mg_per_day, *(step.mg_per_day for step in steps), Fraction(0)]
    largest = max(high - low for high, low in pairwise(doses))
    return len(steps), -largest, -sum((step.units for step in steps), Fraction(0))


def _of_one(tablet: Tablet, mg_per_day: Fraction, doses: Fraction, parts: int, days: int) -> list[PlannedStep]:
    steps: list[PlannedStep] = []
    for left in range(parts - 1, 0, -1):
        plan = _nearest(tablet, mg_per_day * left / parts, doses, mg_per_day / doses)
        if plan is None or plan.mg_per_day >= mg_per_day:
            continue
        if steps and plan.mg_per_day >= steps[-1].mg_per_day:
            steps[-1] = replace(steps[-1], days=(steps[-1].days or 0) + days)
        else:
            steps.append(replace(plan, days=days))
    return steps


def _nearest(tablet: Tablet, most: Fraction, doses: Fraction, single: Fraction) -> PlannedStep | None:
    """The nearest to a dose a day from below, as often as it is taken or less often, never more at once than now."""
    often = [doses, *(Fraction(times) for times in range(ceil(doses) - 1, 0, -1))]
    plans = [plan for times in often if (plan := highest((tablet,), most, times, single))]
    return max(plans, key=lambda plan: plan.mg_per_day, default=None)
