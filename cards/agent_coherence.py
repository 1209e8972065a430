"""
Does an agent's file agree with itself? Its renal bands follow each other without gap or overlap, and the schedules it
offers never trip its own start or climb.

Held at every load, since a deployment may change a figure: a schedule that breaks the limit beside it would make the
service warn of its own suggestion.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from .statements import Agent, Band, Quantity, Renal, Schedule, Scoped, Start, Titration

HOURS: Final = {"h": 1, "d": 24, "wk": 168}


def incoherent(agent: Agent) -> Iterator[str]:
    """One line a problem: key, what does not fit."""
    for table in agent.renal:
        yield from (f"renal.{table.id}: {line}" for line in _bands(table))
    for schedule in agent.schedule:
        if schedule.pace != "label":  # a label's own jumps are told, never offered
            yield from (f"schedule.{schedule.id}: {line}" for line in _schedule(schedule, agent))


def _bands(table: Renal) -> Iterator[str]:
    for lower, upper in pairwise(sorted(table.bands, key=_from)):
        if lower.crcl.high != upper.crcl.low or lower.crcl.high is None:
            yield f"'{lower.crcl.text}' and '{upper.crcl.text}' leave a gap or overlap"
        elif lower.crcl.high_included == upper.crcl.low_included:
            yield f"{lower.crcl.high} itself must be in one of '{lower.crcl.text}' and '{upper.crcl.text}'"


def _from(band: Band) -> tuple[Fraction, bool]:
    return (band.crcl.low if band.crcl.low is not None else Fraction(-1), not band.crcl.low_included)


def _schedule(schedule: Schedule, agent: Agent) -> Iterator[str]:
    first = schedule.steps[0].dose
    for start in agent.start:
        if _start_concerns(start, schedule) and start.dose.unit == first.unit and first.value > start.dose.value:
            yield f"begins with {first}, above start.{start.id}: {start.dose}"
    for before, after in pairwise(schedule.steps):
        if before.days is None:
            yield f"the step of {before.dose} has no days, and is not the last"
            continue
        for limit in agent.titration:
            if _covers(limit, schedule) and limit.step.unit.removesuffix("/d") == after.dose.unit.removesuffix("/d"):
                yield from _climb(before.dose, after.dose, before.days, limit)


def _climb(before: Quantity, after: Quantity, days: int, limit: Titration) -> Iterator[str]:
    if after.value - before.value > limit.step.value:
        yield f"climbs from {before} to {after}, by more than titration.{limit.id}: {limit.step}"
    if days * 24 < limit.interval.value * HOURS[limit.interval.unit]:
        yield f"climbs to {after} after {days} days, sooner than titration.{limit.id}: {limit.interval}"


def _start_concerns(start: Start, schedule: Schedule) -> bool:
    return not start.with_medicine and _covers(start, schedule) and start.crcl in (None, schedule.crcl)


def _covers(row: Scoped, schedule: Schedule) -> bool:
    """Whether a row holds for every patient that the schedule is for."""
    return (
        _within(schedule.jurisdiction, row.jurisdiction)
        and _within(schedule.formulation, row.formulation)
        and _within(schedule.indication, row.indication)
        and (row.age_from is None or (schedule.age_from is not None and schedule.age_from >= row.age_from))
        and row.age_over is None
        and row.age_under in (None, schedule.age_under)
    )


def _within(narrow: tuple[str, ...], wide: tuple[str, ...]) -> bool:
    """Nothing named means everything."""
    return not wide or (bool(narrow) and set(narrow) <= set(wide))
