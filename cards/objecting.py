"""
Objections put as a finding: the rules on conditions and allergies differ in which they take and how urgent they are.
"""

from __future__ import annotations

from collections.abc import Sequence

from .facts import MedicationOrder
from .finding import Finding, Indicator
from .statements import Agent
from .suitability import Objection
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
        detail=tuple(dict.fromkeys(f"{capital(o.strength)}: {o.why}{_on_record(o)}" for o in against)),
        because=tuple(dict.fromkeys(o.because for o in against)),
        on_kidneys=any(o.kind == "kidneys" for o in against),
    )


def _on_record(objection: Objection) -> str:
    """Which record says so, where the card has room: the dated condition."""
    condition = objection.condition
    return f" (recorded {condition.onset.isoformat()})" if condition and condition.onset else ""
