"""
Caution with a condition

When    a condition, a result or the kidney function on record speaks against an agent that is ordered
Then    say which, and what to watch: a warning where it should be avoided, information where care is enough
Silent  when it forbids the agent: contraindicated-by-condition speaks, and takes these reasons along
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
        against = sorted((o for o in found if o.strength != "contraindicated"), key=lambda o: o.strength != "avoid")
        if against:
            avoid = against[0].strength == "avoid"
            verdict = "is best avoided" if avoid else "needs care"
            summary = f"{agent.title} {verdict}: {said(against[0].subject, 70)}"
            yield finding(order, agent, against, Indicator.WARNING if avoid else Indicator.INFO, summary)
