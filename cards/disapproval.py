"""
What a condition's file says against an agent, for this patient.

The law: a row that names the agent stands above a row that names its class, and of several the strongest holds. "Not
before others" falls away once another of the condition's offers is, or was, taken. "Caution", "not offered" and
"specialist" are no disapproval: such an order gets its safety checks alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from .facts import Facts, MedicationOrder, Role
from .in_force import Knowledge, age_may_hold
from .situation import holds
from .statements import Against, Condition, Guideline, Recommendation
from .value_sets import medicine_key

STRENGTHS = ("against", "not before others", "caution", "not offered", "specialist")
DISAPPROVES = ("against", "not before others")
EVERYWHERE = "international"


class Disapproval(Struct, frozen=True):
    ladder: Condition
    row: Against

    @property
    def against(self) -> bool:
        """Outright, and not only before others."""
        return self.row.strength == DISAPPROVES[0]


def disapproval(
    ladder: Condition, ingredient: str, order: MedicationOrder, facts: Facts, knowledge: Knowledge
) -> Disapproval | None:
    """None where the condition's file does not disapprove of the order."""
    rows = [row for row in knowledge.here(ladder.against, order.formulation) if _holds(row, facts)]
    own = [row for row in rows if medicine_key(ingredient) in row.agents]
    classes = knowledge.value_sets.classes_of(ingredient)
    found = own or [row for row in rows if classes.intersection(row.classes)]
    row = min(found, key=lambda row: STRENGTHS.index(row.strength), default=None)
    if row is None or row.strength not in DISAPPROVES:
        return None
    if row.strength != DISAPPROVES[0] and _another_was_taken(ladder, ingredient, facts):
        return None
    return Disapproval(ladder, row)


def _holds(row: Against, facts: Facts) -> bool:
    unless = any(any(facts.conditions_in(name)) for name in row.unless_value_set)
    return not unless and age_may_hold(row, facts.age_between()) and (row.when is None or holds(row.when, facts))


def _another_was_taken(ladder: Condition, ingredient: str, facts: Facts) -> bool:
    offered = {name for offer in ladder.offer for name in offer.agents} - {ingredient}
    return any(not offered.isdisjoint(o.ingredients) for o in facts.orders if o.role in (Role.ACTIVE, Role.PAST))


def guidelines_against(
    ladder: Condition, ingredient: str, knowledge: Knowledge
) -> Iterator[tuple[Guideline, Recommendation]]:
    """The guidelines in force here that advise against the agent, or its class, for this condition."""
    names = knowledge.value_sets.classes_of(ingredient) | {medicine_key(ingredient)}
    here = {knowledge.jurisdiction, EVERYWHERE}
    for guideline in knowledge.guidelines.values():
        if not guideline.superseded and not here.isdisjoint(guideline.jurisdiction):
            yield from ((guideline, row) for row in guideline.recommendation if _is_against(row, ladder, names))


def _is_against(row: Recommendation, ladder: Condition, names: frozenset[str]) -> bool:
    said = row.line == DISAPPROVES[0] and not row.superseded
    return said and row.condition == ladder.id and not names.isdisjoint(row.agents)
