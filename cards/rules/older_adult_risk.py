"""
Older adult risk

When    the patient is as old as the Beers list asks, by the date of birth on record
And     the agent is on it for the age alone, for a condition, another medicine or the dose, or is one CNS-active
        medicine too many
Then    say why, in one card an order; what meets another medicine goes with that pair: a warning where it is to be
        avoided, information where care is enough
Silent  in hospice care; where the age is not known; what is only a test or a dose by the kidneys, which other rules
        say, is no card of its own
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from ..at_hand import at_hand
from ..facts import Facts, MedicationOrder
from ..finding import Beside, Finding, Indicator, Statement
from ..in_force import Knowledge, age_may_hold
from ..limits import in_unit, renal_limit
from ..pair_words import standing_line
from ..pairs import pair_of
from ..situation import crcl_holds
from ..statements import Agent, Beers, ThresholdRow
from ..totals import standing, total_a_day
from ..wording import a_day, capital, listed, said

MOST_NAMED = 5


class Reason(Struct, frozen=True):
    """One row that holds. `alone`: enough for a card; else only a line on one that is there."""

    verdict: str  # after the agent and the age
    line: str
    avoid: bool
    alone: bool
    because: Statement
    conditions: tuple[str, ...] = ()
    beside: tuple[MedicationOrder, ...] = ()
    says: str = ""  # the row's own words
    together: tuple[str, ...] = ()  # the medicines that are too many together
    agent: str = ""  # whose row it is, in an order of several


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    if facts.age_between() is None or _in_hospice(facts, knowledge):
        return
    for order in facts.selected():
        agents = [knowledge.agents[name] for name in order.ingredients if name in knowledge.agents]
        reasons = [reason for agent in agents for reason in _by_list(order, agent, facts, knowledge)]
        reasons += _by_count(order, facts, knowledge)
        if any(reason.alone for reason in reasons):
            yield from _findings(order, agents, reasons, facts, knowledge)


def _in_hospice(facts: Facts, knowledge: Knowledge) -> bool:
    return any(any(facts.conditions_in(name)) for name in knowledge.value_sets.with_meaning("hospice"))


def _others(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> list[MedicationOrder]:
    """What is drafted or taken beside it; what a draft replaces is not."""
    return facts.once("beside", lambda: _beside(order, facts, knowledge), order)


def _beside(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> list[MedicationOrder]:
    fate = standing(facts.drafts(), facts.active(), facts.day, knowledge.supply_days)
    return [other for other in (*facts.drafts(), *fate.continuing, *fate.uncertain) if other is not order]


# --- the list -------------------------------------------------------------------------------------------------------


def _by_list(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Reason]:
    for row in knowledge.holding(agent.beers, order.formulation, (), facts.age_between()):
        found = _holds(row, order, agent, facts, knowledge)
        if found:
            yield found


def _holds(row: Beers, order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Reason | None:
    conditions = [c for name in row.value_sets for c in facts.conditions_in(name)]
    others = [o for o in _others(order, facts, knowledge) if o.classes.intersection(row.classes)]
    dose = _dose_above(row, order, agent, facts, knowledge)
    unmet = (
        (row.value_sets and not conditions)
        or (row.classes and not others)
        or (row.dose_above and not dose)
        or (row.crcl and not crcl_holds(row.crcl, facts))
    )
    if unmet:
        return None
    named = [said(c.label, 50) for c in conditions] + ([dose] if dose else [])
    subject = listed(dict.fromkeys(named[:2])) or row.advice
    because = f" ({listed(dict.fromkeys(named))})" if named else ""
    verdict = "needs care" if row.strength == "caution" else "is best avoided"
    return Reason(
        verdict=f" {verdict} beside" if others else f" {verdict}: {said(subject, 90)}",
        line=f"{capital(row.strength)}: {row.advice}{because}",
        avoid=row.strength != "caution",
        alone=_alone(row, order, agent, facts, knowledge),
        because=knowledge.cite(agent, "beers", row),
        conditions=tuple(c.reference for c in conditions if c.reference),
        beside=tuple(others),
        says=row.advice,
        agent=agent.title,
    )


def _alone(row: Beers, order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether a row is worth a card: not what the kidneys' limit or a card on the condition says anyway."""
    if row.crcl is not None:
        limit = renal_limit(agent, order.formulation, at_hand(facts, knowledge, order), facts, knowledge)
        return row.strength != "caution" and not (limit and limit.avoid)
    said_elsewhere = {other.value_set for other in agent.contraindication}
    if row.value_sets:
        return said_elsewhere.isdisjoint(row.value_sets)
    return row.strength != "caution" or bool(row.classes or row.dose_above)


