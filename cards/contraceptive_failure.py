"""
Whether an agent makes hormonal contraception fail, at this dose: what the statements on the pair say.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Facts, MedicationOrder
from .finding import Statement
from .in_force import Knowledge
from .limits import in_unit
from .statements import Agent, Pair
from .totals import total_a_day


def contraception_fails(
    order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge
) -> Iterator[tuple[str, Statement]]:
    """A line with its source; none where a hormonal contraceptive is on the list, since the pair itself is a card."""
    hormonal = knowledge.value_sets.with_meaning("hormonal-contraception")
    if any(not order.classes.isdisjoint(hormonal) for order in (*facts.active(), *facts.drafts())):
        return
    named = {agent.id, *knowledge.value_sets.classes_of(agent.id)}
    for file in knowledge.interactions.values():
        for pair in knowledge.here(file.pair):
            meets = named.intersection(pair.a) and hormonal.intersection(pair.b)
            if meets and _reached(pair, order, agent, facts, knowledge):
                line = f"Hormonal contraception: {pair.why.rstrip('.')}. {pair.action}"
                yield line, knowledge.cite(file, "pair", pair)


def _reached(pair: Pair, order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether the dose is so high that it holds; a dose that is not known may be."""
    if pair.from_dose is None:
        return True
    total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
    dose = in_unit(total.together, pair.from_dose.unit)
    return dose is None or dose >= pair.from_dose.value
