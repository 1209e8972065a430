"""
Daily dose above the renal maximum

When    an agent's total a day, over this order and the others of its ingredient, is readable
And     it is above the limit for this patient's kidney function and the indication
Then    say both figures and the arithmetic, and offer the highest dose allowed, in tablets that exist; above a figure
        of practice, which no label has, only say so: information
Silent  at the limit itself, and where the kidneys set no lower limit than everyone's; when no kidney function is known:
        could-not-be-checked speaks. On dialysis and in stage 5 no limit is computed: the figure that the agent's file
        has for dialysis is the limit, where it has one, and no dose is offered
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..at_hand import AtHand, at_hand
from ..facts import Facts, MedicationOrder
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..judged import judged_once
from ..limits import RenalLimit, above, in_unit, no_clearance, practice_limit, renal_limit
from ..mending import allowed_in_words, mended, proposal
from ..statements import Agent
from ..totals import Total, total_a_day
from ..wording import a_day, amount, capital, kidneys_in_short, times_a_day, uncapital


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged_once(facts, knowledge):
        here, form = at_hand(facts, knowledge, order), knowledge.form_of(agent, order)
        total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
        for limit_of in (renal_limit, practice_limit):
            limit = limit_of(agent, form, here, facts, knowledge)
            dose = above(total, limit.most, limit.unit) if limit else None
            if limit and dose is not None:
                yield _finding(agent, order, limit, total, dose, here, facts, knowledge)
                break


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
    steps = () if limit.practice else mended(agent, order, total, here, facts, knowledge)
    allowed = () if limit.practice else allowed_in_words(agent, order, steps, here, facts, knowledge)
    return Finding(
        summary=_summary(knowledge.title_of(agent, order), dose, limit, total, facts),
        indicator=_indicator(total, limit, knowledge),
        agents=(agent.id,),
        orders=tuple(part.order.reference for part in total.parts if part.order.reference),
        conditions=here.conditions,
        detail=(total.words, *_lines(limit), *allowed),
        because=(limit.because,),
        daily_dose=dose,
        dose_unit=limit.unit,
        limit=limit.as_limit,
        on_kidneys=True,
        proposals=(proposal(agent, order, steps),) if steps else (),
    )


def _summary(title: str, dose: Fraction, limit: RenalLimit, total: Total, facts: Facts) -> str:
    ordered = f"{title} {a_day(dose, limit.unit)}"
    both = " if both orders continue" if total.ambiguous and dose == in_unit(total.together, limit.unit) else ""
    where = uncapital(limit.for_whom) if no_clearance(facts.kidneys) else f"at {kidneys_in_short(facts.kidneys)}"
    if not limit.most:
        return f"{ordered}{both}: not to be used {where}"
    if limit.practice:
        return f"{ordered}{both} is above the usual {amount(limit.most, limit.unit)} {where} (practice, in no label)"
    return f"{ordered}{both} is above the limit of {amount(limit.most, limit.unit)} {where}"


def _indicator(total: Total, limit: RenalLimit, knowledge: Knowledge) -> Indicator:
    """Critical where the table says so, and where the order alone is many times the limit: that two orders may both
    continue is a warning."""
    if limit.practice:
        return Indicator.INFO
    times, dose = knowledge.critical_multiple, in_unit(total.alone, limit.unit)
    many = times is not None and dose is not None and limit.most > 0 and dose >= limit.most * times
    return Indicator.CRITICAL if limit.critical or many else Indicator.WARNING


def _lines(limit: RenalLimit) -> Iterator[str]:
    where = "practice" if limit.practice else "label"
    doses = f" ({where}: {times_a_day(limit.doses_per_day)})" if limit.doses_per_day else ""
    most = f"at most {a_day(limit.most, limit.unit)}{doses}" if limit.most else "do not use"
    yield f"{limit.for_whom}: {most}"
    yield from (capital(note) for note in limit.notes)
