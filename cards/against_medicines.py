"""
Other medicines that an agent would meet if it were ordered: what their statements say against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .clashes import Severity
from .facts import Facts, MedicationOrder, Role
from .in_force import Knowledge
from .objection import Objection
from .pairs import meetings_of
from .statements import Agent, Strength
from .wording import uncapital

OBJECTS: Mapping[Severity, Strength] = {
    Severity.MODERATE: "caution",
    Severity.MAJOR: "avoid",
    Severity.CONTRAINDICATED: "contraindicated",
}


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
