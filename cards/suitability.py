"""
What speaks against an agent for this patient: conditions, results, kidneys, allergies, age, pregnancy, other medicines.

One place weighs an agent; rules that warn about an order and the rule that ranks offers all ask here, so that nothing a
rule would forbid is ever suggested.
"""

from __future__ import annotations

from collections.abc import Iterator

from .against_allergies import by_allergy
from .against_conditions import by_condition
from .against_kidneys import by_kidneys
from .against_medicines import by_medicine
from .against_pregnancy import by_pregnancy
from .against_results import by_result
from .facts import Facts
from .in_force import Knowledge
from .objection import Objection
from .statements import Agent


def objections(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> tuple[Objection, ...]:
    """Everything on record that speaks against the agent, strongest not first; each is a reason of its own."""
    return facts.once(
        ("objections", agent.id, formulation), lambda: tuple(_objections(agent, formulation, facts, knowledge))
    )


def _objections(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    yield from by_state(agent, formulation, facts, knowledge)
    yield from by_allergy(agent, facts, knowledge)
    yield from by_pregnancy(agent, formulation, facts, knowledge)
    yield from by_medicine(agent, formulation, facts, knowledge)


def by_state(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> tuple[Objection, ...]:
    """What conditions, results, kidneys and age say against it."""
    return facts.once(("state", agent.id, formulation), lambda: tuple(_by_state(agent, formulation, facts, knowledge)))


def _by_state(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    yield from by_condition(agent, formulation, facts, knowledge)
    yield from by_result(agent, facts, knowledge)
    yield from by_kidneys(agent, formulation, facts, knowledge)
