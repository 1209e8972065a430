"""
Whether an agent has had an adequate trial: at its target dose for this condition, and for long enough in all.

The law: the target is the condition's, else the agent's own; where kidneys allow less, what they allow is the target.
The time counts from the first of the orders that followed one another without a gap. Dates alone never say that it
failed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

from msgspec import Struct

from .facts import Facts, MedicationOrder, Role
from .finding import Statement
from .in_force import Knowledge
from .schedules import safe_maximum
from .starting import DAYS, dose_now
from .statements import Agent, Condition, ConditionTarget, Quantity, Target


class Trial(Struct, frozen=True):
    """One agent that is being taken for a condition. `enough`: at the target dose, for the time of a trial."""

    agent: Agent
    order: MedicationOrder  # the one being taken
    dose: Fraction  # mg a day, all its orders
    target: Fraction
    since: date
    days: int
    needed: int
    because: Statement

    @property
    def enough(self) -> bool:
        return self.dose >= self.target and self.days >= self.needed


def trial_of(agent: Agent, ladder: Condition, facts: Facts, knowledge: Knowledge) -> Trial | None:
    """None where the agent is not being taken, or its dose, its start or its target is not known."""
    order = next((o for o in facts.active() if agent.id in o.ingredients and o.ingredients == (agent.id,)), None)
    found = _target(agent, order, ladder, facts, knowledge) if order else None
    dose, since = dose_now(agent.id, "mg/d", facts, knowledge), taken_since(agent.id, facts, knowledge)
    if order is None or found is None or dose is None or since is None:
        return None
    goal, length, because = found
    target = _allowed(agent, order, goal.value, ladder, facts, knowledge)
    needed = int(length.value * DAYS.get(length.unit, 1))
    return Trial(agent, order, dose, target, since, (facts.day - since).days, needed, because)


def _target(
    agent: Agent, order: MedicationOrder, ladder: Condition, facts: Facts, knowledge: Knowledge
) -> tuple[Quantity, Quantity, Statement] | None:
    """Dose, time and statement: the condition's own row, else the agent's for it."""
    age, uses = facts.age_between(), (ladder.value_set,)
    rows: list[ConditionTarget] = [
        row for row in knowledge.holding(ladder.target, order.formulation, uses, age) if agent.id in row.agents
    ]
    own: list[Target] = knowledge.holding(agent.target, order.formulation, uses, age)
    for row in rows:
        if row.dose and row.trial and row.dose.unit == "mg/d":
            return row.dose, row.trial, knowledge.cite(ladder, "target", row)
    for mine in own:
        if mine.trial and mine.dose.unit == "mg/d":
            return mine.dose, mine.trial, knowledge.cite(agent, "target", mine)
    return None


def _allowed(
    agent: Agent, order: MedicationOrder, goal: Fraction, ladder: Condition, facts: Facts, knowledge: Knowledge
) -> Fraction:
    formulation = next((f for f in agent.formulation if f.id == order.formulation), None)
    if formulation is None or not facts.kidneys.known:
        return goal
    most = safe_maximum(agent, formulation, facts, knowledge, (ladder.value_set,))
    return goal if most is None else min(goal, most)


def taken_since(ingredient: str, facts: Facts, knowledge: Knowledge) -> date | None:
    """The start of the orders that led to the one being taken, with no gap longer than a supply may overlap."""
    orders = [o for o in facts.orders if ingredient in o.ingredients and o.role in (Role.ACTIVE, Role.PAST)]
    since = min((start for o in orders if o.role is Role.ACTIVE and (start := _start(o))), default=None)
    if since is None:
        return None
    gap = timedelta(days=knowledge.supply_days)
    for start, end in sorted(_stretches(orders), reverse=True):
        if start < since <= end + gap:
            since = start
    return since


def _stretches(orders: Iterable[MedicationOrder]) -> Iterable[tuple[date, date]]:
    """From when to when an ended order lasted, where both are known."""
    for order in orders:
        start, end = _start(order), order.ended or order.supply_ends
        if order.role is Role.PAST and start and end:
            yield start, end


def _start(order: MedicationOrder) -> date | None:
    return order.starts or order.authored
