"""
Contraindicated by an allergy

When    an allergy to an agent that is ordered, or to its group, is on record
Then    say to what; an intolerance is a warning, an allergy is critical
Silent  when the record was refuted, or says that there is no allergy
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Facts
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged
from ..objecting import finding
from ..suitability import by_allergy
from ..wording import said


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        against = sorted(by_allergy(agent, facts, knowledge), key=lambda o: o.strength != "contraindicated")
        if against:
            allergic = against[0].strength == "contraindicated"
            indicator = Indicator.CRITICAL if allergic else Indicator.WARNING
            summary = (
                f"{agent.title}: recorded {'allergy' if allergic else 'intolerance'} to {said(against[0].subject, 70)}"
            )
            yield finding(order, agent, against, indicator, summary)
