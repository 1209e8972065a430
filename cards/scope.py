"""
Does a call concern us at all? Asked before anything is fetched, so that every other order costs next to nothing.
"""

from __future__ import annotations

from .call import Call
from .fhir.medications import judged_drugs
from .in_force import Knowledge
from .value_sets import medicine_key


def concerns_us(call: Call, knowledge: Knowledge) -> bool:
    """Whether a judged draft is an agent of ours, a medicine one of our statements names, or cannot be told."""
    return any(
        drug.unread
        or any(_named(name, knowledge) for name in knowledge.ids(drug.product.ingredients if drug.product else ()))
        for drug in judged_drugs(call, knowledge)
    )


def _named(ingredient: str, knowledge: Knowledge) -> bool:
    return (
        ingredient in knowledge.agents
        or bool(knowledge.value_sets.classes_of(ingredient))
        or medicine_key(ingredient) in knowledge.named_in_pairs
        or knowledge.former_agent(ingredient) is not None
    )
