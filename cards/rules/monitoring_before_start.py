"""
Monitoring before start

When    an agent is ordered for the first time
And     a test that comes first (ECG, HLA-B*15:02, sodium, liver, kidney function ...) has no answer recent enough
Then    name the tests that are due, all of an order on one card; no test is not a normal test
Silent  when every test has its answer, or the agent is forbidden anyway; for what is measured at the visit alone, such
        as blood pressure; for kidney function where the dose makes it matter: could-not-be-checked speaks
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ..facts import Facts, MedicationOrder
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged
from ..limits import kidneys_matter
from ..starting import Before, taken_before
from ..statements import Agent, Monitoring
from ..suitability import objections
from ..tests_due import tests_due
from ..wording import capital, listed

OPEN = "medicines taken before: not known, so this may not be the first order"


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        if taken_before(agent.id, facts, knowledge) is Before.TAKING:
            continue
        due = list(_due(order, agent, facts, knowledge))
        if any(not row.bedside for row in due) and not _forbidden(order, agent, facts, knowledge):
            yield _finding(order, agent, due, facts, knowledge)


def _due(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Monitoring]:
    said = not facts.kidneys.known and kidneys_matter(agent, order, facts, knowledge)
    kidneys = knowledge.value_sets.with_meaning("creatinine") if said else frozenset()
    for row in tests_due(agent, order.formulation, facts, knowledge):
        if row.value_set not in kidneys:
            yield row


def _forbidden(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    against = objections(agent, order.formulation, facts, knowledge)
    return any(o.strength == "contraindicated" and o.certain for o in against)


def _finding(
    order: MedicationOrder, agent: Agent, due: list[Monitoring], facts: Facts, knowledge: Knowledge
) -> Finding:
    by_test = {row.value_set: row for row in reversed(due)}  # the first row of each test
    rows = [by_test[name] for name in dict.fromkeys(row.value_set for row in due)]
    names = dict.fromkeys(knowledge.value_sets.test(row.value_set) for row in rows if not row.bedside)
    return Finding(
        summary=f"Due before {agent.title.lower()} is started: {listed(names)}",
        indicator=Indicator.INFO,
        agents=(agent.id,),
        orders=(order.reference,) if order.reference else (),
        detail=tuple(f"{capital(row.what)}: {_last(row, facts)}" for row in rows),
        because=tuple(knowledge.cite(agent, "monitoring", row) for row in rows),
        not_checked=(OPEN,) if taken_before(agent.id, facts, knowledge) is Before.OPEN else (),
    )


def _last(row: Monitoring, facts: Facts) -> str:
    """What is on record of it; a test that counts at any age is not due once it was done."""
    days: list[date] = [r.day for r in facts.results if r.what == row.value_set and r.day is not None]
    if not days:
        return "none on record"
    return f"the last is of {max(days).isoformat()}, more than {row.within_days} days ago"
