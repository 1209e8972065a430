"""
Start low, go slow

When    an agent is begun above its starting dose for this age, these kidneys, this frailty and what is taken beside it
And     or raised faster than it may be: within the order's own steps, or from what is taken now
Then    say by how much, and offer the stepwise schedule up to the dose ordered, as one order of several steps; a
        warning where the label boxes the climb, information elsewhere; an agent that no card suggests is judged
        only where neuropathic pain is at hand
Silent  at the starting dose and the step themselves; for another use, unless boxed; for what has no climb (a patch);
        for an opioid that may be given for opioid use disorder;
        above a ceiling, the limit of the kidneys or a usual dose, unless boxed: the rules on maxima offer the same
        schedule; beside a contraindication, which is critical: what must not be given needs no schedule
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import pairwise, takewhile

from msgspec import Struct

from ..at_hand import AtHand, at_hand
from ..facts import Facts, MedicationOrder
from ..finding import Finding, Indicator, Limit, PlannedStep, Statement
from ..in_force import Knowledge
from ..judged import judged_once
from ..limits import above, above_any, dose_limit, in_unit, lowest_anywhere, unsteady
from ..mending import beyond, may_be_mended, mended, proposal, stepwise, week_by_week
from ..opioid_scope import is_treatment
from ..schedules import safe_maximum, schedule_for, slower_for, start_for
from ..situation import crcl_holds
from ..starting import Before, Climb, climb_for, dose_now, running, taken_before
from ..statements import Agent, Start, Step
from ..suitability import objections
from ..totals import Total, first, steps_of, total_a_day
from ..wording import a_day, amount, capital, kidneys_in_short, listed, uncapital


class Case(Struct, frozen=True):
    """One agent as it is ordered for one patient."""

    agent: Agent
    order: MedicationOrder
    here: AtHand
    total: Total
    before: Before
    climb: Climb


class TooFast(Struct, frozen=True):
    verdict: str  # after the agent's name
    lines: tuple[str, ...]
    limit: Limit
    because: tuple[Statement, ...]


def check(facts: Facts, knowledge: Knowledge) -> Iterator[Finding]:
    for order, agent in judged_once(facts, knowledge):
        here = at_hand(facts, knowledge, order)
        climb = climb_for(agent, knowledge.form_of(agent, order), here.indications, facts, knowledge)
        if knowledge.form_of(agent, order) is None or climb is None or not _concerns(agent, here, climb):
            continue
        if is_treatment(order, agent, facts, knowledge):
            continue
        supply = knowledge.supply_days
        most = total_a_day(agent.id, order, facts, supply_days=supply)
        if not climb.boxed and _said_with_the_maximum(agent, order, most, here, facts, knowledge):
            continue
        total = total_a_day(agent.id, order, facts, supply_days=supply, pick=first)
        case = Case(agent, order, here, total, taken_before(agent.id, facts, knowledge), climb)
        found = [*_start(case, facts, knowledge), *_rise(case, facts, knowledge), *_steps(case)]
        against = (
            {o.strength for o in objections(agent, knowledge.form_of(agent, order), facts, knowledge)}
            if found
            else set()
        )
        if found and "contraindicated" not in against:
            yield _finding(case, found, against <= {"caution"}, facts, knowledge)


def _said_with_the_maximum(
    agent: Agent, order: MedicationOrder, total: Total, here: AtHand, facts: Facts, knowledge: Knowledge
) -> bool:
    """The rules on maxima show the way from the start: above a ceiling or the limit of the kidneys, and above a usual
    dose where they offer a schedule."""
    if above_any(agent, order, total, here, facts, knowledge):
        return True
    usual = dose_limit(agent, knowledge.form_of(agent, order), "usual", here, facts, knowledge)
    above_usual = usual is not None and above(total, usual.most, usual.unit) is not None
    return above_usual and len(mended(agent, order, total, here, facts, knowledge)) > 1


def _concerns(agent: Agent, here: AtHand, climb: Climb) -> bool:
    if climb.boxed:
        return True
    return not here.other_reason and (bool(here.ladders) or not agent.never_suggested)


# --- what is too fast -----------------------------------------------------------------------------------------------


def _start(case: Case, facts: Facts, knowledge: Knowledge) -> Iterator[TooFast]:
    start = start_for(case.agent, knowledge.form_of(case.agent, case.order), facts, knowledge)
    if start is None or case.before is Before.TAKING:
        return
    dose, unit = in_unit(case.total.alone, start.dose.unit), start.dose.unit
    if dose is None or dose <= start.dose.value:
        return
    low, why = a_day(start.dose.value, unit), _why(start, case.agent, facts, knowledge)
    lines = [_start_in_words(start, why, case, facts, knowledge), capital(start.note)]
    verdict = f"{a_day(dose, unit)} is above the starting dose of {low}{why}"
    limit = Limit(start.dose.value, unit, "start")
    yield TooFast(verdict, tuple(filter(None, lines)), limit, (knowledge.cite(case.agent, "start", start),))


def _start_in_words(start: Start, why: str, case: Case, facts: Facts, knowledge: Knowledge) -> str:
    """Kidneys that are not known may be poor ones: the schedule begins as for those, and the figure says so."""
    form, open_ = knowledge.form_of(case.agent, case.order), not facts.kidneys.known
    safe = start_for(case.agent, form, facts, knowledge, any_kidneys=open_) or start
    low = f"{a_day(safe.dose.value, safe.dose.unit)}{f' {safe.when}' if safe.when else ''}"
    if safe.dose.value == start.dose.value:
        return f"Start with {low}{why}"
    good = a_day(start.dose.value, start.dose.unit)
    return f"Start with {low} while the kidney function is not known{why}; {good} if it is good"


def _why(start: Start, agent: Agent, facts: Facts, knowledge: Knowledge) -> str:
    """What makes this start lower than the usual one."""
    age = facts.age_between()
    if start.with_medicine:
        return f" beside {listed(knowledge.value_sets.title(name).lower() for name in start.with_medicine)}"
    if start.age_from is not None and age is not None and age[1] >= start.age_from:
        return f" from age {start.age_from}"
    if start.crcl is not None and crcl_holds(start.crcl, facts):
        return f" at {kidneys_in_short(facts.kidneys)}"
    slower = slower_for(agent, facts, knowledge) if start.age_from is not None else ""
    return f" {'while' if slower.startswith('taking') else 'with'} {uncapital(slower)}" if slower else ""


def _rise(case: Case, facts: Facts, knowledge: Knowledge) -> Iterator[TooFast]:
    """From what is taken now to the first dose of the order."""
    unit = _unit(case.climb)
    now = dose_now(case.agent.id, unit, facts, knowledge) if case.before is Before.TAKING else None
    dose = in_unit(case.total.alone, unit)
    if now is None or dose is None or dose <= now:
        return
    since = [order.starts for order in running(case.agent.id, facts, knowledge) if order.starts]
    days = (facts.day - max(since)).days if since else None
    if dose - now > case.climb.step.value:
        yield _faster(case, f"from {_plain(now, unit)} to {a_day(dose, unit)} in one step")
    elif days is not None and 0 <= days < case.climb.days:
        yield _faster(case, f"from {_plain(now, unit)} to {a_day(dose, unit)} after {_days(days)}")


def _steps(case: Case) -> Iterator[TooFast]:
    """Between the steps of the order."""
    unit, steps = _unit(case.climb), steps_of(case.order, case.agent.id)
    for one, other in pairwise(steps):
        low, high = in_unit(one.daily, unit), in_unit(other.daily, unit)
        if low is None or high is None or high <= low:
            continue
        jump = f"from {_plain(low, unit)} to {a_day(high, unit)}"
        if high - low > case.climb.step.value:
            yield _faster(case, f"{jump} in one step")
            return
        if one.days is not None and one.days < case.climb.days:
            yield _faster(case, f"{jump} after {_days(one.days)}")
            return


def _faster(case: Case, what: str) -> TooFast:
    climb, unit = case.climb, _unit(case.climb)
    most = f"{amount(climb.step.value, unit)} {_every(climb.days)}"
    lines = tuple(filter(None, [_slowly(climb), capital(climb.note)]))
    return TooFast(
        f"{what} is faster than {most}", lines, Limit(climb.step.value, climb.step.unit, "step"), climb.because
    )


def _slowly(climb: Climb) -> str:
    return f"Raise it by at most {amount(climb.step.value, _unit(climb))} {_every(climb.days)}"


def _unit(climb: Climb) -> str:
    return climb.step.unit if climb.step.unit == "ug/h" else f"{climb.step.unit}/d"


def _plain(value: Fraction, unit: str) -> str:
    return amount(value, unit)


def _every(days: int) -> str:
    return "a day" if days == 1 else f"every {days} days"


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


# --- the card -------------------------------------------------------------------------------------------------------


def _finding(case: Case, found: list[TooFast], fit: bool, facts: Facts, knowledge: Knowledge) -> Finding:
    agent, order, head = case.agent, case.order, found[0]
    steps = _schedule(case, facts, knowledge)
    alone = all(part.order == order or part.uncertain for part in case.total.parts)
    offered = steps if alone and fit and may_be_mended(agent, order, facts, knowledge) else ()
    return Finding(
        summary=_summary(case, head, knowledge),
        indicator=Indicator.WARNING if case.climb.boxed else Indicator.INFO,
        agents=(agent.id,),
        orders=tuple(part.order.reference for part in case.total.parts if part.order.reference),
        conditions=case.here.conditions,
        detail=tuple(
            dict.fromkeys([case.total.words, *_lines(case, found), *_week_by_week(case, steps, facts, knowledge)])
        ),
        because=tuple(dict.fromkeys(s for each in found for s in each.because)),
        daily_dose=in_unit(case.total.alone, "mg/d"),
        limit=head.limit,
        proposals=(proposal(agent, order, offered),) if offered else (),
        not_checked=_not_checked(case),
    )


def _summary(case: Case, head: TooFast, knowledge: Knowledge) -> str:
    words = f"{knowledge.title_of(case.agent, case.order).lower()} {head.verdict}"
    if case.before is Before.OPEN:
        return f"If new to this patient: {words}"
    if case.here.perhaps_other and case.here.ladders:
        return f"If for {uncapital(case.here.ladders[0][0].title)}: {words}"
    return capital(words)


def _lines(case: Case, found: list[TooFast]) -> Iterator[str]:
    if case.climb.boxed:
        yield from (f"Boxed warning: {text}" for text in case.agent.boxed)
    for each in found[1:]:
        yield f"Also: {each.verdict}"
    for each in found:
        yield from each.lines


def _schedule(case: Case, facts: Facts, knowledge: Knowledge) -> tuple[PlannedStep, ...]:
    """The schedule for this patient, no further than the order goes."""
    ordered = _ordered(case)
    return () if ordered is None else stepwise(case.agent, case.order, ordered, case.here, facts, knowledge)


def _week_by_week(case: Case, steps: tuple[PlannedStep, ...], facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    """The schedule a line a step; where no tablets make it, in amounts."""
    order, agent, form = case.order, case.agent, knowledge.form_of(case.agent, case.order)
    matter = not facts.kidneys.known and lowest_anywhere(agent, form, knowledge, case.here) is not None
    if steps and matter:
        yield "Kidney function not known: the steps keep to what is right for any kidneys"
    if not steps and not unsteady(facts.kidneys) and case.before is not Before.TAKING:
        yield from _in_amounts(case, matter, facts, knowledge)
    if len(steps) == 1:
        yield from filter(None, [_slowly(case.climb), capital(case.climb.note)])
    yield from week_by_week(steps, order.route)
    ordered = _ordered(case)
    if len(steps) > 1 and ordered and not above_any(agent, order, case.total, case.here, facts, knowledge):
        yield from beyond(steps, ordered)


def _in_amounts(case: Case, kidneys_open: bool, facts: Facts, knowledge: Knowledge) -> Iterator[str]:
    if kidneys_open:
        yield "Kidney function not known: no schedule, as it would be one for healthy kidneys"
        return
    form = knowledge.form_of(case.agent, case.order)
    rows = _allowed(schedule_for(case.agent, form or "", facts, knowledge), case, facts, knowledge)
    said = [a_day(row.dose.value, row.dose.unit) for row in rows]
    timed = [f"{dose} for {_days(row.days)}" if row.days else dose for dose, row in zip(said[:-1], rows, strict=False)]
    if timed:
        yield f"Schedule: {', then '.join([*timed, said[-1]])}"


def _allowed(rows: Iterable[Step], case: Case, facts: Facts, knowledge: Knowledge) -> list[Step]:
    """No further than the order goes, nor than these kidneys allow, where they are known."""
    ends = [_ordered(case)]
    form = knowledge.form_of(case.agent, case.order)
    shape = next((f for f in case.agent.formulation if f.id == form), None)
    if shape is not None and facts.kidneys.known:
        ends.append(safe_maximum(case.agent, shape, facts, knowledge, case.here.indications))
    most = min((end for end in ends if end is not None), default=None)
    return list(takewhile(lambda row: most is None or row.dose.value <= most, rows))


def _ordered(case: Case) -> Fraction | None:
    """The most a day that is ordered, mg; None where it is not known in mg."""
    doses = [in_unit(step.daily, "mg/d") for step in steps_of(case.order, case.agent.id)]
    return max((dose for dose in doses if dose is not None), default=None)


def _not_checked(case: Case) -> tuple[str, ...]:
    if case.before is not Before.OPEN:
        return ()
    return (f"earlier orders: not known whether {case.agent.title.lower()} was taken before",)
