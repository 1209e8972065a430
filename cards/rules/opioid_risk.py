"""
Opioid risk

When    an opioid is ordered, and the total a day over all opioids reaches a threshold in morphine equivalents
Or      an opioid meets something else that slows breathing, one of the two being ordered
Or      a patch for the opioid-tolerant only is ordered, and tolerance is not on record
Then    say the total and how it adds up, name the pair, or say what tolerant means; say where no rescue medicine is on
        the list; never "stop"
Silent  on totals and rescue where the pain is cancer-related, care is palliative, in sickle cell disease, and for
        treatment of opioid use disorder: the pairs and the patch still speak
"""

from __future__ import annotations

from collections.abc import Iterator

from ..clashes import Side, clashes
from ..facts import Facts, Known, MedicationOrder
from ..finding import Beside, Finding, Indicator, Limit, Statement
from ..in_force import Knowledge
from ..judged import judged
from ..opioid_scope import beyond_opioid_guidance
from ..opioids import (
    OPIOIDS,
    SLOWS_BREATHING,
    TOLERANCE,
    TOLERANCE_DAYS,
    Tolerance,
    Total,
    meant,
    missing_rescue,
    morphine_equivalents,
    pairs_that_slow_breathing,
    taken_for_long,
    tolerance,
)
from ..pair_words import standing_line
from ..pairs import pair_of
from ..statements import Agent, Quantity, ThresholdRow
from ..totals import Mme
from ..wording import a_day, capital, number, uncapital

REASSESS = "morphine equivalents to reassess"
JUSTIFY = "morphine equivalents to justify"
UNIT = "mg/d"
MOST_BOXED = 3


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    opioids = [(order, agent) for order, agent in judged(facts, knowledge) if agent.opioid]
    guided = [pair for pair in opioids if not beyond_opioid_guidance(*pair, facts, knowledge)]
    if guided:
        yield from _total(guided[0][1], facts, knowledge)
    for order, other in pairs_that_slow_breathing(facts, knowledge):
        yield _pair(order, other, facts, knowledge)
    for order, agent in opioids:
        yield from _naive(order, agent, facts, knowledge)


# --- how much -------------------------------------------------------------------------------------------------------