def _dose_above(row: Beers, order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> str:
    if row.dose_above is None:
        return ""
    total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days).alone
    dose = in_unit(total, row.dose_above.unit)
    return a_day(dose, row.dose_above.unit) if dose is not None and dose > row.dose_above.value else ""


def _name(order: MedicationOrder, knowledge: Knowledge) -> str:
    return listed(knowledge.name(name) for name in order.ingredients)


# --- the count ------------------------------------------------------------------------------------------------------


def _by_count(order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> Iterator[Reason]:
    """Too many medicines of a class together, the order among them; said with the first order that counts."""
    for file in knowledge.thresholds.values():
        if file.meaning == "number of sedating medicines":
            for row in knowledge.here(file.row):
                together = _together(row, order, facts, knowledge) if _is_first(row, order, facts, knowledge) else []
                if row.value and len(together) >= row.value.value and age_may_hold(row, facts.age_between()):
                    because = knowledge.cite(file, "row", row)
                    names = listed([knowledge.name(name) for name in together][:MOST_NAMED])
                    verdict = f": {len(together)} CNS-active medicines together ({said(names, 70)})"
                    line = f"Avoid: {row.says}. Here: {names}"
                    yield Reason(verdict, line, True, True, because, together=tuple(together))


def _is_first(row: ThresholdRow, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    ours = (each for each in facts.selected() if any(name in knowledge.agents for name in each.ingredients))
    return next((each for each in ours if each.classes.intersection(row.classes)), None) is order


def _together(row: ThresholdRow, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> list[str]:
    """The medicines of the class, each once, the order's own first; none where the order has none."""
    counted = frozenset(row.classes)
    own = [name for name in order.ingredients if counted & knowledge.value_sets.classes_of(name)]
    if not own:
        return []
    rest = (name for other in _others(order, facts, knowledge) for name in other.ingredients)
    names = [*own, *(name for name in rest if counted & knowledge.value_sets.classes_of(name))]
    return list(dict.fromkeys(names))


# --- the card -------------------------------------------------------------------------------------------------------


def _findings(
    order: MedicationOrder, agents: list[Agent], reasons: list[Reason], facts: Facts, knowledge: Knowledge
) -> Iterator[Finding]:
    """What is about the order alone is one card; what is about another beside it goes with that pair. A line that is no
    card of its own stands on the first."""
    reasons = sorted(reasons, key=lambda reason: not reason.avoid)
    own = [reason for reason in reasons if reason.alone and not reason.beside]
    pairs = [(reason, other) for reason in reasons if reason.alone for other in reason.beside]
    lines = [reason for reason in reasons if not reason.alone]
    if own:
        yield _of_the_order(order, agents, [*own, *lines], facts)
    for place, (reason, other) in enumerate(pairs):
        found = [reason] if own or place else [reason, *lines]
        yield _of_a_pair(order, other, agents, found, facts, knowledge)


def _of_the_order(order: MedicationOrder, agents: list[Agent], reasons: list[Reason], facts: Facts) -> Finding:
    head = reasons[0]
    avoid = any(reason.avoid for reason in reasons if reason.alone)
    return Finding(
        summary=f"{head.agent or agents[0].title} at age {_age(facts)}{head.verdict}",
        indicator=Indicator.WARNING if avoid else Indicator.INFO,
        agents=tuple(dict.fromkeys([*(agent.id for agent in agents), *(n for r in reasons for n in r.together)])),
        orders=(order.reference,) if order.reference else (),
        conditions=tuple(dict.fromkeys(c for reason in reasons for c in reason.conditions)),
        detail=tuple(dict.fromkeys(reason.line for reason in reasons)),
        because=tuple(dict.fromkeys(reason.because for reason in reasons)),
    )


def _of_a_pair(
    order: MedicationOrder,
    other: MedicationOrder,
    agents: list[Agent],
    reasons: list[Reason],
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    head = reasons[0]
    lead = f"{head.agent} at age {_age(facts)}{head.verdict}"
    beside = Beside(lead, _name(other, knowledge), head.says, standing_line(other))
    return replace(
        _of_the_order(order, agents, reasons, facts),
        summary=f"{beside.lead} {beside.other}: {beside.verdict}",
        agents=tuple(dict.fromkeys([*(agent.id for agent in agents), *other.ingredients])),
        orders=tuple(reference for reference in (order.reference, other.reference) if reference),
        detail=(beside.line, *dict.fromkeys(reason.line for reason in reasons)),
        pair=pair_of(order, other),
        beside=beside,
    )


def _age(facts: Facts) -> str:
    youngest, oldest = facts.age_between() or (0, 0)
    return str(oldest) if youngest == oldest else f"{youngest} or {oldest}"
