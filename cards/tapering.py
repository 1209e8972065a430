"""
How an agent is let out slowly: how long it was taken, and falling doses in tablets that exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

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
    """Down by equal parts, in as many days as are asked for at the least; () where no tablets make a lower dose."""
    tablets, days = tuple(tablets), max(shortest, ceil(least / max(parts - 1, 1)))
    steps: list[PlannedStep] = []
    for left in range(parts - 1, 0, -1):
        most = mg_per_day * left / parts
        plan = highest(tablets, most, doses) or highest(tablets, most, Fraction(1))
        if plan is None or plan.mg_per_day >= mg_per_day:
            continue
        if steps and plan.mg_per_day >= steps[-1].mg_per_day:
            steps[-1] = replace(steps[-1], days=(steps[-1].days or 0) + days)
        else:
            steps.append(replace(plan, days=days))
    missing = least - sum(step.days or 0 for step in steps)
    if steps and missing > 0:
        steps[-1] = replace(steps[-1], days=(steps[-1].days or 0) + missing)
    return tuple(steps)
