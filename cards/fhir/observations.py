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
from typing import Any, NamedTuple

from cards.facts import Result, Unread
from cards.statements import ValueSet, plain

from .codings import ValueSets, belongs_to, canonical, names, objects, reference_of, string, words
from .dates import first_day

_NO_RESULT = frozenset({"entered-in-error", "cancelled", "registered"})


class Value(NamedTuple):
    """What was written, before units: a number or words."""

    number: Fraction | None = None
    comparator: str = ""
    units: tuple[str, ...] = ()  # code and text of the unit
    text: str = ""


def read_observations(
    resources: Iterable[object], patient_id: str, value_sets: ValueSets
) -> tuple[tuple[Result, ...], tuple[Unread, ...]]:
    """All results the knowledge asks for, newest first (undated last), and what could not be read."""
    dated: list[tuple[str, Result]] = []
    unread: list[Unread] = []
    for resource in resources:
        for when, found in _results(resource, patient_id, value_sets):
            if isinstance(found, Result):
                dated.append((when, found))
            else:
                unread.append(found)
    dated.sort(key=lambda item: (item[1].day or date.min, item[0]), reverse=True)
    return tuple(result for _, result in dated), tuple(unread)


def read_observation(resource: object, patient_id: str, value_sets: ValueSets) -> Iterator[Result | Unread]:
    """The results of one Observation: its own, and those of its components."""
    return (found for _, found in _results(resource, patient_id, value_sets))


# --- one resource ---------------------------------------------------------------------------------------------------


def _results(resource: object, patient_id: str, value_sets: ValueSets) -> Iterator[tuple[str, Result | Unread]]:
    if not isinstance(resource, Mapping):
        return
    wanted = _wanted(resource, value_sets)
    if not wanted or words(resource.get("status")) & _NO_RESULT or not belongs_to(resource, patient_id):
        return
    reference, when = reference_of(resource), _when(resource)
    for part, value_set in wanted:
        if "component" in part and not _has_value(part):
            continue  # the head of a panel: its components speak
        yield when, _result(part, value_set, reference, first_day(when))


def _wanted(resource: Mapping[str, Any], value_sets: ValueSets) -> list[tuple[Mapping[str, Any], ValueSet]]:
    """The parts of an Observation whose code the knowledge asks for."""
    found = _value_set(resource.get("code"), value_sets)
    wanted = [] if found is None else [(resource, found)]
    if "component" in resource:
        for part in objects(resource["component"]):
            found = _value_set(part.get("code"), value_sets)
            if found is not None:
                wanted.append((part, found))
    return wanted


def _value_set(concept: object, value_sets: ValueSets) -> ValueSet | None:
    """Read by hand and not with `codings`: it is asked of every observation of a chart."""
    for coding in objects(concept.get("coding") if isinstance(concept, Mapping) else None):
        code = coding.get("code")
        if isinstance(code, str):
            found = value_sets.results_of(canonical(coding.get("system")), code.strip())
            if found is not None:
                return found
    return None


def _when(resource: Mapping[str, Any]) -> str:
    """When it was measured, as written; what orders results of one day."""
    period, timing = resource.get("effectivePeriod"), resource.get("effectiveTiming")
    candidates = [resource.get("effectiveDateTime"), resource.get("effectiveInstant")]
    if isinstance(period, Mapping):
        candidates += [period.get("end"), period.get("start")]
    if isinstance(timing, Mapping) and isinstance(timing.get("event"), list):
        candidates += timing["event"]
    candidates.append(resource.get("issued"))
    return next((text.strip() for text in candidates if isinstance(text, str) and first_day(text)), "")


def _result(part: Mapping[str, Any], value_set: ValueSet, reference: str, day: date | None) -> Result | Unread:
    value = _value(part)
    if value is None:
        return Unread(reference, value_set.title, "no value is recorded")
    if value.text and not value_set.unit:
        return Result(reference, value_set.id, None, "", text=_answer(value.text), day=day)
    if value.number is None:
        return Unread(reference, value_set.title, f"'{value.text[:40]}' is not a number")
    number = _in_unit(value, value_set)
    if isinstance(number, str):
        return Unread(reference, value_set.title, number)
    return Result(reference, value_set.id, number, value_set.unit, value.comparator, _as_written(value), day)


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
    text = str(value).strip()
    return Fraction(text) if _NUMBER.fullmatch(text) else None


def _quantity(value: object) -> Value | None:
    if not isinstance(value, Mapping):
        return None
    units = tuple(unit for unit in (string(value.get("code")), string(value.get("unit"))) if unit)
    number = _number(value.get("value"))
    if number is None:  # a string such as ">60" where a number is due
        said = _string(value.get("value"))
        return said and said._replace(units=said.units or units)
    return Value(number, _comparator(value.get("comparator")), units)


def _string(value: object) -> Value | None:
    """ ">60", "7.4 mmol/L", "> 90 mL/min/1.73m2", or words. "1,200" may be two numbers and stays words."""
    text = string(value)[:200]
    found = _IN_TEXT.fullmatch(text) if len(text) < 60 else None
    if found is None or re.search(r",[0-9]{3}", text):
        return Value(text=text) if text else None
    sign, digits, plus, unit = found.groups()
    number, units = Fraction(digits.replace(",", ".")), (unit.strip(),) if unit else ()
    return Value(number, ">=" if plus else _comparator(sign), units, text)


def _integer(value: object) -> Value | None:
    number = _number(value)
    return None if number is None else Value(number)


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
    return f"{value.comparator}{plain(value.number or Fraction(0))} {unit}".strip()


# --- units ----------------------------------------------------------------------------------------------------------

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
    possible = [number * factor for factor in factors if _plausible(number * factor, value_set)]
    if not possible:
        return f"{_as_written(value)} is not plausible"
    if len(possible) > 1:
        return "its units contradict" if value.units else "it has no unit, and could be in more than one"
    return possible[0]


def _factors(units: tuple[str, ...], value_set: ValueSet) -> set[Fraction]:
    """What the number could have to be multiplied by. No unit at all: by any that the value set knows."""
    known = {_folded(unit): Fraction(factor) for unit, factor in value_set.units.items()}
    known[_folded(value_set.unit)] = Fraction(1)
    if not units or not value_set.unit:
        return set(known.values())
    return {known[folded] for folded in map(_folded, units) if folded in known}


def _plausible(number: Fraction, value_set: ValueSet) -> bool:
    return value_set.plausible is None or value_set.plausible.holds(number)