def _total(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    """The new orders alone if they reach a threshold, else the sum if all that is taken continues."""
    total = morphine_equivalents(facts, knowledge)
    for mme in (total.alone, total.together):
        for meaning in (JUSTIFY, REASSESS):
            row = knowledge.figure_row(meaning)
            if row and row.value and mme.at_least >= row.value.value:
                because = knowledge.cite_figure(meaning)
                yield _over(agent, mme, total, row, row.value, because, facts, knowledge)
                return


def _over(
    agent: Agent,
    mme: Mme,
    total: Total,
    row: ThresholdRow,
    figure: Quantity,
    because: Statement,
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    return Finding(
        summary=_summary(agent, mme, total, figure),
        indicator=Indicator.WARNING,
        agents=tuple(dict.fromkeys([agent.id, *(part.ingredient for part in mme.parts)])),
        orders=tuple(dict.fromkeys(part.order.reference for part in mme.parts if part.order.reference)),
        detail=tuple(_lines(mme, total, row, facts, knowledge)),
        because=(because,),
        daily_dose=mme.at_least,
        limit=Limit(figure.value, UNIT, "threshold"),
        not_checked=tuple(f"{knowledge.name(name)}: {why}" for _, name, why in mme.unknown),
    )


def _summary(agent: Agent, mme: Mme, total: Total, figure: Quantity) -> str:
    least = "at least " if mme.unknown else ""
    both = " if what is taken continues" if mme is not total.alone else ""
    comes_to = f"{least}{number(mme.at_least)} mg morphine equivalents (MME) a day in all{both}"
    return f"{agent.title}: {comes_to}, at or above {number(figure.value)}"


def _lines(mme: Mme, total: Total, row: ThresholdRow, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    yield from (f"{capital(part.words)} MME" for part in mme.parts)
    if len(mme.parts) > 1:
        yield f"In all: {number(mme.at_least)} MME a day"
    if total.together.at_least > total.alone.at_least and mme is total.alone:
        yield f"If what is being taken continues as well: {number(total.together.at_least)} MME a day"
    if mme is not total.alone:
        yield f"The new order alone: {number(total.alone.at_least)} MME a day"
    yield capital(row.says)
    yield from _rescue(facts, knowledge)


def _rescue(facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    rescue = missing_rescue(facts, knowledge)
    if rescue:
        yield f"No {rescue} is on the list: offer it, and teach those at home to use it"


# --- what else slows breathing --------------------------------------------------------------------------------------


def _pair(opioid: MedicationOrder, other: MedicationOrder, facts: Facts, knowledge: Knowledge) -> Finding:
    """One pair, one card: merged with what else is said of the two."""
    sides = [(opioid, meant(OPIOIDS, opioid, knowledge)), (other, meant(SLOWS_BREATHING, other, knowledge))]
    judged, second = sides if opioid.selected else reversed(sides)
    lines = () if _beyond(opioid, facts, knowledge) else tuple(_rescue(facts, knowledge))
    more = f"; no {missing_rescue(facts, knowledge)} on the list" if lines else ""
    beside = Beside(
        f"{capital(knowledge.name(judged[1]))} with",
        knowledge.name(second[1]),
        f"together they can slow breathing{more}",
        standing_line(second[0]),
    )
    return Finding(
        summary=f"{beside.lead} {beside.other}: {beside.verdict}",
        indicator=Indicator.WARNING,
        agents=(judged[1], second[1]),
        orders=tuple(order.reference for order, _ in (judged, second) if order.reference),
        detail=(beside.line, *lines),
        because=tuple(_because(sides, facts, knowledge)),
        pair=pair_of(opioid, other),
        beside=beside,
    )


def _because(sides: list[tuple[MedicationOrder, str]], facts: Facts, knowledge: Knowledge) -> Iterator[Statement]:
    """What is said of the two; else what the opioid's own file says of it."""
    one, other = (Side.of(order, name, knowledge) for order, name in sides)
    met = [clash.because for clash in clashes(one, other, facts, knowledge)]
    yield from met or (_cited(name, knowledge) for name in (one.ingredient,) if name in knowledge.agents)


def _beyond(opioid: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    agents = [knowledge.agents[name] for name in opioid.ingredients if name in knowledge.agents]
    return any(beyond_opioid_guidance(opioid, agent, facts, knowledge) for agent in agents)


def _cited(name: str, knowledge: Knowledge) -> Statement:
    agent = knowledge.agents[name]
    return knowledge.cite(agent, type(agent.opioid).__name__.lower(), agent.opioid)


# --- for the tolerant only ------------------------------------------------------------------------------------------


def _naive(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    only = agent.opioid is not None and agent.opioid.tolerant_only and order.formulation is not None
    state = tolerance(facts, knowledge) if only else Tolerance.SHOWN
    if state is Tolerance.SHOWN or taken_for_long(agent.id, facts, knowledge):
        return
    naive = state is Tolerance.NOT_SHOWN
    found = "no opioid that makes tolerant is on record" if naive else "whether this patient is, is not known"
    yield Finding(
        summary=f"{agent.title} {_form(order, agent)}is for the opioid-tolerant only: {found}",
        indicator=Indicator.CRITICAL if naive else Indicator.WARNING,
        agents=(agent.id,),
        orders=(order.reference,) if order.reference else (),
        detail=(*_tolerant_means(knowledge), *_boxed(agent)),
        because=(_cited(agent.id, knowledge), *_source(knowledge)),
        not_checked=() if Known.MEDICATIONS in facts.known else ("current medicines: not known",),
    )


def _boxed(agent: Agent) -> Iterator[str]:
    if agent.boxed:
        yield f"Boxed warnings: {'; '.join(uncapital(words) for words in agent.boxed[:MOST_BOXED])}"


def _form(order: MedicationOrder, agent: Agent) -> str:
    return "".join(f"{f.short} " for f in agent.formulation if f.id == order.formulation and f.short)


def _source(knowledge: Knowledge) -> Iterator[Statement]:
    yield from (knowledge.cite(file, "row", row) for file, row in knowledge.rows_of(TOLERANCE)[:1])


def _tolerant_means(knowledge: Knowledge) -> Iterator[str]:
    """ "Tolerant: for 7 days or more, morphine by mouth 60 mg a day, ... or as much of another"."""
    rows = [(row.says, row.value) for _, row in knowledge.rows_of(TOLERANCE) if row.value]
    doses = "; ".join(f"{says.removesuffix(', at least')} {a_day(value.value, value.unit)}" for says, value in rows)
    yield f"Tolerant: for {knowledge.days(TOLERANCE_DAYS)} days or more at least one of: {doses}"
