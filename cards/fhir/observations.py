"""
Observation -> facts.Result: the value as a number in the unit the knowledge compares in, or the answer in a word.

A value that could be read in two ways, or that no body has, is Unread: a slip must not become advice. Most
observations of a chart are of no interest; those cost one look at their code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from fractions import Fraction
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from cards.facts import Result, Unread
from cards.statements import ValueSet

from .codings import ValueSets, belongs_to, canonical, names, objects, reference_of, string, words
from .dates import first_day

_NO_RESULT = frozenset({"entered-in-error", "cancelled", "registered"})


class Value(NamedTuple):
    """What was written, before units: a number or words."""

    number: Fraction | None = None
    written: str = ""  # the number
    comparator: str = ""
    units: tuple[str, ...] = ()  # code and text of the unit
    text: str = ""  # the words, or the string that the number stood in


def read_observations(
    resources: Iterable[Any], patient_id: str, value_sets: ValueSets
) -> tuple[tuple[Result, ...], tuple[Unread, ...]]:
    """All results the knowledge asks for, newest first (undated last), and what could not be read."""
    dated: list[tuple[date, str, Result]] = []
    unread: list[Unread] = []
    for resource in resources:
        for part, value_set in _wanted(resource, patient_id, value_sets):
            when, day = _when(resource)
            found = _result(part, value_set, reference_of(resource), day, when)
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
    return parts if found is None or (parts and not _has_value(resource)) else ((resource, found), *parts)


def _parts(resource: Mapping[str, Any], value_sets: ValueSets) -> Wanted:
    found = ((part, _value_set(part.get("code"), value_sets)) for part in objects(resource["component"]))
    return tuple((part, value_set) for part, value_set in found if value_set is not None)


def _counts(resource: Mapping[str, Any], patient_id: str) -> bool:
    return string(resource.get("status")).lower() not in _NO_RESULT and belongs_to(resource, patient_id)


def _value_set(concept: object, value_sets: ValueSets) -> ValueSet | None:
    """Read by hand and not with `codings`: it is asked of every observation of a chart."""
    coded = concept.get("coding") if isinstance(concept, dict) else None
    for coding in coded if isinstance(coded, list) else objects(coded):
        code = coding.get("code") if isinstance(coding, dict) else None
        if isinstance(code, str):
            found = value_sets.results_of(canonical(coding.get("system")), code.strip())
            if found is not None:
                return value_sets.value_set(found)
    return None


def _when(resource: Mapping[str, Any]) -> tuple[str, date | None]:
    """When it was measured: as written, which orders the results of one day, and its first possible day."""
    for text in _times(resource):
        if day := first_day(text):
            return str(text).strip(), day
    return "", None


def _times(resource: Mapping[str, Any]) -> Iterator[object]:
    yield resource.get("effectiveDateTime")
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
    value = _value(part)
    if value is None:
        return _unread(reference, value_set, "no value is recorded")
    if value.text and not value_set.unit:
        return Result(reference, value_set.id, None, "", "", _answer(value.text), day, when)
    if value.number is None:
        return _unread(reference, value_set, f"'{value.text[:40]}' is not a number")
    number = _in_unit(value, value_set)
    if isinstance(number, str):
        return _unread(reference, value_set, number)
    return Result(reference, value_set.id, number, value_set.unit, value.comparator, _as_written(value), day, when)


def _unread(reference: str, value_set: ValueSet, why: str) -> Unread:
    return Unread(reference, value_set.meaning or value_set.title, why)


# --- values ---------------------------------------------------------------------------------------------------------

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{0,20})?(?:[eE][+-]?[0-9]{1,2})?")
_IN_TEXT = re.compile(
    r"\s*(<=|>=|<|>|≤|≥|=|~|less than|greater than|more than|over|under)?\s*"
    r"([0-9]{1,12}(?:[.,][0-9]{1,20})?)(\s*\+)?\s*([^0-9\s<>=].{0,30}|10[*^][0-9].{0,20})?\s*",
    re.IGNORECASE,
)
_COMPARATORS = {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "less than": "<", "under": "<"}
_COMPARATORS |= dict.fromkeys(("greater than", "more than", "over"), ">")


def _has_value(part: Mapping[str, Any]) -> bool:
    return any(key in part for key in _READERS)


def _value(part: Mapping[str, Any]) -> Value | None:
    for key, read in _READERS.items():
        if key in part:
            return read(part[key]) or _interpretation(part)
    return _interpretation(part)


def _comparator(sign: object) -> str:
    return _COMPARATORS.get(string(sign).lower(), "")


def _number(value: object) -> Fraction | None:
    """The exact number as written: 7.4 is 37/5. Never from a bool, an infinity or a number of absurd length."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, int) and abs(value) >= 10**12:
        return None
    return _exact(str(value).strip())


