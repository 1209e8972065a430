"""
Could not be checked

When    an agent of ours is ordered
And     something needed to judge it was not given, could not be read, or has expired in the knowledge files
And     some possible value of it would have made a rule speak
Then    say what was not checked and why
Silent  when nothing that could still turn up would change the advice; what only the record as a whole lacks, that a
        child is judged by what is forbidden alone, and that no clearance was computed on dialysis where the dose is
        above the figure for it, stand on another card about the order, if there is one
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from ..against_results import asked_of_results
from ..at_hand import at_hand
from ..facts import Facts, Hook, KidneyFunction, Known, MedicationOrder
from ..finding import Finding, Indicator
from ..gaps import Gap, gaps_of_the_record
from ..in_force import Knowledge
from ..lapsed import OUTDATED, gone, lapsed, outdated
from ..limits import above, kidneys_matter, renal_limit
from ..situation import may_be_child
from ..statements import Agent, Band
from ..totals import total_a_day
from ..wording import a_day, amount, capital, listed, said

DIALYSIS = "dialysis"
RESULTS = ("creatinine", "eGFR")


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order in facts.selected():
        named = [name for name in order.ingredients if name in knowledge.agents or knowledge.former_agent(name)]
        of_the_order = list(_of_the_order(order, named, facts, knowledge))
        others = [*gaps_of_the_record(facts), *_reason(order, facts, knowledge), *_of_a_child(order, facts, knowledge)]
        if of_the_order or (named and others):
            yield _finding(order, named, of_the_order, others if named else [], facts, knowledge)


def _finding(
    order: MedicationOrder,
    named: list[str],
    of_the_order: list[Gap],
    of_the_record: list[Gap],
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    reasons = [*of_the_order, *of_the_record]
    short = listed(dict.fromkeys(topic for topic, _ in reasons))
    agents = [knowledge.agents[name] for name in named if name in knowledge.agents]
    dialysis = any(topic == DIALYSIS for topic, _ in of_the_order)
    return Finding(
        summary=f"{_name(order, agents)}: not fully checked ({short})",
        indicator=Indicator.INFO,
        agents=tuple(named),
        orders=(order.reference,) if order.reference else (),
        detail=tuple(_advice(order, agents, facts, knowledge)) if dialysis else (),
        because=tuple(knowledge.cite(agent) for agent in agents),
        not_checked=tuple(why for _, why in reasons),
        of_the_record=not of_the_order
        or (dialysis and _said_with_the_dose(order, of_the_order, agents, facts, knowledge)),
    )


def _name(order: MedicationOrder, agents: list[Agent]) -> str:
    return capital(listed(agent.title.lower() for agent in agents) or said(order.label, 40) or "an order")


def _of_the_order(order: MedicationOrder, named: list[str], facts: Facts, knowledge: Knowledge) -> Iterator[Gap]:
    """What could not be judged of this order."""
    yield from ((u.what, u.why) for u in facts.unread if order.reference and u.reference == order.reference)
    for name in named:
        agent, former = knowledge.agents.get(name), knowledge.former_agent(name)
        if former is not None:
            yield outdated(former), f"{former.title.lower()}: {gone(former)}, so it was not judged"
        elif agent is not None:
            yield from _dose(order, agent, facts, knowledge)
            yield from _kidneys(order, agent, facts, knowledge)
            yield from _results(agent, facts, knowledge)
    if named:
        yield from ((OUTDATED, line) for line in lapsed(order, facts, knowledge))


def _of_a_child(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> Iterator[Gap]:
    """Under 18 only what is forbidden is said: where the order is for neuropathic pain, that is no silence."""
    if may_be_child(facts) and at_hand(facts, knowledge, order).ladders:
        yield "age under 18", "age: under 18, and this content is for adults: dose, tests and choice were not checked"


def _reason(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> Iterator[Gap]:
    for unread in at_hand(facts, knowledge, order).unread:
        what = f"{unread.reference}: {unread.why}" if unread.reference else unread.why
        yield "what it is for", f"reason: not read ({said(what)}), so the conditions on record decided"


def _dose(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Gap]:
    if knowledge.form_of(agent, order) is None and not _known_part(order):
        yield "product", f"which {agent.title.lower()} product is meant: no limit was applied"
    if order.dosage.absent:
        if facts.hook is Hook.ORDER_SIGN:
            yield "dose", "dose: the order has none"
    elif order.dosage.unread:
        yield "dose", f"dose: {order.dosage.unread}"
    if order.dosage.conflict:
        yield "dose", f"dose: {order.dosage.conflict}; the higher was used"


def _known_part(order: MedicationOrder) -> bool:
    """One part of a combination product that is known: where the file has only single products, there is nothing that
    the product would settle; its other parts have their limits, and an opioid counts in morphine equivalents."""
    return len(order.ingredients) > 1 and order.product is not None


def _kidneys(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Gap]:
    """Said only where some kidney function would set a limit under what is ordered. On dialysis, what must be avoided
    is another rule's to say."""
    if not kidneys_matter(agent, order, facts, knowledge):
        return
    kidneys = facts.kidneys
    if kidneys.dialysis or kidneys.stage_five:
        if not any(entry.avoid for entry in knowledge.here(agent.dialysis, knowledge.form_of(agent, order))):
            yield DIALYSIS, _on_dialysis(order, agent, facts, knowledge)
    elif not kidneys.known:
        not_given = [u.why for u in facts.unread if u.what == Known.OBSERVATIONS.value and not u.reference]
        missing = "; ".join(not_given or _without_a_result(kidneys)) or "no result on record"
        yield "kidney function", f"kidney function: {missing}. {_limits_in_words(agent, order, facts, knowledge)}"
    for line in kidneys.passed_over:
        yield "kidney function", f"kidney function: {line}; what came before was used"
    if kidneys.acute_injury:
        yield "kidney injury", "kidney function: acute kidney injury on record, so no clearance is a steady state"


