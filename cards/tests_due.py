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
        if (
            row.before_start
            and row.value_set
            and _asked(row, agent, facts)
            and not _answered(row, agent, facts, knowledge)
        ):
            yield row


def _asked(row: Monitoring, agent: Agent, facts: Facts) -> bool:
    """Beside another medicine: the agent itself is none."""
    others = (o for o in facts.orders if o.role in (Role.ACTIVE, Role.DRAFT) and agent.id not in o.ingredients)
    taken = {name for o in others for name in (*o.ingredients, *o.classes)}
    with_it = not row.only_with or bool(taken.intersection(row.only_with))
    return with_it and (not row.only_value_sets or any(any(facts.conditions_in(s)) for s in row.only_value_sets))


def _answered(row: Monitoring, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """By a result, by a known kidney function where that is asked, or by a carrier state on the problem list."""
    if row.value_set in knowledge.value_sets.with_meaning("creatinine") and _kidneys_known(facts):
        return True
    carriers = (gene.carrier for gene in agent.pharmacogenetics if gene.carrier and gene.value_set == row.value_set)
    if any(any(facts.on_record(carrier)) for carrier in carriers):
        return True
    since = facts.day - timedelta(days=row.within_days) if row.within_days is not None else None
    return any(
        result.what == row.value_set and (since is None or (result.day is not None and result.day >= since))
        for result in facts.results
    )


def _kidneys_known(facts: Facts) -> bool:
    """A stage on the problem list is no result; on dialysis none is needed."""
    return bool(facts.kidneys.dialysis) or (facts.kidneys.known and facts.kidneys.method != "ckd-stage")
