"""
Daily dose above the maximum

When    an agent's total a day, over this order and the others of its ingredient, or its single dose, is readable
And     it is above the ceiling for this use and age, or above the usual dose that the label names for this use
Then    say both figures and the arithmetic, and offer the highest dose allowed, in tablets that exist: a warning above
        a ceiling, information above a usual dose
Silent  at the figure itself; of several uses the highest counts, and a use without a figure has none
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from ..at_hand import AtHand, at_hand
from ..facts import Facts, MedicationOrder
from ..finding import Finding, Indicator, PlannedStep
from ..in_force import Knowledge
from ..judged import judged_once
from ..limits import DoseLimit, above, dose_limit, in_unit
from ..mending import allowed_in_words, mended, proposal
from ..statements import Agent, Kind
from ..totals import Total, steps_of, total_a_day
from ..wording import a_day, amount, capital, uncapital

KINDS: tuple[Kind, ...] = ("ceiling", "usual")


class TooMuch(Struct, frozen=True):
    dose: Fraction
    limit: DoseLimit


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged_once(facts, knowledge):
        if knowledge.form_of(agent, order) is None:
            continue
        here = at_hand(facts, knowledge, order)
        total = total_a_day(agent.id, order, facts, supply_days=knowledge.supply_days)
        found = [*_a_day(agent, order, total, here, facts, knowledge), *_at_once(agent, order, here, facts, knowledge)]
        if found:
            found.sort(key=lambda each: each.limit.row.kind)  # a ceiling speaks before a usual dose
            yield _finding(agent, order, total, found, here, facts, knowledge)


def _a_day(
    agent: Agent, order: MedicationOrder, total: Total, here: AtHand, facts: Facts, knowledge: Knowledge
) -> Iterator[TooMuch]:
    """Above the ceiling, else above the usual dose."""
    for kind in KINDS:
        limit = dose_limit(agent, knowledge.form_of(agent, order), kind, here, facts, knowledge)
        dose = above(total, limit.most, limit.unit) if limit else None
        if limit and dose is not None:
            yield TooMuch(dose, limit)
            return


def _at_once(
    agent: Agent, order: MedicationOrder, here: AtHand, facts: Facts, knowledge: Knowledge
) -> Iterator[TooMuch]:
    singles = [step.single for step in steps_of(order, agent.id) if step.single]
    for kind in KINDS:
        limit = dose_limit(agent, knowledge.form_of(agent, order), kind, here, facts, knowledge, single=True)
        doses = [dose for single in singles if limit and (dose := in_unit(single, limit.unit)) is not None]
        if limit and doses and max(doses) > limit.most:
            yield TooMuch(max(doses), limit)
            return


def _finding(
    agent: Agent,
    order: MedicationOrder,
    total: Total,
    found: list[TooMuch],
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> Finding:
    first = found[0]
    steps = mended(agent, order, total, here, facts, knowledge)
    return Finding(
        summary=_summary(knowledge.title_of(agent, order), first, total, here, knowledge),
        indicator=Indicator.WARNING if first.limit.row.kind == "ceiling" else Indicator.INFO,
        agents=(agent.id,),
        orders=tuple(part.order.reference for part in total.parts if part.order.reference),
        conditions=here.conditions,
        detail=(total.words, *_lines(agent, order, found, steps, here, facts, knowledge)),
        because=tuple(each.limit.because for each in found),
        daily_dose=in_unit(total.together, "mg/d") if first.limit.row.single else first.dose,
        dose_unit="mg/d" if first.limit.row.single else first.limit.unit,
        limit=first.limit.as_limit,
        proposals=(proposal(agent, order, steps),) if steps else (),
    )


def _summary(title: str, found: TooMuch, total: Total, here: AtHand, knowledge: Knowledge) -> str:
    limit = found.limit
    both = " if both orders continue" if total.ambiguous and found.dose == in_unit(total.together, limit.unit) else ""
    at_once = " in one dose" if limit.row.single else ""
    ordered = f"{title} {a_day(found.dose, limit.unit)}{at_once}{both}"
    if limit.row.kind == "ceiling":
        return f"{ordered} is above the maximum of {amount(limit.most, limit.unit)}"
    return f"{ordered} is above the usual {amount(limit.most, limit.unit)}{_use(limit, here, knowledge)}"


def _use(limit: DoseLimit, here: AtHand, knowledge: Knowledge) -> str:
    """For which use, where the figure is for one."""
    if not limit.row.indication:
        return ""
    own = [ladder for ladder, _ in here.ladders]
    fits = len(own) == 1 and knowledge.value_sets.with_parents([own[0].value_set]).intersection(limit.row.indication)
    return f" for {uncapital(own[0].title) if fits else knowledge.value_sets.title(limit.row.indication[0])}"


def _lines(
    agent: Agent,
    order: MedicationOrder,
    found: list[TooMuch],
    steps: tuple[PlannedStep, ...],
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> Iterator[str]:
    for each in found:
        word = "Ceiling" if each.limit.row.kind == "ceiling" else "Usual"
        once = " in one dose" if each.limit.row.single else ""
        why = f" ({each.limit.row.note})" if each.limit.row.note else ""
        yield f"{word}: at most {a_day(each.limit.most, each.limit.unit)}{once}{why}"
    plain = dose_limit(agent, knowledge.form_of(agent, order), "no added benefit", here, facts, knowledge)
    if plain:
        yield f"{capital(plain.row.note)} {a_day(plain.most, plain.unit)}"
    yield from allowed_in_words(agent, order, steps, here, facts, knowledge)
