"""
Taper before stopping

When    an active order is stopped, or replaced by a draft of another agent, and nothing else of its agent goes on;
        where no list of medicines came, an order is stopped that may have been active
And     the agent's file asks for a taper, and it was taken long enough to need one, or it is not known how long
Then    say how slowly, why, and what to do; the falling doses as one order to accept, where tablets make them and no
        record forbids the agent; an opioid by percentage, with no count of days
Silent  after a shorter use; at one of the weakest tablet a day, where a taper ends; for the same agent in another
        order; for the treatment of opioid use disorder; where an allergy to it is on record, since stopping at once may
        be right
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from ..against_allergies import by_allergy
from ..facts import Facts, Known, MedicationOrder, Role
from ..fhir.order import schedule_in_words
from ..finding import Finding, Indicator, PlannedStep, Proposal
from ..in_force import Knowledge
from ..mending import formulation_of, is_forbidden, week_by_week
from ..opioid_scope import is_treatment
from ..statements import Agent, Taper
from ..tapering import falling, taken_since
from ..totals import arithmetic, step_of
from ..wording import a_day, capital, listed, number

A_YEAR = 365


class Ending(Struct, frozen=True):
    """One agent of an order that ends."""

    order: MedicationOrder
    agent: Agent
    taper: Taper
    replaced_by: tuple[str, ...]
    days: int | None  # of unbroken use; None: not known
    listed: bool = True  # False: no list of medicines came, so that it may not have been taken, or may go on

    @property
    def surely(self) -> bool:
        return self.days is not None and self.days >= (self.taper.exposure_days or 0)


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, replaced_by in _ended(facts, knowledge):
        for name in order.ingredients:
            ending = _ending(order, name, replaced_by, facts, knowledge)
            if ending:
                yield _finding(ending, facts, knowledge)


# --- what ends ------------------------------------------------------------------------------------------------------


def _ended(facts: Facts, knowledge: Knowledge) -> Iterator[tuple[MedicationOrder, tuple[str, ...]]]:
    """Orders stopped, and active ones that a draft takes the place of, with what it is."""
    for order in facts.orders:
        if order.role is Role.STOP:
            yield order, ()
        elif order.role is Role.ACTIVE:
            instead = [d for d in facts.drafts() if order.reference in (d.reference, *d.replaces)]
            if instead:
                yield order, tuple(knowledge.name(name) for draft in instead for name in draft.ingredients)


def _goes_on(ingredient: str, facts: Facts, knowledge: Knowledge) -> bool:
    """In a draft, or in another active order that does not end here."""
    ended = {each.reference for each, _ in _ended(facts, knowledge)}
    return any(
        ingredient in other.ingredients
        and (other.role is Role.DRAFT or (other.role is Role.ACTIVE and other.reference not in ended))
        for other in facts.orders
    )


def _ending(
    order: MedicationOrder, name: str, replaced_by: tuple[str, ...], facts: Facts, knowledge: Knowledge
) -> Ending | None:
    agent = knowledge.agents.get(name)
    if agent is None or _goes_on(name, facts, knowledge) or is_treatment(order, agent, facts, knowledge):
        return None
    rows = knowledge.holding(agent.taper, knowledge.form_of(agent, order), age=facts.age_between())
    taper = next((row for row in rows if row.required), None)
    if taper is None or any(o.strength == "contraindicated" for o in by_allergy(agent, facts, knowledge)):
        return None
    if taper.days and _is_lowest(order, agent, knowledge):
        return None
    since = taken_since(order, name, facts, knowledge.supply_days)
    days = (facts.day - since).days if since else None
    short = days is not None and days < (taper.exposure_days or 0)
    if short and Known.HISTORY in facts.known:
        return None
    listed = Known.MEDICATIONS in facts.known
    return Ending(order, agent, taper, replaced_by, days if listed and not short else None, listed)


def _is_lowest(order: MedicationOrder, agent: Agent, knowledge: Knowledge) -> bool:
    """No more a day than one of the weakest tablet: the last step of any taper."""
    formulation, step = formulation_of(agent, order, knowledge), step_of(order, agent.id)
    weakest = min((t.strength for t in knowledge.tablets(agent, formulation)), default=None) if formulation else None
    dose = step.daily.mg if step else None
    return weakest is not None and dose is not None and dose <= weakest


# --- the card -------------------------------------------------------------------------------------------------------


def _finding(ending: Ending, facts: Facts, knowledge: Knowledge) -> Finding:
    order, agent = ending.order, ending.agent
    step = step_of(order, agent.id)
    dose = step.daily.mg if step and step.daily.unit != "ug/h" else None
    steps = _falling(ending, dose, step.doses_per_day if step else None, knowledge)
    offered = bool(steps) and _may_be_offered(ending, facts, knowledge)
    return Finding(
        summary=_summary(ending, dose),
        indicator=Indicator.WARNING if ending.listed else Indicator.INFO,
        agents=(agent.id,),
        orders=(order.reference,),
        detail=(*([arithmetic(step)] if step else []), *_lines(ending, dose, steps)),
        because=(knowledge.cite(agent, "taper", ending.taper),),
        daily_dose=dose,
        proposals=(_proposal(ending, steps),) if offered else (),
        not_checked=tuple(_not_checked(ending)),
    )


def _not_checked(ending: Ending) -> Iterator[str]:
    name = ending.agent.title.lower()
    if not ending.listed:
        yield f"other medicines: not known, so whether {name} was taken, or goes on in another order, was not checked"
    if ending.days is None:
        yield f"how long {name} was taken: not known"


def _summary(ending: Ending, dose: Fraction | None) -> str:
    taper, ordered = ending.taper, f" {a_day(dose, 'mg/d')}" if dose is not None else ""
    name = ending.agent.title.lower()
    pace, less = f"over {taper.days} days or more" if taper.days else "slowly", _less(ending)
    if less and not taper.days:
        pace = f"about {number(less[0])} % less a {less[1]}"
    words = f"taper {name}{ordered}, do not stop it at once: {pace}"
    if ending.surely or not taper.exposure_days:
        return capital(words)
    return f"If taken for {taper.exposure_days} days or more: {words}"


def _less(ending: Ending) -> tuple[Fraction, str] | None:
    """So many percent each week or month; the slower pace where the length of use is not known."""
    taper = ending.taper
    if taper.percent_per_month_after_a_year and (ending.days is None or ending.days > A_YEAR):
        return taper.percent_per_month_after_a_year, "month"
    return (taper.percent_per_week, "week") if taper.percent_per_week else None


def _lines(ending: Ending, dose: Fraction | None, steps: tuple[PlannedStep, ...]) -> Iterator[str]:
    taper = ending.taper
    if ending.replaced_by:
        yield f"Replaced by {listed(dict.fromkeys(ending.replaced_by))}: taper the old one all the same"
    if ending.days is not None:
        yield f"Taken for {ending.days} days"
    yield from filter(None, [taper.why and f"Stopped at once: {taper.why}", capital(taper.advice)])
    less = _less(ending)
    if less and dose is not None:
        yield f"The next step: about {a_day(dose * (100 - less[0]) / 100, 'mg/d')}; go on only if it was borne well"
    if steps:
        yield from week_by_week(steps, ending.order.route)
        yield "Then stop"


def _falling(
    ending: Ending, dose: Fraction | None, doses: Fraction | None, knowledge: Knowledge
) -> tuple[PlannedStep, ...]:
    """() for what is tapered by percentage, and where no figures or tablets are."""
    formulation = formulation_of(ending.agent, ending.order, knowledge)
    parts, shortest = knowledge.figure("equal parts of a taper"), knowledge.figure("shortest step of a taper")
    if not ending.taper.days or dose is None or formulation is None or parts is None or shortest is None:
        return ()
    tablets = knowledge.tablets(ending.agent, formulation)
    return falling(tablets, dose, doses or Fraction(1), int(parts.value), int(shortest.value), ending.taper.days)


def _may_be_offered(ending: Ending, facts: Facts, knowledge: Knowledge) -> bool:
    order = ending.order
    read = order.sure and not order.dosage.conflict and not order.dosage.unread and bool(order.reference)
    return read and ending.surely and not is_forbidden(ending.agent, order, facts, knowledge)


def _proposal(ending: Ending, steps: tuple[PlannedStep, ...]) -> Proposal:
    name, days = ending.agent.title.lower(), sum(step.days or 0 for step in steps)
    words = schedule_in_words(steps, ending.order.route or "oral")
    return Proposal(
        label=f"Taper {name} over {days} days",
        description=f"A new order that tapers {name}: {words}, then stop.",
        ingredient=ending.agent.id,
        steps=steps,
        route=ending.order.route or "oral",
        tapers=ending.order.reference,
        recommended=True,
    )
