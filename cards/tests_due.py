"""
Which tests are due before an agent is begun and have no recent answer on record. No test is not a normal test.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from .facts import Facts, Role
from .in_force import Knowledge
from .statements import Agent, Monitoring


def tests_due(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Monitoring]:
    """The rows asked of this patient before the first dose that nothing on record answers."""
    for row in knowledge.holding(agent.monitoring, formulation, (), facts.age_between()):
        if row.before_start and row.value_set and _asked(row, facts) and not _answered(row, facts):
            yield row


def _asked(row: Monitoring, facts: Facts) -> bool:
    taken = {c for o in facts.orders if o.role in (Role.ACTIVE, Role.DRAFT) for c in (*o.ingredients, *o.classes)}
    with_it = not row.only_with or bool(taken.intersection(row.only_with))
    return with_it and (not row.only_value_sets or any(any(facts.conditions_in(s)) for s in row.only_value_sets))


def _answered(row: Monitoring, facts: Facts) -> bool:
    since = facts.day - timedelta(days=row.within_days) if row.within_days is not None else None
    return any(
        result.what == row.value_set and (since is None or (result.day is not None and result.day >= since))
        for result in facts.results
    )
