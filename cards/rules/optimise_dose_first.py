"""
Optimise the dose first

When    an agent that is an offer for the neuropathic pain at hand is taken below its target
And     a second one is being added or takes its place; or, on opening the chart, the time to climb is over
Then    say the dose, the target and for how long it was taken; where something speaks against the second, that the
        first is to be raised instead of it, not before it
Silent  where kidneys, age or another limit hold it at this dose, where more is not tolerated by what is recorded, where
        something speaks against the agent; for another use; for what is applied once in weeks: its dose is a session's
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from ..at_hand import AtHand, at_hand
from ..disapproval import disapproval
from ..facts import Facts, Hook, Known, MedicationOrder, Role
from ..finding import Finding, Indicator, Limit, Statement
from ..in_force import Knowledge
from ..limits import in_unit, lowest_anywhere, unsteady
from ..mending import cap_for
from ..offers import ruled_out
from ..schedules import schedule_for
from ..starting import dose_now
from ..statements import Agent, Quantity
from ..statements import Condition as Ladder
from ..suitability import objections
from ..tapering import taken_since
from ..totals import arithmetic, step_of
from ..wording import a_day, capital, listed, number, said

A_DAY = 24  # hours


class Goal(Struct, frozen=True):
    """The dose at which the agent is judged here, no higher than its limits allow."""

    dose: Fraction
    unit: str
    limited: bool
    trial: Quantity | None
    because: Statement


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    seen: set[str] = set()
    for order in facts.orders:
        if order.role not in (Role.ACTIVE, Role.STOP) or order.most_tolerated or order.formulation is None:
            continue
        for name in order.ingredients:
            agent = knowledge.agents.get(name)
            if agent and name not in seen:
                seen.add(name)
                yield from _of_agent(order, agent, facts, knowledge)


def _of_agent(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    here = at_hand(facts, knowledge, order)
    ladder = _ladder(agent, order, here, facts, knowledge)
    goal = _goal(agent, order, ladder, here, facts, knowledge) if ladder else None
    now = dose_now(agent.id, goal.unit, facts, knowledge) if goal else None
    if ladder is None or goal is None or now is None or now >= goal.dose or _more_not_tolerated(agent, facts):
        return
    drafts = _second(agent, facts, knowledge)
    if drafts or (facts.hook is Hook.PATIENT_VIEW and _climbed(order, agent, facts, knowledge)):
        yield _finding(order, agent, ladder, now, goal, drafts, here, facts, knowledge)


def _more_not_tolerated(agent: Agent, facts: Facts) -> bool:
    return any(o.most_tolerated for o in facts.orders if agent.id in o.ingredients)


def _ladder(agent: Agent, order: MedicationOrder, here: AtHand, facts: Facts, knowledge: Knowledge) -> Ladder | None:
    """The condition that the agent is an offer for, and nothing rules it out: what is drafted is not weighed."""
    beside = tuple(o for o in facts.orders if o.role is Role.ACTIVE and agent.id not in o.ingredients)
    weighed = facts.with_orders(beside)
    for ladder, condition in here.ladders:
        offered = any(agent.id in offer.agents for offer in ladder.offer)
        if (
            offered
            and not condition.provisional
            and not ruled_out(agent, order.formulation, ladder, weighed, knowledge)
        ):
            return ladder
    return None


def _goal(
    agent: Agent, order: MedicationOrder, ladder: Ladder, here: AtHand, facts: Facts, knowledge: Knowledge
) -> Goal | None:
    """The condition's own target, else the agent's; None for a session, and on dialysis, where no limit is computed."""
    if unsteady(facts.kidneys) or _by_the_session(agent, order):
        return None
    own = [row for row in knowledge.here(ladder.target, order.formulation) if agent.id in row.agents and row.dose]
    usual = knowledge.holding(agent.target, order.formulation, here.indications, facts.age_between())
    if own and own[0].dose:
        dose, trial, because = own[0].dose, own[0].trial, knowledge.cite(ladder, "target", own[0])
    elif usual:
        dose, trial, because = usual[0].dose, usual[0].trial, knowledge.cite(agent, "target", usual[0])
    else:
        return None
    cap = cap_for(agent, order, here, facts, knowledge)
    most = cap.most if cap and cap.unit == dose.unit else dose.value
    return Goal(min(dose.value, most), dose.unit, most < dose.value, trial, because)


def _by_the_session(agent: Agent, order: MedicationOrder) -> bool:
    """Whether days lie between two doses: what one gives, spread over them, says nothing of its target."""
    hours = next((f.interval_hours for f in agent.formulation if f.id == order.formulation), None)
    return hours is not None and hours > A_DAY


def _second(agent: Agent, facts: Facts, knowledge: Knowledge) -> list[MedicationOrder]:
    """The selected drafts of another agent for neuropathic pain."""
    return [
        draft
        for draft in facts.selected()
        if agent.id not in draft.ingredients
        and any(name in knowledge.agents for name in draft.ingredients)
        and (here := at_hand(facts, knowledge, draft)).ladders
        and not here.other_reason
    ]


def _is_spoken_against(draft: MedicationOrder, ladder: Ladder, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether another card on the draft says not to give it: then it is no second step either."""
    agents = [knowledge.agents[name] for name in draft.ingredients if name in knowledge.agents]
    return any(
        disapproval(ladder, agent.id, draft, facts, knowledge)
        or any(o.strength != "caution" for o in objections(agent, draft.formulation, facts, knowledge))
        for agent in agents
    )


