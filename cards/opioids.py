"""
What a patient takes of opioids in all: morphine equivalents a day, whether that makes tolerant, what slows breathing
beside them, and whether there is a rescue.

The law: what cannot be counted is named, never zero; what is given for opioid use disorder is not counted; an active
order that a draft replaces is over, one that it may replace is counted apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from enum import Enum
from fractions import Fraction

from msgspec import Struct

from .facts import Facts, Known, MedicationOrder
from .in_force import Knowledge
from .limits import in_unit
from .opioid_scope import is_treatment
from .starting import end_of
from .statements import Opioid
from .totals import Mme, mme_per_day, standing, step_of

RESCUE = "opioid-reversal"
OPIOIDS = "any-opioid"
SLOWS_BREATHING = "slows-breathing-with-opioid"
TOLERANCE = "opioid tolerance"
TOLERANCE_DAYS = "days of opioid tolerance"


class Total(Struct, frozen=True):
    """`alone` leaves out what may be replaced by a draft; without such orders both are the same."""

    alone: Mme
    together: Mme


def morphine_equivalents(facts: Facts, knowledge: Knowledge) -> Total:
    """Over the drafts and the active orders beside them."""
    fate = standing(facts.drafts(), facts.active(), facts.day, knowledge.supply_days)
    sure = [o for o in (*facts.drafts(), *fate.continuing) if not _is_treatment(o, facts, knowledge)]
    maybe = [o for o in fate.uncertain if not _is_treatment(o, facts, knowledge)]
    factors = _factors((*sure, *maybe), knowledge)
    return Total(mme_per_day(sure, factors), mme_per_day([*sure, *maybe], factors))


def _is_treatment(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    agents = (knowledge.agents[name] for name in order.ingredients if name in knowledge.agents)
    return any(is_treatment(order, agent, facts, knowledge) for agent in agents)


def _factors(orders: Iterable[MedicationOrder], knowledge: Knowledge) -> dict[str, Opioid | None]:
    """Of every opioid in the orders; None for one that is not ours."""
    opioids = knowledge.value_sets.with_meaning(OPIOIDS)
    names = {name for order in orders for name in order.ingredients}
    found = {name for name in names if not opioids.isdisjoint(knowledge.value_sets.classes_of(name))}
    ours = {name: knowledge.agents[name].opioid for name in names if name in knowledge.agents}
    return {name: ours.get(name) for name in found | {name for name, opioid in ours.items() if opioid}}


# --- beside an opioid -----------------------------------------------------------------------------------------------


def pairs_that_slow_breathing(facts: Facts, knowledge: Knowledge) -> Iterator[tuple[MedicationOrder, MedicationOrder]]:
    """An opioid and what slows breathing beside it, one of them judged; what a draft replaces is over."""
    fate = standing(facts.drafts(), facts.active(), facts.day, knowledge.supply_days)
    there = [*facts.drafts(), *fate.continuing, *fate.uncertain]
    depressants = list(_of(SLOWS_BREATHING, there, knowledge))
    for opioid in _of(OPIOIDS, there, knowledge):
        for other in depressants:
            if (opioid.selected or other.selected) and set(opioid.ingredients).isdisjoint(other.ingredients):
                yield opioid, other


def meant(meaning: str, order: MedicationOrder, knowledge: Knowledge) -> str:
    """Which of the order's ingredients is of the kind: of oxycodone with acetaminophen, the opioid."""
    sets = knowledge.value_sets.with_meaning(meaning)
    return next(name for name in order.ingredients if not sets.isdisjoint(knowledge.value_sets.classes_of(name)))


def missing_rescue(facts: Facts, knowledge: Knowledge) -> str:
    """What reverses opioids, in words, where none is on the list or drafted: one within an opioid's tablet is none.
    Empty where there is one, or the list is not known."""
    sets = knowledge.value_sets.with_meaning(RESCUE)
    there = any(
        order.ingredients and all(sets & knowledge.value_sets.classes_of(name) for name in order.ingredients)
        for order in (*facts.drafts(), *facts.active())
    )
    if there or Known.MEDICATIONS not in facts.known:
        return ""
    return " or ".join(knowledge.value_sets.title(name) for name in sorted(sets))


def _of(meaning: str, orders: Iterable[MedicationOrder], knowledge: Knowledge) -> Iterator[MedicationOrder]:
    sets = knowledge.value_sets.with_meaning(meaning)
    return (order for order in orders if not sets.isdisjoint(order.classes))


# --- tolerance ------------------------------------------------------------------------------------------------------


class Tolerance(Enum):
    SHOWN = "taken for long enough, and enough of it"
    NOT_SHOWN = "nothing on record makes tolerant"
    OPEN = "not known"


def tolerance(facts: Facts, knowledge: Knowledge) -> Tolerance:
    """Whether an opioid has been taken for so long and so much that the labels call the patient tolerant."""
    taken = list(_of(OPIOIDS, facts.active(), knowledge))
    if _enough([order for order in taken if _for_long(order, facts, knowledge) is True], knowledge):
        return Tolerance.SHOWN
    maybe = [order for order in taken if _for_long(order, facts, knowledge) is not False]
    if _enough(maybe, knowledge) or any(order.dosage.highest is None for order in maybe):
        return Tolerance.OPEN
    return Tolerance.OPEN if _hinted(facts, knowledge) else Tolerance.NOT_SHOWN


def taken_for_long(ingredient: str, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether this very opioid has been taken for as long as makes tolerant."""
    taken = (order for order in facts.active() if ingredient in order.ingredients)
    return any(_for_long(order, facts, knowledge) for order in taken)


def _for_long(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool | None:
    """None: the order has no date."""
    begun = order.starts or order.authored
    return None if begun is None else begun <= facts.day - timedelta(days=knowledge.days(TOLERANCE_DAYS))


def _enough(orders: list[MedicationOrder], knowledge: Knowledge) -> bool:
    """Of one opioid what its row says; or of all together the row that names none, in morphine equivalents."""
    for _, row in knowledge.rows_of(TOLERANCE):
        if row.value is None:
            continue
        if not row.agents:
            if mme_per_day(orders, _factors(orders, knowledge)).at_least >= row.value.value:
                return True
        elif any(_dose(orders, name, row.value.unit) >= row.value.value for name in row.agents):
            return True
    return False


def _dose(orders: list[MedicationOrder], name: str, unit: str) -> Fraction:
    steps = (step_of(order, name) for order in orders if name in order.ingredients)
    doses = (in_unit(step.daily, unit) for step in steps if step)
    return sum((dose for dose in doses if dose is not None), Fraction(0))


def _hinted(facts: Facts, knowledge: Knowledge) -> bool:
    """The list is not known, an opioid ended lately, or a condition says that one is taken for long."""
    lately = facts.day - timedelta(days=knowledge.supply_days)
    ended = (end_of(order) for order in _of(OPIOIDS, facts.past(), knowledge))
    long = knowledge.value_sets.with_meaning("opioid-taken-long")
    return (
        Known.MEDICATIONS not in facts.known
        or any(day is None or day >= lately for day in ended)
        or any(any(facts.conditions_in(name)) for name in long)
    )
