"""
Caution with a condition

When    a condition, a result or the kidney function on record speaks against an agent that is ordered
Then    say which, when it was recorded, and what to watch: a warning where the agent should be avoided, information
        where care is enough
Silent  when it forbids the agent: contraindicated-by-condition speaks, and takes these reasons along; when a dose is
        above what these kidneys allow: daily-dose-above-renal-maximum speaks; of the disorder that an opioid treats
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
from ..opioid_scope import is_treated
from ..suitability import by_state


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        found = one_a_subject(by_state(agent, order.formulation, facts, knowledge))
        unsaid = not_said_with_the_dose(found, order, agent, facts, knowledge)
        against = [
            o
            for o in unsaid
            if o.strength != "contraindicated"
            and not (o.condition and is_treated(o.condition, order, agent, facts, knowledge))
        ]
        if against:
            avoid = against[0].strength == "avoid"
            verdict = "is best avoided" if avoid else "needs care"
            summary = f"{knowledge.title_of(agent, order)} {verdict}: {against[0].subject}"
            yield finding(order, agent, against, Indicator.WARNING if avoid else Indicator.INFO, summary)
