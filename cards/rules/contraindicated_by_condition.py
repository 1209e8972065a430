"""
Contraindicated by a condition

When    a condition or a result on record forbids an agent that is ordered, here and for this patient
Then    say which, and what it would do
Silent  when it only speaks against the agent: caution-with-condition speaks
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Facts
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged
from ..objecting import finding
from ..suitability import by_condition, by_result
from ..wording import said


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        found = [*by_condition(agent, order.formulation, facts, knowledge), *by_result(agent, facts, knowledge)]
        against = [objection for objection in found if objection.strength == "contraindicated"]
        if against:
            summary = f"{agent.title} is contraindicated: {said(against[0].subject, 70)}"
            yield finding(order, agent, against, Indicator.CRITICAL, summary)
