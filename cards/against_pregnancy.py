"""
What pregnancy, breast-feeding, or a pregnancy that is not excluded says against an agent.

The law: what is on record is certain; what is only not excluded is asked, and never critical. What another jurisdiction
forbids is a caution here, unless this one has a statement of its own on the period. Where a pregnancy is wished for,
what holds in pregnancy counts beforehand.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Condition, Facts
from .in_force import Knowledge
from .objection import Objection
from .statements import Agent, Pregnancy, Strength
from .wording import said

POSSIBLE = "may-become-pregnant"
WISHED = "wishes-a-pregnancy"


def by_pregnancy(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for row, strength in _rows(agent, formulation, knowledge):
        condition = on_record(row.meaning, facts, knowledge)
        if condition or _not_excluded(row.meaning, facts, knowledge):
            yield _objection(agent, row, strength, condition, knowledge)
    wished = on_record(WISHED, facts, knowledge)
    if wished and not on_record("pregnant", facts, knowledge):
        yield from _when_it_comes(agent, formulation, wished, knowledge)


def _when_it_comes(
    agent: Agent, formulation: str | None, wished: Condition, knowledge: Knowledge
) -> Iterator[Objection]:
    """What holds in pregnancy, as a caution, where nothing graver is said of the time before it."""
    rows = list(_rows(agent, formulation, knowledge))
    if any(row.meaning == POSSIBLE and strength != "caution" for row, strength in rows):
        return
    for row in (row for row, _ in rows if row.meaning == "pregnant"):
        because = knowledge.cite(agent, row.key, row)
        subject = f"trying for a pregnancy ({said(wished.label, 60)})"
        why = f"trying for a pregnancy; in pregnancy: {row.advice}"
        yield Objection("caution", why, subject, because, wished, "period", wished.reference, wished.onset)


def on_record(meaning: str, facts: Facts, knowledge: Knowledge) -> Condition | None:
    """The condition that says so; while pregnant, nobody "could become" so."""
    if meaning == POSSIBLE and on_record("pregnant", facts, knowledge):
        return None
    sets = knowledge.value_sets.with_meaning(meaning)
    return next((c for id_ in sorted(sets) for c in facts.conditions_in(id_)), None)


def _not_excluded(meaning: str, facts: Facts, knowledge: Knowledge) -> bool:
    return not facts.not_excluded.isdisjoint(knowledge.value_sets.with_meaning(meaning))


def _rows(agent: Agent, formulation: str | None, knowledge: Knowledge) -> Iterator[tuple[Pregnancy, Strength]]:
    here = knowledge.here(agent.pregnancy, formulation)
    yield from ((row, row.strength) for row in here)
    covered = {row.period for row in here}
    for row in agent.pregnancy:
        fits = not row.formulation or formulation in row.formulation
        if fits and row.period not in covered and row.strength != "caution":
            yield row, "caution"


def _objection(
    agent: Agent, row: Pregnancy, strength: Strength, condition: Condition | None, knowledge: Knowledge
) -> Objection:
    why = f"{row.period}: {row.advice}" if condition else f"pregnancy not excluded: {row.advice}"
    return Objection(
        strength,
        why,
        f"{row.period} ({said(condition.label, 60)})" if condition else "pregnancy not excluded",
        knowledge.cite(agent, row.key, row),
        condition,
        "period",
        condition.reference if condition else "",
        condition.onset if condition else None,
        certain=condition is not None,
    )
