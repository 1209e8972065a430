"""
Opioid risk

When    an opioid is ordered
And     the total a day reaches a threshold in morphine equivalents; or something else that slows breathing is taken
        beside it; or it is for the opioid-tolerant only, and tolerance is not on record
Then    say the total and how it adds up, or name the pair; say where no rescue medicine is on the list; never "stop"
Silent  on totals and rescue where the pain is cancer-related, care is palliative, in sickle cell disease, and for
        treatment of opioid use disorder; the pairs still speak
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from ..facts import Facts, Known, MedicationOrder
from ..finding import Finding, Indicator, Limit, Statement
from ..in_force import Knowledge
from ..judged import judged
from ..opioid_scope import beyond_opioid_guidance
from ..opioids import has_rescue, morphine_equivalents, sedatives, tolerant
from ..pairs import pair_of
from ..statements import Agent, ThresholdRow
from ..totals import Mme
from ..wording import number, said, uncapital

REASSESS = "morphine equivalents to reassess"
JUSTIFY = "morphine equivalents to justify"
UNIT = "mg/d"
MOST_BOXED = 3
NO_RESCUE = "No rescue medicine is on the list: offer it, and teach those at home to use it"


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    opioids = [(order, agent) for order, agent in judged(facts, knowledge) if agent.opioid]
    guided = [pair for pair in opioids if not beyond_opioid_guidance(*pair, facts, knowledge)]
    if guided:
        yield from _total(guided[0][1], facts, knowledge)
    for order, agent in opioids:
        yield from _pairs(order, agent, (order, agent) in guided, facts, knowledge)
        yield from _naive(order, agent, facts, knowledge)


def _total(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    total = morphine_equivalents(facts, knowledge)
    for meaning in (JUSTIFY, REASSESS):
        row = knowledge.figure_row(meaning)
        if row and row.value and total.at_least >= row.value.value:
            yield _over(agent, total, row, knowledge.cite_figure(meaning), facts, knowledge)
            return


def _over(
    agent: Agent, total: Mme, row: ThresholdRow, because: Statement, facts: Facts, knowledge: Knowledge
) -> Finding:
    figure = row.value.value if row.value else Fraction(0)
    least = "at least " if total.unknown else ""
    come_to = f"{least}{number(total.at_least)} mg morphine equivalents a day"
    return Finding(
        summary=f"Opioids come to {come_to}: {number(figure)} or more",
        indicator=Indicator.WARNING,
        agents=tuple(dict.fromkeys([agent.id, *(part.ingredient for part in total.parts)])),
        orders=tuple(dict.fromkeys(part.order.reference for part in total.parts if part.order.reference)),
        detail=(*(part.words for part in total.parts), *([row.says] if row.says else []), *_advice(facts, knowledge)),
        because=(because,),
        daily_dose=total.at_least,
        limit=Limit(figure, UNIT, row.id or "usual"),
        not_checked=tuple(f"{name}: {why}" for _, name, why in total.unknown),
    )


def _cited(agent: Agent, knowledge: Knowledge) -> Statement:
    return knowledge.cite(agent, type(agent.opioid).__name__.lower(), agent.opioid)


def _advice(facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    if Known.MEDICATIONS in facts.known and not has_rescue(facts, knowledge):
        yield NO_RESCUE


def _boxed(agent: Agent) -> Iterator[str]:
    if agent.boxed:
        yield f"Boxed warnings: {'; '.join(uncapital(words.rstrip('.')) for words in agent.boxed[:MOST_BOXED])}"


def _pairs(order: MedicationOrder, agent: Agent, guided: bool, facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for other in sedatives(facts, knowledge):
        if other is order or agent.id in other.ingredients:
            continue
        name = said(knowledge.name(other.ingredients[0]))
        yield Finding(
            summary=f"{agent.title} with {name}: breathing may slow dangerously",
            indicator=Indicator.WARNING,
            agents=(agent.id, *other.ingredients[:1]),
            orders=tuple(reference for reference in (order.reference, other.reference) if reference),
            detail=(*_boxed(agent), *(_advice(facts, knowledge) if guided else ())),
            because=(_cited(agent, knowledge),),
            pair=pair_of(order, other),
        )


def _naive(order: MedicationOrder, agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    """For the tolerant only, and nothing on record makes tolerant. Medicines that are not known may have."""
    if not (agent.opioid and agent.opioid.tolerant_only) or tolerant(facts, knowledge):
        return
    known = Known.MEDICATIONS in facts.known
    yield Finding(
        summary=f"{agent.title} is for the opioid-tolerant only: "
        + ("no opioid that makes tolerant is on record" if known else "whether this patient is, is not known"),
        indicator=Indicator.CRITICAL if known else Indicator.WARNING,
        agents=(agent.id,),
        orders=(order.reference,) if order.reference else (),
        detail=("Tolerant: a week or more on an opioid at or above the labelled dose",),
        because=(_cited(agent, knowledge),),
        not_checked=() if known else ("current medicines: not known",),
    )
