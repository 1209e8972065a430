"""
Could not be checked

When    an agent of ours is ordered
And     something needed to judge it was not given, could not be read, or has expired in the knowledge files
And     some possible value of it would have made a rule speak
Then    say what was not checked and why
Silent  when nothing that could still turn up would change the advice
"""

from __future__ import annotations

from collections.abc import Iterator

from ..at_hand import at_hand
from ..facts import Facts, Hook, Known, MedicationOrder
from ..finding import Finding, Indicator
from ..in_force import Knowledge
from ..lapsed import gone, lapsed
from ..limits import kidneys_matter
from ..statements import Agent, Band
from ..wording import amount, capital, listed, said

PARTS = {
    Known.MEDICATIONS: ("other medicines", "so interactions and duplicates were not checked"),
    Known.ALLERGIES: ("allergies", "so none was looked for"),
    Known.CONDITIONS: ("conditions", "so contraindications were not checked"),
}


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order in facts.selected():
        named = [name for name in order.ingredients if name in knowledge.agents or knowledge.former_agent(name)]
        reasons = list(_reasons(order, named, facts, knowledge))
        if reasons:
            yield _finding(order, named, reasons, knowledge)


def _finding(order: MedicationOrder, named: list[str], reasons: list[tuple[str, str]], knowledge: Knowledge) -> Finding:
    short = listed(dict.fromkeys(topic for topic, _ in reasons))
    agents = [knowledge.agents[name] for name in named if name in knowledge.agents]
    return Finding(
        summary=f"{_name(order, agents)}: not fully checked ({short})",
        indicator=Indicator.INFO,
        agents=tuple(named),
        orders=(order.reference,) if order.reference else (),
        because=tuple(knowledge.cite(agent) for agent in agents),
        not_checked=tuple(why for _, why in reasons),
    )


def _name(order: MedicationOrder, agents: list[Agent]) -> str:
    return capital(listed(agent.title.lower() for agent in agents) or said(order.label, 40) or "an order")


def _reasons(order: MedicationOrder, named: list[str], facts: Facts, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """What was not checked, as (a word for the headline, a line)."""
    yield from ((u.what, u.why) for u in facts.unread if order.reference and u.reference == order.reference)
    for name in named:
        agent, former = knowledge.agents.get(name), knowledge.former_agent(name)
        if former is not None:
            yield "no content in force", f"{former.title.lower()}: {gone(former)}, so it was not judged"
        elif agent is not None:
            yield from _dose(order, agent, facts)
            yield from _kidneys(order, agent, facts, knowledge)
    if named:
        yield from (("expired content", line) for line in lapsed(order, facts, knowledge))
        yield from _parts(facts)
        if facts.age_between() is None:
            yield "age", "age: no birth date is known; the strictest age limit was applied"


def _parts(facts: Facts) -> Iterator[tuple[str, str]]:
    """The parts of the record that any agent's checks need, with why they are not known."""
    why = {unread.what: unread.why for unread in facts.unread if not unread.reference}
    for part, (name, so) in PARTS.items():
        if part not in facts.known:
            yield name, f"{name}: {why.get(part.value, 'not supplied')}, {so}"


def _dose(order: MedicationOrder, agent: Agent, facts: Facts) -> Iterator[tuple[str, str]]:
    if order.formulation is None:
        yield "product", f"which {agent.title.lower()} product is meant: no limit was applied"
    if order.dosage.absent:
        if facts.hook is Hook.ORDER_SIGN:
            yield "dose", "dose: the order has none"
    elif order.dosage.unread:
        yield "dose", f"dose: {order.dosage.unread}"
    if order.dosage.conflict:
        yield "dose", f"dose: {order.dosage.conflict}; the higher was used"


def _kidneys(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Said only where some kidney function would set a limit under what is ordered. On dialysis, what must be avoided
    is another rule's to say."""
    if not kidneys_matter(agent, order, facts, knowledge):
        return
    kidneys = facts.kidneys
    if kidneys.dialysis or kidneys.stage_five:
        if not any(entry.avoid for entry in knowledge.here(agent.dialysis, order.formulation)):
            yield "dialysis", _on_dialysis(order, agent, knowledge)
    elif not kidneys.known:
        not_given = [u.why for u in facts.unread if u.what == Known.OBSERVATIONS.value and not u.reference]
        missing = "; ".join(not_given or kidneys.missing) or "no result on record"
        yield "kidney function", f"kidney function: {missing}. {_limits_in_words(agent, order, facts, knowledge)}"
    if kidneys.acute_injury:
        yield "kidney injury", "kidney function: acute kidney injury on record, so no clearance is a steady state"


def _on_dialysis(order: MedicationOrder, agent: Agent, knowledge: Knowledge) -> str:
    entries = knowledge.here(agent.dialysis, order.formulation)
    advice = " ".join(entry.advice for entry in entries if entry.advice) or "no dialysis dose is in this content"
    return f"dialysis or stage 5 kidney disease: no limit was computed. {advice}"


def _limits_in_words(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> str:
    table = knowledge.renal(agent, order.formulation, at_hand(facts, knowledge, order).indications)
    parts = [_band_in_words(band) for band in (table.bands if table else ()) if band.avoid or band.maximum]
    return f"Limits: {'; '.join(parts)}" if parts else ""


def _band_in_words(band: Band) -> str:
    edge = band.crcl.text.replace("crcl", "CrCl")
    most = band.maximum
    return f"{edge}: avoid" if band.avoid or not most else f"{edge}: {amount(most.value, most.unit)} a day"
