"""
Contraindications whose condition is on record, or whose age holds, with the strength they have here.

The law: in the other jurisdictions a contraindication is a caution; "recent" without a recent date is a caution;
provisional conditions count. What a measured kidney function decides is left to it: a stage may be out of date.
"""

from __future__ import annotations

from collections.abc import Iterator

from .facts import Condition, Facts
from .in_force import Knowledge, age_may_hold
from .objection import Objection
from .situation import crcl_holds
from .statements import Agent, Contraindication, Strength
from .wording import kidneys_in_short, said


def by_condition(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for row, strength in _rows(agent, formulation, knowledge):
        by_clearance = row.crcl is not None and _measured(facts)
        if (row.value_set and not by_clearance and not facts.has(row.value_set)) or not age_may_hold(
            row, facts.age_between()
        ):
            continue
        if not row.value_set:
            yield _by_age(agent, row, strength, facts, knowledge)
        elif by_clearance:
            yield from _by_clearance(agent, row, strength, facts, knowledge)
        else:
            yield from _on_record(agent, row, strength, facts, knowledge)


def _rows(agent: Agent, formulation: str | None, knowledge: Knowledge) -> tuple[tuple[Contraindication, Strength], ...]:
    """What the file says against the agent in this formulation, with the strength that it has here."""

    def found() -> Iterator[tuple[Contraindication, Strength]]:
        for row in agent.contraindication:
            strength = _here(row, knowledge)
            if strength and (not row.formulation or formulation in row.formulation):
                yield row, strength

    return knowledge.once(("contraindications", id(agent), formulation), lambda: tuple(found()), agent)


def _on_record(
    agent: Agent, row: Contraindication, strength: Strength, facts: Facts, knowledge: Knowledge
) -> Iterator[Objection]:
    title = knowledge.value_sets.title(row.value_set)
    for condition in facts.on_record(row.value_set):
        less = _why_less(row, condition, facts, knowledge)
        yield Objection(
            strength="caution" if less else strength,
            why=": ".join(part for part in (title + less, row.why or row.note) if part),
            subject=said(condition.label, 70) or title,
            because=knowledge.cite(agent, "contraindication", row),
            condition=condition,
            kind="kidneys" if row.crcl is not None else "condition",
            reference=condition.reference,
            day=condition.onset,
            elsewhere=_is_elsewhere(row, knowledge),
        )


def _why_less(row: Contraindication, condition: Condition, facts: Facts, knowledge: Knowledge) -> str:
    """Why caution is enough: treated, or not known to be recent."""
    treated = [name for name in row.unless_value_sets if any(facts.on_record(name))]
    if treated:
        return f" ({knowledge.value_sets.title(treated[0])} on record)"
    if row.recent_days is not None and not _recent(condition, row.recent_days, facts):
        return f" (but not known to be within {row.recent_days} days)"
    return ""


def _is_elsewhere(row: Contraindication, knowledge: Knowledge) -> bool:
    return bool(row.jurisdiction) and knowledge.jurisdiction not in row.jurisdiction


def _here(row: Contraindication, knowledge: Knowledge) -> Strength | None:
    """How strongly it holds in this jurisdiction; a caution of another is none."""
    if not _is_elsewhere(row, knowledge):
        return row.strength
    return "caution" if row.strength != "caution" or row.caution_elsewhere else None


def _recent(condition: Condition, days: int, facts: Facts) -> bool:
    return condition.onset is not None and (facts.day - condition.onset).days <= days


def _by_age(agent: Agent, row: Contraindication, strength: Strength, facts: Facts, knowledge: Knowledge) -> Objection:
    """For the age alone. An age that is not known is no child's: it is a caution."""
    age = facts.age_between()
    limit = f"under {row.age_under}" if row.age_under is not None else f"over {row.age_over or row.age_from}"
    subject = f"age {age[0]}" if age else "age not known"
    because = knowledge.cite(agent, "contraindication", row)
    return Objection(strength if age else "caution", f"{limit}: {row.why}", subject, because, kind="age")


def _measured(facts: Facts) -> bool:
    return facts.kidneys.known and facts.kidneys.method != "ckd-stage"


def _by_clearance(
    agent: Agent, row: Contraindication, strength: Strength, facts: Facts, knowledge: Knowledge
) -> Iterator[Objection]:
    if row.crcl is not None and crcl_holds(row.crcl, facts):
        short = kidneys_in_short(facts.kidneys)
        because = knowledge.cite(agent, "contraindication", row)
        yield Objection(strength, f"{short}: {row.why or row.note}", short, because, kind="kidneys")
