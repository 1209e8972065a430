"""
What an order is for: the condition at hand, and the indications that decide its limits.

The order's own reason decides. Without one, or where it could not be read, every active neuropathic condition is at
hand; if the patient also has another condition the agent is labelled for, or a reason was not read, the order may be
for something else, and advice is worded "If for neuropathic pain".
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from .facts import Condition, Facts, MedicationOrder, Unread
from .in_force import Knowledge
from .statements import Agent
from .statements import Condition as Ladder


class AtHand(Struct, frozen=True):
    """`ladders` are the condition files that fit, each with the patient's Condition."""

    ladders: tuple[tuple[Ladder, Condition], ...]
    indications: frozenset[str]  # value sets that decide maxima and renal tables
    other_reason: bool = False  # the order says it is for something else: rules about neuropathic pain are silent
    perhaps_other: bool = False  # no reason, and another labelled indication is active; or the reason was not read
    by_reason: bool = False  # the order's own reason decided
    unread: tuple[Unread, ...] = ()  # the order's reasons that were not read, so that the record decided

    @property
    def conditions(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(condition.reference for _, condition in self.ladders if condition.reference))


def at_hand(facts: Facts, knowledge: Knowledge, order: MedicationOrder | None = None) -> AtHand:
    """For one order, or (None) for the patient."""
    return facts.once("at hand", lambda: _at_hand(facts, knowledge, order), order)


def _at_hand(facts: Facts, knowledge: Knowledge, order: MedicationOrder | None) -> AtHand:
    said = _by_reason(facts, knowledge, order) if order is not None and order.reason_given else None
    unread = _unread(order, facts) if order is not None else ()
    if said and (said.ladders or not unread):
        return said
    active = [c for c in facts.conditions if not c.resolved]
    ladders = _ladders(active, knowledge)
    others = _other_labelled(order, active, knowledge) if order else frozenset()
    indications = frozenset(i for ladder, c in ladders for i in c.value_sets).union(
        others, said.indications if said else ()
    )
    return AtHand(ladders, indications, perhaps_other=bool(others or unread), unread=unread)


def _unread(order: MedicationOrder, facts: Facts) -> tuple[Unread, ...]:
    """Reasons that say nothing, and those that are no condition that came and counts."""
    came = {condition.reference for condition in facts.conditions}
    return tuple(each for each in order.reason_unread if not each.reference or each.reference not in came)


def _by_reason(facts: Facts, knowledge: Knowledge, order: MedicationOrder) -> AtHand:
    named = [c for c in facts.conditions if c.reference and c.reference in order.reason_references]
    coded = [c for c in facts.conditions if c not in named and _narrowed(order, knowledge) & c.value_sets]
    own = Condition(reference="", label="", value_sets=order.reason_value_sets)
    sets = order.reason_value_sets.union(*(c.value_sets for c in named))
    ladders = _ladders([*named, *(c for c in coded if _neuropathic(c, knowledge)), own], knowledge)
    return AtHand(_one_each(ladders), sets, other_reason=not ladders, by_reason=True)


def _narrowed(order: MedicationOrder, knowledge: Knowledge) -> frozenset[str]:
    """What the reason's codes mean, without what they share with every other pain: a reason of one kind is no reason of
    another that happens to be on record."""
    kinds = [ladder for ladder in knowledge.ladders_of(order.reason_value_sets) if not knowledge.is_generic(ladder)]
    return frozenset(ladder.value_set for ladder in kinds) or order.reason_value_sets


def uses(here: AtHand, agent: Agent, knowledge: Knowledge) -> tuple[frozenset[str], ...]:
    """What the order may be for, as one set of value sets a use; where nothing tells, every use the file knows."""
    keyed = knowledge.once(("keyed", id(agent)), lambda: _keyed(agent), agent)
    pains = tuple(dict.fromkeys(knowledge.value_sets.with_parents([ladder.value_set]) for ladder, _ in here.ladders))
    others = tuple(frozenset([i]) for i in sorted((here.indications & keyed) - knowledge.pains))
    if pains or others:
        return (*pains, *others)
    if here.indications:
        return (here.indications,)
    return tuple(frozenset([i]) for i in sorted({i for row in agent.maximum for i in row.indication})) or (frozenset(),)


def _keyed(agent: Agent) -> frozenset[str]:
    """The value sets that the agent's file has figures or approvals for."""
    return frozenset(i for row in (*agent.maximum, *agent.approved) for i in row.indication)


def _neuropathic(condition: Condition, knowledge: Knowledge) -> bool:
    return any(ladder.value_set in condition.value_sets for ladder in knowledge.conditions.values())


def _ladders(conditions: Iterable[Condition], knowledge: Knowledge) -> tuple[tuple[Ladder, Condition], ...]:
    found = [(ladder, c) for c in conditions for ladder in knowledge.ladders_of(c.value_sets)]
    specific = [pair for pair in found if not knowledge.is_generic(pair[0])]
    return _one_each(specific or found)


def _one_each(pairs: Iterable[tuple[Ladder, Condition]]) -> tuple[tuple[Ladder, Condition], ...]:
    by_ladder: dict[str, tuple[Ladder, Condition]] = {}
    for ladder, condition in pairs:
        by_ladder.setdefault(ladder.id, (ladder, condition))
    return tuple(by_ladder.values())


def _other_labelled(order: MedicationOrder, active: Iterable[Condition], knowledge: Knowledge) -> frozenset[str]:
    """Value sets of active conditions, not neuropathic, that one of the order's agents is approved for."""
    agents = [knowledge.agents[name] for name in order.ingredients if name in knowledge.agents]
    labelled = {i for agent in agents for i in _labelled(agent, knowledge)}
    return frozenset(s for c in active if not c.provisional for s in c.value_sets if s in labelled)


def _labelled(agent: Agent, knowledge: Knowledge) -> set[str]:
    neuropathic = {ladder.value_set for ladder in knowledge.conditions.values()}
    return {i for row in agent.approved for i in row.indication} - neuropathic
