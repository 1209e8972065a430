"""
A start and a climb that this patient may be given: for this age, these kidneys, this frailty and what is taken beside
it, in tablets that exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import takewhile

from msgspec.structs import replace

from .at_hand import at_hand
from .facts import Facts
from .finding import PlannedStep
from .in_force import Knowledge, band_for, band_maximum
from .limits import beside
from .situation import crcl_holds, holds
from .statements import Agent, Condition, Formulation, Manner, Modifier, Move, Schedule, Start, Step
from .tablets import climb


def planned(
    agent: Agent, formulation: Formulation, facts: Facts, knowledge: Knowledge, indications: Iterable[str] = ()
) -> tuple[PlannedStep, ...]:
    """Start and climb in tablets that exist, held at what use and kidneys allow; () where none can be made. Kidneys
    that are not known may be poor ones: what is put as an order begins as it would for those."""
    most = safe_maximum(agent, formulation, facts, knowledge, indications)
    rows = schedule_for(agent, formulation.id, facts, knowledge, any_kidneys=not facts.kidneys.known)
    allowed = sum(1 for _ in takewhile(lambda row: most is None or row.dose.value <= most, rows))
    tablets = knowledge.tablets(agent, formulation)
    question = ("climb", id(tablets), id(rows), allowed)
    return knowledge.once(question, lambda: _open_ended(climb(tablets, rows[:allowed])), (tablets, rows))


def _open_ended(steps: tuple[PlannedStep, ...]) -> tuple[PlannedStep, ...]:
    """The last step goes on until the clinician changes it."""
    return (*steps[:-1], replace(steps[-1], days=None)) if steps else ()


def schedule_for(
    agent: Agent, formulation: str, facts: Facts, knowledge: Knowledge, *, any_kidneys: bool = False
) -> tuple[Step, ...]:
    """The slower schedule where age, kidneys or frailty ask for it, else the usual one; else the start alone.
    `any_kidneys`: rows for poor kidneys hold too."""
    slower = is_slower(agent, facts, knowledge)
    rows = [s for s in knowledge.here(agent.schedule, formulation) if s.pace != "label"]
    asked = [s for s in rows if _asked_for(s, facts, slower, any_kidneys)]
    chosen = max(asked, key=_rank, default=None)
    start = start_for(agent, formulation, facts, knowledge, any_kidneys=any_kidneys)
    if chosen and start is not None and chosen.steps[0].dose.value > start.dose.value:
        chosen = None
    return knowledge.once(("steps", id(chosen), id(start)), lambda: _steps(chosen, start), (chosen, start))


def _rank(row: Schedule) -> tuple[bool, Fraction, bool, Fraction]:
    """The slower, then the lower; then the one for these kidneys alone, then the one of fewest doses a day: if the
    kidneys are not known, that is right for any."""
    narrow = row.crcl is not None and row.age_from is None
    often = max(step.doses_per_day for step in row.steps)
    return row.pace == "slower", -row.steps[0].dose.value, narrow, -often


def _steps(chosen: Schedule | None, start: Start | None) -> tuple[Step, ...]:
    if chosen:
        return _when_started(chosen.steps, start)
    return (Step(dose=start.dose, doses_per_day=start.doses_per_day, note=start.when),) if start else ()


def _when_started(steps: tuple[Step, ...], start: Start | None) -> tuple[Step, ...]:
    """The first step taken when the start is: "at night"."""
    head, *rest = steps
    if start is None or head.note or head.doses_per_day != start.doses_per_day:
        return steps
    return (Step(dose=head.dose, doses_per_day=head.doses_per_day, days=head.days, note=start.when), *rest)


def start_for(
    agent: Agent, formulation: str | None, facts: Facts, knowledge: Knowledge, *, any_kidneys: bool = False
) -> Start | None:
    """The starting dose for this age, these kidneys and what is taken beside it: the lowest that holds."""
    slower = is_slower(agent, facts, knowledge)
    rows = [s for s in knowledge.here(agent.start, formulation) if _asked_for(s, facts, slower, any_kidneys)]
    with_it = [s for s in rows if s.with_medicine and beside(s.with_medicine, agent.id, facts)]
    return min(with_it or [s for s in rows if not s.with_medicine], key=lambda start: start.dose.value, default=None)


def is_slower(agent: Agent, facts: Facts, knowledge: Knowledge) -> bool:
    """Whether a modifier, or a pain that the patient has, asks for the lowest start and the slower schedule."""
    return bool(slower_for(agent, facts, knowledge))


def slower_for(agent: Agent, facts: Facts, knowledge: Knowledge) -> str:
    """The title of the first file that asks for it; "" where none does."""
    return facts.once(("slower", agent.id), lambda: _slower_for(agent, facts, knowledge))


def _slower_for(agent: Agent, facts: Facts, knowledge: Knowledge) -> str:
    ladders = [ladder for ladder, _ in at_hand(facts, knowledge).ladders]
    files: list[Modifier | Condition] = [*standing_modifiers(facts, knowledge), *ladders]
    asking = (
        file.title
        for file in files
        for row in knowledge.here(file.manner)
        if row.how == "slower" and names(row, agent, knowledge) and (row.when is None or holds(row.when, facts))
    )
    return next(asking, "")


def standing_modifiers(facts: Facts, knowledge: Knowledge) -> tuple[Modifier, ...]:
    """The modifiers that hold for this patient."""
    return facts.once("standing modifiers", lambda: tuple(_standing(facts, knowledge)))


def _standing(facts: Facts, knowledge: Knowledge) -> Iterator[Modifier]:
    files, by_value_set, others = knowledge.once("modifiers", lambda: _by_value_set(knowledge.modifiers.values()))
    likely = others.union(*(by_value_set[name] for name in facts.value_sets if name in by_value_set))
    return (files[place] for place in sorted(likely) if any(holds(when, facts) for when in files[place].when))


def _by_value_set(
    modifiers: Iterable[Modifier],
) -> tuple[tuple[Modifier, ...], dict[str, set[int]], frozenset[int]]:
    """Every modifier; which of them each value set may bring in, and which ask for none: few hold for one patient."""
    files, found = tuple(modifiers), defaultdict[str, set[int]](set)
    for place, modifier in enumerate(files):
        for name in {name for when in modifier.when for name in when.value_sets}:
            found[name].add(place)
    others = (place for place, modifier in enumerate(files) if not all(when.value_sets for when in modifier.when))
    return files, dict(found), frozenset(others)


def names(row: Move | Manner, agent: Agent, knowledge: Knowledge) -> bool:
    return agent.id in row.agents or bool(knowledge.value_sets.classes_of(agent.id).intersection(row.classes))


def _asked_for(row: Start | Schedule, facts: Facts, slower: bool, any_kidneys: bool) -> bool:
    """A row for an age or a kidney function holds where either is so; a row for neither holds for everyone. Frail
    patients are dosed as old ones are; an age that is not known may be any."""
    age = facts.age_between()
    by_age = row.age_from is not None and (slower or age is None or age[1] >= row.age_from)
    by_kidneys = row.crcl is not None and (any_kidneys or crcl_holds(row.crcl, facts))
    return by_age or by_kidneys or (row.age_from is None and row.crcl is None)


def safe_maximum(
    agent: Agent, formulation: Formulation, facts: Facts, knowledge: Knowledge, indications: Iterable[str] = ()
) -> Fraction | None:
    """The most a day that holds for this use and every kidney function this patient may have; None: no limit known."""
    tables = knowledge.holding(agent.renal, formulation.id, indications)
    bands = [b for t in tables for b in (band_for(t, facts.kidneys) if facts.kidneys.known else t.bands)]
    renal = [most for band in bands if (most := band_maximum(band, facts.kidneys)) is not None]
    rows = knowledge.maxima(agent, formulation.id, indications, facts.age_between())
    return min([*renal, *(row.dose.value for row in rows if row.dose.unit.endswith("/d"))], default=None)