def _without_a_result(kidneys: KidneyFunction) -> list[str]:
    """What is missing; where there is neither result, what would have been worked out with one is not asked for."""
    results = [line for line in kidneys.missing if line.startswith(RESULTS)]
    return results if len(results) == len(RESULTS) else list(kidneys.missing)


def _results(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Gap]:
    """A result that may forbid the agent and was not read, where none that was read is newer."""
    for id_ in asked_of_results(agent, knowledge):
        if id_ not in knowledge.value_sets:
            continue
        asked, read = knowledge.value_sets.value_set(id_), facts.latest(id_)
        since = read.day if read and read.day else facts.day - timedelta(knowledge.recent_days)
        for unread in facts.unread:
            if unread.what == (asked.meaning or asked.title) and unread.day and since < unread.day <= facts.day:
                yield asked.title, f"{asked.title}: not read ({unread.reference}, {unread.day}: {said(unread.why)})"


def _on_dialysis(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> str:
    """Whether the agent's entry gave a limit in place of the one that no clearance gives."""
    limit = renal_limit(agent, knowledge.form_of(agent, order), at_hand(facts, knowledge, order), facts, knowledge)
    if limit is None:
        return "dialysis or stage 5 kidney disease: no limit was computed"
    most = a_day(limit.most, limit.unit)
    return f"dialysis or stage 5 kidney disease: no clearance was computed; the limit of {most} is the one for dialysis"


def _said_with_the_dose(
    order: MedicationOrder, gaps: list[Gap], agents: list[Agent], facts: Facts, knowledge: Knowledge
) -> bool:
    """Whether dialysis is all there is to say, and the card on the dose says the figure."""
    here = at_hand(facts, knowledge, order)
    for agent in agents:
        limit = renal_limit(agent, knowledge.form_of(agent, order), here, facts, knowledge)
        total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
        if limit and above(total, limit.most, limit.unit) is not None:
            return all(topic == DIALYSIS for topic, _ in gaps)
    return False


def _advice(order: MedicationOrder, agents: list[Agent], facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """The dialysis entry for what the order is for, where the file has one of its own for that."""
    indications = at_hand(facts, knowledge, order).indications
    for agent in agents:
        entries = knowledge.holding(agent.dialysis, knowledge.form_of(agent, order), indications)
        own = [entry for entry in entries if entry.indication] or entries
        found = [capital(entry.advice) for entry in own if entry.advice]
        yield from found or ["No dialysis dose is in this content"]


def _limits_in_words(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> str:
    form = knowledge.form_of(agent, order)
    table = knowledge.renal(agent, form, at_hand(facts, knowledge, order).indications)
    bands = [band for band in (table.bands if table else ()) if band.avoid or band.maximum]
    avoided = [band for each in knowledge.here(agent.renal, form) for band in each.bands if band.avoid]
    return f"Limits: {'; '.join(dict.fromkeys(map(_band_in_words, (*bands, *avoided))))}"


def _band_in_words(band: Band) -> str:
    edge = band.crcl.text.replace("crcl", "CrCl")
    most = None if band.avoid else band.maximum
    return f"{edge}: {amount(most.value, most.unit)} a day" if most else f"{edge}: avoid"
