"""
Where what is said of opioids for long-lasting pain does not apply: the pain is cancer-related, care is palliative, in
sickle cell disease, and where the opioid may be given for opioid use disorder.

The law: an order that says what it is for is judged by that; cancer on record with another pain is not cancer pain.
Palliative care and sickle cell disease hold for every order of the patient.
"""

from __future__ import annotations

from .at_hand import at_hand
from .facts import Condition, Facts, MedicationOrder
from .in_force import Knowledge
from .statements import Agent

OF_THE_PATIENT = ("palliative", "hospice", "sickle-cell-disease")
OF_THE_PAIN = "cancer-pain"
OF_TREATMENT = "opioid-use-disorder-treatment"


def beyond_opioid_guidance(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether guidance against opioids, and its thresholds, is silent for this order."""
    if any(_on_record(meaning, facts, knowledge) for meaning in OF_THE_PATIENT):
        return True
    if _is_for(OF_THE_PAIN, order, facts, knowledge):
        return True
    return is_treatment(order, agent, facts, knowledge)


def is_treatment(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether an opioid may be given for opioid use disorder."""
    may_be = agent.opioid is not None and agent.opioid.for_use_disorder
    return may_be and _is_for(OF_TREATMENT, order, facts, knowledge)


def is_treated(condition: Condition, order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether a condition is the opioid use disorder that the order may be given for: no reason against it."""
    disorder = knowledge.value_sets.with_meaning(OF_TREATMENT)
    return not condition.value_sets.isdisjoint(disorder) and is_treatment(order, agent, facts, knowledge)


def _on_record(meaning: str, facts: Facts, knowledge: Knowledge) -> bool:
    return any(any(facts.conditions_in(name)) for name in knowledge.value_sets.with_meaning(meaning))


def _is_for(meaning: str, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """By the order's reason; without one that was read, by what is on record."""
    here = at_hand(facts, knowledge, order)
    if not here.by_reason:
        return _on_record(meaning, facts, knowledge)
    return not here.indications.isdisjoint(knowledge.value_sets.with_meaning(meaning))