@lru_cache(4096)  # a chart repeats its numbers, and Fraction is slow to read them
def _exact(text: str) -> Fraction | None:
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def _quantity(value: object) -> Value | None:
    if not isinstance(value, Mapping):
        return None
    units = tuple(unit for unit in (string(value.get("code")), string(value.get("unit"))) if unit)
    number = _number(value.get("value"))
    if number is None:  # a string such as ">60" where a number is due
        said = _string(value.get("value"))
        return said and said._replace(units=said.units or units)
    return Value(number, string(str(value["value"])), _comparator(value.get("comparator")), units)


def _string(value: object) -> Value | None:
    """ ">60", "7.4 mmol/L", "> 90 mL/min/1.73m2", or words. "1,200" may be two numbers and stays words."""
    text = string(value)[:200]
    found = _IN_TEXT.fullmatch(text) if len(text) < 60 else None
    if found is None or re.search(r",[0-9]{3}", text):
        return Value(text=text) if text else None
    sign, digits, plus, unit = found.groups()
    units = (unit.strip(),) if unit else ()
    return Value(_exact(digits.replace(",", ".")), digits, ">=" if plus else _comparator(sign), units, text)


def _integer(value: object) -> Value | None:
    number = _number(value)
    return None if number is None else Value(number, str(value))


def _concept(value: object) -> Value | None:
    """The first words of the concept; a number among them is read (">60" as a coded answer)."""
    said = next(names(value), "")
    return _string(said) if said else None


def _boolean(value: object) -> Value | None:
    return Value(text="positive" if value else "negative") if isinstance(value, bool) else None


_READERS: Mapping[str, Callable[[object], Value | None]] = {
    "valueQuantity": _quantity,
    "valueString": _string,
    "valueCodeableConcept": _concept,
    "valueInteger": _integer,
    "valueBoolean": _boolean,
}


def _interpretation(part: Mapping[str, Any]) -> Value | None:
    """The laboratory's flag, where it answers and no value does."""
    flags = words(part.get("interpretation"))
    return next((Value(text=answer) for flag, answer in _FLAGS.items() if flag in flags), None)


_FLAGS = {"pos": "positive", "positive": "positive", "neg": "negative", "negative": "negative"}
_NEGATIVE = re.compile(r"\b(negative|neg|not detected|undetected|none detected|non-?reactive|absent|not present)\b")
_POSITIVE = re.compile(r"\b(positive|pos|detected|reactive|present)\b")


def _answer(text: str) -> str:
    """Lower case; the many ways to say yes and no of a test are one word each."""
    text = text.strip().lower()
    if _NEGATIVE.search(text):
        return "negative"
    return "positive" if _POSITIVE.search(text) else text


def _as_written(value: Value) -> str:
    unit = value.units[-1] if value.units else ""
    return f"{value.comparator}{value.written} {unit}".rstrip()


# --- units ----------------------------------------------------------------------------------------------------------

_ONE = Fraction(1)
_FOLD = str.maketrans({"µ": "u", "μ": "u", "²": "2"} | dict.fromkeys("{}[]()_^* ", ""))


def _folded(unit: str) -> str:
    """One spelling for a unit: "mL/min/{1.73_m2}", "ml/min/1.73 m²" and "mL/min/1.73m^2" are one."""
    return unit.translate(_FOLD).lower()


def _in_unit(value: Value, value_set: ValueSet) -> Fraction | str:
    """The number in the value set's unit, or why not."""
    number = value.number or Fraction(0)
    factors = _factors(value.units, value_set)
    if not factors:
        return f"its unit '{value.units[0][:20]}' is not known" if value.units else "it has no unit"
    candidates = [number if factor is _ONE else number * factor for factor in factors]
    possible = [candidate for candidate in candidates if _plausible(candidate, value_set)]
    if not possible:
        return f"{_as_written(value)} is not plausible"
    if len(possible) > 1:
        return "its units contradict" if value.units else "it has no unit, and could be in more than one"
    return possible[0]


def _factors(units: tuple[str, ...], value_set: ValueSet) -> set[Fraction]:
    """What the number could have to be multiplied by. No unit at all: by any that the value set knows."""
    if units and all(unit == value_set.unit for unit in units):
        return {_ONE}
    known = {_folded(unit): factor for unit, factor in value_set.units.items()}
    known[_folded(value_set.unit)] = _ONE
    if not units or not value_set.unit:
        return set(known.values())
    return {known[folded] for folded in map(_folded, units) if folded in known}


def _plausible(number: Fraction, value_set: ValueSet) -> bool:
    return value_set.plausible is None or value_set.plausible.holds(number)
