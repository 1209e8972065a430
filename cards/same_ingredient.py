"""
The same ingredient in two products: which order beside a draft repeats one of its ingredients in another product.

The law: a product re-prescribed, in whatever strength, is no duplicate, nor an order that the draft replaces or whose
supply is ending. An opioid for regular use and another, shorter or as needed, for breakthrough pain are meant together.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from .facts import Facts, MedicationOrder
from .in_force import Knowledge
from .statements import Agent
from .totals import standing


class Repeat(Struct, frozen=True):
    judged: MedicationOrder
    other: MedicationOrder
    agent: Agent

    @property
    def in_a_combination(self) -> bool:
        """One of the two is a combination product."""
        return set(self.judged.ingredients) != set(self.other.ingredients)


def repeats(facts: Facts, knowledge: Knowledge) -> Iterator[Repeat]:
    """Every pair once, of which one is a selected draft."""
    fate = standing(facts.drafts(), facts.active(), facts.day, knowledge.supply_days)
    beside = [*facts.drafts(), *fate.continuing, *fate.uncertain]
    judged_before: list[MedicationOrder] = []
    for judged in facts.selected():
        judged_before.append(judged)
        for other in beside:
            if other not in judged_before and other.reference != judged.reference:
                yield from _repeated(judged, other, knowledge)


def _repeated(judged: MedicationOrder, other: MedicationOrder, knowledge: Knowledge) -> Iterator[Repeat]:
    for name in judged.ingredients:
        if name in other.ingredients and name in knowledge.agents:
            found = Repeat(judged, other, knowledge.agents[name])
            if found.in_a_combination or _another_product(judged, other, found.agent):
                yield found


def _another_product(judged: MedicationOrder, other: MedicationOrder, agent: Agent) -> bool:
    formulations = {judged.formulation, other.formulation}
    return (
        None not in formulations and len(formulations) == 2 and not (agent.opioid and _for_breakthrough(judged, other))
    )


def _for_breakthrough(judged: MedicationOrder, other: MedicationOrder) -> bool:
    """One acts long, or is taken regularly, and the other not."""
    return _long(judged) != _long(other) or _as_needed(judged) != _as_needed(other)


def _long(order: MedicationOrder) -> bool:
    return order.route == "transdermal" or bool(order.product and order.product.release == "extended")


def _as_needed(order: MedicationOrder) -> bool:
    return bool(order.dosage.steps) and all(step.as_needed for step in order.dosage.steps)
