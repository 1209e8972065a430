"""
Recommended agents

When    a neuropathic pain condition is at hand
And     the order is no offer for it, or none for this patient; or, on opening the chart, nothing fit is taken
Then    name the agents that suit this patient, in the order of the condition's file, with the reason for each, and give
        up to three to accept with start dose and schedule; name those left out and why
Silent  when the order is itself an offer that suits, one left to the prescriber and not forbidden, for something else,
        or no agent; an opioid in cancer-related pain or palliative care, where it is not to be replaced
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..at_hand import AtHand, at_hand
from ..facts import Condition, Facts, Hook, Known, MedicationOrder
from ..fhir.order import schedule_in_words
from ..finding import Finding, Indicator, Proposal
from ..gaps import gaps_of_the_record
from ..in_force import Knowledge
from ..offers import LeftOut, Offered, Offers, left_to_prescriber, offers, ruled_out, said_of, to_say
from ..opioid_scope import beyond_opioid_guidance
from ..statements import Agent
from ..statements import Condition as Ladder
from ..suitability import objections
from ..wording import at_a_word, capital, listed, said, uncapital

MOST_TO_ACCEPT = 3
MOST_NAMED = 5
MOST_SAID = 3
MOST_REASONS = 2  # of one agent; the extension names every statement
MOST_SAID_OF_AN_ORDER = 2  # the card is about the order first
LONGEST_REASON = 150


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    if facts.hook is Hook.PATIENT_VIEW:
        yield from _at_patient_view(facts, knowledge)
        return
    for order in facts.selected():
        agent = next((knowledge.agents[name] for name in order.ingredients if name in knowledge.agents), None)
        here = at_hand(facts, knowledge, order)
        if (
            agent is None
            or here.other_reason
            or (agent.opioid and beyond_opioid_guidance(order, agent, facts, knowledge))
        ):
            continue
        if not _fits(agent, here, facts, knowledge, order):
            yield from _findings(facts, knowledge, here, order, agent)


def _at_patient_view(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    here = at_hand(facts, knowledge)
    taken = {name for order in facts.active() for name in order.ingredients}
    if Known.MEDICATIONS in facts.known and not any(taken & _agents(ladder) for ladder, _ in here.ladders):
        yield from _findings(facts, knowledge, here, None, None)


def _agents(ladder: Ladder) -> set[str]:
    return {name for offer in ladder.offer for name in offer.agents}


def _fits(agent: Agent, here: AtHand, facts: Facts, knowledge: Knowledge, order: MedicationOrder) -> bool:
    """Whether the agent is an offer that suits this patient, or one that the condition's file leaves to the prescriber:
    such an order gets its safety checks and no list."""
    return any(
        ruled_out(agent, order.formulation, ladder, _beside(order, facts), knowledge) is None
        if agent.id in _agents(ladder)
        else left_to_prescriber(agent, order.formulation, ladder, knowledge)
        and not _forbidden(agent, order, facts, knowledge)
        for ladder, _ in here.ladders
    )


def _forbidden(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """For this patient: then what else there is helps."""
    against = objections(agent, order.formulation, _beside(order, facts), knowledge)
    return any(objection.strength == "contraindicated" and objection.certain for objection in against)


def _findings(
    facts: Facts, knowledge: Knowledge, here: AtHand, order: MedicationOrder | None, agent: Agent | None
) -> Iterator[Finding]:
    for ladder, condition in here.ladders:
        if not condition.provisional:
            found = offers(ladder, _without(order, facts), knowledge)
            yield _finding(found, condition, facts, knowledge, here, order, agent)


def _without(order: MedicationOrder | None, facts: Facts) -> Facts:
    """The patient as if the order were not drafted: what is offered in its place is weighed without it."""
    if order is None:
        return facts
    orders = (other for other in facts.orders if other is not order)
    return facts.once("without", lambda: facts.with_orders(orders), order)


def _beside(order: MedicationOrder, facts: Facts) -> Facts:
    """What is taken beside the order itself: without it, what it replaces, and earlier orders of the same medicine."""
    return facts.with_orders(other for other in facts.orders if not _is_followed(other, order))


def _is_followed(other: MedicationOrder, order: MedicationOrder) -> bool:
    replaced = bool(other.reference) and other.reference in (order.reference, *order.replaces)
    return other is order or replaced or not set(other.ingredients).isdisjoint(order.ingredients)


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
    names = [_name(each) for each in found.offered][:MOST_NAMED]
    summary = f"{ladder.title}: {_advice(names)}"
    if here.perhaps_other:
        summary = f"If for {uncapital(ladder.title)}: {_advice(names)}"
    because = [s for each in found.offered[:MOST_NAMED] for s in each.because] + [out.because for out in found.left_out]
    if not found.offered:
        because.append(knowledge.cite(ladder))
    return Finding(
        summary=summary,
        indicator=Indicator.INFO,
        agents=tuple(each.agent.id for each in found.offered[:MOST_NAMED]) or ((agent.id,) if agent else ()),
        orders=(order.reference,) if order and order.reference else (),
        conditions=(condition.reference,) if condition.reference else (),
        detail=tuple(_lines(found, agent, _without(order, facts), knowledge)),
        must_say=tuple(to_say(found, _without(order, facts), knowledge)[0]),
        because=tuple(dict.fromkeys(because)),
        proposals=tuple(_proposals(found, condition, order)),
        not_checked=tuple(_unknown(facts)),
    )


def _advice(names: list[str]) -> str:
    return f"consider {listed(names)}" if names else "no medicine to offer this patient; see the reasons"


def _lines(found: Offers, agent: Agent | None, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """Red flags first, then the offers in their order, those left out, and what else must be said."""
    flags, of_the_patient, of_the_pain = to_say(found, facts, knowledge)
    yield from flags
    if agent:
        yield from _of_the_order(agent, found, facts, knowledge)
    yield from _offer_lines(found, knowledge)
    yield from _left_out_lines(found.left_out)
    if not found.offered and found.ladder.if_nothing_left:
        yield found.ladder.if_nothing_left
    most = MOST_SAID if agent is None else MOST_SAID_OF_AN_ORDER
    first = of_the_patient[: most - 1] if of_the_pain else of_the_patient
    yield from (first + of_the_pain)[:most]


def _of_the_order(agent: Agent, found: Offers, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """What the ordered agent can and cannot do for this pain: the condition's own words stand above the agent's."""
    if named := said_of(agent, found.ladder, facts, knowledge):
        yield from dict.fromkeys(row.why for row in named)
    elif agent.effect and agent.effect.says and agent.id not in _agents(found.ladder):
        yield _named(agent, agent.effect.says)


def _named(agent: Agent, words: str) -> str:
    """What is said of the agent alone, by its name: the list below is of others."""
    return words if words.lower().startswith(agent.title.lower()) else f"{agent.title}: {uncapital(words)}"


def _offer_lines(found: Offers, knowledge: Knowledge) -> Iterator[str]:
    """One line an agent; what is said of several together is said once, before them."""
    shown = found.offered[:MOST_NAMED]
    together = {each.offer.says for each in shown if sum(other.offer is each.offer for other in shown) > 1}
    said_already: set[str] = set()
    for each in shown:
        if each.offer.says in together - said_already:
            said_already.add(each.offer.says)
            yield each.offer.says
        yield _offer_line(each, found.ladder, "" if each.offer.says in together else each.offer.says, knowledge)


def _offer_line(each: Offered, ladder: Ladder, says: str, knowledge: Knowledge) -> str:
    first = [f"test first, none recent on record: {listed(each.due)}"] if each.due else []
    why = each.reasons[: MOST_REASONS - len(each.in_words[:1])]
    reasons = "; ".join(part for part in (*why, *each.in_words, *first, _start(each)) if part)
    use = "" if knowledge.approved_for(each.agent, each.formulation.id, ladder.value_set) else " (off-label)"
    words = ". ".join(part.rstrip(".") for part in (reasons, says if reasons else uncapital(says)) if part)
    return f"{capital(_name(each))}{use}: {words}" if words else f"{capital(_name(each))}{use}"


def _start(each: Offered) -> str:
    """ "start with 1 capsule (30 mg) by mouth once daily for 14 days"."""
    _, _, words = schedule_in_words(each.steps[:1], each.formulation.routes[0]).partition(" ")
    return f"start with {words}" if words else ""


def _name(each: Offered) -> str:
    """The agent, with its form where only one of several is meant: "capsaicin cream"."""
    title = each.agent.title.lower()
    return f"{title} {each.formulation.short}" if each.offer.use and each.formulation.short else title


def _left_out_lines(left_out: Iterable[LeftOut]) -> Iterator[str]:
    """Those left out, one line a reason."""
    by_reason: dict[str, list[str]] = {}
    for out in left_out:
        by_reason.setdefault(out.why, []).append(out.agent.title.lower())
    yield from (
        f"Left out: {listed(names)} ({at_a_word(why.rstrip('.'), LONGEST_REASON)})" for why, names in by_reason.items()
    )


def _proposals(found: Offers, condition: Condition, order: MedicationOrder | None) -> Iterator[Proposal]:
    for each in (each for each in found.offered[:MOST_TO_ACCEPT] if each.steps and not each.due):
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
    yield from (line for _, line in gaps_of_the_record(facts))
    if not facts.kidneys.known and not facts.kidneys.dialysis:
        yield "kidney function: not known"
