"""
Results on record that speak against an agent: a laboratory or ECG figure beyond its threshold, a genotype.

The law: figures count while they are recent, a genotype for ever; no test is not a normal test; where the sex is not
known the stricter figure holds; a multiple of the upper limit needs the laboratory's own limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction

from .facts import Facts, Result
from .in_force import Knowledge
from .objection import Objection
from .recent import newest
from .statements import Agent, Pharmacogenetics, Range, Strength, Threshold, ThresholdRow
from .wording import number
from .wording import said as clean

MULTIPLE = "times_upper_limit"


def by_result(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    yield from _genotypes(agent, facts, knowledge)
    yield from _figures(agent, facts, knowledge)


def asked_of_results(agent: Agent, knowledge: Knowledge) -> tuple[str, ...]:
    """The value sets of every result that may speak against the agent."""
    figures = (row.value_set for _, row in _rows(agent, knowledge))
    return tuple(dict.fromkeys([*figures, *(row.value_set for row in knowledge.here(agent.pharmacogenetics))]))


# --- figures --------------------------------------------------------------------------------------------------------


def _figures(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for file, row in _rows(agent, knowledge):
        result = newest(facts.results, frozenset({row.value_set}), facts.day, knowledge.recent_days)
        if result is None or (row.sex and facts.patient.sex not in (row.sex, None)):
            continue
        beyond = _beyond(row, result)
        if beyond:
            strength, limit = beyond
            said = f"{knowledge.value_sets.title(row.value_set)} {_value(result)}"
            why = f"{said} is {_compared(limit)}{_times(limit, result)}: {row.says}"
            because = knowledge.cite(file, "row", row)
            reference, day = result.reference, result.day
            yield Objection(strength, why, said, because, kind="result", reference=reference, day=day)


def _rows(agent: Agent, knowledge: Knowledge) -> tuple[tuple[Threshold, ThresholdRow], ...]:
    """The figures that the agent must not be started beyond."""
    classes = knowledge.value_sets.classes_of(agent.id)
    return knowledge.once(
        ("result before start", agent.id),
        lambda: tuple(
            (file, row)
            for file, row in knowledge.rows_of("result before start")
            if agent.id in row.agents or not classes.isdisjoint(row.classes)
        ),
    )


def _beyond(row: ThresholdRow, result: Result) -> tuple[Strength, Range] | None:
    if row.stop is not None and certainly(row.stop, result):
        return row.stop_is, row.stop
    if row.caution is not None and certainly(row.caution, result):
        return "caution", row.caution
    return None


def certainly(limit: Range, result: Result) -> bool:
    """Whether a result is in a range for sure: of one given as "<130" or ">500", all that it may be."""
    value = _measured(limit, result)
    if value is None:
        return False
    if result.comparator.startswith("<"):
        return limit.low is None and limit.high is not None and value <= limit.high
    if result.comparator.startswith(">"):
        return limit.high is None and limit.low is not None and value >= limit.low
    return limit.holds(value)


def _measured(limit: Range, result: Result) -> Fraction | None:
    if not limit.text.startswith(MULTIPLE):
        return result.value
    return result.value / result.upper if result.value is not None and result.upper else None


def _value(result: Result) -> str:
    unit = result.unit.replace("mm[Hg]", "mm Hg").replace("10*9/L", "x 10^9/L")
    return f"{result.comparator}{number(result.value or Fraction(0))} {unit}".rstrip()


def _compared(limit: Range) -> str:
    """ "below 130"; "at or above 500"."""
    if limit.high is not None:
        return f"{'at or below' if limit.high_included else 'below'} {number(limit.high)}"
    return f"{'at or above' if limit.low_included else 'above'} {number(limit.low or Fraction(0))}"


def _times(limit: Range, result: Result) -> str:
    upper = number(result.upper) if result.upper is not None else ""
    return f" times the laboratory's upper limit of {upper}" if limit.text.startswith(MULTIPLE) else ""


# --- genotypes ------------------------------------------------------------------------------------------------------


def _genotypes(agent: Agent, facts: Facts, knowledge: Knowledge) -> Iterator[Objection]:
    for row in knowledge.here(agent.pharmacogenetics):
        for reference, said, day in _answers(row, facts, knowledge):
            tolerated = row.tolerated_after_days is not None and _taken_for(agent.id, row.tolerated_after_days, facts)
            strength: Strength = "caution" if tolerated else row.strength
            why = f"{said}: {row.advice}" + (" (taken for longer than that already)" if tolerated else "")
            because = knowledge.cite(agent, "pharmacogenetics", row)
            yield Objection(strength, why, said, because, kind="result", reference=reference, day=day)
            break


def _answers(row: Pharmacogenetics, facts: Facts, knowledge: Knowledge) -> Iterator[tuple[str, str, date | None]]:
    """Who says so: the latest result, or a condition on record."""
    latest = facts.latest(row.value_set)
    if latest and _says(latest.text.lower(), row.text):
        yield latest.reference, f"{knowledge.value_sets.title(row.value_set)} {latest.text.lower()}", latest.day
    for condition in facts.on_record(row.carrier) if row.carrier else ():
        yield condition.reference, clean(condition.label), condition.onset


def _says(said: str, answers: tuple[str, ...]) -> bool:
    """The answer itself, or one of several words among others: "CYP2D6 poor metabolizer (PM)"."""
    return said in answers or any(" " in each and each in said for each in answers)


def _taken_for(ingredient: str, days: int, facts: Facts) -> bool:
    """Whether an order being taken began so long ago."""
    since = facts.day - timedelta(days=days)
    begun = [o.starts or o.authored for o in facts.active() if ingredient in o.ingredients]
    return any(day is not None and day <= since for day in begun)
