"""
Contraindicated by an allergy

When    an allergy to an agent that is ordered, to a class it is of, or to another of its group that cross-reacts, is
        on record
Then    say to what: an allergy is critical, an intolerance a warning
Silent  when the record was refuted, or says that there is no allergy
"""

from __future__ import annotations

from collections.abc import Iterator

from ..against_allergies import by_allergy
from ..facts import Facts
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged
from ..objecting import finding
from ..objection import one_a_subject

INDICATORS = {"contraindicated": Indicator.CRITICAL, "avoid": Indicator.WARNING}


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        against = one_a_subject(by_allergy(agent, facts, knowledge))
        if against:
            word = "allergy" if against[0].strength == "contraindicated" else "intolerance"
            summary = f"{agent.title}: recorded {word} to {against[0].subject}"
            yield finding(order, agent, against, INDICATORS[against[0].strength], summary)
