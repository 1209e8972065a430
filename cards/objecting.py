"""
Objections put as a finding: the rules on conditions and allergies differ in which they take and how urgent they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from .facts import MedicationOrder
from .finding import Finding, Indicator
from .objection import Objection
from .statements import Agent
from .wording import capital


def finding(
    order: MedicationOrder, agent: Agent, against: Sequence[Objection], indicator: Indicator, summary: str
) -> Finding:
    """One card on one order and agent, with every objection as a line."""
    return Finding(
        summary=summary,
        indicator=indicator,
        agents=(agent.id,),
        orders=(order.reference,) if order.reference else (),
        conditions=tuple(dict.fromkeys(o.reference for o in against if o.reference.startswith("Condition/"))),
        detail=tuple(dict.fromkeys(line(o) for o in against)),
        because=tuple(dict.fromkeys(o.because for o in against)),
        on_kidneys=any(o.kind == "kidneys" for o in against),
    )


def line(objection: Objection) -> str:
    return f"{capital(objection.strength)}: {objection.why}{_on_record(objection)}"


def _on_record(objection: Objection) -> str:
    """Which record says so, and when: "(Condition/avb, 2024-05-01; provisional)"."""
    where = ", ".join(
        part for part in (objection.reference, objection.day.isoformat() if objection.day else "") if part
    )
    provisional = "provisional" if objection.condition and objection.condition.provisional else ""
    record = "; ".join(part for part in (where, provisional) if part)
    return f" ({record})" if record else ""
