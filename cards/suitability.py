"""
What speaks against an agent for this patient: conditions, results, kidneys, allergies, age, pregnancy, other medicines.

One place weighs an agent; rules that warn about an order and the rule that ranks offers all ask here, so that nothing a
rule would forbid is ever suggested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .clashes import Severity
from .facts import Condition, Facts, MedicationOrder, Role
from .finding import Statement
from .in_force import Knowledge, age_may_hold, band_for
from .pairs import meetings_of
from .statements import Agent, Contraindication, Strength
from .wording import uncapital


@dataclass(frozen=True, slots=True)
class Objection:
    """One reason against one agent. `strength` is for this jurisdiction, this patient and what is dated."""

    strength: Strength
    why: str  # "heart failure: oedema"
    subject: str  # what the headline names: "Congestive heart failure"
    because: Statement
    condition: Condition | None = None
    kind: str = "condition"  # "condition" | "kidneys" | "allergy" | "medicine" | "age" | "pregnancy" | "result"
    reference: str = ""  # of the resource it rests on


def objections(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """Everything on record that speaks against the agent, strongest not first; each is a reason of its own."""
    yield from by_condition(agent, formulation, facts, knowledge)
    yield from by_result(agent, facts, knowledge)
    yield from by_kidneys(agent, formulation, facts, knowledge)
    yield from by_allergy(agent, facts, knowledge)
    yield from by_medicine(agent, formulation, facts, knowledge)


def by_condition(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """Contraindications whose value set is on record, with the strength they have here."""
    for row in agent.contraindication:
        if (row.formulation and formulation not in row.formulation) or not age_may_hold(row, facts.age_between()):
            continue
        for condition in facts.conditions_in(row.value_set):
            strength = _strength(row, condition, facts, knowledge)
            if strength:
                title = knowledge.value_sets.title(row.value_set)
                why = f"{title}: {row.why or row.note}" if (row.why or row.note) else title
                because = knowledge.cite(agent, "contraindication", row)
                yield Objection(
                    strength, why, condition.label or title, because, condition, reference=condition.reference
                )


def _strength(row: Contraindication, condition: Condition, facts: Facts, knowledge: Knowledge) -> Strength | None:
    if row.crcl is not None and facts.kidneys.value is not None:
        return row.strength if row.crcl.holds(facts.kidneys.value) else None
    here = not row.jurisdiction or knowledge.jurisdiction in row.jurisdiction
    if not here:
        return "caution" if row.strength != "caution" or row.caution_elsewhere else None
    if row.recent_days is not None and not _recent(condition, row.recent_days, facts):
        return "caution"
    return row.strength


def _recent(condition: Condition, days: int, facts: Facts) -> bool:
    return condition.onset is not None and (facts.day - condition.onset).days <= days


def by_kidneys(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """A renal table or a dialysis entry that says not to use it at this kidney function."""
    if facts.kidneys.dialysis or facts.kidneys.stage_five:
        for entry in knowledge.holding(agent.dialysis, formulation):
            if entry.avoid:
                because = knowledge.cite(agent, "dialysis", entry)
                yield Objection("avoid", f"dialysis: {entry.advice}", "dialysis", because, kind="kidneys")
        return
    table = knowledge.renal(agent, formulation or "", ())
    if table is None or not facts.kidneys.known:
        return
    if any(band.avoid for band in band_for(table, facts.kidneys)):
        because = knowledge.cite(agent, "renal", table)
        yield Objection("avoid", "kidney function", "kidney function", because, kind="kidneys")


def by_result(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """A pharmacogenetic answer on record that speaks against the agent. No test is not a negative test."""
    for row in knowledge.here(agent.pharmacogenetics):
        latest = facts.latest(row.value_set)
        if latest and latest.text.lower() in row.text:
            title = knowledge.value_sets.title(row.value_set)
            because = knowledge.cite(agent, "pharmacogenetics", row)
            why = f"{title} {latest.text.lower()}: {row.advice}"
            yield Objection(
                row.strength, why, f"{title} {latest.text.lower()}", because, kind="result", reference=latest.reference
            )


def by_allergy(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """A recorded allergy to the ingredient or to its group; an intolerance speaks against it less."""
    groups = {agent.id, *agent.allergy_groups}
    for allergy in facts.allergies:
        if groups & allergy.substances:
            strength: Strength = "avoid" if allergy.intolerance and not allergy.severe else "contraindicated"
            word = "intolerance" if allergy.intolerance else "allergy"
            why, because = f"recorded {word}: {allergy.label}", knowledge.cite(agent, "allergy_groups")
            yield Objection(strength, why, allergy.label, because, kind="allergy", reference=allergy.reference)


def by_medicine(agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    """Medicines drafted, being taken, or stopped within a wash-out, that the agent would meet if it were ordered."""
    routes = next((f.routes for f in agent.formulation if f.id == formulation), ())
    order = MedicationOrder(
        "", Role.DRAFT, agent.title, (agent.id,), formulation=formulation, route=routes[0] if len(routes) == 1 else None
    )
    for meeting in meetings_of(order, (agent.id,), facts, knowledge):
        gravest, other = meeting.clashes[0], meeting.other
        if gravest.severity in OBJECTS:
            name = knowledge.name(other.ingredient)
            why = f"with {name}{' (stopped lately)' if other.past else ''}: {uncapital(gravest.why)}"
            yield Objection(
                OBJECTS[gravest.severity], why, name, gravest.because, kind="medicine", reference=other.order.reference
            )


OBJECTS: Mapping[Severity, Strength] = {
    Severity.MODERATE: "caution",
    Severity.MAJOR: "avoid",
    Severity.CONTRAINDICATED: "contraindicated",
}
