"""
How an agent is begun and raised: whether it is new to this patient, its starting dose, its fastest climb.

New means that the record is whole and has no order of the ingredient that is running, or ran until lately. What has no
known end, or a record without ended orders, leaves it open: then it is neither new nor being taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction

from msgspec import Struct

from .facts import Facts, Known, MedicationOrder, Role
from .finding import Statement
from .in_force import Knowledge, age_may_hold
from .limits import in_unit
from .statements import Agent, Quantity
from .totals import step_of

DAYS = {"d": 1, "wk": 7}


class Before(Enum):
    NEW = "new to this patient"
    TAKING = "being taken"
    OPEN = "not known whether it was taken before"


def taken_before(ingredient: str, facts: Facts, knowledge: Knowledge) -> Before:
    """Whether the ingredient is being begun."""
    if any(running(ingredient, facts, knowledge)):
        return Before.TAKING
    ended = [order for order in facts.past() if ingredient in order.ingredients]
    if any(end_of(order) is None for order in ended):
        return Before.OPEN
    whole = {Known.MEDICATIONS, Known.HISTORY} <= facts.known
    return Before.NEW if whole else Before.OPEN


def running(ingredient: str, facts: Facts, knowledge: Knowledge) -> Iterator[MedicationOrder]:
    """The orders it is taken by now: active ones, one being stopped, one whose supply lasted until lately."""
    lately = facts.day - timedelta(days=knowledge.supply_days)
    for order in facts.orders:
        if ingredient in order.ingredients and (
            order.role in (Role.ACTIVE, Role.STOP)
            or (order.role is Role.PAST and (end_of(order) or date.min) >= lately)
        ):
            yield order


def end_of(order: MedicationOrder) -> date | None:
    """When an order of the past ended: as it says, else with its supply."""
    return order.ended or order.supply_ends


def dose_now(ingredient: str, unit: str, facts: Facts, knowledge: Knowledge) -> Fraction | None:
    """What is taken a day now, in all: of orders that ended, the highest counts; None if any could not be read."""
    now = list(running(ingredient, facts, knowledge))
    held = [in_unit(step.daily, unit) if (step := step_of(o, ingredient)) else None for o in now]
    if any(dose is None for dose in held):
        return None
    lasting = [dose for o, dose in zip(now, held, strict=True) if dose is not None and o.role is not Role.PAST]
    ended = [dose for o, dose in zip(now, held, strict=True) if dose is not None and o.role is Role.PAST]
    return sum(lasting, Fraction(0)) if lasting else max(ended, default=None)


class Climb(Struct, frozen=True):
    """No single rise above `step`, none sooner than `days` after the last."""

    step: Quantity
    days: int
    boxed: bool
    note: str
    because: tuple[Statement, ...]


def climb_for(
    agent: Agent, formulation: str | None, indications: Iterable[str], facts: Facts, knowledge: Knowledge
) -> Climb | None:
    """The slowest that holds for this patient."""
    rows = knowledge.holding(agent.titration, formulation, indications, facts.age_between())
    rows = [row for row in rows if age_may_hold(row, facts.age_between())]
    if not rows:
        return None
    longest = max(rows, key=lambda row: _days(row.interval))
    return Climb(
        step=min((row.step for row in rows), key=lambda step: step.value),
        days=_days(longest.interval),
        boxed=any(row.boxed for row in rows),
        note=longest.note,
        because=(knowledge.cite(agent, "titration", longest),),
    )


def _days(interval: Quantity) -> int:
    return int(interval.value * DAYS.get(interval.unit, 1))
