"""
Daily dose above the renal maximum

When    an agent's total a day, over this order and the others of its ingredient, is readable
And     it is above the limit for this patient's kidney function and the indication
Then    say both figures and the arithmetic, and offer the highest dose allowed, in tablets that exist
Silent  at the limit itself; on dialysis and when no kidney function is known: could-not-be-checked speaks
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..at_hand import AtHand, at_hand
from ..facts import Facts, MedicationOrder
from ..fhir.order import sig
from ..finding import Finding, Indicator, PlannedStep, Proposal
from ..in_force import Knowledge
from ..judged import judged_once
from ..limits import RenalLimit, in_unit, renal_limit
from ..statements import Agent
from ..tablets import highest
from ..totals import Total, total_a_day
from ..wording import amount, kidneys_in_short, number, said, times_a_day


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged_once(facts, knowledge):
        here = at_hand(facts, knowledge, order)
        limit = renal_limit(agent, order.formulation, here.indications, facts, knowledge)
        total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
        dose = above(total, limit) if limit else None
        if limit and dose is not None:
            yield _finding(agent, order, limit, total, dose, here, facts, knowledge)


def above(total: Total, limit: RenalLimit) -> Fraction | None:
    """The dose that is too much: the new order alone if it is, else the sum if both continue; None if neither is."""
    for dose in (total.alone, total.together):
        value = in_unit(dose, limit.unit)
        if value is not None and value > limit.most:
            return value
    return None


def _finding(
    agent: Agent,
    order: MedicationOrder,
    limit: RenalLimit,
    total: Total,
    dose: Fraction,
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    mended = _mended(agent, order, limit, total, knowledge)
    return Finding(
        summary=_summary(agent, dose, limit, total, facts),
        indicator=_indicator(dose, limit, knowledge),
        agents=(agent.id,),
        orders=tuple(part.order.reference for part in total.parts if part.order.reference),
        conditions=here.conditions,
        detail=(total.words, *_lines(limit), *(_allowed(mended, order) if mended else ())),
        because=(limit.because,),
        daily_dose=dose,
        dose_unit=limit.unit,
        limit=limit.as_limit,
        on_kidneys=True,
        proposals=(_proposal(agent, order, mended),) if mended and order.reference else (),
    )


def _summary(agent: Agent, dose: Fraction, limit: RenalLimit, total: Total, facts: Facts) -> str:
    kidneys, ordered = kidneys_in_short(facts.kidneys), amount(dose, limit.unit)
    both = " if both orders continue" if total.ambiguous and dose == in_unit(total.together, limit.unit) else ""
    if not limit.most:
        return f"{agent.title} {ordered} a day{both}: not to be used at {kidneys}"
    return f"{agent.title} {ordered} a day{both} is above the limit of {amount(limit.most, limit.unit)} at {kidneys}"


def _indicator(dose: Fraction, limit: RenalLimit, knowledge: Knowledge) -> Indicator:
    """Critical where the table says so, and where the dose is many times the limit."""
    times = knowledge.critical_multiple
    many = times is not None and limit.most > 0 and dose >= limit.most * times
    return Indicator.CRITICAL if limit.band.critical or many else Indicator.WARNING


def _lines(limit: RenalLimit) -> Iterator[str]:
    edge = limit.band.crcl.text.replace("crcl", "CrCl")
    doses = f", {times_a_day(limit.band.doses_per_day)}" if limit.band.doses_per_day else ""
    yield f"For {edge}: " + (f"at most {amount(limit.most, limit.unit)} a day{doses}" if limit.most else "do not use")
    if limit.band.note:
        yield limit.band.note


def _mended(
    agent: Agent, order: MedicationOrder, limit: RenalLimit, total: Total, knowledge: Knowledge
) -> PlannedStep | None:
    """The highest dose allowed, if this order alone is at fault and was read without conflict."""
    formulation = next(f for f in agent.formulation if f.id == order.formulation)
    if not limit.most or len(total.parts) > 1 or order.dosage.conflict or not order.sure or limit.unit != "mg/d":
        return None
    doses = limit.band.doses_per_day or (order.dosage.first.doses_per_day if order.dosage.first else None)
    return highest(knowledge.tablets(agent, formulation), limit.most, doses or Fraction(1))


def _allowed(mended: PlannedStep, order: MedicationOrder) -> Iterator[str]:
    yield f"Highest dose allowed: {sig(mended, order.route or 'oral')} ({number(mended.mg_per_day)} mg a day)"


def _proposal(agent: Agent, order: MedicationOrder, mended: PlannedStep) -> Proposal:
    words = f"{sig(mended, order.route or 'oral')} ({number(mended.mg_per_day)} mg a day)"
    return Proposal(
        label=f"Change to {number(mended.mg_per_day)} mg a day",
        description=f"Change {said(order.label)} to: {words}",
        ingredient=agent.id,
        steps=(mended,),
        route=order.route or "oral",
        updates=order.reference,
        recommended=True,
    )
