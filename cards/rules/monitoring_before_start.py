"""
Monitoring before the start

When    an agent is ordered that this patient does not take yet, or may not
And     a test that is due before the first dose has no recent answer on record
Then    name the tests, each with what it is for; nothing is suggested before they are answered
Silent  when every test has an answer, or the agent is being taken
"""

from __future__ import annotations

from collections.abc import Iterator

from ..facts import Facts, Known, MedicationOrder
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged
from ..starting import Before, taken_before
from ..statements import Agent, Monitoring
from ..tests_due import tests_due
from ..wording import fits, listed


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        due = list(tests_due(agent, order.formulation, facts, knowledge))
        if due and taken_before(agent.id, facts, knowledge) is not Before.TAKING:
            yield _finding(order, agent, due, facts, knowledge)


def _finding(
    order: MedicationOrder, agent: Agent, due: list[Monitoring], facts: Facts, knowledge: Knowledge
) -> Finding:
    names = listed(dict.fromkeys(knowledge.value_sets.title(row.value_set) for row in due))
    return Finding(
        summary=fits(f"{agent.title}, before the first dose: {names}"),
        indicator=Indicator.INFO,
        agents=(agent.id,),
        orders=(order.reference,) if order.reference else (),
        detail=tuple(dict.fromkeys(_line(row) for row in due)),
        because=tuple(dict.fromkeys(knowledge.cite(agent, "monitoring", row) for row in due)),
        not_checked=() if Known.OBSERVATIONS in facts.known else ("results: not supplied",),
    )


def _line(row: Monitoring) -> str:
    within = f" (none in the last {row.within_days} days)" if row.within_days else " (none on record)"
    return f"{row.what}{within}"
