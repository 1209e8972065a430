"""
A recorded allergy to the ingredient, or to another of its group; an intolerance speaks against it less.

A group is as narrow as the agent's file says: the substances that are known to cross-react.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Allergy, Facts
from .in_force import Knowledge
from .objection import Objection
from .statements import Agent, Strength
from .wording import said


def by_allergy(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for allergy in facts.allergies:
        group = _group(agent, allergy, knowledge)
        if group is not None:
            yield Objection(
                strength=_strength(allergy),
                why=_why(allergy, group, knowledge),
                subject=said(allergy.label, 70),
                because=knowledge.cite(agent, "allergy_groups"),
                kind="allergy",
                reference=allergy.reference,
            )


def _group(agent: Agent, allergy: Allergy, knowledge: Knowledge) -> str | None:
    """The group that both are of; empty where the record names the ingredient or the group itself; else None."""
    if {agent.id, *agent.allergy_groups} & allergy.substances:
        return ""
    groups = frozenset().union(*(_groups_of(name, knowledge) for name in allergy.substances))
    return next((group for group in agent.allergy_groups if group in groups), None)


def _groups_of(substance: str, knowledge: Knowledge) -> frozenset[str]:
    """The groups an agent's own file gives it, and the classes of any medicine."""
    agent = knowledge.agents.get(substance)
    return knowledge.value_sets.classes_of(substance).union(agent.allergy_groups if agent else ())


def _strength(allergy: Allergy) -> Strength:
    return "avoid" if allergy.intolerance and not allergy.severe else "contraindicated"


def _why(allergy: Allergy, group: str, knowledge: Knowledge) -> str:
    word = "intolerance" if allergy.intolerance else "allergy"
    severe = ", severe" if allergy.severe else ""
    same = f"; both are of one group: {knowledge.value_sets.title(group)}" if group else ""
    return f"recorded {word}{severe}: {said(allergy.label)}{same}"
