"""
What a patient takes of opioids in all: morphine equivalents a day, whether that makes tolerant, whether there is a
rescue.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .facts import Facts, MedicationOrder, Role
from .in_force import Knowledge
from .limits import in_unit
from .totals import Mme, mme_per_day, standing, step_of

RESCUE = "opioid-reversal"
SLOWS_BREATHING = "slows-breathing"


def morphine_equivalents(facts: Facts, knowledge: Knowledge) -> Mme:
    """Over the drafts and the active orders that go on beside them. What cannot be counted is named, never zero."""
    fate = standing(facts.drafts(), facts.active(), facts.day, knowledge.supply_days)
    factors = {agent.id: agent.opioid for agent in knowledge.agents.values() if agent.opioid}
    return mme_per_day([*facts.drafts(), *fate.continuing], factors)


def tolerant(facts: Facts, knowledge: Knowledge) -> bool:
    """Whether an opioid has been taken for long enough, at a dose that makes tolerant. No date is no proof."""
    days = knowledge.figure("days of opioid tolerance")
    since = facts.day - timedelta(days=int(days.value) if days else 0)
    taken = (order for order in facts.active() if order.starts is not None and order.starts <= since)
    return any(_enough(order, knowledge) for order in taken)


def _enough(order: MedicationOrder, knowledge: Knowledge) -> bool:
    for name in order.ingredients:
        agent = knowledge.agents.get(name)
        least = agent.opioid.tolerant_from if agent and agent.opioid else None
        step = step_of(order, name)
        dose = in_unit(step.daily, least.unit) if step and least else None
        if dose is not None and least is not None and dose >= least.value:
            return True
    return False


def has_rescue(facts: Facts, knowledge: Knowledge) -> bool:
    """Whether a medicine that reverses opioids is on the list or drafted."""
    return any(True for _ in _of(RESCUE, facts, knowledge))


def sedatives(facts: Facts, knowledge: Knowledge) -> Iterator[MedicationOrder]:
    """The orders, drafted or being taken, of what slows breathing beside an opioid."""
    return _of(SLOWS_BREATHING, facts, knowledge)


def _of(meaning: str, facts: Facts, knowledge: Knowledge) -> Iterator[MedicationOrder]:
    sets = knowledge.value_sets.with_meaning(meaning)
    return (o for o in facts.orders if o.role in (Role.DRAFT, Role.ACTIVE) and not sets.isdisjoint(o.classes))
