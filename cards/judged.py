"""
The agents to judge in a call: one selected draft and one of its ingredients that has a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Facts, MedicationOrder
from .in_force import Knowledge
from .statements import Agent


def judged(facts: Facts, knowledge: Knowledge) -> Iterator[tuple[MedicationOrder, Agent]]:
    """Each selected draft with each of its agents; a combination product gives one a pair of its own."""
    for order in facts.selected():
        for name in order.ingredients:
            if name in knowledge.agents:
                yield order, knowledge.agents[name]


def judged_once(facts: Facts, knowledge: Knowledge) -> Iterator[tuple[MedicationOrder, Agent]]:
    """Each agent once, with the first selected draft that has it: for what is summed over its orders."""
    seen: set[str] = set()
    for order, agent in judged(facts, knowledge):
        if agent.id not in seen:
            seen.add(agent.id)
            yield order, agent
