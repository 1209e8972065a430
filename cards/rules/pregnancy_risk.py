"""
Pregnancy risk

When    an agent is ordered that may harm an unborn or a breast-fed child
And     pregnancy, breast-feeding or the wish for a child is on record, or sex, age and record do not exclude pregnancy
Then    say what is known of the harm: critical where it is forbidden and the record is certain; where pregnancy is only
        not excluded, ask, and say where hormonal contraception fails
Silent  after menopause or hysterectomy; where care is enough and it is being taken already; contraception on record
        excludes nothing
"""

from __future__ import annotations

from collections.abc import Iterator

from ..against_pregnancy import POSSIBLE, by_pregnancy, on_record
from ..contraceptive_failure import contraception_fails
from ..facts import Condition, Facts, MedicationOrder
from ..finding import Finding, Indicator, Statement
from ..in_force import Knowledge
from ..judged import judged
from ..objecting import line
from ..objection import Objection, gravest_first
from ..statements import Agent
from ..wording import said

CERTAIN = {"contraindicated": Indicator.CRITICAL, "avoid": Indicator.WARNING, "caution": Indicator.INFO}
ASKED = {"contraindicated": Indicator.WARNING, "avoid": Indicator.WARNING, "caution": Indicator.INFO}
VERDICTS = {"contraindicated": "is contraindicated", "avoid": "is best avoided", "caution": "needs care"}


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged(facts, knowledge):
        found = gravest_first(by_pregnancy(agent, order.formulation, facts, knowledge))
        against = [o for o in found if o.certain or o.strength != "caution" or not _is_taken(agent, facts)]
        if against:
            yield _finding(order, agent, against, facts, knowledge)


def _is_taken(agent: Agent, facts: Facts) -> bool:
    return any(agent.id in order.ingredients for order in facts.active())


def _finding(
    order: MedicationOrder, agent: Agent, against: list[Objection], facts: Facts, knowledge: Knowledge
) -> Finding:
    possible = not on_record("pregnant", facts, knowledge)
    fails = list(contraception_fails(order, agent, facts, knowledge)) if possible and _may(facts, knowledge) else []
    contraception = on_record("contraception-recorded", facts, knowledge)
    records = [o.reference for o in against] + [contraception.reference if contraception and fails else ""]
    because: list[Statement] = [*(o.because for o in against), *(source for _, source in fails)]
    return Finding(
        summary=_summary(agent, against[0], fails=bool(fails and contraception)),
        indicator=max(_indicator(against), Indicator.WARNING if fails and contraception else Indicator.INFO),
        agents=(agent.id,),
        orders=(order.reference,) if order.reference else (),
        conditions=tuple(dict.fromkeys(r for r in records if r.startswith("Condition/"))),
        detail=(
            *dict.fromkeys(line(o) for o in against),
            *_not_excluded(against, facts),
            *(words for words, _ in fails),
            *_contraception(contraception if possible else None),
        ),
        because=tuple(dict.fromkeys(because)),
    )


def _contraception(on_record: Condition | None) -> Iterator[str]:
    if on_record:
        yield f"On record: {said(on_record.label)}; it excludes no pregnancy"


def _may(facts: Facts, knowledge: Knowledge) -> bool:
    """Whether a pregnancy is to be prevented or not excluded."""
    return any(facts.may_have(name) for name in knowledge.value_sets.with_meaning(POSSIBLE))


def _indicator(against: list[Objection]) -> Indicator:
    return max((CERTAIN if o.certain else ASKED)[o.strength] for o in against)


def _summary(agent: Agent, gravest: Objection, *, fails: bool) -> str:
    if gravest.certain:
        return f"{agent.title} {VERDICTS[gravest.strength]}: {gravest.subject}"
    if fails:
        return f"{agent.title} can make hormonal contraception fail, and may harm an unborn child: ask which method"
    return f"{agent.title}: ask about pregnancy first; it is not excluded, and an unborn child may be harmed"


def _not_excluded(against: list[Objection], facts: Facts) -> Iterator[str]:
    if all(o.certain for o in against):
        return
    age = facts.age_between()
    years = "age not known" if age is None else f"age {age[0]}" if age[0] == age[1] else f"age {age[0]} to {age[1]}"
    sex = facts.patient.sex or "sex not known"
    yield f"Not excluded: {sex}, {years}, and nothing on record rules a pregnancy out"
