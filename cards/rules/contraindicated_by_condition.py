"""
Contraindicated by a condition

When    a condition, a result, the kidney function or the age on record forbids an agent that is ordered, here and for
        this patient
Then    say which, when it was recorded, and what the agent would do
Silent  when it only speaks against the agent: caution-with-condition speaks; when a dose is above what these kidneys
        allow, be it none at all: daily-dose-above-renal-maximum speaks
"""

from __future__ import annotations

from collections.abc import Iterator

from ..against_kidneys import not_said_with_the_dose
from ..facts import Facts
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged
from ..objecting import finding
from ..objection import one_a_subject
from ..suitability import by_state


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        found = one_a_subject(by_state(agent, order.formulation, facts, knowledge))
        unsaid = not_said_with_the_dose(found, order, agent, facts, knowledge)
        against = [objection for objection in unsaid if objection.strength == "contraindicated"]
        if against:
            summary = f"{agent.title} is contraindicated: {against[0].subject}"
            yield finding(order, agent, against, Indicator.CRITICAL, summary)
