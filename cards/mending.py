"""
An order mended: within every limit that holds for this patient, in tablets that exist, never faster than the agent may
be raised.

What is begun gets its stepwise schedule, never its highest dose at once. Nothing is mended that was not read for sure,
that something on record forbids, or while it is not known whether the patient takes it already and what else is on
record. Where the kidneys are not known, only a dose that is right for any kidneys is put as an order, and none that
cuts what is taken now; on dialysis and in acute kidney injury none is.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from .at_hand import AtHand
from .facts import Facts, Known, MedicationOrder
from .fhir.order import schedule_in_words, sig
from .finding import PlannedStep, Proposal
from .in_force import Knowledge
from .limits import dose_limit, in_unit, lowest_anywhere, renal_limit, unsteady
from .schedules import planned
from .starting import Climb, climb_for, dose_now, running
from .statements import Agent, Formulation, Quantity, Step
from .suitability import objections
from .tablets import climb, highest
from .totals import Total, steps_of
from .wording import a_day, amount, number, said

PROLONGED = "extended"  # as products and dose forms say it


class Cap(Struct, frozen=True):
    """All limits together: the most a day and at once, in mg or in patches, and how often the kidney table says."""

    most: Fraction
    unit: str
    single: Fraction | None
    doses: Fraction | None


def cap_for(agent: Agent, order: MedicationOrder, here: AtHand, facts: Facts, knowledge: Knowledge) -> Cap | None:
    """None where no limit holds, or where the limits are of different units."""
    renal = renal_limit(agent, knowledge.form_of(agent, order), here, facts, knowledge)
    daily = [
        dose_limit(agent, knowledge.form_of(agent, order), kind, here, facts, knowledge)
        for kind in ("ceiling", "usual")
    ]
    once = [
        dose_limit(agent, knowledge.form_of(agent, order), kind, here, facts, knowledge, single=True)
        for kind in ("ceiling", "usual")
    ]
    found = [limit for limit in (renal, *daily) if limit]
    if not found or len({limit.unit for limit in found}) > 1:
        return None
    return Cap(
        most=min(limit.most for limit in found),
        unit=found[0].unit,
        single=min((limit.most for limit in once if limit), default=None),
        doses=renal.doses_per_day if renal else None,
    )


def cap_to_accept(
    agent: Agent, order: MedicationOrder, cap: Cap, here: AtHand, facts: Facts, knowledge: Knowledge
) -> Cap | None:
    """The cap that holds whatever these kidneys turn out to be; None where no dose does."""
    if unsteady(facts.kidneys):
        return None if _by_the_kidneys(agent, order, knowledge) else cap
    lowest = None if facts.kidneys.known else lowest_anywhere(agent, knowledge.form_of(agent, order), knowledge, here)
    if lowest is None:
        return cap
    if not lowest.value or lowest.unit != cap.unit:
        return None
    return replace(cap, most=min(cap.most, lowest.value))


def _by_the_kidneys(agent: Agent, order: MedicationOrder, knowledge: Knowledge) -> bool:
    """Whether the kidneys may change its dose, or the file has no figure for poor ones."""
    bands = [band for table in knowledge.here(agent.renal, knowledge.form_of(agent, order)) for band in table.bands]
    entries = knowledge.here(agent.dialysis, knowledge.form_of(agent, order))
    varies = lowest_anywhere(agent, knowledge.form_of(agent, order), knowledge) is not None
    return varies or any(band.maximum is None for band in bands) or any(entry.avoid for entry in entries)


def highest_allowed(agent: Agent, order: MedicationOrder, cap: Cap, knowledge: Knowledge) -> PlannedStep | None:
    """The most that whole tablets make within the limits, as often a day as ordered or as the limits need."""
    formulation = formulation_of(agent, order, knowledge)
    if formulation is None or not cap.most or cap.unit.removesuffix("/d") not in ("mg", "patch"):
        return None
    ordered = order.dosage.first.doses_per_day if order.dosage.first else None
    most = Fraction(24, formulation.interval_hours) if formulation.interval_hours else None
    doses = cap.doses or ordered or Fraction(1)
    doses = min(doses, most) if most else doses
    if cap.single and cap.most / doses > cap.single:
        doses = max(doses, Fraction(ceil(cap.most / cap.single)))
    # the kidney table names the most doses a day: fewer of them where they come nearer to the limit
    often = [doses, *(map(Fraction, reversed(range(1, int(doses)))) if cap.doses else ())]
    tablets = knowledge.tablets(agent, formulation)
    plans = [highest(tablets, cap.most, times, cap.single) for times in often]
    return max((plan for plan in plans if plan), key=lambda plan: plan.mg_per_day, default=None)


def mended(
    agent: Agent, order: MedicationOrder, total: Total, here: AtHand, facts: Facts, knowledge: Knowledge
) -> tuple[PlannedStep, ...]:
    """The order as it may be accepted; () where none may."""
    known = cap_for(agent, order, here, facts, knowledge)
    others = [part for part in total.parts if part.order != order and not part.uncertain]
    if (
        known is None
        or others
        or not _too_high(order, total, known)
        or not may_be_mended(agent, order, facts, knowledge)
    ):
        return ()
    cap = cap_to_accept(agent, order, known, here, facts, knowledge)
    top = highest_allowed(agent, order, cap, knowledge) if cap else None
    if cap is None or top is None:
        return ()
    fastest = climb_for(agent, knowledge.form_of(agent, order), here.indications, facts, knowledge)
    if not any(running(agent.id, facts, knowledge)):
        return stepwise(agent, order, cap.most, here, facts, knowledge) if fastest else (top,)
    now = dose_now(agent.id, cap.unit, facts, knowledge)
    if cap.most < known.most and (now is None or top.mg_per_day < now):
        return ()  # for kidneys that may well be healthy, what is taken is not cut
    if len(order.dosage.steps) > 1:
        held = _held(agent, order, cap, knowledge)
        return held if fastest is None or _gently(held, now, fastest) else ()
    if fastest and (now is None or top.mg_per_day - now > fastest.step.value):
        return stepwise(agent, order, cap.most, here, facts, knowledge)
    return (top,)


def _gently(steps: tuple[PlannedStep, ...], now: Fraction | None, fastest: Climb) -> bool:
    """Whether no rise, from what is taken now on, is too high or comes too soon."""
    doses = [step.mg_per_day for step in steps]
    rises = [high - low for low, high in pairwise([now, *doses])] if now is not None else [fastest.step.value + 1]
    early = any(
        one.days and one.days < fastest.days and other.mg_per_day > one.mg_per_day for one, other in pairwise(steps)
    )
    return not early and all(rise <= fastest.step.value for rise in rises)


def _too_high(order: MedicationOrder, total: Total, cap: Cap) -> bool:
    """Whether the order alone is above a limit: one that is too much only beside another is not the one at fault."""
    alone = in_unit(total.alone, cap.unit)
    singles = [in_unit(each.single, cap.unit) for each in steps_of(order, total.ingredient)]
    at_once = cap.single is not None and any(dose is not None and dose > cap.single for dose in singles)
    return at_once or (alone is not None and alone > cap.most)


def may_be_mended(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """Read for sure, with medicines and conditions known (its use, dialysis, what forbids it), and nothing on record
    forbids the agent."""
    surely = order.reference and order.sure and not order.dosage.conflict and not order.dosage.unread
    known = facts.known >= {Known.MEDICATIONS, Known.CONDITIONS}
    return bool(surely) and known and not is_forbidden(agent, order, facts, knowledge)


def is_forbidden(agent: Agent, order: MedicationOrder, facts: Facts, knowledge: Knowledge) -> bool:
    """More than a caution; but beside another medicine to be avoided with it, less of it is better still."""
    return any(
        o.strength == "contraindicated" or (o.strength == "avoid" and o.kind != "medicine")
        for o in objections(agent, knowledge.form_of(agent, order), facts, knowledge)
    )


def stepwise(
    agent: Agent, order: MedicationOrder, most: Fraction, here: AtHand, facts: Facts, knowledge: Knowledge
) -> tuple[PlannedStep, ...]:
    """The agent's schedule for this patient up to `most` a day, from where the patient stands. On dialysis, and while
    the kidneys are injured, nothing is climbed by a schedule."""
    if unsteady(facts.kidneys):
        return ()
    formulation = formulation_of(agent, order, knowledge)
    fastest = climb_for(agent, knowledge.form_of(agent, order), here.indications, facts, knowledge)
    steps = planned(agent, formulation, facts, knowledge, here.indications) if formulation else ()
    steps = tuple(each for each in steps if each.mg_per_day <= most)
    if any(running(agent.id, facts, knowledge)):
        now = dose_now(agent.id, "mg/d", facts, knowledge)
        if now is None or fastest is None:
            return ()
        steps = tuple(each for each in steps if each.mg_per_day > now)
        if steps and steps[0].mg_per_day - now > fastest.step.value:
            return ()
    return (*steps[:-1], replace(steps[-1], days=None)) if steps else ()


def _held(agent: Agent, order: MedicationOrder, cap: Cap, knowledge: Knowledge) -> tuple[PlannedStep, ...]:
    """A regimen of several steps, held at the limit from the first step above it; () if no one product makes it all."""
    formulation = formulation_of(agent, order, knowledge)
    top = highest_allowed(agent, order, cap, knowledge)
    rows: list[Step] = []
    for each in order.dosage.steps:
        dose = in_unit(each.daily, cap.unit)
        if dose is None or top is None or formulation is None:
            return ()
        at_once = dose / (each.doses_per_day or 1)
        if dose > cap.most or (cap.single is not None and at_once > cap.single):
            if rows and rows[-1].dose.value >= top.mg_per_day:
                rows[-1] = Step(dose=rows[-1].dose, doses_per_day=rows[-1].doses_per_day)
            else:
                rows.append(Step(dose=Quantity(top.mg_per_day, cap.unit), doses_per_day=top.doses_per_day))
            break
        rows.append(
            Step(dose=Quantity(dose, cap.unit), doses_per_day=each.doses_per_day or Fraction(1), days=each.days)
        )
    steps = climb(knowledge.tablets(agent, formulation), rows) if formulation else ()
    return steps if len(steps) == len(rows) else ()


def formulation_of(agent: Agent, order: MedicationOrder, knowledge: Knowledge) -> Formulation | None:
    """What the tablets to offer are chosen by; None for a combination product, which is never exchanged for one of its
    ingredients, and for a prolonged one of which there are only plain ones to offer."""
    mine = order.formulation if len(order.ingredients) == 1 else None
    found = next((f for f in agent.formulation if f.id == mine), None)
    release = order.product.release if order.product else ""
    if found is None or found.release or not release:
        return found
    prolonged = release == PROLONGED
    alike = all((PROLONGED in tablet.form.lower()) is prolonged for tablet in knowledge.tablets(agent, found))
    return found if alike else None


# --- in words -------------------------------------------------------------------------------------------------------


def proposal(agent: Agent, order: MedicationOrder, steps: tuple[PlannedStep, ...]) -> Proposal:
    """The draft with its dose mended, to accept."""
    words = schedule_in_words(steps, order.route or "oral")
    last = dose_of(steps[-1])
    label = f"Change to {last}" if len(steps) == 1 else f"Change to {dose_of(steps[0])}, step by step to {last}"
    total = f" ({last})" if len(steps) == 1 else ""
    return Proposal(
        label=label,
        description=f"Change {said(order.label)} to: {words}{total}",
        ingredient=agent.id,
        steps=steps,
        route=order.route or "oral",
        updates=order.reference,
        recommended=True,
    )


def dose_of(planned_step: PlannedStep) -> str:
    """ "600 mg a day", "3 patches a day"."""
    if planned_step.tablet.unit == "patch":
        return f"{amount(planned_step.units * planned_step.doses_per_day, 'patch')} a day"
    return f"{number(planned_step.mg_per_day)} mg a day"


def allowed_in_words(
    agent: Agent,
    order: MedicationOrder,
    steps: tuple[PlannedStep, ...],
    here: AtHand,
    facts: Facts,
    knowledge: Knowledge,
) -> Iterator[str]:
    """The highest dose, and the way to it where it may not be taken at once; or why the kidneys leave it open. Nothing
    of an agent that is not to be given."""
    if is_forbidden(agent, order, facts, knowledge):
        return
    known = cap_for(agent, order, here, facts, knowledge)
    cap = cap_to_accept(agent, order, known, here, facts, knowledge) if known else None
    top = highest_allowed(agent, order, cap, knowledge) if cap else None
    if known and (cap is None or cap.most < known.most):
        yield _left_open(known, cap, facts)
    elif top:
        yield f"Highest dose within the limits: {sig(top, order.route or 'oral')} ({dose_of(top)})"
    if not steps:
        return
    if len(steps) > 1:
        yield "Not at once, but step by step:"
        yield from week_by_week(steps, order.route)
    elif top is None or steps[0].mg_per_day != top.mg_per_day:
        yield f"Now: {sig(steps[0], order.route or 'oral')} ({dose_of(steps[0])})"
    if top:
        yield from beyond(steps, top.mg_per_day)


def beyond(steps: tuple[PlannedStep, ...], most: Fraction) -> Iterator[str]:
    """Where a schedule ends below what may be given, mg a day."""
    if steps and steps[-1].mg_per_day < most:
        yield f"Beyond {dose_of(steps[-1])}: only on review, in the same small steps"


def _left_open(known: Cap, cap: Cap | None, facts: Facts) -> str:
    """No highest dose is named where the kidneys could set a lower one."""
    if facts.kidneys.dialysis:
        return "No dose to accept on dialysis: agree it with the kidney team"
    if facts.kidneys.stage_five:
        return "No dose to accept in stage 5 kidney disease: agree it with the kidney team"
    if facts.kidneys.acute_injury:
        return "No dose to accept in acute kidney injury: dose it once the kidneys are steady"
    if cap is None:
        return "No dose to accept while the kidney function is not known: for some kidneys it is not to be used at all"
    most, healthy = a_day(cap.most, cap.unit), a_day(known.most, known.unit)
    return f"Kidney function not known: at most {most} is right for any kidneys, {healthy} only for healthy ones"


def week_by_week(steps: tuple[PlannedStep, ...], route: str | None) -> Iterator[str]:
    """ "Days 1 to 7: Take 1 capsule ..." """
    day = 1
    for each in steps:
        words = sig(each, route or "oral").removesuffix(f" for {each.days} days")
        yield f"Days {day} to {day + each.days - 1}: {words}" if each.days else f"From day {day}: {words}"
        day += each.days or 0
