"""
What is no longer in force and could have had a say on an order: the silence that is said.

An agent's own file is asked for by name where an order is read. Here are the files around it. One that expired is said
where its statements would have met this patient: the same drug, the same other medicine, the same condition. A value
set that is gone takes every statement with it that leans on it, so it is said where one of those would be asked, also
where a deployment switched it off. Other files that a deployment switched off are its decision, and not said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, cast

from .facts import Facts, Known, MedicationOrder, Role
from .in_force import Knowledge
from .references import references
from .situation import holds
from .statements import Combination, Condition, File, Guideline, Interaction, Modifier, Threshold, ValueSet

Concern = Callable[[File, MedicationOrder, Facts, Knowledge], bool]

MOST_NAMED = 4
OUTDATED = "content expired"
TAKEN: Final = (Role.ACTIVE, Role.DRAFT)


def lapsed(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """One line each file that is missed here, at most four and a count of the others."""
    if not knowledge.expired:
        return
    beside = (
        name for other in facts.orders if other.role in TAKEN and other is not order for name in other.ingredients
    )
    former = {name: file for name in beside if (file := knowledge.former_agent(name)) and name not in order.ingredients}
    missed = [
        file
        for _, file in sorted(knowledge.expired.items())
        if _is_missed(file) and CONCERNS[type(file)](file, order, facts, knowledge)
    ]
    yield from _in_lines(
        [f"{f.title.lower()}, beside it: {gone(f)}, so no pair with it was judged" for f in former.values()]
    )
    yield from _in_lines([_line(file) for file in missed])


def lapsed_offers(facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """The same for offers made without an order: what would have moved them for this patient."""
    missed = [
        file
        for _, file in sorted(knowledge.expired.items())
        if _is_missed(file) and isinstance(file, Modifier) and any(holds(when, facts) for when in file.when)
    ]
    yield from _in_lines([_line(file) for file in missed])


def _line(file: File) -> str:
    return f"{file.title}: {gone(file)}, so it was not taken into account ({file.path})"


def _in_lines(lines: list[str]) -> Iterator[str]:
    yield from lines[:MOST_NAMED]
    if len(lines) > MOST_NAMED:
        yield f"{len(lines) - MOST_NAMED} more files of this content that are not in force"


def gone(file: File) -> str:
    """Why a file is not in force, in words."""
    if file.review.status == "retired":
        return "this content is switched off here"
    return f"this content expired on {file.review.expires.isoformat()}"


def outdated(file: File) -> str:
    """The same in two words, for a headline."""
    return "content switched off" if file.review.status == "retired" else OUTDATED


def _is_missed(file: File) -> bool:
    return type(file) in CONCERNS and (isinstance(file, ValueSet) or file.review.status != "retired")


# --- does it concern this order and this patient? -------------------------------------------------------------------


def _condition(file: File, _: MedicationOrder, facts: Facts, __: Knowledge) -> bool:
    return any(facts.conditions_in(cast(Condition, file).value_set))


def _modifier(file: File, _: MedicationOrder, facts: Facts, __: Knowledge) -> bool:
    return any(holds(when, facts) for when in cast(Modifier, file).when)


def _combination(file: File, order: MedicationOrder, facts: Facts, _: Knowledge) -> bool:
    pair = cast(Combination, file)
    return _meets(pair.a, pair.b, order, facts)


def _interaction(file: File, order: MedicationOrder, facts: Facts, _: Knowledge) -> bool:
    return any(_meets(pair.a, pair.b, order, facts) for pair in cast(Interaction, file).pair)


def _threshold(file: File, order: MedicationOrder, _: Facts, __: Knowledge) -> bool:
    """One that names no medicine is asked about all of ours."""
    named = [{*row.agents, *row.classes} for row in cast(Threshold, file).row]
    return any(not names or names & names_of(order) for names in named)


def _guideline(file: File, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """Only one that would be cited: on this drug, for this patient's condition, and current."""
    guideline = cast(Guideline, file)
    return (
        guideline.in_force_by_default
        and not guideline.superseded
        and knowledge.jurisdiction in guideline.jurisdiction
        and any(
            names_of(order).intersection(row.agents) and any(facts.conditions_in(row.condition))
            for row in guideline.recommendation
        )
    )


def _value_set(file: File, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """Where the patient has something that might belong to it, and something that would be asked leans on it."""
    value_set = cast(ValueSet, file)
    if value_set.kind == "medicine":
        return any(names_of(other) & {*value_set.ingredients, *value_set.classes} for other in facts.orders)
    if value_set.kind == "condition" and Known.CONDITIONS in facts.known and not facts.conditions:
        return False
    return bool(value_set.meaning) or any(file.id in _leans_on(other, knowledge) for other in _asked(order, knowledge))


def _leans_on(file: File, knowledge: Knowledge) -> frozenset[str]:
    """The value sets that a file names."""
    return knowledge.once(
        ("value sets of", id(file)),
        lambda: frozenset(reference.id for reference in references(file) if reference.kind == "value set"),
        file,
    )


def _asked(order: MedicationOrder, knowledge: Knowledge) -> Iterator[File]:
    """The files that judge an order whatever the patient has: its agents, and what offers and thresholds rest on."""
    yield from (knowledge.agents[name] for name in order.ingredients if name in knowledge.agents)
    yield from knowledge.conditions.values()
    yield from knowledge.modifiers.values()
    names = names_of(order)
    yield from (file for file in knowledge.thresholds.values() if _names_any(file, names))


def _names_any(file: Threshold, names: set[str]) -> bool:
    return any(names.intersection((*row.agents, *row.classes)) for row in file.row)


def _meets(a: Iterable[str], b: Iterable[str], order: MedicationOrder, facts: Facts) -> bool:
    """The order on one side, and on the other a medicine of the patient, or one that is not known."""
    one, other = set(a), set(b)
    return any(
        names_of(order) & mine
        and (Known.MEDICATIONS not in facts.known or any(names_of(o) & theirs for o in facts.orders if o is not order))
        for mine, theirs in ((one, other), (other, one))
    )


def names_of(order: MedicationOrder) -> set[str]:
    """Everything that a statement may call a medicine by: ingredients and classes."""
    return {*order.ingredients, *order.classes}


CONCERNS: Final[Mapping[type[File], Concern]] = {
    Condition: _condition,
    Modifier: _modifier,
    Combination: _combination,
    Interaction: _interaction,
    Threshold: _threshold,
    Guideline: _guideline,
    ValueSet: _value_set,
}
