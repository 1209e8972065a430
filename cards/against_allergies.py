"""
A recorded allergy to the ingredient, to a class that it is of, or to another of its group; an intolerance speaks
against it less.

A group is as narrow as the agent's file says: the substances that are known to cross-react. A class counts only where
the record itself names it: an allergy to one gabapentinoid is none to another, one to "gabapentinoids" is one to each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .facts import Allergy, Facts
from .in_force import Knowledge
from .objection import Objection
from .statements import Agent, Strength
from .wording import said


def by_allergy(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for allergy in facts.allergies:
        if allergy.substances and (link := _link(agent, allergy, knowledge)):
            yield Objection(
                strength=_strength(allergy),
                why=_why(allergy, link),
                subject=said(allergy.label, 70),
                because=knowledge.cite(agent, link.key),
                kind="allergy",
                reference=allergy.reference,
            )


class _Link(NamedTuple):
    """How what is recorded concerns an agent: what its file says, and in words."""

    key: str
    words: str = ""


def _link(agent: Agent, allergy: Allergy, knowledge: Knowledge) -> _Link | None:
    if agent.id in allergy.substances:
        return _Link("allergy_groups")
    title = knowledge.value_sets.title
    if named := sorted(knowledge.value_sets.classes_of(agent.id) & allergy.substances):
        return _Link("classes", f"it is of this class: {title(named[0])}")
    groups = frozenset().union(*(_groups_of(name, knowledge) for name in allergy.substances))
    shared = next((group for group in agent.allergy_groups if group in groups), None)
    return _Link("allergy_groups", f"both are of one group: {title(shared)}") if shared else None


def _groups_of(substance: str, knowledge: Knowledge) -> frozenset[str]:
    """The groups an agent's own file gives it, the classes of any medicine, and a class itself with those above it."""
    agent = knowledge.agents.get(substance)
    classes = knowledge.value_sets.classes_of(substance) | knowledge.value_sets.with_parents([substance])
    return classes.union(agent.allergy_groups if agent else ())


def _strength(allergy: Allergy) -> Strength:
    return "avoid" if allergy.intolerance and not allergy.severe else "contraindicated"


def _why(allergy: Allergy, link: _Link) -> str:
    word = "intolerance" if allergy.intolerance else "allergy"
    severe = ", severe" if allergy.severe else ""
    return f"recorded {word}{severe}: {said(allergy.label)}{link.words and f'; {link.words}'}"
