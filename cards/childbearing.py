"""
Pregnancy as the record has it, and whether it is excluded. Settled once, when the facts are read.

The law: a code or an answer that says pregnant counts for as long as a pregnancy lasts; the end of one for a few days;
undated ones count. Fertility is never inferred: someone who may be female, of an age at which it is possible and with
nothing on record that rules it out, is "not excluded", and is asked. Contraception excludes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from fractions import Fraction

from msgspec.structs import replace

from .facts import Condition, Patient, Result
from .in_force import Knowledge

_PREGNANT = re.compile(r"\bpregnant\b|^(positive|yes)$")
_NOT_SO = re.compile(r"\b(not|non|never|no|unknown|possibly|maybe|denies|unsure|unlikely)\b|\?")


def with_pregnancy(
    conditions: Iterable[Condition], results: Iterable[Result], knowledge: Knowledge, day: date
) -> tuple[Condition, ...]:
    """The conditions, those about a pregnancy only while it lasts, with what results say of it."""
    kept = [_while_it_lasts(condition, knowledge, day) for condition in conditions]
    return (*kept, *_from_results(results, knowledge, day))


def _while_it_lasts(condition: Condition, knowledge: Knowledge, day: date) -> Condition:
    sets = knowledge.value_sets
    pregnant, ended = sets.with_meaning("pregnant"), sets.with_meaning("pregnancy-just-ended")
    if condition.value_sets.isdisjoint(pregnant | ended):
        return condition
    if condition.value_sets & ended and _within(condition.onset, knowledge.days("days after a pregnancy"), day):
        return replace(condition, value_sets=condition.value_sets | pregnant)
    if condition.onset is None or _within(condition.onset, knowledge.days("days of a pregnancy"), day):
        return condition
    return replace(condition, value_sets=condition.value_sets - pregnant)


def _within(since: date | None, days: int, day: date) -> bool:
    return since is not None and (day - since).days <= days


def _from_results(results: Iterable[Result], knowledge: Knowledge, day: date) -> Iterator[Condition]:
    """The newest answer alone, as a condition of its own; a negative one excludes no pregnancy to come."""
    sets = knowledge.value_sets
    asked = sets.with_meaning("pregnant-or-not") | sets.with_meaning("pregnancy-tested")
    newest = next((r for r in results if r.what in asked and r.text), None)
    if newest and says_pregnant(newest.text) and _within(newest.day, knowledge.days("days of a pregnancy"), day):
        label = f"{sets.title(newest.what)}: {newest.text}"
        yield Condition(newest.reference, label, sets.with_meaning("pregnant"), onset=newest.day)


def says_pregnant(text: str) -> bool:
    said = text.strip().lower()
    return bool(_PREGNANT.search(said)) and not _NOT_SO.search(said)


def not_excluded(patient: Patient, conditions: Iterable[Condition], knowledge: Knowledge, day: date) -> frozenset[str]:
    """The value sets that mean "could become pregnant", unless sex, age or record exclude it, or it is one."""
    sets, said = knowledge.value_sets, frozenset(s for c in conditions for s in c.value_sets)
    decided = sets.with_meaning("cannot-become-pregnant") | sets.with_meaning("pregnant")
    if not said.isdisjoint(decided) or patient.sex == "male" or not _of_age(patient, knowledge, day):
        return frozenset()
    return sets.with_meaning("may-become-pregnant")


def _of_age(patient: Patient, knowledge: Knowledge, day: date) -> bool:
    age = patient.age_between(day)
    limits = [row.caution for _, row in knowledge.rows_of("ages of possible pregnancy") if row.caution]
    return age is None or any(limit.holds(years) for limit in limits for years in _fractions(*age))


def _fractions(youngest: int, oldest: int) -> Iterator[Fraction]:
    return (Fraction(years) for years in range(youngest, oldest + 1))
