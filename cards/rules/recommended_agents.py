"""
Recommended agents

When    a neuropathic pain condition is at hand
And     the order is an analgesic or an agent that is no offer for it; or, on opening the chart, nothing fit is taken
Then    name the agents that suit this patient, in the order of the condition's file, with the reason for each, and give
        up to three to accept with start dose and schedule; name those left out and why
Silent  when the order is itself one of the offers, is for something else, or is no medicine for pain
"""

from __future__ import annotations

from collections.abc import Iterator

from ..at_hand import AtHand, at_hand
from ..facts import Condition, Facts, Hook, Known, MedicationOrder
from ..fhir.order import schedule_in_words
from ..finding import Finding, Indicator, Proposal
from ..in_force import Knowledge
from ..offers import LeftOut, Offered, Offers, offers
from ..statements import Agent
from ..statements import Condition as Ladder
from ..wording import listed, said

MOST_TO_ACCEPT = 3
MOST_NAMED = 5


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    if facts.hook is Hook.PATIENT_VIEW:
        yield from _at_patient_view(facts, knowledge)
        return
    for order in facts.selected():
        agent = next((knowledge.agents[name] for name in order.ingredients if name in knowledge.agents), None)
        here = at_hand(facts, knowledge, order)
        if agent and not here.other_reason and not _offered_anywhere(order, here):
            yield from _findings(facts, knowledge, here, order, agent)


def _at_patient_view(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    here = at_hand(facts, knowledge)
    taken = {name for order in facts.active() for name in order.ingredients}
    if Known.MEDICATIONS in facts.known and not any(taken & _agents(ladder) for ladder, _ in here.ladders):
        yield from _findings(facts, knowledge, here, None, None)


def _agents(ladder: Ladder) -> set[str]:
    return {name for offer in ladder.offer for name in offer.agents}


def _offered_anywhere(order: MedicationOrder, here: AtHand) -> bool:
    return any(_agents(ladder).intersection(order.ingredients) for ladder, _ in here.ladders)


def _findings(
    facts: Facts, knowledge: Knowledge, here: AtHand, order: MedicationOrder | None, agent: Agent | None
) -> Iterator[Finding]:
    for ladder, condition in here.ladders:
        if not condition.provisional:
            yield _finding(offers(ladder, facts, knowledge), condition, facts, knowledge, here, order, agent)


def _finding(
    found: Offers,
    condition: Condition,
    facts: Facts,
    knowledge: Knowledge,
    here: AtHand,
    order: MedicationOrder | None,
    agent: Agent | None,
) -> Finding:
    ladder = found.ladder
    names = [each.agent.title.lower() for each in found.offered][:MOST_NAMED]
    summary = f"{ladder.title}: {_advice(names)}"
    if here.perhaps_other:
        summary = f"If for {ladder.title.lower()}: {_advice(names)}"
    because = [s for each in found.offered[:MOST_NAMED] for s in each.because] + [out.because for out in found.left_out]
    return Finding(
        summary=summary,
        indicator=Indicator.INFO,
        agents=tuple(each.agent.id for each in found.offered[:MOST_NAMED]) or ((agent.id,) if agent else ()),
        orders=(order.reference,) if order else (),
        conditions=(condition.reference,) if condition.reference else (),
        detail=tuple(_lines(found, agent, knowledge)),
        because=tuple(dict.fromkeys(because)),
        proposals=tuple(_proposals(found, condition, order)),
        not_checked=tuple(_unknown(facts)),
    )


def _advice(names: list[str]) -> str:
    return f"consider {listed(names)}" if names else "no medicine to offer this patient; see the reasons"


def _lines(found: Offers, agent: Agent | None, knowledge: Knowledge) -> Iterator[str]:
    if agent and agent.effect and agent.effect.says:
        yield agent.effect.says
    for each in found.offered[:MOST_NAMED]:
        yield _offer_line(each)
    for out in found.left_out:
        yield _left_out_line(out)
    if not found.offered and found.ladder.if_nothing_left:
        yield found.ladder.if_nothing_left
    yield from (row.text for row in knowledge.here(found.ladder.say))


def _offer_line(each: Offered) -> str:
    schedule = schedule_in_words(each.steps[:1], each.formulation.routes[0])
    parts = [part for part in (each.offer.says, *each.reasons, schedule and f"start: {schedule}") if part]
    return f"{each.agent.title}: {'; '.join(parts)}" if parts else each.agent.title


def _left_out_line(out: LeftOut) -> str:
    return f"Left out: {out.agent.title} ({said(out.why, 100)})"


def _proposals(found: Offers, condition: Condition, order: MedicationOrder | None) -> Iterator[Proposal]:
    able = [each for each in found.offered if each.steps][:MOST_TO_ACCEPT]
    for each in able:
        words = schedule_in_words(each.steps, each.formulation.routes[0])
        instead = f" Remove {said(order.label)}." if order and order.reference else ""
        yield Proposal(
            label=f"Start {each.agent.title.lower()}",
            description=f"Start {each.agent.title.lower()}: {words}.{instead}",
            ingredient=each.agent.id,
            steps=each.steps,
            route=each.formulation.routes[0],
            removes=(order.reference,) if order and order.reference else (),
            reason=condition.reference,
        )


def _unknown(facts: Facts) -> Iterator[str]:
    words = {
        Known.MEDICATIONS: "current medicines",
        Known.ALLERGIES: "allergies",
        Known.CONDITIONS: "other conditions",
    }
    for part, name in words.items():
        if part not in facts.known:
            yield f"{name}: not known"
    if not facts.kidneys.known and not facts.kidneys.dialysis:
        yield "kidney function: not known"