def _without(agent: Agent, facts: Facts) -> Facts:
    """The patient without the agent that is to be replaced."""
    return facts.with_orders(o for o in facts.orders if agent.id not in o.ingredients)


def _climbed(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether it was taken for longer than its schedule climbs."""
    since = taken_since(order, agent.id, facts, knowledge.supply_days)
    steps = schedule_for(agent, order.formulation or "", facts, knowledge)
    return since is not None and (facts.day - since).days > sum(step.days or 0 for step in steps)


# --- the card -------------------------------------------------------------------------------------------------------


def _finding(
    order: MedicationOrder,
    agent: Agent,
    ladder: Ladder,
    now: Fraction,
    goal: Goal,
    drafts: list[MedicationOrder],
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    second = list(dict.fromkeys(knowledge.name(name) for draft in drafts for name in draft.ingredients))
    others = tuple(dict.fromkeys(n for draft in drafts for n in draft.ingredients if n in knowledge.agents))
    instead = order.role is Role.STOP or any(_takes_its_place(draft, order, agent) for draft in drafts)
    beside = _without(agent, facts) if instead else facts
    against = any(_is_spoken_against(draft, ladder, beside, knowledge) for draft in drafts)
    advice = _advice(said(listed(second), 40), instead, against)
    return Finding(
        summary=_summary(agent, ladder, now, goal, advice, here),
        indicator=Indicator.INFO,
        agents=(agent.id, *others),
        orders=tuple(each.reference for each in (*drafts, order) if each.reference),
        conditions=here.conditions,
        detail=tuple(_lines(order, agent, now, goal, bool(second) and not against, facts, knowledge)),
        because=(goal.because,),
        daily_dose=now,
        dose_unit=goal.unit,
        limit=Limit(goal.dose, goal.unit, "target"),
        on_kidneys=goal.limited,
        not_checked=tuple(_unknown(order, agent, goal, facts, knowledge)),
    )


def _summary(agent: Agent, ladder: Ladder, now: Fraction, goal: Goal, advice: str, here: AtHand) -> str:
    word = "the highest dose for this patient" if goal.limited else "its target"
    verdict = f"{agent.title.lower()} {a_day(now, goal.unit)} is below {word}, {a_day(goal.dose, goal.unit)}"
    words = f"{verdict}: {advice}"
    return f"If for {ladder.title.lower()}: {words}" if here.perhaps_other else capital(words)


def _advice(second: str, instead: bool, against: bool) -> str:
    if not second:
        return "raise it if the pain is not controlled"
    if against:
        return f"raise it, do not {'change to' if instead else 'add'} {second}"
    return f"raise it before {'changing to' if instead else 'adding'} {second}"


def _takes_its_place(draft: MedicationOrder, order: MedicationOrder, agent: Agent) -> bool:
    """By what it says; and of one class two are never taken together."""
    return order.reference in (draft.reference, *draft.replaces) or agent.classes[0] in draft.classes


def _lines(
    order: MedicationOrder, agent: Agent, now: Fraction, goal: Goal, second: bool, facts: Facts, knowledge: Knowledge
) -> Iterator[str]:
    step = step_of(order, agent.id)
    if step and in_unit(step.daily, goal.unit) == now:
        yield f"{agent.title} now: {arithmetic(step)}"
    since = taken_since(order, agent.id, facts, knowledge.supply_days)
    if since:
        yield f"{agent.title}: taken since {since.isoformat()} ({_long((facts.day - since).days)})"
    if goal.trial:
        yield f"A fair trial takes {number(goal.trial.value)} weeks in all, at the target or the most that is tolerated"
    if second:
        yield "If more is not tolerated, a change is right: note it on the order"
    for name in knowledge.value_sets.with_meaning("pain-intensity"):
        pain = facts.latest(name)
        if pain and pain.value is not None and pain.day:
            yield f"Pain score {number(pain.value)} ({pain.day.isoformat()})"


def _long(days: int) -> str:
    weeks = days // 7
    return f"{days} days" if weeks < 2 else f"{weeks} weeks"


def _unknown(order: MedicationOrder, agent: Agent, goal: Goal, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    lowest = lowest_anywhere(agent, order.formulation, knowledge)
    if not facts.kidneys.known and lowest and lowest.unit == goal.unit and lowest.value < goal.dose:
        yield "kidney function: not known; its limit may be below the target"
    if Known.HISTORY not in facts.known:
        yield "earlier orders: not known, so it may have been taken for longer"
