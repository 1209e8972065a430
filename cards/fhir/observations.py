"""
Observation -> facts.Result: the value as a number in the unit the knowledge compares in, or the answer in a word.

A value that could be read in two ways, or that no body has, is Unread: a slip must not become advice. Most
observations of a chart are of no interest; those cost one look at their code.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import lru_cache
from operator import itemgetter
from typing import Any

from cards.facts import Result, Unread
from cards.readings import NONE_KEPT, Readings
from cards.statements import ValueSet

from .codings import ValueSets, belongs_to, canonical, objects, reference_of, string, words
from .dates import first_day
from .measured import Value, answer, has_value, in_unit, is_answer, measured, read_value

_NO_RESULT = frozenset({"entered-in-error", "cancelled", "registered"})


def read_observations(
    resources: Iterable[Any], patient_id: str, value_sets: ValueSets, readings: Readings = NONE_KEPT
) -> tuple[tuple[Result, ...], tuple[Unread, ...]]:
    """All results the knowledge asks for, newest first (undated last), and what could not be read."""
    dated: list[tuple[date, str, Result]] = []
    unread: list[Unread] = []
    for resource in resources:
        for day, when, found in readings.of(resource, "observation", _read, patient_id, value_sets):
            if isinstance(found, Result):
                dated.append((day or date.min, when, found))
            else:
                unread.append(found)
    dated.sort(key=itemgetter(0, 1), reverse=True)
    return tuple(result for _, _, result in dated), tuple(unread)


def read_observation(resource: object, patient_id: str, value_sets: ValueSets) -> Iterator[Result | Unread]:
    """The results of one Observation: its own, and those of its components."""
    results, unread = read_observations([resource], patient_id, value_sets)
    yield from results
    yield from unread


def _read(resource: Any, patient_id: str, value_sets: ValueSets) -> Sequence[tuple[date | None, str, Result | Unread]]:
    """What one Observation says of what the knowledge asks for, and when."""
    wanted = _wanted(resource, patient_id, value_sets)
    if not wanted:
        return ()
    when, day = _when(resource)
    reference = reference_of(resource)
    return [(day, when, _result(part, value_set, reference, day, when)) for part, value_set in wanted]


# --- one resource ---------------------------------------------------------------------------------------------------

Wanted = Iterable[tuple[Mapping[str, Any], ValueSet]]


def _wanted(resource: Any, patient_id: str, value_sets: ValueSets) -> Wanted:
    """The parts of an Observation whose code the knowledge asks for, if it is a result, and this patient's."""
    if not isinstance(resource, dict):
        return ()
    found = _value_set(resource.get("code"), value_sets)
    parts = _parts(resource, value_sets) if "component" in resource else ()
    if (found is None and not parts) or not _counts(resource, patient_id):
        return ()
    return parts if found is None or (parts and not has_value(resource)) else ((resource, found), *parts)


def _parts(resource: Mapping[str, Any], value_sets: ValueSets) -> Wanted:
    found = ((part, _value_set(part.get("code"), value_sets)) for part in objects(resource["component"]))
    return tuple((part, value_set) for part, value_set in found if value_set is not None)


def _counts(resource: Mapping[str, Any], patient_id: str) -> bool:
    return string(resource.get("status")).lower() not in _NO_RESULT and belongs_to(resource, patient_id)


def _value_set(concept: object, value_sets: ValueSets) -> ValueSet | None:
    """Read by hand and not with `codings`: it is asked of every observation of a chart."""
    coded = concept.get("coding") if isinstance(concept, dict) else None
    for coding in coded if isinstance(coded, list) else objects(coded):
        if isinstance(coding, dict) and isinstance(code := coding.get("code"), str):
            system = coding.get("system")
            if found := _of_code(value_sets, system if isinstance(system, str) else "", code):
                return found
    return None


@lru_cache(maxsize=20_000)
def _of_code(value_sets: ValueSets, system: str, code: str) -> ValueSet | None:
    return value_sets.results_of(canonical(system), code.strip())


def _when(resource: Mapping[str, Any]) -> tuple[str, date | None]:
    """When it was measured: as written, which orders the results of one day, and its first possible day."""
    written = resource.get("effectiveDateTime")
    if isinstance(written, str) and (day := first_day(written)):
        return written.strip(), day
    for text in _times(resource):
        if day := first_day(text):
            return str(text).strip(), day
    return "", None


def _times(resource: Mapping[str, Any]) -> Iterator[object]:
    yield resource.get("effectiveInstant")
    if isinstance(period := resource.get("effectivePeriod"), dict):
        yield period.get("end")
        yield period.get("start")
    if isinstance(timing := resource.get("effectiveTiming"), dict) and isinstance(timing.get("event"), list):
        yield from timing["event"]
    yield resource.get("issued")


def _result(
    part: Mapping[str, Any], value_set: ValueSet, reference: str, day: date | None, when: str
) -> Result | Unread:
    found = measured(part, value_set)
    if found is None:
        return _unread(reference, value_set, "no value is recorded")
    value, number, written = found
    if value.text and not value_set.unit:
        if not is_answer(value.text):
            return _unread(reference, value_set, f"'{value.text[:40]}' is no answer", day)
        return Result(reference, value_set.id, None, "", "", answer(value.text), day, when)
    if value.number is None:
        return _unread(reference, value_set, f"'{value.text[:40]}' is not a number", day)
    if isinstance(number, str):
        return _unread(reference, value_set, number, day)
    upper = _upper(part, value, value_set) if "referenceRange" in part else None
    return Result(reference, value_set.id, number, value_set.unit, value.comparator, written, day, when, upper)


def _upper(part: Mapping[str, Any], value: Value, value_set: ValueSet) -> Fraction | None:
    """The upper end of the laboratory's normal range; without a unit of its own it is in that of the value."""
    for one in objects(part["referenceRange"]):
        high = read_value({"valueQuantity": one.get("high")}) if _is_normal(one) else None
        if high is not None and high.number is not None:
            found = in_unit(high if high.units else high._replace(units=value.units), value_set)
            return found if isinstance(found, Fraction) else None
    return None


def _is_normal(range_: Mapping[str, Any]) -> bool:
    return "type" not in range_ or not words(range_["type"]).isdisjoint({"normal", "normal range"})


def _unread(reference: str, value_set: ValueSet, why: str, day: date | None = None) -> Unread:
    return Unread(reference, value_set.meaning or value_set.title, why, day)
